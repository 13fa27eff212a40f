//! Words of the language, by what they say about where they stand.

/// Begin a block outside of braces, and have braces.
pub(super) const BLOCKS: &str = "NEURON UNITS PARAMETER CONSTANT ASSIGNED STATE INITIAL BREAKPOINT DERIVATIVE PROCEDURE FUNCTION \
    NET_RECEIVE SPIKE INTERFACE INDEPENDENT KINETIC LINEAR NONLINEAR DISCRETE BEFORE AFTER CONSTRUCTOR DESTRUCTOR PARTIAL \
    STEPPED DEPENDENT TERMINAL EQUATION";

/// Stand outside of braces and have none.
pub(super) const PLAIN: &str = "LOCAL DEFINE INCLUDE FUNCTION_TABLE UNITSOFF UNITSON PLOT";

/// Begin a block and are followed by its name.
pub(super) const NAMED: &str = "DERIVATIVE PROCEDURE FUNCTION KINETIC LINEAR NONLINEAR DISCRETE";

/// Begin a block whose arguments have units.
pub(super) const ROUTINES: &str = "FUNCTION PROCEDURE FUNCTION_TABLE NET_RECEIVE";

/// Begin a block that is a list of names, values and units.
pub(super) const DECLARATIONS: &str = "PARAMETER CONSTANT ASSIGNED STATE DEPENDENT STEPPED INDEPENDENT";

/// Inside a block: a `{` behind them belongs to them.
pub(super) const HEADS: &str = "if IF else ELSE while WHILE for FORALL FOR_NETCONS INITIAL WATCH IFERROR COMPARTMENT \
    LONGITUDINAL_DIFFUSION POSITIVE NEGATIVE FROM";

/// Are not the end of a statement: an operand, a name or a number follows.
pub(super) const OPEN_ENDED: &str = "SUFFIX POINT_PROCESS ARTIFICIAL_CELL RANGE GLOBAL NONSPECIFIC_CURRENT ELECTRODE_CURRENT \
    USEION READ WRITE VALENCE CHARGE POINTER BBCOREPOINTER EXTERNAL RANDOM LOCAL SOLVE METHOD USING STEADYSTATE SOLVEFOR \
    CONDUCTANCE TABLE DEPEND FROM TO WITH BY START if IF else ELSE while WHILE for FORALL FOR_NETCONS WATCH PROTECT CONSERVE \
    COMPARTMENT LONGITUDINAL_DIFFUSION LAG MATCH SPIKE NET_RECEIVE DEFINE INCLUDE BEFORE AFTER IFERROR POSITIVE NEGATIVE";

/// Go on with a statement.
pub(super) const GOES_ON: &str = "DEPEND WITH TO METHOD USING READ WRITE VALENCE CHARGE STEADYSTATE SOLVEFOR IFERROR BY START";

/// Begin a line of `NEURON`.
pub(super) const OF_NEURON: &str = "SUFFIX POINT_PROCESS ARTIFICIAL_CELL RANGE GLOBAL NONSPECIFIC_CURRENT ELECTRODE_CURRENT USEION \
    THREADSAFE POINTER BBCOREPOINTER EXTERNAL SECTION RANDOM";

/// Begin a line of `INTERFACE`.
pub(super) const OF_INTERFACE: &str = "SIGNAL DRIVE WEIGHT EVENT POSITIVE NEGATIVE CURRENT PRESENTATION SETTLE STEP DELAY SURROGATE \
    RESET READOUT ACTIVITY";

/// Begin a statement.
pub(super) const OF_CODE: &str = "SOLVE LOCAL TABLE CONDUCTANCE if IF while WHILE WATCH CONSERVE COMPARTMENT \
    LONGITUDINAL_DIFFUSION PROTECT FOR_NETCONS FORALL MUTEXLOCK MUTEXUNLOCK LAG MATCH";

/// Whether a word is in a list.
pub(super) fn listed(word: &str, list: &str) -> bool {
    !word.is_empty() && list.split(' ').any(|w| w == word)
}

/// Whether something outside of braces begins with this word.
pub(super) fn begins_block(word: &str) -> bool {
    listed(word, BLOCKS) || listed(word, PLAIN)
}
