TITLE Low-voltage activated calcium current of pyramidal cells

COMMENT
    ica = gbar m^2 h (v - eca),   w = v + 10 mV
    m_inf = 1 / (1 + exp(-(w + 30)/6)),      q tau_m = 5 + 20 / (1 + exp((w + 25)/5))
    h_inf = 1 / (1 + exp((w + 80)/6.4)),     q tau_h = 20 + 50 / (1 + exp((w + 40)/7))
    q = 2.3^((celsius - 21) / 10)

Avery & Johnston 1996, "Multiple channel types contribute to the low-voltage-activated calcium current in hippocampal
CA3 pyramidal neurons", J. Neurosci. 16, 5567-5582: the steady states; time constants after Randall & Tsien 1997,
"Contrasting biophysical and pharmacological properties of T-type and R-type calcium channels", Neuropharmacology 36,
879-893. The numbers are those of the widely used transcription in Hay, Hill, Schuermann, Markram & Segev 2011, PLoS
Comput. Biol. 7, e1002107 ("Ca_LVAst"): w undoes a junction potential of 10 mV, and gbar is that of the soma of their
cell. There q is fixed at 34 degC; here it follows `celsius`.

The current is ohmic. `cat` is the T current of thalamic cells, with the constant field equation.
ENDCOMMENT

NEURON {
    SUFFIX calva
    USEION ca READ eca WRITE ica
    RANGE gbar, g
    RANGE minf, mtau, hinf, htau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.00343 (S/cm2) <0, 1e9>     : greatest conductance
}

ASSIGNED {
    v (mV)
    celsius (degC)
    eca (mV)
    ica (mA/cm2)                        : outward positive
    g (S/cm2)                           : conductance
    minf (1)
    mtau (ms)
    hinf (1)
    htau (ms)
}

STATE {
    m (1)                               : activation
    h (1)                               : availability
}

INITIAL {
    rates(v)
    m = minf
    h = hinf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*m*m*h
    ica = g*(v - eca)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL w, q10
    q10 = 2.3^((celsius - 21)/10)
    w = v + 10

    minf = 1/(1 + exp(-(w + 30)/6))
    mtau = (5 (ms) + 20 (ms) / (1 + exp((w + 25)/5)))/q10
    hinf = 1/(1 + exp((w + 80)/6.4))
    htau = (20 (ms) + 50 (ms) / (1 + exp((w + 40)/7)))/q10
}
