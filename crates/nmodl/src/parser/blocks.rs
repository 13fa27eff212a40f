//! Blocks: the outermost structure, and the lists in them.

use super::{Parsed, Parser, Reported};
use crate::ast::{Block, BlockKind, ConstantValue, Declaration, File, Length, Name, NeuronItem, Routine, UnitItem, UnitText};
use crate::lexer::Kind;
use homolog_base::Diagnostic;

/// Every keyword that begins a block, ours included.
pub(crate) const KEYWORDS: [&str; 36] = [
    "NEURON",
    "UNITS",
    "PARAMETER",
    "CONSTANT",
    "ASSIGNED",
    "STATE",
    "INITIAL",
    "BREAKPOINT",
    "DERIVATIVE",
    "PROCEDURE",
    "FUNCTION",
    "NET_RECEIVE",
    "SPIKE",
    "POST_SPIKE",
    "INTERFACE",
    "INDEPENDENT",
    "DEFINE",
    "KINETIC",
    "LINEAR",
    "NONLINEAR",
    "DISCRETE",
    "FUNCTION_TABLE",
    "INCLUDE",
    "BEFORE",
    "AFTER",
    "CONSTRUCTOR",
    "DESTRUCTOR",
    "PARTIAL",
    "STEPPED",
    "DEPENDENT",
    "PLOT",
    "TERMINAL",
    "EQUATION",
    "FOR_NETCONS",
    "LOCAL",
    "TITLE",
];

/// Keywords that begin no statement, so that one of them inside a block shows a missing brace.
const ONLY_OUTSIDE: [&str; 19] = [
    "NEURON",
    "UNITS",
    "PARAMETER",
    "CONSTANT",
    "ASSIGNED",
    "STATE",
    "BREAKPOINT",
    "DERIVATIVE",
    "PROCEDURE",
    "FUNCTION",
    "NET_RECEIVE",
    "SPIKE",
    "POST_SPIKE",
    "INTERFACE",
    "KINETIC",
    "LINEAR",
    "NONLINEAR",
    "DISCRETE",
    "INITIAL",
];

/// The parts of a step and of its beginning that BEFORE and AFTER stand around.
const AROUND: [&str; 5] = ["BEFORE BREAKPOINT", "BEFORE INITIAL", "BEFORE STEP", "AFTER INITIAL", "AFTER SOLVE"];

impl Parser<'_> {
    /// True where a block begins: a keyword at the start of a line, followed by `{`, a name and `{` or `(`.
    pub(super) fn begins_block(&self) -> bool {
        let t = self.peek();
        if t.kind != Kind::Word || !self.begins_line() || !ONLY_OUTSIDE.contains(&self.text(t)) {
            return false;
        }
        if self.text(t) == "INITIAL" && self.receiving {
            return false;
        }
        match self.peek_at(1).kind {
            Kind::Open | Kind::Left => true,
            Kind::Word => matches!(self.peek_at(2).kind, Kind::Open | Kind::Left),
            _ => false,
        }
    }

    pub(super) fn blocks(&mut self, file: &mut File) {
        while self.kind() != Kind::End {
            let start = self.peek().span.start;
            let from = self.at;
            let keyword = self.peek();
            match self.block() {
                Ok(kind) => file.blocks.push(Block { keyword: self.as_name(keyword), span: self.since(start), kind }),
                Err(Reported) => {
                    if self.at == from {
                        self.next();
                    }
                    while self.kind() != Kind::End && !(self.kind() == Kind::Word && KEYWORDS.contains(&self.text(self.peek()))) {
                        self.next();
                    }
                }
            }
        }
    }

    fn block(&mut self) -> Parsed<BlockKind> {
        let t = self.peek();
        let word = self.text(t);
        if t.kind == Kind::Verbatim {
            self.next();
            return Ok(BlockKind::Verbatim);
        }
        if t.kind == Kind::Close {
            let d = Diagnostic::error("nmodl-brace", "this `}` closes nothing")
                .at(self.source, t.span, "no block is open here")
                .hint("remove it, or find the `{` that is missing before it");
            self.report(d);
            return Err(Reported);
        }
        if t.kind != Kind::Word {
            return Err(self.expected("a block such as NEURON or BREAKPOINT"));
        }
        if !KEYWORDS.contains(&word) {
            let d = Diagnostic::error("nmodl-block", format!("there is no block `{word}`"))
                .at(self.source, t.span, "the keyword of a block was expected")
                .suggest(word, KEYWORDS);
            self.report(d);
            // With its braces, so that what is inside is not taken for blocks.
            self.next();
            while matches!(self.kind(), Kind::Word | Kind::Left | Kind::Right) && !self.begins_block() {
                self.next();
            }
            if self.kind() == Kind::Open {
                self.skip_braces();
            }
            return Err(Reported);
        }
        self.next();
        Ok(match word {
            "NEURON" => BlockKind::Neuron(self.list(Self::neuron_item)?),
            "UNITS" => BlockKind::Units(self.list(Self::unit_item)?),
            "PARAMETER" => BlockKind::Parameter(self.list(Self::declaration)?),
            "CONSTANT" => BlockKind::Constant(self.list(Self::declaration)?),
            "ASSIGNED" => BlockKind::Assigned(self.list(Self::declaration)?),
            "STATE" => BlockKind::State(self.list(Self::declaration)?),
            "INITIAL" => BlockKind::Initial(self.body()?),
            "BREAKPOINT" => BlockKind::Breakpoint(self.body()?),
            "DERIVATIVE" => BlockKind::Derivative(self.routine(false)?),
            "PROCEDURE" => BlockKind::Procedure(self.routine(true)?),
            "FUNCTION" => BlockKind::Function(self.routine(true)?),
            "NET_RECEIVE" => {
                let name = self.as_name(t);
                self.receiving = true;
                let routine = self.routine_named(name, true);
                self.receiving = false;
                BlockKind::NetReceive(routine?)
            }
            "SPIKE" => {
                self.expect(Kind::Left, "`(` and the spike condition")?;
                let condition = self.expression()?;
                self.expect(Kind::Right, "`)`")?;
                BlockKind::Spike { condition, body: self.body()? }
            }
            "POST_SPIKE" => BlockKind::PostSpike(self.body()?),
            "INTERFACE" => BlockKind::Interface(self.interface()?),
            "INDEPENDENT" => {
                self.opaque()?;
                BlockKind::Independent
            }
            "DEFINE" => {
                let name = self.name("a name")?;
                BlockKind::Define(name, self.number()?)
            }
            "INCLUDE" => {
                let name = self.expect(Kind::Text, "the name of a file in quotes")?;
                BlockKind::Include(Name { text: self.text(name).trim_matches('"').to_string(), span: name.span })
            }
            "LOCAL" => {
                let mut names = Vec::new();
                loop {
                    let name = self.name("the name of a variable")?;
                    names.push((name, self.length()?));
                    if !self.eat(Kind::Comma) {
                        break;
                    }
                }
                BlockKind::Local(names)
            }
            "BEFORE" | "AFTER" => {
                let when = self.name("BREAKPOINT, SOLVE, INITIAL or STEP")?;
                let part = format!("{word} {}", when.text);
                if !AROUND.contains(&part.as_str()) {
                    let d = Diagnostic::error("nmodl-block", format!("there is no block `{part}`"))
                        .at(self.source, when.span, "BREAKPOINT, SOLVE, INITIAL or STEP was expected")
                        .suggest(&part, AROUND);
                    self.report(d);
                }
                BlockKind::Around(part, self.body()?)
            }
            "CONSTRUCTOR" => BlockKind::Constructor(self.body()?),
            "DESTRUCTOR" => {
                self.opaque()?;
                BlockKind::Destructor
            }
            "KINETIC" => BlockKind::Kinetic(self.routine(false)?),
            "LINEAR" => BlockKind::Linear(self.routine(false)?),
            "NONLINEAR" => BlockKind::Nonlinear(self.routine(false)?),
            "FUNCTION_TABLE" => {
                let name = self.name("the name of the function")?;
                let arguments = self.argument_list()?;
                let unit = self.unit()?;
                BlockKind::FunctionTable(Routine { name, arguments, unit, body: Vec::new() })
            }
            _ => {
                self.opaque()?;
                BlockKind::NotYet
            }
        })
    }

    /// Words, then a `{ ... }` that is not looked into.
    fn opaque(&mut self) -> Parsed<()> {
        while matches!(self.kind(), Kind::Word | Kind::Left | Kind::Right | Kind::Comma | Kind::Number) {
            self.next();
        }
        let open = self.peek().span;
        if self.kind() != Kind::Open {
            return Err(self.expected("`{`"));
        }
        if !self.skip_braces() {
            let d = Diagnostic::error("nmodl-brace", "this `{` is never closed")
                .at(self.source, open, "opened here")
                .hint("add the missing `}`");
            self.report(d);
        }
        Ok(())
    }

    /// `{ items }`
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let open = self.expect(Kind::Open, "`{`")?.span;
        let mut out = Vec::new();
        while !self.ends(open) {
            let from = self.at;
            match item(self) {
                Ok(x) => out.push(x),
                Err(Reported) => self.skip_statement(),
            }
            if self.at == from && !matches!(self.kind(), Kind::Close | Kind::End) && !self.begins_block() {
                self.next();
            }
        }
        Ok(out)
    }

    fn routine(&mut self, arguments: bool) -> Parsed<Routine> {
        let name = self.name("a name")?;
        self.routine_named(name, arguments)
    }

    fn routine_named(&mut self, name: Name, arguments: bool) -> Parsed<Routine> {
        let arguments = if arguments || self.kind() == Kind::Left { self.argument_list()? } else { Vec::new() };
        let unit = self.unit()?;
        if self.eat_word("STEADYSTATE") || self.eat_word("SOLVEFOR") {
            self.names("a name")?;
        }
        Ok(Routine { name, arguments, unit, body: self.body()? })
    }

    /// `(a (mV), b)`
    fn argument_list(&mut self) -> Parsed<Vec<(Name, Option<UnitText>)>> {
        self.expect(Kind::Left, "`(` and the arguments")?;
        let mut out = Vec::new();
        if !self.eat(Kind::Right) {
            loop {
                let name = self.name("the name of an argument")?;
                out.push((name, self.unit()?));
                if !self.eat(Kind::Comma) {
                    break;
                }
            }
            self.expect(Kind::Right, "`)` or `,`")?;
        }
        Ok(out)
    }

    fn neuron_item(&mut self) -> Parsed<NeuronItem> {
        const LINES: [&str; 18] = [
            "SUFFIX",
            "POINT_PROCESS",
            "ARTIFICIAL_CELL",
            "PLASTICITY",
            "TRANSMITS",
            "RANGE",
            "GLOBAL",
            "NONSPECIFIC_CURRENT",
            "ELECTRODE_CURRENT",
            "USEION",
            "THREADSAFE",
            "POINTER",
            "BBCOREPOINTER",
            "EXTERNAL",
            "SECTION",
            "RANDOM",
            "REPRESENTS",
            "VALENCE",
        ];
        let keyword = self.name("a line of NEURON")?;
        Ok(match keyword.text.as_str() {
            "SUFFIX" | "POINT_PROCESS" | "ARTIFICIAL_CELL" | "PLASTICITY" => {
                NeuronItem::Kind(keyword, self.name("the name of the mechanism")?)
            }
            "TRANSMITS" => NeuronItem::Transmits(self.name("the name of a variable")?),
            "RANGE" => NeuronItem::Range(self.names("the name of a variable")?),
            "GLOBAL" => NeuronItem::Global(self.names("the name of a variable")?),
            "NONSPECIFIC_CURRENT" => NeuronItem::Nonspecific(self.names("the name of a current")?),
            "ELECTRODE_CURRENT" => NeuronItem::Electrode(self.names("the name of a current")?),
            "THREADSAFE" => NeuronItem::ThreadSafe,
            "REPRESENTS" => {
                self.next();
                NeuronItem::ThreadSafe
            }
            "USEION" => {
                let ion = self.name("the name of an ion")?;
                let (mut read, mut write, mut valence) = (Vec::new(), Vec::new(), None);
                loop {
                    if self.eat_word("READ") {
                        read.extend(self.names("the name of an ion variable")?);
                    } else if self.eat_word("WRITE") {
                        write.extend(self.names("the name of an ion variable")?);
                    } else if self.eat_word("VALENCE") || self.eat_word("CHARGE") {
                        valence = Some(self.number()?);
                    } else if self.eat_word("REPRESENTS") {
                        self.next();
                    } else {
                        break;
                    }
                }
                NeuronItem::Ion { ion, read, write, valence }
            }
            "POINTER" | "BBCOREPOINTER" | "EXTERNAL" => NeuronItem::Pointer(self.names("a name")?),
            "RANDOM" => NeuronItem::Random(self.names("a name")?),
            _ => {
                let d = Diagnostic::error("nmodl-neuron", format!("NEURON has no line `{}`", keyword.text))
                    .at(self.source, keyword.span, "a line of NEURON was expected")
                    .suggest(&keyword.text, LINES);
                self.report(d);
                return Err(Reported);
            }
        })
    }

    /// `[n]`
    pub(super) fn length(&mut self) -> Parsed<Option<Length>> {
        if !self.eat(Kind::LeftSquare) {
            return Ok(None);
        }
        let t = self.peek();
        let length = match t.kind {
            Kind::Word => Length::Name(self.name("a length")?),
            _ => {
                let x = self.number()?;
                if x < 1.0 || x.fract() != 0.0 || x > 10_000.0 {
                    let d = Diagnostic::error("nmodl-array", format!("an array cannot have {x} elements"))
                        .at(self.source, t.span, "a whole number from 1 to 10000 was expected")
                        .hint("write the number of its elements");
                    self.report(d);
                    return Err(Reported);
                }
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // whole and small, as just checked
                let n = x as usize;
                Length::Number(n)
            }
        };
        self.expect(Kind::RightSquare, "`]`")?;
        Ok(Some(length))
    }

    fn unit_item(&mut self) -> Parsed<UnitItem> {
        if self.kind() == Kind::Left {
            let name = self.some_unit()?;
            self.expect(Kind::Is, "`=`")?;
            return Ok(UnitItem::Alias(name, self.some_unit()?));
        }
        let name = self.name("`(` or the name of a constant")?;
        self.expect(Kind::Is, "`=`")?;
        if self.is_number() {
            let value = self.number()?;
            let unit = self.some_unit()?;
            return Ok(UnitItem::Constant(name, ConstantValue::Number(value), unit));
        }
        let value = self.some_unit()?;
        let unit = self.some_unit()?;
        Ok(UnitItem::Constant(name, ConstantValue::Unit(value), unit))
    }

    fn some_unit(&mut self) -> Parsed<UnitText> {
        match self.unit()? {
            Some(u) => Ok(u),
            None => Err(self.expected("a unit in parentheses")),
        }
    }

    fn declaration(&mut self) -> Parsed<Declaration> {
        let name = self.name("the name of a variable")?;
        let mut d = Declaration { name, value: None, unit: None, limits: None, start: None, length: self.length()? };
        if self.eat(Kind::Is) {
            d.value = Some(self.number()?);
        }
        loop {
            let start = self.peek().span.start;
            if self.kind() == Kind::Left {
                d.unit = self.unit()?;
            } else if self.eat(Kind::Less) {
                let low = self.number()?;
                // `<1e-4>` is a tolerance, which nothing here needs.
                if self.eat(Kind::Comma) {
                    let high = self.number()?;
                    self.expect(Kind::Greater, "`>`")?;
                    d.limits = Some((low, high, self.since(start)));
                } else {
                    self.expect(Kind::Greater, "`,` or `>`")?;
                }
            } else if self.eat_word("FROM") {
                let low = self.number()?;
                if !self.eat_word("TO") {
                    return Err(self.expected("`TO`"));
                }
                let high = self.number()?;
                d.limits = Some((low, high, self.since(start)));
            } else if self.eat_word("START") {
                d.start = Some(self.number()?);
            } else {
                return Ok(d);
            }
        }
    }
}
