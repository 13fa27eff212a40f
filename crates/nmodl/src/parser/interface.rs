//! The lines of `INTERFACE`.

use super::{Parsed, Parser};
use crate::ast::{InterfaceItem, InterfaceKind, Name};
use crate::lexer::Kind;
use homolog_base::Diagnostic;

/// Every keyword of `INTERFACE`.
pub(crate) const KEYWORDS: [&str; 16] = [
    "SIGNAL",
    "DRIVE",
    "WEIGHT",
    "EVENT",
    "POSITIVE",
    "NEGATIVE",
    "CURRENT",
    "PRESENTATION",
    "SETTLE",
    "STEP",
    "DELAY",
    "SURROGATE",
    "RESTART",
    "RESET",
    "READOUT",
    "ACTIVITY",
];

impl Parser<'_> {
    pub(super) fn interface(&mut self) -> Parsed<Vec<InterfaceItem>> {
        let open = self.expect(Kind::Open, "`{`")?.span;
        let mut out = Vec::new();
        while !self.ends(open) {
            let start = self.peek().span.start;
            let from = self.at;
            let item = self.name("a keyword of INTERFACE").and_then(|keyword| {
                let kind = self.interface_item(&keyword)?;
                Ok(InterfaceItem { keyword, span: self.since(start), kind })
            });
            match item {
                Ok(i) => out.push(i),
                Err(_) => {
                    self.skip_to_keyword();
                    if self.at == from && !matches!(self.kind(), Kind::Close | Kind::End) && !self.begins_block() {
                        self.next();
                    }
                }
            }
        }
        Ok(out)
    }

    fn skip_to_keyword(&mut self) {
        while !matches!(self.kind(), Kind::End | Kind::Close) && !KEYWORDS.iter().any(|k| self.at_word(k)) && !self.begins_line() {
            if self.kind() == Kind::Open {
                self.skip_braces();
            } else {
                self.next();
            }
        }
    }

    fn interface_item(&mut self, keyword: &Name) -> Parsed<InterfaceKind> {
        Ok(match keyword.text.as_str() {
            "SIGNAL" | "DRIVE" | "CURRENT" => InterfaceKind::Word(self.name("the name of a variable")?),
            "RESTART" => InterfaceKind::Word(self.name("the name of a state")?),
            "RESET" => InterfaceKind::Word(self.name("`detached` or `attached`")?),
            "WEIGHT" | "EVENT" | "PRESENTATION" | "SETTLE" | "STEP" | "DELAY" | "ACTIVITY" => InterfaceKind::Quantity(self.quantity()?),
            "POSITIVE" | "NEGATIVE" => {
                let mechanism = self.name("the name of a synapse")?;
                let mut parameters = Vec::new();
                if self.kind() == Kind::Open {
                    let open = self.next().span;
                    while !self.ends(open) {
                        let name = self.name("the name of a parameter")?;
                        self.expect(Kind::Is, "`=`")?;
                        parameters.push((name, self.quantity()?));
                        self.eat(Kind::Comma);
                    }
                }
                let weight = if self.eat_word("WEIGHT") { Some(self.quantity()?) } else { None };
                InterfaceKind::Receptor { mechanism, parameters, weight }
            }
            "SURROGATE" => {
                let shape = self.name("the shape of a surrogate derivative")?;
                InterfaceKind::Surrogate(shape, self.quantity()?)
            }
            "READOUT" => {
                let how = self.name("`value`, `count`, `filtered` or `potential`")?;
                let variable = if how.text == "potential" { Some(self.name("the name of a state")?) } else { None };
                let mut numbers = Vec::new();
                while self.is_number() {
                    numbers.push(self.quantity()?);
                }
                InterfaceKind::Readout { how, variable, numbers }
            }
            _ => {
                let d = Diagnostic::error("nmodl-interface", format!("INTERFACE has no keyword `{}`", keyword.text))
                    .at(self.source, keyword.span, "a keyword of INTERFACE was expected")
                    .suggest(&keyword.text, KEYWORDS);
                self.report(d);
                return Err(super::Reported);
            }
        })
    }
}
