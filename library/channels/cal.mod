TITLE L-type calcium current of pyramidal cells

COMMENT
    ica = gbar m^2 (v - eca)
    alpha = 1.6 / (1 + exp(-0.072 (v - 5))),    beta = 0.02 (v + 8.9) / (exp((v + 8.9)/5) - 1)
    tau_m = 1 / (alpha + beta),   m_inf = alpha / (alpha + beta)

Kay & Wong 1987, "Calcium current activation kinetics in isolated pyramidal neurones of the CA1 region of the mature
guinea-pig hippocampus", J. Physiol. 392, 603-616; the rates are those of Traub, Buhl, Gloveli & Whittington 2003, J.
Neurophysiol. 89, 909-921, in the widely used transcription (the same as in Traub et al. 1991, J. Neurophysiol. 66,
635-650, where potentials count from rest, but for where rest lies). gbar is of the size of the dendrites there.

It does not inactivate, neither by voltage nor by calcium. It is not scaled with temperature. The current is ohmic;
2003's paper takes eca = 125 mV.
ENDCOMMENT

NEURON {
    SUFFIX cal
    USEION ca READ eca WRITE ica
    RANGE gbar, g
    RANGE minf, mtau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.001 (S/cm2) <0, 1e9>       : greatest conductance
}

ASSIGNED {
    v (mV)
    eca (mV)
    ica (mA/cm2)                        : outward positive
    g (S/cm2)                           : conductance
    minf (1)
    mtau (ms)
}

STATE {
    m (1)                               : activation
}

INITIAL {
    rates(v)
    m = minf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*m*m
    ica = g*(v - eca)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
}

PROCEDURE rates(v (mV)) {
    LOCAL alpha, beta
    alpha = 1.6 (/ms) / (1 + exp(-0.072*(v - 5)))
    beta = 0.02 (/mV-ms) * vtrap(v + 8.9, 5)
    mtau = 1/(alpha + beta)
    minf = alpha/(alpha + beta)
}

FUNCTION vtrap(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        vtrap = y*(1 - x/y/2)
    } else {
        vtrap = x/(exp(x/y) - 1)
    }
}
