//! The text form of a kernel: what is printed reads back as the same kernel.
//!
//! ```text
//! kernel lif.step
//! in v mV
//! in i nA constant
//! %0 = input v
//! %1 = const 0.5
//! %2 = mul %0 %1
//! out v mV %2
//! end
//! ```

use crate::kernel::{Binary, Class, Compare, Kernel, Literal, Logic, Op, Port, Shape, Surrogate, Unary, Value};
use homolog_base::{Diagnostic, Source, Unit};
use std::fmt;
use std::sync::Arc;

const UNARY: [(&str, Unary); 11] = [
    ("neg", Unary::Neg),
    ("abs", Unary::Abs),
    ("sqrt", Unary::Sqrt),
    ("exp", Unary::Exp),
    ("expm1", Unary::Expm1),
    ("ln", Unary::Ln),
    ("sin", Unary::Sin),
    ("cos", Unary::Cos),
    ("tanh", Unary::Tanh),
    ("exprelr", Unary::Exprelr),
    ("floor", Unary::Floor),
];
const BINARY: [(&str, Binary); 7] = [
    ("add", Binary::Add),
    ("sub", Binary::Sub),
    ("mul", Binary::Mul),
    ("div", Binary::Div),
    ("min", Binary::Min),
    ("max", Binary::Max),
    ("pow", Binary::Pow),
];
const COMPARE: [(&str, Compare); 4] = [("lt", Compare::Lt), ("le", Compare::Le), ("eq", Compare::Eq), ("ne", Compare::Ne)];
const LOGIC: [(&str, Logic); 2] = [("and", Logic::And), ("or", Logic::Or)];
const SHAPE: [(&str, Shape); 3] = [("fast_sigmoid", Shape::FastSigmoid), ("arctan", Shape::Arctan), ("superspike", Shape::SuperSpike)];
const CLASS: [(&str, Class); 4] =
    [("constant", Class::Constant), ("contiguous", Class::Contiguous), ("unique", Class::Unique), ("colliding", Class::Colliding)];

fn name_of<T: PartialEq + Copy>(table: &[(&'static str, T)], x: T) -> &'static str {
    table.iter().find(|(_, y)| *y == x).map_or("?", |(n, _)| n)
}

fn by_name<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(n, _)| *n == name).map(|(_, x)| *x)
}

impl Shape {
    /// Name as written in files: `fast_sigmoid`, `arctan`, `superspike`.
    pub fn name(self) -> &'static str {
        name_of(&SHAPE, self)
    }

    /// The shape of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        by_name(&SHAPE, name)
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SHAPE.iter().map(|(n, _)| *n)
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "kernel {}", self.name)?;
        let port = |p: &Port| match p.class {
            Class::Contiguous => format!("{} {}", p.name, p.unit.to_string().replace(' ', "*")),
            c => format!("{} {} {}", p.name, p.unit.to_string().replace(' ', "*"), name_of(&CLASS, c)),
        };
        for p in &self.inputs {
            writeln!(f, "in {}", port(p))?;
        }
        for (k, op) in self.body.iter().enumerate() {
            write!(f, "%{k} = ")?;
            match *op {
                Op::Input(i) => writeln!(f, "input {}", self.inputs.get(i as usize).map_or("?", |p| p.name.as_str()))?,
                Op::Const(c) => writeln!(f, "const {:?}", c.0)?,
                Op::Unary(u, a) => writeln!(f, "{} %{}", name_of(&UNARY, u), a.0)?,
                Op::Binary(u, a, b) => writeln!(f, "{} %{} %{}", name_of(&BINARY, u), a.0, b.0)?,
                Op::Fma(a, b, c) => writeln!(f, "fma %{} %{} %{}", a.0, b.0, c.0)?,
                Op::Compare(u, a, b) => writeln!(f, "{} %{} %{}", name_of(&COMPARE, u), a.0, b.0)?,
                Op::Logic(u, a, b) => writeln!(f, "{} %{} %{}", name_of(&LOGIC, u), a.0, b.0)?,
                Op::Not(a) => writeln!(f, "not %{}", a.0)?,
                Op::Select(c, a, b) => writeln!(f, "select %{} %{} %{}", c.0, a.0, b.0)?,
                Op::Spike(a, s) => writeln!(f, "spike %{} {} {:?}", a.0, s.shape.name(), s.width)?,
            }
        }
        for (p, v) in &self.outputs {
            writeln!(f, "out {} %{}", port(p), v.0)?;
        }
        writeln!(f, "end")
    }
}

/// Reads the text form.
///
/// # Errors
/// Every line that is not understood, with its place; then, when all lines are, every law that is broken.
pub fn parse(source: &Arc<Source>) -> Result<Kernel, Vec<Diagnostic>> {
    let mut kernel = Kernel::default();
    let mut problems = Vec::new();
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Err(expected) = read_line(&mut kernel, &words) {
            let text = line.trim();
            let from = start + line.len() - line.trim_start().len();
            problems.push(Diagnostic::error("kernel-syntax", format!("this line of a kernel is not understood: `{text}`")).at(
                source,
                from..from + text.len(),
                expected,
            ));
        }
        start += line.len();
    }
    if problems.is_empty() {
        problems = crate::verify::verify(&kernel)
            .into_iter()
            .map(|law| Diagnostic::error("kernel-law", law).at(source, 0..0, "in this kernel"))
            .collect();
    }
    if problems.is_empty() { Ok(kernel) } else { Err(problems) }
}

fn read_line(kernel: &mut Kernel, words: &[&str]) -> Result<(), &'static str> {
    let value = |w: &str| w.strip_prefix('%').and_then(|d| d.parse().ok()).map(Value).ok_or("a value such as %3 was expected");
    let unit = |w: &str| Unit::parse(w).map_err(|_| "a unit was expected");
    let class = |w: Option<&&str>| w.map_or(Ok(Class::Contiguous), |w| by_name(&CLASS, w).ok_or("an index class was expected"));
    match words {
        [] | ["end"] => {}
        ["kernel", name] => kernel.name = (*name).to_string(),
        ["in", name, u, rest @ ..] if rest.len() <= 1 => {
            kernel.inputs.push(Port { name: (*name).into(), unit: unit(u)?, class: class(rest.first())? });
        }
        ["out", name, u, rest @ .., v] if rest.len() <= 1 => {
            kernel.outputs.push((Port { name: (*name).into(), unit: unit(u)?, class: class(rest.first())? }, value(v)?));
        }
        [number, "=", op, operands @ ..] => {
            if value(number)?.index() != kernel.body.len() {
                return Err("operations are numbered from %0 without gaps");
            }
            let op = match (*op, operands) {
                ("input", [name]) => Op::Input(kernel.input(name).ok_or("no input port has this name")? as u32),
                ("const", [x]) => Op::Const(Literal(x.parse().map_err(|_| "a number was expected")?)),
                ("fma", [a, b, c]) => Op::Fma(value(a)?, value(b)?, value(c)?),
                ("select", [c, a, b]) => Op::Select(value(c)?, value(a)?, value(b)?),
                ("not", [a]) => Op::Not(value(a)?),
                ("spike", [a, shape, width]) => Op::Spike(
                    value(a)?,
                    Surrogate {
                        shape: Shape::from_name(shape).ok_or("a surrogate shape was expected")?,
                        width: width.parse().map_err(|_| "a number was expected")?,
                    },
                ),
                (name, [a]) => Op::Unary(by_name(&UNARY, name).ok_or("no operation of one operand has this name")?, value(a)?),
                (name, [a, b]) => {
                    let (a, b) = (value(a)?, value(b)?);
                    if let Some(f) = by_name(&BINARY, name) {
                        Op::Binary(f, a, b)
                    } else if let Some(f) = by_name(&COMPARE, name) {
                        Op::Compare(f, a, b)
                    } else {
                        Op::Logic(by_name(&LOGIC, name).ok_or("no operation of two operands has this name")?, a, b)
                    }
                }
                _ => return Err("no operation has this form"),
            };
            kernel.body.push(op);
        }
        _ => return Err("`kernel`, `in`, `out`, `%n =` or `end` was expected"),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
