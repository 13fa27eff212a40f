//! The functions that NMODL brings along.

/// What a function asks of the units of its arguments, and gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rule {
    /// Pure numbers to a pure number.
    Pure,
    /// One unit for all arguments and the value.
    Same,
    /// A square root.
    Root,
    /// A power.
    Power,
    /// Whatever is given; what comes out has no unit that is checked.
    Any,
}

/// Name, number of arguments, rule.
pub(crate) const NAMES: [(&str, usize, Rule); 25] = [
    ("exp", 1, Rule::Pure),
    ("expm1", 1, Rule::Pure),
    ("exprelr", 1, Rule::Pure),
    ("log", 1, Rule::Pure),
    ("log10", 1, Rule::Pure),
    ("sin", 1, Rule::Pure),
    ("cos", 1, Rule::Pure),
    ("tan", 1, Rule::Pure),
    ("sinh", 1, Rule::Pure),
    ("cosh", 1, Rule::Pure),
    ("tanh", 1, Rule::Pure),
    ("fabs", 1, Rule::Same),
    ("floor", 1, Rule::Same),
    ("ceil", 1, Rule::Same),
    ("fmin", 2, Rule::Same),
    ("fmax", 2, Rule::Same),
    ("min", 2, Rule::Same),
    ("max", 2, Rule::Same),
    ("sqrt", 1, Rule::Root),
    ("pow", 2, Rule::Power),
    ("nrn_ghk", 4, Rule::Any),
    ("ghk", 4, Rule::Any),
    ("nernst", 3, Rule::Any),
    ("fmod", 2, Rule::Same),
    ("at_time", 1, Rule::Any),
];

/// Functions of NMODL that have no meaning here yet.
pub(crate) const LATER: [&str; 9] = ["nrn_pointing", "asin", "acos", "atan", "atan2", "erf", "ghkg", "factorial", "gauss"];

/// Functions whose value is random, and how many arguments they take at least and at most.
pub(crate) const RANDOM: [(&str, usize, usize); 9] = [
    ("scop_random", 0, 0),
    ("exprand", 1, 1),
    ("normrand", 2, 2),
    ("poisrand", 1, 1),
    ("random_uniform", 1, 3),
    ("random_negexp", 1, 2),
    ("random_normal", 1, 3),
    ("random_dpick", 1, 1),
    ("random_ipick", 1, 1),
];
