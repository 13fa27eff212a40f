//! What each token is where it stands: a sign or an operator, a unit or an argument, the start of a statement or its
//! continuation.

use super::items::{Item, What};
use super::words::{DECLARATIONS, GOES_ON, OF_CODE, OF_INTERFACE, OF_NEURON, OPEN_ENDED, ROUTINES, begins_block, listed};
use crate::lexer::Kind;

/// What kind of list or text a brace holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Block {
    /// No brace.
    Outside,
    /// `NEURON`.
    Neuron,
    /// `UNITS`.
    Units,
    /// `PARAMETER`, `ASSIGNED`, `STATE` and their like.
    Declarations,
    /// `INTERFACE`.
    Interface,
    /// Statements.
    Code,
}

/// What a token is where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// Nothing that its kind does not say.
    Plain,
    /// A sign of one operand.
    Sign,
    /// `*` or `/` without spaces.
    Product,
    /// `<` or `>` of limits.
    LimitOpen,
    /// The second of them.
    LimitClose,
    /// `(` of arguments.
    Call,
}

/// An item and what it is where it stands.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    /// The item.
    pub item: Item,
    /// The list it is in.
    pub block: Block,
    /// Braces open before it.
    pub depth: usize,
    /// Blocks of the file before it, so that lines of one block are known.
    pub number: usize,
    /// What it is.
    pub role: Role,
    /// True for the first token of a statement that is not the first of its line.
    pub begins: bool,
    /// True for a line, of which this is the first item, that goes on with a statement.
    pub continues: bool,
}

/// True for a word that is part of the language where it stands, and no name of a function or variable.
pub(super) fn open_ended(item: &Item) -> bool {
    listed(item.word(), OPEN_ENDED)
}

/// True when an operand, or a list, may end with this.
fn ends_operand(p: &Placed) -> bool {
    match p.item.what {
        What::Unit => true,
        What::Token(Kind::Word) => !open_ended(&p.item),
        What::Token(Kind::Number | Kind::Right | Kind::RightSquare | Kind::Prime | Kind::Text) => true,
        _ => p.role == Role::LimitClose,
    }
}

struct State {
    /// Open braces, with what they hold.
    stack: Vec<Block>,
    /// Open parentheses.
    round: usize,
    /// The keyword of the block that is being opened.
    keyword: String,
    /// The first word of the statement.
    statement: String,
    /// True after `~`, and after the arrow of a reaction.
    reaction: bool,
    arrow: bool,
    number: usize,
}

/// Says of each item what it is, and makes one item of each unit.
pub(super) fn annotate(items: Vec<Item>) -> Vec<Placed> {
    let mut s =
        State { stack: vec![], round: 0, keyword: String::new(), statement: String::new(), reaction: false, arrow: false, number: 0 };
    let mut out: Vec<Placed> = Vec::with_capacity(items.len());
    // The place of the last token in `out`.
    let mut last: Option<usize> = None;
    let mut k = 0;
    while k < items.len() {
        let mut item = items[k].clone();
        let block = s.stack.last().copied().unwrap_or(Block::Outside);
        let before = last.map(|i| &out[i]);
        let mut next = k + 1;
        if item.is(Kind::Left)
            && let Some(end) = unit(&items, k)
            && s.is_unit(block, before)
        {
            item = merged(&items[k..=end]);
            next = end + 1;
        }
        // Of a comment it is not asked, and there may be many.
        let follows = if item.is_comment() { None } else { items[next..].iter().find(|i| !i.is_comment()) };
        let placed = s.place(item, block, before, follows);
        if placed.item.what != What::Comment {
            last = Some(out.len());
        }
        out.push(placed);
        k = next;
    }
    products(&mut out);
    out
}

/// The index of the `)` of a unit that opens at `k`, if what stands there may be one.
fn unit(items: &[Item], k: usize) -> Option<usize> {
    for (j, item) in items.iter().enumerate().skip(k + 1) {
        if item.breaks > 0 {
            return None;
        }
        match item.kind()? {
            Kind::Right => return Some(j),
            Kind::Word | Kind::Number | Kind::Plus | Kind::Minus | Kind::Star | Kind::Slash | Kind::Power | Kind::Other => {}
            _ => return None,
        }
    }
    None
}

/// One item of many: with one blank where there were any.
fn merged(items: &[Item]) -> Item {
    let mut out = Item { what: What::Unit, ..items[0].clone() };
    for (k, item) in items.iter().enumerate().skip(1) {
        if item.apart && k > 1 && k + 1 < items.len() {
            out.text.push(' ');
        }
        out.text += &item.text;
    }
    out
}

impl State {
    fn is_unit(&self, block: Block, before: Option<&Placed>) -> bool {
        let after = |kinds: &[Kind]| before.is_some_and(|b| b.item.kind().is_some_and(|k| kinds.contains(&k)));
        match block {
            Block::Units | Block::Declarations | Block::Interface => true,
            _ if self.arrow && self.round == 0 => false,
            Block::Outside if listed(&self.keyword, ROUTINES) => self.round > 0 || after(&[Kind::Right]),
            _ => after(&[Kind::Number, Kind::Right, Kind::RightSquare]),
        }
    }

    fn place(&mut self, item: Item, block: Block, before: Option<&Placed>, follows: Option<&Item>) -> Placed {
        let depth = self.stack.len();
        let first = before.is_none() || item.breaks > 0;
        let mut p = Placed { item, block, depth, number: self.number, role: Role::Plain, begins: false, continues: false };
        // What a statement could go on from.
        let open =
            before.filter(|b| !b.item.is_text_block() && !matches!(b.item.kind(), Some(Kind::Open | Kind::Close)) && b.item.text != ";");
        let What::Token(kind) = p.item.what else {
            if p.item.what == What::Comment {
                p.continues = self.round > 0 || open.is_some_and(|b| !ends_statement(b));
            } else {
                let names = block == Block::Units && follows.is_some_and(|f| f.is(Kind::Is));
                p.continues = open.is_some() && (!names || self.round > 0 || open.is_some_and(|b| !ends_statement(b)));
                p.begins = names && !first && before.is_some_and(ends_operand);
            }
            return p;
        };
        p.role = self.role(kind, block, before);
        p.continues = match kind {
            Kind::Open | Kind::Close | Kind::Title | Kind::Comment | Kind::Verbatim => false,
            _ if self.round > 0 => true,
            _ if open.is_none() => false,
            _ if open.is_some_and(|b| !ends_statement(b)) => true,
            Kind::Word => listed(p.item.word(), GOES_ON) || p.item.word() == "FROM" && (self.statement == "TABLE" || block != Block::Code),
            Kind::Number | Kind::Text | Kind::Tilde | Kind::Other => false,
            _ => p.role != Role::Sign,
        };
        p.begins = !first && self.round == 0 && before.is_some_and(|b| self.begins(&p, b, follows));
        if first && !p.continues || p.begins || before.is_some_and(|b| matches!(b.item.kind(), Some(Kind::Open | Kind::Close))) {
            self.statement = p.item.word().into();
            (self.reaction, self.arrow) = (false, false);
        }
        self.pass(kind, &p.item);
        p
    }

    fn role(&self, kind: Kind, block: Block, before: Option<&Placed>) -> Role {
        match kind {
            Kind::Not => Role::Sign,
            Kind::Minus | Kind::Plus if matches!(block, Block::Code | Block::Outside) => {
                if before.is_some_and(ends_operand) {
                    Role::Plain
                } else {
                    Role::Sign
                }
            }
            Kind::Minus | Kind::Plus => Role::Sign,
            Kind::Star | Kind::Slash => Role::Product,
            Kind::Less if block == Block::Declarations => Role::LimitOpen,
            Kind::Greater if block == Block::Declarations => Role::LimitClose,
            Kind::Left if self.arrow && self.round == 0 => Role::Plain,
            Kind::Left if before.is_some_and(|b| b.item.is(Kind::Word) && !open_ended(&b.item) || b.item.is(Kind::Prime)) => Role::Call,
            _ => Role::Plain,
        }
    }

    /// Whether a statement begins with `p` in the middle of a line, after `b`.
    fn begins(&self, p: &Placed, b: &Placed, follows: Option<&Item>) -> bool {
        let (word, kind) = (p.item.word(), p.item.kind());
        let after_close = b.item.is(Kind::Close);
        if after_close && kind == Some(Kind::Word) && p.block != Block::Interface {
            return !matches!(word, "else" | "ELSE" | "IFERROR");
        }
        if !ends_operand(b) && !after_close {
            return false;
        }
        let next = |kinds: &[Kind]| follows.and_then(Item::kind).is_some_and(|k| kinds.contains(&k));
        let alone = b.item.is(Kind::Word);
        match p.block {
            _ if kind == Some(Kind::Tilde) => true,
            _ if kind != Some(Kind::Word) || listed(word, GOES_ON) => false,
            Block::Outside => begins_block(word),
            Block::Neuron => listed(word, OF_NEURON),
            Block::Units => next(&[Kind::Is]),
            // Names alone are a list.
            Block::Declarations => word != "FROM" && !(alone && next(&[Kind::Word, Kind::Close])),
            Block::Interface if self.stack.len() > 1 => next(&[Kind::Is]),
            Block::Interface => {
                listed(word, OF_INTERFACE)
                    && !(word == "WEIGHT" && (after_close || matches!(self.statement.as_str(), "POSITIVE" | "NEGATIVE")))
            }
            Block::Code if listed(word, OF_CODE) => true,
            Block::Code => !self.reaction && next(&[Kind::Is, Kind::Prime, Kind::Left, Kind::LeftSquare]),
        }
    }

    /// Goes past a token.
    fn pass(&mut self, kind: Kind, item: &Item) {
        match kind {
            Kind::Word if self.stack.is_empty() && self.round == 0 && begins_block(item.word()) => {
                self.keyword.clone_from(&item.text);
                self.number += 1;
            }
            Kind::Left => self.round += 1,
            Kind::Right => self.round = self.round.saturating_sub(1),
            Kind::Open => {
                let inside = self.stack.last().copied().unwrap_or(match self.keyword.as_str() {
                    "NEURON" => Block::Neuron,
                    "UNITS" => Block::Units,
                    "INTERFACE" => Block::Interface,
                    word if listed(word, DECLARATIONS) => Block::Declarations,
                    _ => Block::Code,
                });
                self.stack.push(inside);
                self.round = 0;
            }
            Kind::Close => {
                self.stack.pop();
                self.round = 0;
                if self.stack.is_empty() {
                    self.keyword.clear();
                }
            }
            Kind::Tilde => self.reaction = true,
            Kind::Both | Kind::Into | Kind::Arrow => self.arrow = self.reaction,
            _ => {}
        }
    }
}

/// True when a line that ends with this may be the end of a statement.
fn ends_statement(b: &Placed) -> bool {
    ends_operand(b) || matches!(b.item.kind(), Some(Kind::Other | Kind::Open | Kind::Close)) || b.item.is_text_block()
}

/// Products after a unit and at either end of a line have spaces.
fn products(all: &mut [Placed]) {
    for k in 0..all.len() {
        if all[k].role != Role::Product {
            continue;
        }
        let first = k == 0 || all[k].item.breaks > 0 || all[k - 1].item.what == What::Unit;
        let last = all.get(k + 1).is_none_or(|n| n.item.breaks > 0 || n.item.what == What::Comment);
        if first || last {
            all[k].role = Role::Plain;
        }
    }
}
