//! Reactions, equations, and what else stands in KINETIC, LINEAR and NONLINEAR; and loops.

use super::{Parsed, Parser};
use crate::ast::{Arrow, Species, StatementKind};
use crate::lexer::Kind;

impl Parser<'_> {
    /// What follows `~`.
    pub(super) fn reaction(&mut self) -> Parsed<StatementKind> {
        let from = self.at;
        let before = self.problems.len();
        if let Ok(left) = self.species()
            && matches!(self.kind(), Kind::Both | Kind::Arrow | Kind::Into)
        {
            let arrow = match self.next().kind {
                Kind::Both => Arrow::Both,
                Kind::Arrow => Arrow::Forward,
                _ => Arrow::Flux,
            };
            let right = if arrow == Arrow::Flux || self.kind() == Kind::Left { Vec::new() } else { self.species()? };
            let rates = self.arguments()?;
            return Ok(StatementKind::Reaction { left, right, arrow, rates });
        }
        // Not a reaction, so an equation.
        self.at = from;
        self.problems.truncate(before);
        let left = self.expression()?;
        self.expect(Kind::Is, "`=`, `<->`, `->` or `<<`")?;
        Ok(StatementKind::Equation(left, self.expression()?))
    }

    /// `a + 2 b + c[i]`
    pub(super) fn species(&mut self) -> Parsed<Vec<Species>> {
        let mut out = Vec::new();
        loop {
            let count = if self.kind() == Kind::Number { self.number()? } else { 1.0 };
            let name = self.name("the name of a state")?;
            let index = if self.eat(Kind::LeftSquare) {
                let index = self.expression()?;
                self.expect(Kind::RightSquare, "`]`")?;
                Some(index)
            } else {
                None
            };
            out.push(Species { count, name, index });
            if !self.eat(Kind::Plus) {
                return Ok(out);
            }
        }
    }

    /// `[i,] expression { a b }`
    pub(super) fn compartment(&mut self) -> Parsed<StatementKind> {
        let index = if self.kind() == Kind::Word && self.peek_at(1).kind == Kind::Comma {
            let name = self.name("the name of an index")?;
            self.next();
            Some(name)
        } else {
            None
        };
        let volume = self.expression()?;
        self.expect(Kind::Open, "`{` and the names of states")?;
        let mut states = Vec::new();
        while self.kind() == Kind::Word {
            states.push(self.name("the name of a state")?);
            self.eat(Kind::Comma);
        }
        self.expect(Kind::Close, "`}`")?;
        Ok(StatementKind::Compartment { index, volume, states })
    }

    /// `FROM i = 0 TO n BY 1 { ... }`
    pub(super) fn from(&mut self) -> Parsed<StatementKind> {
        self.next();
        let variable = self.name("the name of an index")?;
        self.expect(Kind::Is, "`=`")?;
        let first = self.expression()?;
        if !self.eat_word("TO") {
            return Err(self.expected("`TO`"));
        }
        let last = self.expression()?;
        let by = if self.eat_word("BY") { Some(self.expression()?) } else { None };
        Ok(StatementKind::From { variable, first, last, by, body: self.body()? })
    }
}
