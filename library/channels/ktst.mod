TITLE Fast potassium current of neocortical pyramidal cells

COMMENT
    ik = gbar m^4 h (v - ek),   w = v + 10 mV
    m_inf = 1 / (1 + exp(-w/19)),          q tau_m = 0.34 + 0.92 exp(-((w + 71)/59)^2)
    h_inf = 1 / (1 + exp((w + 66)/10)),    q tau_h = 8 + 49 exp(-((w + 73)/23)^2)
    q = 2.3^((celsius - 21) / 10)

Korngreen & Sakmann 2000, "Voltage-gated K+ channels in layer 5 neocortical pyramidal neurones from young rats:
subtypes and gradients", J. Physiol. 525, 621-639 (nucleated patches at 21 degC): the fast component, of A type. The
numbers are those of the widely used transcription in Hay, Hill, Schuermann, Markram & Segev 2011, PLoS Comput. Biol.
7, e1002107 ("K_Tst"): w undoes a junction potential of 10 mV, and gbar is that of the soma of their cell. There q is
fixed at 34 degC; here it follows `celsius`.
ENDCOMMENT

NEURON {
    SUFFIX ktst
    USEION k READ ek WRITE ik
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
    gbar = 0.0812 (S/cm2) <0, 1e9>      : greatest conductance
}

ASSIGNED {
    v (mV)
    celsius (degC)
    ek (mV)
    ik (mA/cm2)                         : outward positive
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
    g = gbar*m*m*m*m*h
    ik = g*(v - ek)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL w, x, q10
    q10 = 2.3^((celsius - 21)/10)
    w = v + 10

    minf = 1/(1 + exp(-w/19))
    x = (w + 71)/59
    mtau = (0.34 (ms) + 0.92 (ms) * exp(-x*x))/q10

    hinf = 1/(1 + exp((w + 66)/10))
    x = (w + 73)/23
    htau = (8 (ms) + 49 (ms) * exp(-x*x))/q10
}
