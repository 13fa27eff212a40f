//! Texts of cells, channels and neurons that have everything.

use homolog_base::Source;

/// A channel whose current, gate and initial state depend on the size of its compartment.
pub const SIZED: &str = "
    NEURON { SUFFIX sized  NONSPECIFIC_CURRENT i }
    PARAMETER { g = 1e-4 (S/cm2)  tau = 5 (ms) <0.1, 1e3> }
    ASSIGNED { v (mV)  i (mA/cm2)  area (um2)  diam (um) }
    STATE { x }
    INITIAL { x = area/500 }
    BREAKPOINT { SOLVE s METHOD cnexp  i = g*(1 + 0.3*x)*(1 + 0.1*diam)*(1 + area/900)*(v + 65) }
    DERIVATIVE s { x' = (0.4*diam + area/700 - x)/tau }
";

/// A pool whose concentration follows from its state in BREAKPOINT, and whose current from the concentration and from the sodium current of
/// the others.
pub const SODIUM: &str = "
    NEURON { SUFFIX sodium  USEION na READ ina, nai WRITE nai  NONSPECIFIC_CURRENT i }
    PARAMETER { tau = 20 (ms) <0.1, 1e3>  rest = 10 (mM) }
    ASSIGNED { v (mV)  i (mA/cm2)  ina (mA/cm2)  nai (mM) }
    STATE { n (mM) }
    INITIAL { n = rest  nai = rest }
    BREAKPOINT { SOLVE s METHOD cnexp  nai = n + 0.01*(v + 65)  i = 2e-7*nai*(v + 65) - 0.05*ina }
    DERIVATIVE s { n' = -2*ina - (n - rest)/tau }
";

/// The same with calcium that comes in by a channel, decays, and opens another; a pool of sodium on its trunk; and a stimulus that
/// depends on the time.
pub fn cell_with_ions(scheme: &str, readout: &str) -> String {
    forked_cell(scheme, readout).replace(
        "[positive]",
        r#"
        [[paint]]
        mechanism = "cahva"
        regions = ["soma", "tuft"]
        parameters = { gbar = "0.001 S/cm2" }
        [[paint]]
        mechanism = "sk"
        region = "tuft"
        parameters = { gbar = "0.0001 S/cm2" }
        [[paint]]
        mechanism = "cadyn"
        regions = ["soma", "tuft"]
        [[paint]]
        mechanism = "sodium"
        region = "dendrite"
        [[place]]
        mechanism = "sinclamp"
        name = "tone"
        branch = "left"
        position = 0.7
        parameters = { amp = "0.05 nA", freq = "100 Hz" }
        [ions]
        cao = "1.5 mM"
        [positive]"#,
    )
}

/// The same with calcium in shells that diffuses along the branches, and so does its buffer.
pub fn with_shells(cell: &str) -> String {
    let pool = "mechanism = \"cadyn\"\n        regions = [\"soma\", \"tuft\"]";
    assert!(cell.contains(pool));
    let shells = "mechanism = \"cadiff\"\n        regions = [\"soma\", \"dendrite\", \"tuft\"]\n        \
                  parameters = { DCa = 40, DBuf = 10, extra = { value = \"1e-3*min(1, distance/60)\", unit = \"mM\" } }";
    cell.replace(pool, shells)
}

/// A cell's text as a cell.
pub fn read_cell(name: &str, text: &str) -> homolog_model::Cell {
    let none = |_: &str| (None, vec![]);
    let (cell, problems) = homolog_model::file::read_cell(&Source::new("cell", text), name, &none);
    let shown: Vec<String> = problems.iter().map(|d| d.render(false)).collect();
    cell.unwrap_or_else(|| panic!("{}", shown.join("\n")))
}

/// A small cell that has everything: an excitable soma, a fork, a taper, receptors on branches of different kinds, a bias.
pub fn forked_cell(scheme: &str, readout: &str) -> String {
    format!(
        r#"
        title = "A soma, a trunk and two branches"
        [membrane]
        initial = "-65 mV"
        temperature = "18 degC"
        [branch.soma]
        length = "20 um"
        diameter = "20 um"
        compartments = 1
        [branch.trunk]
        parent = "soma"
        length = "60 um"
        diameter = ["3 um", "2 um"]
        compartments = 2
        region = "dendrite"
        [branch.left]
        parent = "trunk"
        length = "80 um"
        diameter = "1.5 um"
        compartments = 2
        region = "tuft"
        [branch.right]
        parent = "trunk"
        length = "50 um"
        diameter = "1 um"
        compartments = 1
        region = "tuft"
        [[paint]]
        mechanism = "hh"
        regions = ["soma", "dendrite"]
        [[paint]]
        mechanism = "pas"
        region = "tuft"
        parameters = {{ g = "1e-4 S/cm2", e = "-65 mV" }}
        [positive]
        mechanism = "ampa"
        regions = ["dendrite", "tuft"]
        weight = "25 nS"
        [negative]
        mechanism = "gaba"
        region = "tuft"
        parameters = {{ tau = "4 ms" }}
        weight = "15 nS"
        [bias]
        branch = "soma"
        size = "0.3 nA"
        [spike]
        branch = "soma"
        threshold = "-20 mV"
        surrogate = {{ shape = "fast_sigmoid", width = "5 mV" }}
        [time]
        step = "0.1 ms"
        presentation = "12 ms"
        settle = "0.5 ms"
        delay = "1 ms"
        scheme = "{scheme}"
        [interface]
        rate = "150 Hz"
        readout = {readout}
        readout-scale = 0.2
        activity = 1.4
        "#
    )
}

/// A neuron whose input passes two filters, so that several ticks read what one does not; with a readout, a reset and a settling time
/// of choice.
pub fn filtered_neuron(name: &str, reset: &str, readout: &str, settle: &str) -> String {
    format!(
        "NEURON {{ ARTIFICIAL_CELL {name} }}
        PARAMETER {{ tau = 8 (ms) <0.1, 1e3>  ts = 3 (ms) <0.1, 1e3>  vth = 10 (mV) }}
        ASSIGNED {{ i (mV) }}
        STATE {{ r (mV)  s (mV)  v (mV) }}
        INITIAL {{ r = 0  s = 0  v = 0 }}
        BREAKPOINT {{ SOLVE states METHOD cnexp }}
        DERIVATIVE states {{ r' = -r/ts  s' = (r - s)/ts  v' = (i + s - v)/tau }}
        SPIKE (v > vth) {{ v = 0 }}
        NET_RECEIVE (w (mV)) {{ r = r + w }}
        INTERFACE {{
            SIGNAL spike  DRIVE i  WEIGHT 30 (mV)  EVENT 40 (mV)  PRESENTATION 23 (ms)  SETTLE {settle} (ms)  STEP 1 (ms)  DELAY 1 (ms)
            SURROGATE arctan 5 (mV)  RESET {reset}  READOUT {readout}  ACTIVITY 1.5
        }}"
    )
}

/// The end of a cell's file that says what a network wants to know; its first branch is called `a`.
pub fn rest_of_cell(scheme: &str) -> String {
    format!(
        r#"
        [spike]
        branch = "a"
        threshold = "-20 mV"
        surrogate = {{ shape = "fast_sigmoid", width = "5 mV" }}
        [time]
        step = "0.1 ms"
        presentation = "10 ms"
        delay = "1 ms"
        scheme = "{scheme}"
        [interface]
        rate = "100 Hz"
        readout = "count"
        activity = 1
        "#
    )
}

/// The cell with a longer trunk and one more branch.
pub fn cell_with_twig(scheme: &str, readout: &str) -> String {
    with_twig(&forked_cell(scheme, readout))
}

/// A cell with a longer trunk and one more branch.
pub fn with_twig(cell: &str) -> String {
    let text = cell.replace("length = \"60 um\"", "length = \"90 um\"").replacen("compartments = 2", "compartments = 3", 1);
    text.replacen(
        "[[paint]]",
        "[branch.twig]\nparent = \"left\"\nlength = \"30 um\"\ndiameter = \"1 um\"\ncompartments = 2\nregion = \"tuft\"\n[[paint]]",
        1,
    )
}

/// The cell with a leak in its soma, too.
pub fn leaky_cell(scheme: &str, readout: &str) -> String {
    let pas = "mechanism = \"pas\"\n        region = \"tuft\"";
    assert!(forked_cell(scheme, readout).contains(pas));
    forked_cell(scheme, readout).replace(pas, "mechanism = \"pas\"\n        regions = [\"soma\", \"tuft\"]")
}
