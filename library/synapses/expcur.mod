TITLE Synapse with an exponentially decaying current

COMMENT
    i = direction s
    s' = -s / tau
    an event of weight w: s = s + w

What flows in a step is the mean of that over the step, so that an event moves the charge w tau, however short tau is beside the step.

The current-based synapse of network models: Vogels & Abbott 2005, J. Neurosci. 25, 10786-10795; Brette et al. 2007, "Simulation of networks
of spiking neurons", J. Comput. Neurosci. 23, 349-398, benchmark 2. What flows does not depend on the potential, so it adds up linearly.

The current is outward positive: a direction of -1 depolarises. Weights are the size of the current, in either direction. Events add, so all events of
one step have the effect of their sum.
ENDCOMMENT

NEURON {
    POINT_PROCESS expcur
    RANGE tau, direction, i
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
}

PARAMETER {
    tau = 5 (ms) <1e-3, 1e6>            : decay time constant
    direction = -1 (1) <-1, 1>          : -1 depolarises, 1 hyperpolarises
}

ASSIGNED {
    dt (ms)
    i (nA)                              : membrane current, outward positive
}

STATE {
    s (nA)                              : size of the current
}

INITIAL {
    s = 0
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    i = direction*s*tau/dt*(1 - exp(-dt/tau))
}

DERIVATIVE states {
    s' = -s/tau
}

NET_RECEIVE (weight (nA)) {
    s = s + weight
}
