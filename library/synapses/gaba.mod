TITLE GABA-A receptor

COMMENT
    i = g (v - e)
    g' = -g / tau
    an event of weight w: g = g + w

The kinetics are those of a receptor that opens at once and closes at one rate, as in the two-state model of Destexhe,
Mainen & Sejnowski 1994, Neural Comput. 6, 14-18, after the transmitter has gone.

The channel lets chloride through, which is near its equilibrium at rest; e is its reversal potential. Chloride is no
named ion here: its gradient follows that of potassium, and no other mechanism of this library carries it.

For fast inhibition. The current is outward positive. Events add, so all events of one step have the effect of their sum.
ENDCOMMENT

NEURON {
    POINT_PROCESS gaba
    RANGE tau, e, i, g
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    tau = 6 (ms) <1e-3, 1e6>            : decay time constant
    e = -75 (mV) <-200, 200>            : reversal potential of chloride
}

ASSIGNED {
    v (mV)
    i (nA)                              : membrane current, outward positive
}

STATE {
    g (uS)                              : conductance
}

INITIAL {
    g = 0
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    i = g*(v - e)
}

DERIVATIVE states {
    g' = -g/tau
}

NET_RECEIVE (weight (uS)) {
    g = g + weight
}
