//! What a `.mod` file says, with the place of everything.
//!
//! The tree knows every block and every statement of NMODL. Those that are not given a meaning yet are kept as
//! [`BlockKind::NotYet`] and [`StatementKind::NotYet`], so that the reader can name them.

use homolog_base::Span;

/// A word and its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Where it is.
    pub span: Span,
}

/// The text of a unit, without its parentheses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnitText {
    /// Such as `mA/cm2`.
    pub text: String,
    /// Where it is, with its parentheses.
    pub span: Span,
}

/// A number, its sign included, with its unit if it has one.
#[derive(Clone, PartialEq, Debug)]
pub struct Quantity {
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: Option<UnitText>,
    /// Where it is.
    pub span: Span,
}

/// A whole file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct File {
    /// The line after `TITLE`.
    pub title: Option<Name>,
    /// The texts between `COMMENT` and `ENDCOMMENT`.
    pub comments: Vec<Name>,
    /// The blocks, in order.
    pub blocks: Vec<Block>,
    /// Regions between `UNITSOFF` and `UNITSON`, where units are not checked.
    pub unchecked: Vec<Span>,
}

/// A block and its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Block {
    /// Its keyword, such as `DERIVATIVE`.
    pub keyword: Name,
    /// From its keyword to its last brace.
    pub span: Span,
    /// What it says.
    pub kind: BlockKind,
}

/// What a block says.
#[derive(Clone, PartialEq, Debug)]
pub enum BlockKind {
    /// `NEURON`.
    Neuron(Vec<NeuronItem>),
    /// `UNITS`.
    Units(Vec<UnitItem>),
    /// `PARAMETER`.
    Parameter(Vec<Declaration>),
    /// `CONSTANT`.
    Constant(Vec<Declaration>),
    /// `ASSIGNED`.
    Assigned(Vec<Declaration>),
    /// `STATE`.
    State(Vec<Declaration>),
    /// `INITIAL`.
    Initial(Vec<Statement>),
    /// `BREAKPOINT`.
    Breakpoint(Vec<Statement>),
    /// `DERIVATIVE`.
    Derivative(Routine),
    /// `PROCEDURE`.
    Procedure(Routine),
    /// `FUNCTION`.
    Function(Routine),
    /// `NET_RECEIVE`.
    NetReceive(Routine),
    /// `SPIKE (left > right) { ... }`: our own.
    Spike {
        /// The condition.
        condition: Expression,
        /// What a spike does.
        body: Vec<Statement>,
    },
    /// `POST_SPIKE { ... }`: our own.
    PostSpike(Vec<Statement>),
    /// `INTERFACE`: our own.
    Interface(Vec<InterfaceItem>),
    /// `INDEPENDENT`, which says nothing any more.
    Independent,
    /// `KINETIC`: reactions.
    Kinetic(Routine),
    /// `LINEAR`: equations that are linear in the states.
    Linear(Routine),
    /// `NONLINEAR`: equations of any kind.
    Nonlinear(Routine),
    /// `LOCAL a, b[3]` outside of a block: variables of the file.
    Local(Vec<(Name, Option<Length>)>),
    /// `INCLUDE "file"`: its name.
    Include(Name),
    /// C outside of all blocks, which can only declare.
    Verbatim,
    /// `DEFINE name number`.
    Define(Name, f64),
    /// `BEFORE` or `AFTER` a part of the step: which part, such as `BEFORE STEP`.
    Around(String, Vec<Statement>),
    /// `CONSTRUCTOR`: what is done when a mechanism is made.
    Constructor(Vec<Statement>),
    /// `FUNCTION_TABLE name(x)`: a function that is given as numbers. Its body is empty.
    FunctionTable(Routine),
    /// `DESTRUCTOR`, which changes no number.
    Destructor,
    /// A block of the language that has no meaning here yet.
    NotYet,
}

/// The length of an array.
#[derive(Clone, PartialEq, Debug)]
pub enum Length {
    /// A number.
    Number(usize),
    /// A name of `DEFINE`.
    Name(Name),
}

/// A line of `NEURON`.
#[derive(Clone, PartialEq, Debug)]
pub enum NeuronItem {
    /// `SUFFIX`, `POINT_PROCESS`, `ARTIFICIAL_CELL` or `PLASTICITY`, and the name.
    Kind(Name, Name),
    /// `TRANSMITS`: our own.
    Transmits(Name),
    /// `RANGE`.
    Range(Vec<Name>),
    /// `GLOBAL`.
    Global(Vec<Name>),
    /// `NONSPECIFIC_CURRENT`.
    Nonspecific(Vec<Name>),
    /// `ELECTRODE_CURRENT`.
    Electrode(Vec<Name>),
    /// `USEION`.
    Ion {
        /// Which.
        ion: Name,
        /// What is read of it.
        read: Vec<Name>,
        /// What is written of it.
        write: Vec<Name>,
        /// Its charge.
        valence: Option<f64>,
    },
    /// `THREADSAFE` or `REPRESENTS`, which change nothing here.
    ThreadSafe,
    /// `POINTER`, `BBCOREPOINTER` or `EXTERNAL`: values that come from somewhere else.
    Pointer(Vec<Name>),
    /// `RANDOM`: sources of random numbers.
    Random(Vec<Name>),
}

/// A line of `UNITS`.
#[derive(Clone, PartialEq, Debug)]
pub enum UnitItem {
    /// `(mA) = (milliamp)`.
    Alias(UnitText, UnitText),
    /// `FARADAY = (faraday) (coulomb)` or `F = 96485 (coulomb)`.
    Constant(Name, ConstantValue, UnitText),
}

/// What a constant of `UNITS` is.
#[derive(Clone, PartialEq, Debug)]
pub enum ConstantValue {
    /// A unit that is itself a quantity.
    Unit(UnitText),
    /// A number.
    Number(f64),
}

/// A declared name.
#[derive(Clone, PartialEq, Debug)]
pub struct Declaration {
    /// The name.
    pub name: Name,
    /// Its value.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: Option<UnitText>,
    /// Its limits, and their place.
    pub limits: Option<(f64, f64, Span)>,
    /// `START`.
    pub start: Option<f64>,
    /// `name[n]`.
    pub length: Option<Length>,
}

/// A named list of statements with arguments.
#[derive(Clone, PartialEq, Debug)]
pub struct Routine {
    /// Its name; for `NET_RECEIVE`, the keyword.
    pub name: Name,
    /// Its arguments with their units.
    pub arguments: Vec<(Name, Option<UnitText>)>,
    /// The unit of its value.
    pub unit: Option<UnitText>,
    /// What it does.
    pub body: Vec<Statement>,
}

/// A statement and its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Statement {
    /// Where it is.
    pub span: Span,
    /// What it says.
    pub kind: StatementKind,
}

/// What a statement says.
#[derive(Clone, PartialEq, Debug)]
pub enum StatementKind {
    /// `LOCAL a, b`.
    Local(Vec<Name>),
    /// `a = expression`, and with `prime` `a' = expression`.
    Assign {
        /// What is assigned.
        target: Name,
        /// Which element of it, for an array.
        index: Option<Expression>,
        /// True for a derivative.
        prime: bool,
        /// Its value.
        value: Expression,
    },
    /// `if (condition) { ... } else { ... }`.
    If {
        /// The condition.
        condition: Expression,
        /// When it holds.
        then: Vec<Statement>,
        /// When it does not.
        otherwise: Vec<Statement>,
    },
    /// `{ ... }` on its own: a scope.
    Scope(Vec<Statement>),
    /// A call of a procedure.
    Call(Name, Vec<Expression>),
    /// `FROM i = 0 TO n BY 1 { ... }`
    From {
        /// The variable that counts.
        variable: Name,
        /// Its first value.
        first: Expression,
        /// Its last value.
        last: Expression,
        /// What is added each time.
        by: Option<Expression>,
        /// What is repeated.
        body: Vec<Statement>,
    },
    /// `WHILE (condition) { ... }`
    While(Expression, Vec<Statement>),
    /// `return` of C, with a value or without.
    Return(Option<Expression>),
    /// C that is understood: the statements it comes to.
    Verbatim(Vec<Statement>),
    /// C that is not: what it begins with.
    RealC(String),
    /// `~ a + 2 b <-> c (forward, backward)`
    Reaction {
        /// How many of which on the left.
        left: Vec<Species>,
        /// How many of which on the right.
        right: Vec<Species>,
        /// `<->`, `->` or `<<`.
        arrow: Arrow,
        /// The rates: of one or both directions, or the flux.
        rates: Vec<Expression>,
    },
    /// `~ left = right` of LINEAR and NONLINEAR.
    Equation(Expression, Expression),
    /// `CONSERVE a + b = 1`
    Conserve(Vec<Species>, Expression),
    /// `COMPARTMENT [i,] volume { a b }`
    Compartment {
        /// The variable that stands for the index of arrays.
        index: Option<Name>,
        /// The volume.
        volume: Expression,
        /// Whose.
        states: Vec<Name>,
    },
    /// `LONGITUDINAL_DIFFUSION [i,] flow { a b }`
    Diffusion {
        /// The variable that stands for the index of arrays.
        index: Option<Name>,
        /// Diffusion constant times cross section.
        flow: Expression,
        /// Whose.
        states: Vec<Name>,
    },
    /// `SOLVE block METHOD method`.
    Solve {
        /// The block.
        block: Name,
        /// How.
        method: Option<Name>,
        /// True for `STEADYSTATE method`.
        steady: bool,
    },
    /// `TABLE names DEPEND parameters FROM first TO last WITH count`, which asks for interpolation.
    Table {
        /// Variables that are tabulated; none in a FUNCTION, whose value is.
        names: Vec<Name>,
        /// The first value of the argument.
        first: Expression,
        /// The last one.
        last: Expression,
        /// Intervals between them.
        count: Expression,
    },
    /// `CONDUCTANCE g USEION na`, which says what follows from the equations anyway.
    Conductance,
    /// `INITIAL { ... }` in NET_RECEIVE: what a connection begins with.
    Connect(Vec<Statement>),
    /// `WATCH (a > b) flag, ...`: crossings that are events from now on, with their flags.
    Watch(Vec<(Expression, Expression)>),
    /// `FOR_NETCONS (w, ...) { ... }`: for all connections to this target, names of their arguments.
    ForConnections(Vec<Name>, Vec<Statement>),
    /// `LAG m BY tau`: from here on `lag_m_tau` is the state `m` as it was `tau` ago.
    Lag(Name, Name),
    /// A statement that has no meaning here yet: its keyword.
    NotYet(String),
}

/// An expression and its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Expression {
    /// Where it is.
    pub span: Span,
    /// What it says.
    pub kind: ExpressionKind,
}

/// What an expression says.
#[derive(Clone, PartialEq, Debug)]
pub enum ExpressionKind {
    /// A number.
    Number(f64, Option<UnitText>),
    /// A variable.
    Name(String),
    /// A function of numbers.
    Call(Name, Vec<Expression>),
    /// `-x`.
    Negative(Box<Expression>),
    /// `!x`.
    Not(Box<Expression>),
    /// Two operands.
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// An element of an array.
    Element(Name, Box<Expression>),
}

/// A participant of a reaction, with its count.
#[derive(Clone, PartialEq, Debug)]
pub struct Species {
    /// How many.
    pub count: f64,
    /// Which.
    pub name: Name,
    /// Which element of it.
    pub index: Option<Expression>,
}

/// The direction of a reaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrow {
    /// `<->`
    Both,
    /// `->`
    Forward,
    /// `<<`
    Flux,
}

/// An operator between two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `^`
    Power,
}

impl Operator {
    /// True for those that compare numbers.
    pub fn compares(self) -> bool {
        use Operator::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
        matches!(self, Less | LessEqual | Greater | GreaterEqual | Equal | NotEqual)
    }

    /// True for `&&` and `||`.
    pub fn is_logic(self) -> bool {
        matches!(self, Operator::And | Operator::Or)
    }
}

/// A line of `INTERFACE`.
#[derive(Clone, PartialEq, Debug)]
pub struct InterfaceItem {
    /// Its keyword.
    pub keyword: Name,
    /// Where it is.
    pub span: Span,
    /// What it says.
    pub kind: InterfaceKind,
}

/// What a line of `INTERFACE` says.
#[derive(Clone, PartialEq, Debug)]
pub enum InterfaceKind {
    /// A variable or a choice: `SIGNAL spike`, `DRIVE i`, `CURRENT isyn`, `RESTART since`, `RESET detached`.
    Word(Name),
    /// A quantity: `WEIGHT 20 (mV)`, `STEP 1 (ms)`.
    Quantity(Quantity),
    /// `POSITIVE` or `NEGATIVE`.
    Receptor {
        /// The mechanism.
        mechanism: Name,
        /// Its parameters that differ from their defaults.
        parameters: Vec<(Name, Quantity)>,
        /// The size of a weight of 1.
        weight: Option<Quantity>,
    },
    /// `SURROGATE shape width`.
    Surrogate(Name, Quantity),
    /// `READOUT kind [variable or time constant] scale`.
    Readout {
        /// `value`, `count`, `filtered` or `potential`.
        how: Name,
        /// The state of `potential`.
        variable: Option<Name>,
        /// The numbers that follow.
        numbers: Vec<Quantity>,
    },
}
