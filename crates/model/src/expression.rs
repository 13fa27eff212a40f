//! Expressions of position: where something is in a cell, and how much of it.
//!
//! ```text
//! either     = both ("or" both)*            sum     = product (("+" | "-") product)*
//! both       = negation ("and" negation)*   product = sign (("*" | "/") sign)*
//! negation   = "not" negation | comparison  sign    = "-" sign | power
//! comparison = sum (("<" | "<=" | ">" | ">=") sum)?
//! power      = atom ("^" sign)?             atom    = number | name | name "(" list ")" | "(" either ")"
//! ```

use homolog_base::math;

/// What a place is known by.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Place {
    /// Way along the branches from the middle of the first, um.
    pub distance: f64,
    /// Diameter, um.
    pub diameter: f64,
    /// Branches between this one and the first.
    pub order: f64,
    /// Where on its branch, from 0 to 1.
    pub position: f64,
    /// Length of its compartment, um.
    pub length: f64,
    /// Compartments of its branch.
    pub compartments: f64,
}

/// Names of what a place is known by, with their units.
pub const NAMES: [(&str, &str); 6] =
    [("distance", "um"), ("diameter", "um"), ("order", "1"), ("position", "1"), ("length", "um"), ("compartments", "1")];
/// Functions and how many arguments they take.
const FUNCTIONS: [(&str, usize); 6] = [("exp", 1), ("log", 1), ("sqrt", 1), ("abs", 1), ("min", 2), ("max", 2)];

/// An expression, as read. A comparison is 1 where it holds and 0 where it does not.
#[derive(Clone, PartialEq, Debug)]
pub struct Expression {
    /// As it was written.
    pub text: String,
    root: Node,
    /// Whether it says if, and not how much.
    pub is_condition: bool,
}

#[derive(Clone, PartialEq, Debug)]
enum Node {
    Number(f64),
    Name(usize),
    Call(usize, Vec<Node>),
    Negative(Box<Node>),
    Not(Box<Node>),
    Pair(Operator, Box<Node>, Box<Node>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Less,
    AtMost,
    And,
    Or,
}

/// What is wrong with a text, and where in it (bytes).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// Where.
    pub at: std::ops::Range<usize>,
    /// What.
    pub message: String,
    /// What was expected there.
    pub expected: String,
}

/// Most nested parentheses, signs and powers.
const DEPTH: usize = 64;

struct Parser<'t> {
    text: &'t str,
    at: usize,
    /// Where the last atom ends.
    last: usize,
    depth: usize,
}

/// A part of an expression, and whether it says if.
type Part = Result<(Node, bool), Mistake>;

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// The first mistake.
    pub fn parse(text: &str) -> Result<Expression, Mistake> {
        let mut p = Parser { text, at: 0, last: 0, depth: 0 };
        let (root, is_condition) = p.either()?;
        p.space();
        if p.at < text.len() {
            return Err(p.mistake("the expression goes on", "an operator, or the end"));
        }
        Ok(Expression { text: text.into(), root, is_condition })
    }

    /// Its value at a place.
    pub fn at(&self, place: &Place) -> f64 {
        value(&self.root, place)
    }
}

fn value(node: &Node, p: &Place) -> f64 {
    let truth = |x: bool| f64::from(u8::from(x));
    match node {
        Node::Number(x) => *x,
        Node::Name(k) => [p.distance, p.diameter, p.order, p.position, p.length, p.compartments][*k],
        Node::Negative(x) => -value(x, p),
        Node::Not(x) => truth(value(x, p) == 0.0),
        Node::Call(f, list) => {
            let x = value(&list[0], p);
            match FUNCTIONS[*f].0 {
                "exp" => math::exp(x),
                "log" => math::ln(x),
                "sqrt" => x.sqrt(),
                "abs" => x.abs(),
                "min" => x.min(value(&list[1], p)),
                _ => x.max(value(&list[1], p)),
            }
        }
        Node::Pair(f, a, b) => {
            let (a, b) = (value(a, p), value(b, p));
            match f {
                Operator::Add => a + b,
                Operator::Subtract => a - b,
                Operator::Multiply => a * b,
                Operator::Divide => a / b,
                Operator::Power => math::pow(a, b),
                Operator::Less => truth(a < b),
                Operator::AtMost => truth(a <= b),
                Operator::And => truth(a != 0.0 && b != 0.0),
                Operator::Or => truth(a != 0.0 || b != 0.0),
            }
        }
    }
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// The word or the number that begins here.
    fn word(&mut self) -> &str {
        self.space();
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
        &rest[..end]
    }

    fn eat(&mut self, sign: &str) -> bool {
        self.space();
        let yes = self.rest().starts_with(sign);
        self.at += if yes { sign.len() } else { 0 };
        yes
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let yes = self.word() == word;
        self.at += if yes { word.len() } else { 0 };
        yes
    }

    fn mistake(&mut self, message: impl Into<String>, expected: impl Into<String>) -> Mistake {
        let n = self.word().len().max(self.rest().chars().next().map_or(0, char::len_utf8));
        Mistake { at: self.at..self.at + n, message: message.into(), expected: expected.into() }
    }

    /// Both sides of an operator must be of one kind.
    fn must(&self, from: usize, part: &(Node, bool), condition: bool) -> Result<(), Mistake> {
        if part.1 == condition {
            return Ok(());
        }
        let (is, wanted) = if part.1 { ("says if, not how much", "a number") } else { ("says how much, not if", "a comparison") };
        Err(Mistake { at: from..self.last.max(from), message: format!("this part {is}"), expected: format!("{wanted} was expected") })
    }

    fn either(&mut self) -> Part {
        self.joined("or", Operator::Or, Self::both)
    }

    fn both(&mut self) -> Part {
        self.joined("and", Operator::And, Self::negation)
    }

    fn joined(&mut self, word: &str, operator: Operator, part: fn(&mut Self) -> Part) -> Part {
        self.space();
        let from = self.at;
        let mut left = part(self)?;
        while self.eat_word(word) {
            self.must(from, &left, true)?;
            self.space();
            let from = self.at;
            let right = part(self)?;
            self.must(from, &right, true)?;
            left = (Node::Pair(operator, left.0.into(), right.0.into()), true);
        }
        Ok(left)
    }

    fn negation(&mut self) -> Part {
        if !self.eat_word("not") {
            return self.comparison();
        }
        let from = self.at;
        let part = self.deeper(Self::negation)?;
        self.must(from, &part, true)?;
        Ok((Node::Not(part.0.into()), true))
    }

    fn deeper(&mut self, part: fn(&mut Self) -> Part) -> Part {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.mistake("the expression is too deep", format!("at most {DEPTH} levels were expected")));
        }
        let out = part(self);
        self.depth -= 1;
        out
    }

    fn comparison(&mut self) -> Part {
        self.space();
        let from = self.at;
        let left = self.sum()?;
        let signs =
            [("<=", Operator::AtMost, false), ("<", Operator::Less, false), (">=", Operator::AtMost, true), (">", Operator::Less, true)];
        let Some((_, operator, turned)) = signs.into_iter().find(|s| self.eat(s.0)) else { return Ok(left) };
        self.must(from, &left, false)?;
        self.space();
        let from = self.at;
        let right = self.sum()?;
        self.must(from, &right, false)?;
        let (a, b) = if turned { (right, left) } else { (left, right) };
        Ok((Node::Pair(operator, a.0.into(), b.0.into()), true))
    }

    fn sum(&mut self) -> Part {
        self.arithmetic([("+", Operator::Add), ("-", Operator::Subtract)], Self::product)
    }

    fn product(&mut self) -> Part {
        self.arithmetic([("*", Operator::Multiply), ("/", Operator::Divide)], Self::sign)
    }

    fn arithmetic(&mut self, signs: [(&str, Operator); 2], part: fn(&mut Self) -> Part) -> Part {
        self.space();
        let from = self.at;
        let mut left = part(self)?;
        while let Some((_, operator)) = signs.into_iter().find(|s| self.eat(s.0)) {
            self.must(from, &left, false)?;
            self.space();
            let from = self.at;
            let right = part(self)?;
            self.must(from, &right, false)?;
            left = (Node::Pair(operator, left.0.into(), right.0.into()), false);
        }
        Ok(left)
    }

    fn sign(&mut self) -> Part {
        if !self.eat("-") {
            return self.power();
        }
        let from = self.at;
        let part = self.deeper(Self::sign)?;
        self.must(from, &part, false)?;
        Ok((Node::Negative(part.0.into()), false))
    }

    fn power(&mut self) -> Part {
        let from = self.at;
        let base = self.atom()?;
        if !self.eat("^") {
            return Ok(base);
        }
        self.must(from, &base, false)?;
        let from = self.at;
        let exponent = self.deeper(Self::sign)?;
        self.must(from, &exponent, false)?;
        Ok((Node::Pair(Operator::Power, base.0.into(), exponent.0.into()), false))
    }

    fn atom(&mut self) -> Part {
        let atom = self.bare_atom()?;
        self.last = self.at;
        Ok(atom)
    }

    fn bare_atom(&mut self) -> Part {
        if self.eat("(") {
            let inner = self.deeper(Self::either)?;
            return if self.eat(")") { Ok(inner) } else { Err(self.mistake("a parenthesis is not closed", "`)` was expected")) };
        }
        let word = self.word().to_string();
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            // An exponent may have a sign.
            let mut end = self.at + word.len();
            if word.ends_with(['e', 'E']) && self.text[end..].starts_with(['+', '-']) {
                let more = &self.text[end + 1..];
                end += 1 + more.find(|c: char| !c.is_ascii_digit()).unwrap_or(more.len());
            }
            let Some(x) = self.text[self.at..end].parse::<f64>().ok().filter(|x| x.is_finite()) else {
                return Err(self.mistake(format!("`{word}` is no number"), "a number such as 2e-4 was expected"));
            };
            self.at = end;
            return Ok((Node::Number(x), false));
        }
        if let Some(k) = NAMES.iter().position(|n| n.0 == word) {
            self.at += word.len();
            return Ok((Node::Name(k), false));
        }
        let Some(f) = FUNCTIONS.iter().position(|f| f.0 == word) else {
            let names: Vec<&str> = NAMES.iter().map(|n| n.0).chain(FUNCTIONS.iter().map(|f| f.0)).collect();
            let what = if word.is_empty() { "something is missing".to_string() } else { format!("there is no `{word}`") };
            return Err(self.mistake(what, format!("a number, or one of {} was expected", names.join(", "))));
        };
        self.at += word.len();
        let mut list = Vec::new();
        let mut more = self.eat("(");
        while more {
            self.space();
            let from = self.at;
            let part = self.deeper(Self::either)?;
            self.must(from, &part, false)?;
            list.push(part.0);
            more = self.eat(",");
        }
        let (name, n) = FUNCTIONS[f];
        if list.len() != n || !self.eat(")") {
            return Err(self.mistake(format!("`{name}` takes {n} argument{}", if n == 1 { "" } else { "s" }), "they stand in parentheses"));
        }
        Ok((Node::Call(f, list), false))
    }
}

#[cfg(test)]
mod tests;
