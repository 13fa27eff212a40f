//! Tokens to a drawing: the trees and outlines of a file. Nothing here calls itself, so no depth of parentheses is too deep.

use super::lex::{Kind, Token, token};
use crate::morphology::problems::{Problems, counted};
use crate::morphology::runs::FARTHEST;
use homolog_base::{Diagnostic, Source, Span};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A point as it is drawn.
#[derive(Clone, Copy)]
pub(super) struct Dot {
    /// um.
    pub at: [f64; 3],
    /// um.
    pub diameter: f64,
    pub span: Span,
}

/// A branch as it is drawn.
pub(super) struct Limb {
    /// The branch it begins at; none for the first of a tree.
    pub parent: Option<usize>,
    /// Type, as SWC counts them.
    pub kind: u32,
    pub points: Vec<Dot>,
    /// Where it begins in the text.
    pub begins: Span,
    /// What has ended its points: a word such as `Normal`, or its branches.
    closed: Option<Span>,
}

/// The outline of a soma.
pub(super) struct Outline {
    pub points: Vec<Dot>,
    pub begins: Span,
}

/// All of a file that has a shape.
#[derive(Default)]
pub(super) struct Drawing {
    pub limbs: Vec<Limb>,
    pub outlines: Vec<Outline>,
}

/// Words that say how a branch ends.
const ENDS: [&str; 8] = ["Normal", "High", "Low", "Incomplete", "Generated", "Midpoint", "Origin", "Unknown"];

const TYPES: [(&str, u32); 3] = [("Axon", 2), ("Dendrite", 3), ("Apical", 4)];

/// The type of a tree that names none.
pub(super) const UNTYPED: u32 = 0;

/// Deeper than this no tree branches.
const DEEPEST: usize = 100_000;

/// Names of contours that are somata, in lower case and without spaces.
const SOMATA: [&str; 2] = ["cellbody", "soma"];

/// Reads a whole file.
pub(super) fn drawing(source: &Arc<Source>, problems: &mut Problems) -> Drawing {
    let mut p = Parser {
        source,
        problems,
        at: 0,
        out: Drawing::default(),
        skipped: BTreeMap::new(),
        first_skipped: None,
        empty: 0,
        first_empty: None,
    };
    p.file();
    p.say_empty();
    p.say_skipped();
    p.out
}

struct Parser<'s, 'p> {
    source: &'s Arc<Source>,
    problems: &'p mut Problems,
    at: usize,
    out: Drawing,
    /// How many there were of each thing that has a place but is no membrane.
    skipped: BTreeMap<String, usize>,
    first_skipped: Option<Span>,
    /// How many branches had no points, and the first.
    empty: usize,
    first_empty: Option<Span>,
}

/// A property, or something with a shape of its own.
struct Group {
    /// Its first word.
    word: Span,
    /// Whether there are groups in it: it is a marker, a picture or the like.
    nested: bool,
    /// Whether there is nothing in it but the word.
    bare: bool,
}

/// What stands at the beginning of a tree or contour.
struct Head {
    open: Span,
    name: Option<Span>,
    kind: Option<u32>,
    soma: bool,
    /// A property that is only a word, and no type.
    unknown: Option<Span>,
}

impl Parser<'_, '_> {
    fn peek(&self) -> Token {
        token(&self.source.text, self.at)
    }

    /// The token after the next.
    fn peek_second(&self) -> Token {
        token(&self.source.text, self.peek().span.end)
    }

    fn next(&mut self) -> Token {
        let t = self.peek();
        self.at = t.span.end;
        if matches!(t.kind, Kind::Text { closed: false }) {
            let d = Diagnostic::error("asc-string", "a quote is not closed in its line").at(self.source, t.span, "opened here");
            self.problems.push(d.hint("expected a second `\"` before the end of the line"));
        }
        t
    }

    fn word(&self, span: Span) -> &str {
        &self.source.text[span.start..span.end]
    }

    /// What a token is called in a message.
    fn called(&self, t: Token) -> String {
        match t.kind {
            Kind::End => "the end of the file".into(),
            _ => {
                let word: String = self.word(t.span).chars().take(32).collect();
                format!("`{word}`")
            }
        }
    }

    fn error(&mut self, code: &'static str, message: &str, t: Token, expected: &str, hint: &str) {
        let found = self.called(t);
        let d = Diagnostic::error(code, message).at(self.source, t.span, format!("expected {expected}, found {found}"));
        self.problems.push(d.hint(hint));
    }

    /// Something was opened and the file ends.
    fn unclosed(&mut self, what: &str, open: Span) {
        let end = self.source.text.len();
        let d = Diagnostic::error("asc-open", format!("{what} is not closed")).at(self.source, open, "opened here");
        let d = d.at(self.source, Span::new(end, end), "the file ends here");
        self.problems.push(d.hint("expected `)`; is the file cut short?"));
    }

    fn skip(&mut self, what: impl Into<String>, at: Span) {
        *self.skipped.entry(what.into()).or_default() += 1;
        self.first_skipped.get_or_insert(at);
    }

    fn file(&mut self) {
        // `(Set "name" ...)` holds objects: how many are open, and where.
        let mut sets: Vec<Span> = Vec::new();
        let mut astray = false;
        loop {
            let t = self.peek();
            let stray = match t.kind {
                Kind::End => break,
                Kind::Comma => {
                    self.next();
                    continue;
                }
                Kind::Open => {
                    self.object(&mut sets);
                    false
                }
                Kind::Close => {
                    self.next();
                    if sets.pop().is_none() {
                        self.error(
                            "asc-close",
                            "a parenthesis closes nothing",
                            t,
                            "`(` or the end of the file",
                            "is there a `)` too many before?",
                        );
                    }
                    false
                }
                _ => {
                    self.next();
                    true
                }
            };
            if stray && !astray {
                let hint = "a file is a list of contours, trees and properties, each in parentheses; is this an ASC file?";
                self.error("asc-outside", "something stands outside of all parentheses", t, "`(`", hint);
            }
            astray = stray;
        }
        if let Some(open) = sets.pop() {
            self.unclosed("a set", open);
        }
    }

    /// Anything in parentheses that is not in others, but for sets.
    fn object(&mut self, sets: &mut Vec<Span>) {
        let open = self.next().span;
        let t = self.peek();
        match t.kind {
            Kind::Word if self.word(t.span) == "Set" && matches!(self.peek_second().kind, Kind::Text { .. }) => {
                self.next();
                self.next();
                sets.push(open);
            }
            Kind::Word => {
                self.at = open.start;
                self.marker_or_property(true);
            }
            Kind::Text { .. } | Kind::Open => {
                let head = self.head(open);
                self.body(&head);
            }
            Kind::Close => drop(self.next()),
            Kind::End => self.unclosed("a parenthesis", open),
            _ => {
                let hint = "a tree is `( (Dendrite) (x y z diameter) ... )`, a soma `(\"CellBody\" (x y z) ... )`";
                self.error(
                    "asc-object",
                    "this is no tree, no contour and no property",
                    t,
                    "a property such as `(Dendrite)`, or a name in quotes",
                    hint,
                );
                self.leave();
            }
        }
    }

    /// Goes on behind the parenthesis that closes what is open, whatever is before.
    fn leave(&mut self) {
        let mut depth = 1;
        loop {
            match self.next().kind {
                Kind::Open => depth += 1,
                Kind::Close => depth -= 1,
                Kind::End => return,
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// A group that begins with a word; what it holds means nothing to the shape.
    fn group(&mut self) -> Group {
        let open = self.next().span;
        let word = self.next().span;
        let mut group = Group { word, nested: false, bare: true };
        let (mut depth, mut colour) = (1, false);
        loop {
            let t = self.next();
            match t.kind {
                Kind::Open => {
                    depth += 1;
                    // `(Color RGB (255, 0, 0))` is a property.
                    group.nested |= !colour;
                }
                Kind::Close => depth -= 1,
                Kind::End => {
                    self.unclosed("a property or marker", open);
                    break;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
            colour = t.kind == Kind::Word && self.word(t.span).eq_ignore_ascii_case("rgb");
            group.bare = false;
        }
        group
    }

    /// Passes over one, and counts it if it has a place of its own.
    fn marker_or_property(&mut self, outside: bool) -> Group {
        let g = self.group();
        let sections = ["Sections", "SSM", "SSM2", "ImageCoords", "Description", "Thumbnail"];
        if g.nested || (outside && !g.bare && !sections.contains(&self.word(g.word))) {
            let name: String = self.word(g.word).chars().take(40).collect();
            let name = format!("`{name}`");
            self.skip(name, g.word);
        }
        g
    }

    /// The name and the properties with which a tree or contour begins.
    fn head(&mut self, open: Span) -> Head {
        let mut head = Head { open, name: None, kind: None, soma: false, unknown: None };
        if matches!(self.peek().kind, Kind::Text { .. }) {
            let name = self.next().span;
            head.name = Some(name);
            let plain: String = self.word(name).chars().filter(|c| c.is_alphanumeric()).collect();
            head.soma = SOMATA.contains(&plain.to_lowercase().as_str());
        }
        while self.peek().kind == Kind::Open && self.peek_second().kind == Kind::Word && !self.splits() {
            let g = self.marker_or_property(false);
            let word = self.word(g.word);
            match TYPES.iter().find(|t| t.0 == word) {
                Some(t) if g.bare => head.kind = Some(t.1),
                _ if g.bare && word == "CellBody" => head.soma = true,
                _ if g.bare && !["Closed", "ImageCoords", "FillDensity"].contains(&word) => head.unknown = Some(g.word),
                _ => {}
            }
            if self.peek().kind == Kind::Comma {
                self.next();
            }
        }
        head
    }

    /// Whether what is opened next is a list of branches of which the first has no point: `(Normal | ...`.
    fn splits(&self) -> bool {
        let word = self.peek_second();
        let after = token(&self.source.text, word.span.end).kind;
        ENDS.contains(&self.word(word.span)) && matches!(after, Kind::Bar | Kind::Close)
    }

    fn body(&mut self, head: &Head) {
        if head.kind.is_none() && (head.soma || head.name.is_some()) { self.contour(head) } else { self.tree(head) }
    }

    fn contour(&mut self, head: &Head) {
        let mut points = Vec::new();
        let mut astray = false;
        loop {
            let t = self.peek();
            match (t.kind, self.peek_second().kind) {
                (Kind::Close, _) => {
                    self.next();
                    break;
                }
                (Kind::End, _) => {
                    self.unclosed("a contour", head.open);
                    break;
                }
                (Kind::Open, Kind::Number(_)) => points.extend(self.point(2)),
                (Kind::Open, Kind::Word) => drop(self.marker_or_property(false)),
                (Kind::Comma, _) => drop(self.next()),
                (kind, _) => {
                    self.next();
                    if !astray {
                        self.error(
                            "asc-contour",
                            "a contour holds points and properties",
                            t,
                            "`(x y z diameter)` or `)`",
                            "is the `)` of the contour missing?",
                        );
                    }
                    astray = true;
                    if kind == Kind::Open {
                        self.leave();
                    }
                }
            }
        }
        if head.soma {
            self.out.outlines.push(Outline { points, begins: head.name.unwrap_or(head.open) });
        } else {
            let name = head.name.map_or("", |n| self.word(n));
            let name: String = name.chars().filter(|c| *c != '"').take(40).collect();
            self.skip(format!("contour \"{name}\""), head.name.unwrap_or(head.open));
        }
    }

    fn begin(&mut self, parent: Option<usize>, kind: u32) -> usize {
        let begins = self.peek().span;
        self.out.limbs.push(Limb { parent, kind, points: Vec::new(), begins, closed: None });
        self.out.limbs.len() - 1
    }

    /// Leaves a branch out that has no points and no branches.
    fn drop_empty(&mut self, limb: usize) {
        if limb + 1 == self.out.limbs.len() && self.out.limbs[limb].points.is_empty() {
            let begins = self.out.limbs.pop().map(|l| l.begins);
            self.empty += 1;
            self.first_empty = self.first_empty.or(begins);
        }
    }

    /// A tree, from behind its properties; or a text, which has one point too.
    fn tree(&mut self, head: &Head) {
        let kind = head.kind.unwrap_or(UNTYPED);
        let first = self.begin(None, kind);
        let mut here = first;
        let mut forks: Vec<(usize, Span)> = Vec::new();
        loop {
            let t = self.peek();
            match t.kind {
                Kind::Open => match self.peek_second().kind {
                    Kind::Number(_) => {
                        if let Some(before) = self.out.limbs[here].closed {
                            self.after(t, before, "a point");
                        }
                        let point = self.point(4);
                        self.out.limbs[here].points.extend(point);
                    }
                    Kind::Word if !self.splits() => drop(self.marker_or_property(false)),
                    _ => {
                        if let Some(before) = self.out.limbs[here].closed {
                            self.after(t, before, "a list of branches");
                        }
                        self.next();
                        if forks.len() >= DEEPEST {
                            let d = Diagnostic::error("asc-deep", format!("a tree branches more than {DEEPEST} deep"));
                            self.problems.push(d.at(self.source, t.span, "here").hint("is this an ASC file?"));
                            self.at = self.source.text.len();
                            return;
                        }
                        self.out.limbs[here].closed = Some(t.span);
                        forks.push((here, t.span));
                        here = self.begin(Some(here), kind);
                    }
                },
                Kind::Bar => {
                    self.next();
                    match forks.last() {
                        Some(&(parent, _)) => {
                            self.drop_empty(here);
                            here = self.begin(Some(parent), kind);
                        }
                        None => self.error(
                            "asc-bar",
                            "a `|` stands outside of a list of branches",
                            t,
                            "`)`",
                            "branches are written `( ... | ... )`, inside of their tree",
                        ),
                    }
                }
                Kind::Close => {
                    self.next();
                    match forks.pop() {
                        Some((parent, _)) => {
                            self.drop_empty(here);
                            here = parent;
                        }
                        None => break,
                    }
                }
                Kind::Word => {
                    self.next();
                    self.end_word(t, here);
                }
                Kind::Less => self.spine(),
                Kind::Comma => drop(self.next()),
                Kind::Text { .. } => {
                    self.next();
                    let limb = &self.out.limbs[here];
                    if first + 1 == self.out.limbs.len() && limb.points.len() == 1 && self.peek().kind == Kind::Close {
                        // One point and a text: something that is written beside the cell.
                        self.next();
                        self.out.limbs.truncate(first);
                        self.skip("text", t.span);
                        return;
                    }
                    self.skip("label", t.span);
                }
                Kind::Number(_) | Kind::Greater => {
                    self.next();
                    self.error(
                        "asc-tree",
                        "this does not belong in a tree",
                        t,
                        "a point `(x y z diameter)`, `(`, `|`, `)` or a word such as `Normal`",
                        "is a parenthesis missing before it?",
                    );
                }
                Kind::End => {
                    let open = forks.last().map_or(head.open, |f| f.1);
                    self.unclosed(if forks.is_empty() { "a tree" } else { "a list of branches" }, open);
                    break;
                }
            }
        }
        if head.kind.is_some() || first + 1 < self.out.limbs.len() {
            self.drop_empty(first);
        } else if self.out.limbs[first].points.is_empty() {
            // Properties alone are no tree.
            self.out.limbs.truncate(first);
        }
        let whole = &self.out.limbs[first..];
        if head.kind.is_none() && whole.iter().any(|l| !l.points.is_empty()) {
            let d = Diagnostic::warning("asc-type", "a tree has no type; its region is `custom.0`");
            let d = d.at(self.source, head.unknown.unwrap_or(head.open), "expected `(Axon)`, `(Dendrite)` or `(Apical)` at its beginning");
            let near = head.unknown.and_then(|u| homolog_base::diagnostic::nearest(self.word(u), TYPES.iter().map(|t| t.0)));
            self.problems.push(match near {
                Some(near) => d.hint(format!("did you mean `({near})`?")),
                None => d.hint("add the type after the colour of the tree"),
            });
        }
    }

    /// Something stands behind the end of a branch.
    fn after(&mut self, t: Token, end: Span, what: &str) {
        let d = Diagnostic::error("asc-after-end", format!("{what} stands behind the end of its branch"));
        let d = d.at(self.source, t.span, "expected `|` or `)`").at(self.source, end, "here the branch ended");
        self.problems.push(d.hint("a branch is points, and then a word such as `Normal` or one list of branches"));
    }

    fn end_word(&mut self, t: Token, here: usize) {
        let known = ENDS.contains(&self.word(t.span));
        if !known {
            let called = self.called(t);
            let d = Diagnostic::warning("asc-end", format!("{called} is no known end of a branch; the branch is taken to end there"));
            let d = d.at(self.source, t.span, "expected a word such as `Normal`");
            let word: String = self.word(t.span).chars().take(32).collect();
            self.problems.push(d.suggest(&word, ENDS));
        }
        self.out.limbs[here].closed.get_or_insert(t.span);
    }

    /// `< properties point >`, beside a branch.
    fn spine(&mut self) {
        let open = self.next().span;
        let mut depth = 0_usize;
        loop {
            let t = self.peek();
            match t.kind {
                Kind::Greater if depth == 0 => break,
                Kind::Open => depth += 1,
                Kind::Close if depth > 0 => depth -= 1,
                Kind::Close | Kind::Bar | Kind::End => {
                    self.error("asc-spine", "a spine is not closed", t, "`>`", "a spine is `< properties (x y z diameter) >`");
                    return;
                }
                _ => {}
            }
            self.next();
        }
        self.next();
        self.skip("spine", open);
    }

    /// `(x y z diameter)`, with what may follow them; none if it cannot be read. At least so many numbers are needed.
    fn point(&mut self, needed: usize) -> Option<Dot> {
        let open = self.next().span;
        let mut numbers = [0.0; 4];
        let mut n = 0;
        let end = loop {
            let t = self.peek();
            match t.kind {
                Kind::Comma => {}
                Kind::Number(x) if n < 4 => {
                    if !x.is_finite() || x.abs() >= FARTHEST {
                        self.error("asc-number", "a number is too large", t, "a length in um", "no cell is wider than a kilometre");
                        return self.out_of_point();
                    }
                    if n == 3 && x < 0.0 {
                        self.error(
                            "asc-diameter",
                            "a diameter is negative",
                            t,
                            "a diameter in um that is not negative",
                            "the fourth number of a point is its diameter",
                        );
                        return self.out_of_point();
                    }
                    numbers[n] = x;
                    n += 1;
                }
                // The section of the tissue, such as `S1`.
                Kind::Word if n >= needed => {}
                // Control points of a curve, as in version 3.
                Kind::Open if n == 4 && matches!(self.peek_second().kind, Kind::Number(_)) && self.curve() => continue,
                Kind::Close if n >= needed => {
                    self.next();
                    break t.span;
                }
                _ => {
                    let expected = match n {
                        4 => "`)`".to_string(),
                        _ => format!("the {}", ["x in um", "y in um", "z in um", "diameter in um"][n]),
                    };
                    self.error(
                        "asc-point",
                        "a point cannot be read",
                        t,
                        &expected,
                        "a point is four numbers in parentheses: (x y z diameter)",
                    );
                    return self.out_of_point();
                }
            }
            self.next();
        };
        let [x, y, z, diameter] = numbers;
        Some(Dot { at: [x, y, z], diameter, span: open.to(end) })
    }

    /// Passes over four numbers in parentheses, if that is what follows.
    fn curve(&mut self) -> bool {
        let before = self.at;
        self.next();
        let mut n = 0;
        loop {
            match self.peek().kind {
                Kind::Number(_) => n += 1,
                Kind::Comma => {}
                Kind::Close if n == 4 => {
                    self.next();
                    // What follows a point that lacks its `)` is another point, not a curve.
                    let whole = matches!(self.peek().kind, Kind::Close);
                    if !whole {
                        self.at = before;
                    }
                    return whole;
                }
                _ => {
                    self.at = before;
                    return false;
                }
            }
            self.next();
        }
    }

    /// Goes on behind a point that could not be read, or before what can be no part of it.
    fn out_of_point(&mut self) -> Option<Dot> {
        loop {
            match self.peek().kind {
                Kind::Close => {
                    self.next();
                    return None;
                }
                Kind::Open | Kind::Bar | Kind::Less | Kind::End => return None,
                _ => drop(self.next()),
            }
        }
    }

    /// One warning for all branches without points.
    fn say_empty(&mut self) {
        let Some(first) = self.first_empty.filter(|_| !self.problems.fatal()) else { return };
        let message = counted(self.empty, "a branch has no points; it is left out", "branches have no points; they are left out");
        let d = Diagnostic::warning("asc-empty-branch", message).at(self.source, first, "expected a point `(x y z diameter)`");
        self.problems.push(d.hint("is a point missing, or a `|` too many?"));
    }

    /// One note on all that was passed over.
    fn say_skipped(&mut self) {
        let Some(first) = self.first_skipped else { return };
        let listed: Vec<String> = self.skipped.iter().take(8).map(|(what, n)| format!("{n} x {what}")).collect();
        let more = self.skipped.len().saturating_sub(8);
        let more = if more > 0 { format!(", and {more} other kinds") } else { String::new() };
        let message = format!("what is no membrane is not read: {}{more}", listed.join(", "));
        let d = Diagnostic { severity: homolog_base::Severity::Note, ..Diagnostic::warning("asc-skipped", message) };
        self.problems.push(d.at(self.source, first, "the first of them").hint("the shape is that of the trees and the soma"));
    }
}
