TITLE Passive leak

COMMENT
    i = g (v - e)

Rall 1959, Exp. Neurol. 1, 491-527 (the resistive part of the membrane).

The ohmic part of every membrane; g is the inverse of the specific membrane resistance. Outward positive.
ENDCOMMENT

NEURON {
    SUFFIX pas
    NONSPECIFIC_CURRENT i
    RANGE g, e
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    g = 0.001 (S/cm2) <0, 1e9>          : leak conductance
    e = -70 (mV) <-200, 200>            : leak reversal potential
}

ASSIGNED {
    v (mV)
    i (mA/cm2)                          : membrane current, outward positive
}

BREAKPOINT {
    i = g*(v - e)
}
