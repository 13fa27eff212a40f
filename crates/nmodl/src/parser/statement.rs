//! Statements between braces.

use super::{DEEPEST, Parsed, Parser};
use crate::ast::{Length, Name, Statement, StatementKind};
use crate::lexer::Kind;
use crate::program::element;
use homolog_base::{Diagnostic, Span};

impl Parser<'_> {
    /// `{ statements }`; a brace that is never closed is reported once, where the block began.
    pub(super) fn body(&mut self) -> Parsed<Vec<Statement>> {
        let open = self.expect(Kind::Open, "`{`")?.span;
        self.depth += 1;
        let mut out = Vec::new();
        if self.depth > DEEPEST {
            self.too_deep();
            self.at = self.tokens.len() - 1;
        }
        while !self.ends(open) {
            match self.statement() {
                Ok(Some(s)) => out.push(s),
                Ok(None) => {}
                Err(_) => self.skip_statement(),
            }
        }
        self.depth -= 1;
        Ok(out)
    }

    /// True at the `}` that closes this block (which is passed), or where it must be missing.
    pub(super) fn ends(&mut self, open: Span) -> bool {
        if self.eat(Kind::Close) {
            return true;
        }
        if self.kind() == Kind::End || self.begins_block() {
            if self.depth <= DEEPEST {
                let here = self.peek().span;
                let d = Diagnostic::error("nmodl-brace", "this `{` is never closed")
                    .at(self.source, open, "opened here")
                    .at(self.source, here, "`}` was expected before this")
                    .hint("add the missing `}`");
                self.report(d);
            }
            return true;
        }
        false
    }

    pub(super) fn statement(&mut self) -> Parsed<Option<Statement>> {
        let t = self.peek();
        let start = t.span.start;
        let kind = match (t.kind, self.text(t)) {
            (Kind::Verbatim, _) => {
                self.next();
                self.verbatim(t.span)
            }
            (Kind::Other, ";") => {
                self.next();
                return Ok(None);
            }
            (Kind::Tilde, _) => {
                self.next();
                self.reaction()?
            }
            (Kind::Word, "CONSERVE") => {
                self.next();
                let left = self.species()?;
                self.expect(Kind::Is, "`=`")?;
                StatementKind::Conserve(left, self.expression()?)
            }
            (Kind::Word, "COMPARTMENT") => {
                self.next();
                self.compartment()?
            }
            (Kind::Word, "LONGITUDINAL_DIFFUSION") => {
                self.next();
                match self.compartment()? {
                    StatementKind::Compartment { index, volume: flow, states } => StatementKind::Diffusion { index, flow, states },
                    other => other,
                }
            }
            (Kind::Word, "FROM") => self.from()?,
            (Kind::Word, "while" | "WHILE") => {
                self.next();
                self.expect(Kind::Left, "`(` and a condition")?;
                let condition = self.expression()?;
                self.expect(Kind::Right, "`)`")?;
                StatementKind::While(condition, self.body()?)
            }
            (Kind::Word, "return") if self.in_c => {
                self.next();
                let value = if self.kind() == Kind::Other || self.kind() == Kind::Close || self.kind() == Kind::End {
                    None
                } else {
                    Some(self.expression()?)
                };
                StatementKind::Return(value)
            }
            (Kind::Word, "printf") => {
                self.next();
                let open = self.peek().span;
                let mut depth = 0usize;
                loop {
                    match self.kind() {
                        Kind::Left => depth += 1,
                        Kind::Right => depth = depth.saturating_sub(1),
                        Kind::End | Kind::Close | Kind::Open => return Err(self.expected("`)`")),
                        _ => {}
                    }
                    self.next();
                    if depth == 0 {
                        break;
                    }
                }
                let mut d = Diagnostic::warning("nmodl-printf", "nothing is printed in a step")
                    .at(self.source, Span::new(start, open.end), "this has no effect")
                    .hint("record the variable instead");
                d.severity = homolog_base::Severity::Note;
                self.report(d);
                return Ok(None);
            }
            (Kind::Word, "PROTECT") => {
                self.next();
                return self.statement();
            }
            (Kind::Word, "MUTEXLOCK" | "MUTEXUNLOCK") => {
                self.next();
                return Ok(None);
            }
            (Kind::Open, _) => StatementKind::Scope(self.body()?),
            (Kind::Word, "LOCAL") => {
                self.next();
                let mut names = Vec::new();
                loop {
                    let name = self.name("the name of a local variable")?;
                    match self.length()? {
                        None => names.push(name),
                        Some(Length::Number(n)) => {
                            names.extend((0..n).map(|k| Name { text: element(&name.text, k), span: name.span }));
                        }
                        Some(Length::Name(n)) => {
                            let d = Diagnostic::error("nmodl-array", "the length of a local array is a number")
                                .at(self.source, n.span, "a number was expected")
                                .hint("write the number that DEFINE gives");
                            self.report(d);
                        }
                    }
                    if !self.eat(Kind::Comma) {
                        break;
                    }
                }
                StatementKind::Local(names)
            }
            (Kind::Word, "if" | "IF") => self.branch()?,
            (Kind::Word, "SOLVE") => {
                self.next();
                let block = self.name("the name of a block")?;
                let steady = self.at_word("STEADYSTATE");
                let method = if self.eat_word("METHOD") || self.eat_word("USING") || self.eat_word("STEADYSTATE") {
                    Some(self.name("the name of a method")?)
                } else {
                    None
                };
                if self.eat_word("IFERROR") {
                    self.skip_braces();
                }
                StatementKind::Solve { block, method, steady }
            }
            (Kind::Word, "CONDUCTANCE") => {
                self.next();
                self.name("the name of a conductance")?;
                if self.eat_word("USEION") {
                    self.name("the name of an ion")?;
                }
                StatementKind::Conductance
            }
            (Kind::Word, "TABLE") => self.table()?,
            (Kind::Word, "INITIAL") if self.receiving => {
                self.next();
                StatementKind::Connect(self.body()?)
            }
            (Kind::Word, "WATCH") if self.receiving => {
                self.next();
                let mut all = Vec::new();
                loop {
                    self.expect(Kind::Left, "`(` and a condition")?;
                    let condition = self.expression()?;
                    self.expect(Kind::Right, "`)`")?;
                    all.push((condition, self.expression()?));
                    if !self.eat(Kind::Comma) {
                        break;
                    }
                }
                StatementKind::Watch(all)
            }
            (Kind::Word, "FOR_NETCONS") if self.receiving => {
                self.next();
                self.expect(Kind::Left, "`(` and the arguments of NET_RECEIVE")?;
                let names = self.names("the name of an argument")?;
                self.expect(Kind::Right, "`)`")?;
                StatementKind::ForConnections(names, self.body()?)
            }
            (Kind::Word, word @ ("FORALL" | "FOR_NETCONS" | "INITIAL" | "WATCH" | "for")) => {
                let word = word.to_string();
                self.next();
                while !(matches!(self.kind(), Kind::Open | Kind::End | Kind::Close) || word == "WATCH" && self.begins_line()) {
                    self.next();
                }
                if self.kind() == Kind::Open {
                    self.skip_braces();
                }
                StatementKind::NotYet(word)
            }
            (Kind::Word, "LAG") => {
                self.next();
                let of = self.name("the name of a state")?;
                if !self.eat_word("BY") {
                    return Err(self.expected("`BY` and the name of a time"));
                }
                StatementKind::Lag(of, self.name("the name of a time")?)
            }
            (Kind::Word, word @ ("RESET" | "MATCH" | "PRINTF")) => {
                let word = word.to_string();
                self.next();
                self.skip_line();
                StatementKind::NotYet(word)
            }
            (Kind::Word, _) => self.assignment_or_call()?,
            _ => return Err(self.expected("a statement")),
        };
        Ok(Some(Statement { span: self.since(start), kind }))
    }

    /// Passes what is left of this line, with the braces it opens.
    fn skip_line(&mut self) {
        while !matches!(self.kind(), Kind::End | Kind::Close) && !self.begins_line() {
            if self.kind() == Kind::Open {
                self.skip_braces();
            } else {
                self.next();
            }
        }
    }

    fn branch(&mut self) -> Parsed<StatementKind> {
        self.depth += 1;
        let out = self.branch_inner();
        self.depth -= 1;
        out
    }

    fn branch_inner(&mut self) -> Parsed<StatementKind> {
        if self.depth > DEEPEST {
            return Err(self.too_deep());
        }
        self.next();
        self.expect(Kind::Left, "`(` and a condition")?;
        let condition = self.expression()?;
        self.expect(Kind::Right, "`)`")?;
        let then = self.branch_body()?;
        let mut otherwise = Vec::new();
        if self.eat_word("else") || self.eat_word("ELSE") {
            if self.at_word("if") || self.at_word("IF") {
                let start = self.peek().span.start;
                let kind = self.branch()?;
                otherwise.push(Statement { span: self.since(start), kind });
            } else {
                otherwise = self.branch_body()?;
            }
        }
        Ok(StatementKind::If { condition, then, otherwise })
    }

    /// A body, which in C may be one statement without braces.
    fn branch_body(&mut self) -> Parsed<Vec<Statement>> {
        if !self.in_c || self.kind() == Kind::Open {
            return self.body();
        }
        let statement = self.statement()?;
        if self.kind() == Kind::Other {
            self.next();
        }
        Ok(statement.into_iter().collect())
    }

    /// `TABLE a, b DEPEND c, d FROM x TO y WITH n`
    fn table(&mut self) -> Parsed<StatementKind> {
        self.next();
        let mut names = Vec::new();
        if self.kind() == Kind::Word && !self.at_word("DEPEND") && !self.at_word("FROM") {
            names = self.names("the name of a variable")?;
        }
        if self.eat_word("DEPEND") {
            self.names("the name of a variable")?;
        }
        if !self.eat_word("FROM") {
            return Err(self.expected("`FROM`"));
        }
        let first = self.expression()?;
        if !self.eat_word("TO") {
            return Err(self.expected("`TO`"));
        }
        let last = self.expression()?;
        if !self.eat_word("WITH") {
            return Err(self.expected("`WITH`"));
        }
        let count = self.expression()?;
        Ok(StatementKind::Table { names, first, last, count })
    }

    fn assignment_or_call(&mut self) -> Parsed<StatementKind> {
        let name = self.name("a name")?;
        match self.kind() {
            Kind::Left => Ok(StatementKind::Call(name, self.arguments()?)),
            Kind::LeftSquare => {
                self.next();
                let index = Some(self.expression()?);
                self.expect(Kind::RightSquare, "`]`")?;
                let prime = self.eat(Kind::Prime);
                self.expect(Kind::Is, "`=`")?;
                Ok(StatementKind::Assign { target: name, index, prime, value: self.expression()? })
            }
            Kind::Prime => {
                self.next();
                if self.kind() == Kind::Prime {
                    while self.eat(Kind::Prime) {}
                    self.expect(Kind::Is, "`=`")?;
                    self.expression()?;
                    return Ok(StatementKind::NotYet(format!("{}'' (a higher derivative)", name.text)));
                }
                self.expect(Kind::Is, "`=`")?;
                Ok(StatementKind::Assign { target: name, index: None, prime: true, value: self.expression()? })
            }
            Kind::Is => {
                self.next();
                Ok(StatementKind::Assign { target: name, index: None, prime: false, value: self.expression()? })
            }
            _ => Err(self.expected("`=` or `(`")),
        }
    }
}
