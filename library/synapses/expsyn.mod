TITLE Synapse with an exponentially decaying conductance

COMMENT
    i = g (v - e)
    g' = -g / tau
    an event of weight w: g = g + w

Rall 1967, J. Neurophysiol. 30, 1138-1168, introduces conductance transients as synaptic inputs; in this form
Gerstner, Kistler, Naud & Paninski 2014, "Neuronal Dynamics", eqs. 3.1 and 3.2.

For fast synapses whose rise is short beside their decay: AMPA (tau about 2 ms, e = 0 mV), GABA-A (tau about 6 ms,
e = -70 to -80 mV). The current is outward positive. Events add, so all events of one step have the effect of their sum.
ENDCOMMENT

NEURON {
    POINT_PROCESS expsyn
    RANGE tau, e, i
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    tau = 2 (ms) <1e-3, 1e6>            : decay time constant
    e = 0 (mV) <-200, 200>              : reversal potential
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
