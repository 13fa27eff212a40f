TITLE Calcium-activated potassium current of small conductance, SK

COMMENT
    ik = gbar z (v - ek)
    z_inf = 1 / (1 + (0.00043 mM / cai)^4.8),   tau_z = 1 ms

Koehler, Hirschberg, Bond, Kinzie, Marrion, Maylie & Adelman 1996, "Small-conductance, calcium-activated potassium
channels from mammalian brain", Science 273, 1709-1714: half activation and Hill exponent of the cloned channels. The
time constant is that of the widely used transcription in Hay, Hill, Schuermann, Markram & Segev 2011, PLoS Comput.
Biol. 7, e1002107 ("SK_E2"); gbar is that of the soma of their cell.

It does not depend on the potential and is not scaled with temperature. Without calcium it is shut: below 1e-7 mM it
is taken to be there.
ENDCOMMENT

NEURON {
    SUFFIX sk
    USEION k READ ek WRITE ik
    USEION ca READ cai
    RANGE gbar, khalf, nhill, tau, g
    RANGE zinf, ztau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (molar) = (1/liter)
    (mM) = (millimolar)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.0441 (S/cm2) <0, 1e9>      : greatest conductance
    khalf = 0.00043 (mM) <1e-9, 1e3>    : calcium of half activation
    nhill = 4.8 (1) <0.1, 20>           : Hill exponent
    tau = 1 (ms) <1e-3, 1e6>            : time constant
}

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)                         : outward positive
    g (S/cm2)                           : conductance
    cai (mM)
    zinf (1)
    ztau (ms)
}

STATE {
    z (1)                               : activation
}

INITIAL {
    rates(cai)
    z = zinf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*z
    ik = g*(v - ek)
}

DERIVATIVE states {
    rates(cai)
    z' = (zinf - z)/ztau
}

PROCEDURE rates(ca (mM)) {
    LOCAL c
    c = ca
    if (c < 1e-7) {
        c = 1e-7
    }
    zinf = 1/(1 + (khalf/c)^nhill)
    ztau = tau
}
