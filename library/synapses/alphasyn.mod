TITLE Alpha function synapse

COMMENT
    i = g (v - e)
    an event of weight w at time 0: g(t) = w (t / tau) exp(1 - t / tau), greatest (w) at t = tau
    as equations: a' = -a / tau,   g' = (a - g) / tau;   an event: a = a + w exp(1)

Rall 1967, "Distinguishing theoretical synaptic potentials computed for different soma-dendritic distributions of
synaptic input", J. Neurophysiol. 30, 1138-1168: this form of a conductance transient.

Events add. Within a step a is held, so g is of first order in the step: in NEURON it peaks 2.5 % too low at dt =
tau/20 and 0.6 % at dt = tau/80. Where that matters, `exp2syn` with tau1 = tau2 is the same curve without that error.
The current is outward positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS alphasyn
    RANGE tau, e, i
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    tau = 2 (ms) <1e-3, 1e6>            : time to the peak
    e = 0 (mV) <-200, 200>              : reversal potential
}

ASSIGNED {
    v (mV)
    i (nA)                              : membrane current, outward positive
}

STATE {
    a (uS)                              : what the conductance follows
    g (uS)                              : conductance
}

INITIAL {
    a = 0
    g = 0
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    i = g*(v - e)
}

DERIVATIVE states {
    a' = -a/tau
    g' = (a - g)/tau
}

NET_RECEIVE (weight (uS)) {
    a = a + weight*exp(1)
}
