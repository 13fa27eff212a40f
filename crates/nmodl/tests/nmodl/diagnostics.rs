//! Every mistake is shown with its place, what was expected, and a hint.

use crate::common::{read, show};

/// The problems of a text, as a terminal shows them.
fn problems(text: &str) -> String {
    let (m, problems) = read(text);
    assert_eq!(m.is_none(), homolog_base::has_errors(&problems));
    for d in &problems {
        assert!(!d.labels.is_empty() && d.hint.is_some(), "{d:?}");
    }
    show(&problems)
}

/// A channel with these lines in its blocks.
fn channel(parameter: &str, breakpoint: &str) -> String {
    format!(
        "NEURON {{\n    SUFFIX x\n    NONSPECIFIC_CURRENT i\n}}\nPARAMETER {{\n    g = 0.001 (S/cm2)\n    e = -70 (mV)\n    {parameter}\n}}\nASSIGNED {{\n    v (mV)\n    i (mA/cm2)\n}}\nBREAKPOINT {{\n    {breakpoint}\n}}\n"
    )
}

macro_rules! case {
    ($name:ident, $text:expr) => {
        #[test]
        fn $name() {
            insta::assert_snapshot!(problems(&$text));
        }
    };
}

case!(misspelt_name, channel("", "i = g*(v - ee)"));
case!(misspelt_function, channel("", "i = g*(v - e)*exq(1)"));
case!(unit_of_the_scale_of_a_potential, neuron_read_as("potential v 0.1 (mV)"));
case!(unit_of_the_scale_of_a_filtered_train, neuron_read_as("filtered 10 (ms) 0.25 (/ms)"));

/// The integrate-and-fire neuron of the library with another readout.
fn neuron_read_as(readout: &str) -> String {
    include_str!("../../../../library/neurons/lif.mod").replace("READOUT count 0.204", &format!("READOUT {readout}"))
}

#[test]
fn a_scale_is_converted_to_the_unit_of_what_is_read() {
    let scale = |readout: &str| read(&neuron_read_as(readout)).0.unwrap().interface.unwrap().readout_scale;
    assert_eq!(scale("potential v 0.1 (/mV)"), 0.1);
    assert_eq!(scale("potential v 100 (/V)"), 0.1);
    assert_eq!(scale("potential v 0.1"), 0.1);
}

case!(diffusion_without_a_volume, diffusing("", "LONGITUDINAL_DIFFUSION D*diam*diam { ca }"));
case!(diffusion_of_what_is_no_state, diffusing("COMPARTMENT diam*diam { ca }", "LONGITUDINAL_DIFFUSION D*diam*diam { D }"));
case!(diffusion_of_a_misspelt_state, diffusing("COMPARTMENT diam*diam { ca }", "LONGITUDINAL_DIFFUSION D*diam*diam { cax }"));
case!(diffusion_in_other_units, diffusing("COMPARTMENT diam*diam { ca }", "LONGITUDINAL_DIFFUSION D*diam { ca }"));
case!(diffusion_of_a_misspelt_parameter, diffusing("COMPARTMENT diam*diam { ca }", "LONGITUDINAL_DIFFUSION Dca*diam*diam { ca }"));
case!(
    diffusion_that_a_law_undoes,
    diffusing(
        "COMPARTMENT diam*diam { ca }",
        "LONGITUDINAL_DIFFUSION D*diam*diam { ca }\n    FROM k = 0 TO 1 { CONSERVE bound + ca = 1 (mM) }"
    )
    .replace("STATE {", "STATE { bound (mM)")
    .replace("~ ca << (diam*0)", "~ ca <-> bound (1, 1)")
);
case!(
    diffusion_outside_of_reactions,
    diffusing("COMPARTMENT diam*diam { ca }", "").replace("BREAKPOINT {", "BREAKPOINT { LONGITUDINAL_DIFFUSION D { ca }")
);
case!(
    diffusion_of_a_point,
    diffusing("COMPARTMENT diam*diam { ca }", "LONGITUDINAL_DIFFUSION D*diam*diam { ca }").replace("SUFFIX", "POINT_PROCESS")
);

#[test]
fn a_law_of_what_stays_where_it_is_is_no_problem_beside_diffusion() {
    let text =
        diffusing("COMPARTMENT diam*diam { ca open shut }", "LONGITUDINAL_DIFFUSION D*diam*diam { ca }\n    CONSERVE open + shut = 1")
            .replace("STATE {", "STATE { open shut")
            .replace("~ ca << (diam*0)", "~ open <-> shut (1, 1)");
    assert!(!problems(&text).contains("CONSERVE undoes"), "{}", problems(&text));
}

/// A mechanism with these lines in its reactions.
fn diffusing(volume: &str, diffusion: &str) -> String {
    format!(
        "NEURON {{ SUFFIX x }}\nPARAMETER {{ D = 0.2 (um2/ms) }}\nASSIGNED {{ diam (um) }}\nSTATE {{ ca (mM) }}\n\
         INITIAL {{ ca = D*1 (mM-ms/um2) }}\nBREAKPOINT {{ SOLVE k METHOD sparse }}\nKINETIC k {{\n    {volume}\n    {diffusion}\n    ~ ca << (diam*0)\n}}\n"
    )
}

case!(wrong_number_of_arguments, channel("", "i = g*(v - e)*fmin(1)"));
case!(units_of_a_sum, channel("c = 2 (nA)", "i = g*(v - e) + c"));
case!(units_of_another_scale, channel("ev = -0.07 (V)", "i = g*(v - e) + g*(v - ev)"));
case!(unit_of_an_argument, channel("", "i = g*(v - e)*exp(v)"));
case!(unit_of_an_assignment, channel("", "i = g*v*v*0 (1) + g*e"));
case!(not_a_unit, channel("q = 1 (mVolts/furlong)", "i = g*(v - e)*q"));
case!(default_outside_of_limits, channel("q = 5 <0, 1>", "i = g*(v - e)*q"));
case!(limits_that_allow_nothing, channel("q = 0.5 <1, 0>", "i = g*(v - e)*q"));
case!(limits_that_allow_a_zero_time_constant, channel("tau = 5 (ms) <0, 10>", "i = g*(v - e)*(1 (ms))/tau"));
case!(declared_twice, channel("g = 2", "i = g*(v - e)"));
case!(parameter_assigned, channel("", "g = 2  i = g*(v - e)"));
case!(voltage_assigned, channel("", "celsius = 2  i = g*(v - e)"));
case!(c_that_is_not_understood, channel("", "i = g*(v - e)\nVERBATIM\nlist->next = 0;\nENDVERBATIM\n"));
case!(loop_without_bounds, channel("", "i = g*(v - e)\nFROM k = 0 TO v { i = i + 1 }"));
case!(current_without_value, channel("", "LOCAL a  a = g*e"));
case!(brace_never_closed, "NEURON {\n    SUFFIX x\n\nPARAMETER {\n    a = 1\n}\nBREAKPOINT {\n    if (a > 2) {\n        a = 3\n");
case!(brace_that_closes_nothing, "NEURON { SUFFIX x }\n}\nPARAMETER { a = 1 }\n");
case!(unknown_block, "NEURON { SUFFIX x }\nPARAMETERS {\n    a = 1\n}\n");
case!(unfinished_comment, "NEURON { SUFFIX x }\nCOMMENT\nthis goes on");
case!(no_meaning, "NEURON { SUFFIX x }\nPARAMETER { a = 1 § }\nBREAKPOINT { }\n");
case!(nothing_described, "PARAMETER { a = 1 }\n");
case!(
    unknown_solve,
    "NEURON { SUFFIX x }\nASSIGNED { v (mV) }\nSTATE { m }\nBREAKPOINT {\n    SOLVE state METHOD cnexp\n}\nDERIVATIVE states {\n    m' = (0.5 - m)/2\n}\n"
);
case!(
    cnexp_of_a_nonlinear_equation,
    "NEURON { SUFFIX x }\nSTATE { m }\nBREAKPOINT {\n    SOLVE s METHOD cnexp\n}\nDERIVATIVE s {\n    m' = 1 - m*m\n}\n"
);
case!(
    method_of_another_kind,
    "NEURON { SUFFIX x }\nSTATE { m }\nBREAKPOINT {\n    SOLVE s METHOD cnxp\n}\nDERIVATIVE s {\n    m' = 1 - m\n}\n"
);
case!(
    derivative_in_wrong_units,
    "NEURON { SUFFIX x }\nPARAMETER { tau = 2 (s) }\nSTATE { c (mM) }\nBREAKPOINT {\n    SOLVE s METHOD cnexp\n}\nDERIVATIVE s {\n    c' = -c/tau\n}\n"
);
case!(state_without_equation, "NEURON { POINT_PROCESS x }\nSTATE {\n    m\n}\nINITIAL { m = 1 }\n");
case!(
    recursion,
    "NEURON { SUFFIX x  RANGE y }\nASSIGNED { y }\nBREAKPOINT { y = f(2) }\nFUNCTION f(x) {\n    f = g(x)\n}\nFUNCTION g(x) {\n    g = 2*f(x)\n}\n"
);
case!(
    what_has_no_meaning_yet,
    "NEURON {\n    SUFFIX x\n    POINTER p\n    USEION ca READ ica WRITE cai\n}\nASSIGNED { ica (mA/cm2)  cai (mM)  y[3] }\nKINETIC k {\n    ~ a <-> b (1, 2)\n}\nVERBATIM\nint i;\nENDVERBATIM\nFUNCTION_TABLE tab(v (mV))\nBREAKPOINT {\n    SOLVE k METHOD sparse\n    while (ica > 0) { cai = 1 }\n    net_send(1, 2)\n}\n"
);
case!(
    events_where_there_are_none,
    "NEURON {\n    SUFFIX x\n    RANDOM r\n}\nASSIGNED { v (mV)  y }\nBREAKPOINT {\n    net_send(1, 2)\n    y = random_normal(q) + random_normal(r, 1, 2, 3)\n}\nBEFORE LUNCH { y = 1 }\nNET_RECEIVE(w (uS), a) {\n    net_event()\n    net_send(v, 1)\n    WATCH (y) 2\n    FOR_NETCONS(b) { b = 1 }\n}\n"
);
case!(
    several_at_once,
    "NEURON {\n    SUFIX x\n    SUFFIX y\n    RANGE nothing\n}\nPARAMETER {\n    a = = 2\n    b = 3 (mV)\n}\nASSIGNED { y }\nBREAKPOINT {\n    y = (a + \n    y = b + unknwon\n    y = 2 + * 3\n    c = 3\n}\nFUNCTION f(x) {\n    f = x +\n}\n"
);
case!(
    interface_of_all_wrongs,
    "NEURON { ARTIFICIAL_CELL x }\nPARAMETER { tau = 10 (ms)  vth = 1 (mV) }\nASSIGNED { i (mV) }\nSTATE { v (mV) }\nBREAKPOINT { SOLVE s METHOD cnexp }\nDERIVATIVE s { v' = (i - v)/tau }\nSPIKE (v > vth) { v = 0 }\nINTERFACE {\n    SIGNAL spike\n    DRIVE ii\n    WEIHGT 2 (mV)\n    EVENT 1 (mV)\n    SURROGATE fast 2 (mV)\n    RESET never\n    READOUT count\n    STEP 1 (mV)\n    DELAY 1\n}\n"
);
case!(
    interface_that_says_nothing,
    "NEURON { ARTIFICIAL_CELL x }\nASSIGNED { y  drive }\nBREAKPOINT { y = drive }\nINTERFACE {\n    DRIVE drive\n}\n"
);
case!(
    the_space_outside_of_a_cell,
    "NEURON {\n    SUFFIX extracellular\n    POINTER i_membrane, ex\n    NONSPECIFIC_CURRENT i\n}\nPARAMETER { g = 0.001 (S/cm2) }\nASSIGNED {\n    v (mV)\n    i (mA/cm2)\n    e_extracellular (mV)\n    i_membrane (mA/cm2)\n    ex (mV)\n}\nBREAKPOINT {\n    i = g*(v - e_extracellular - vext) + 0*i_membrane*ex\n}\n"
);
