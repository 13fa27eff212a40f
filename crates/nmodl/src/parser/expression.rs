//! Expressions, by precedence climbing (Pratt 1973).

use super::{DEEPEST, Parsed, Parser};
use crate::ast::{Expression, ExpressionKind, Operator};
use crate::lexer::Kind;
use homolog_base::Diagnostic;

/// The operator, how strongly it binds, and whether it groups from the right.
fn operator(kind: Kind) -> Option<(Operator, u8, bool)> {
    Some(match kind {
        Kind::Or => (Operator::Or, 1, false),
        Kind::And => (Operator::And, 2, false),
        Kind::Less => (Operator::Less, 3, false),
        Kind::LessEqual => (Operator::LessEqual, 3, false),
        Kind::Greater => (Operator::Greater, 3, false),
        Kind::GreaterEqual => (Operator::GreaterEqual, 3, false),
        Kind::Equal => (Operator::Equal, 3, false),
        Kind::NotEqual => (Operator::NotEqual, 3, false),
        Kind::Plus => (Operator::Add, 4, false),
        Kind::Minus => (Operator::Subtract, 4, false),
        Kind::Star => (Operator::Multiply, 5, false),
        Kind::Slash => (Operator::Divide, 5, false),
        Kind::Power => (Operator::Power, 7, true),
        _ => return None,
    })
}

/// How strongly a sign binds: more than a product, less than a power.
const SIGN: u8 = 6;

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        self.expression_above(0)
    }

    fn expression_above(&mut self, least: u8) -> Parsed<Expression> {
        self.depth += 1;
        let out = if self.depth > DEEPEST { Err(self.too_deep()) } else { self.climb(least) };
        self.depth -= 1;
        out
    }

    pub(super) fn too_deep(&mut self) -> super::Reported {
        let t = self.peek();
        let d = Diagnostic::error("nmodl-too-deep", "this is nested too deeply")
            .at(self.source, t.span, format!("deeper than {DEEPEST} levels, or a chain of more operators"))
            .hint("give a part of it a name, with LOCAL");
        self.report(d);
        super::Reported
    }

    fn climb(&mut self, least: u8) -> Parsed<Expression> {
        let start = self.peek().span.start;
        let mut left = match self.kind() {
            Kind::Minus => {
                self.next();
                let x = self.expression_above(SIGN)?;
                let span = self.since(start);
                // A sign before a bare number is part of the number.
                match x.kind {
                    ExpressionKind::Number(v, unit) => Expression { span, kind: ExpressionKind::Number(-v, unit) },
                    _ => Expression { span, kind: ExpressionKind::Negative(Box::new(x)) },
                }
            }
            Kind::Plus => {
                self.next();
                self.expression_above(SIGN)?
            }
            Kind::Not => {
                self.next();
                let x = self.expression_above(SIGN)?;
                Expression { span: self.since(start), kind: ExpressionKind::Not(Box::new(x)) }
            }
            _ => self.primary()?,
        };
        let mut chain = 0;
        while let Some((op, strength, right)) = operator(self.kind()) {
            if strength < least || (strength == least && !right && least > 0) {
                break;
            }
            chain += 1;
            if chain > DEEPEST {
                return Err(self.too_deep());
            }
            self.next();
            let y = self.expression_above(strength)?;
            left = Expression { span: self.since(start), kind: ExpressionKind::Binary(op, Box::new(left), Box::new(y)) };
        }
        Ok(left)
    }

    fn primary(&mut self) -> Parsed<Expression> {
        let t = self.peek();
        let start = t.span.start;
        match t.kind {
            Kind::Number => {
                self.next();
                let value = self.value(t);
                let unit = self.unit()?;
                Ok(Expression { span: self.since(start), kind: ExpressionKind::Number(value, unit) })
            }
            Kind::Left => {
                self.next();
                let inner = self.expression()?;
                self.expect(Kind::Right, "`)`")?;
                Ok(Expression { span: self.since(start), ..inner })
            }
            Kind::Word => {
                let name = self.name("a name")?;
                let kind = match self.kind() {
                    Kind::Left => ExpressionKind::Call(name, self.arguments()?),
                    Kind::LeftSquare => {
                        self.next();
                        let index = self.expression()?;
                        self.expect(Kind::RightSquare, "`]`")?;
                        ExpressionKind::Element(name, Box::new(index))
                    }
                    _ => ExpressionKind::Name(name.text),
                };
                Ok(Expression { span: self.since(start), kind })
            }
            _ => Err(self.expected("an expression")),
        }
    }

    /// `(a, b)`
    pub(super) fn arguments(&mut self) -> Parsed<Vec<Expression>> {
        self.expect(Kind::Left, "`(`")?;
        let mut out = Vec::new();
        if !self.eat(Kind::Right) {
            loop {
                out.push(self.expression()?);
                if !self.eat(Kind::Comma) {
                    break;
                }
            }
            self.expect(Kind::Right, "`)` or `,`")?;
        }
        Ok(out)
    }
}
