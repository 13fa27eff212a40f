TITLE Synapse whose conductance rises and falls exponentially

COMMENT
    i = g (v - e),   g = B - A
    A' = -A / tau1,   B' = -B / tau2
    an event of weight w: A = A + w factor,   B = B + w factor

    g(t) = w factor (exp(-t / tau2) - exp(-t / tau1)),   greatest at tp = tau1 tau2 / (tau2 - tau1) ln(tau2 / tau1)

Roth & van Rossum 2009, "Modeling synapses", ch. 6 of De Schutter (ed.), "Computational Modeling Methods for
Neuroscientists", MIT Press: the difference of two exponentials. `factor` makes the peak equal to the weight.

For synapses whose rise matters: NMDA without its magnesium block, slow GABA, or distant inputs seen at the soma. The
rise time constant must be shorter than that of the decay; one that is not is taken as 0.9999 tau2, which is the alpha
function w (t / tau2) exp(1 - t / tau2) to four digits. The current is outward positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS exp2syn
    RANGE tau1, tau2, e, i, g
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    tau1 = 0.5 (ms) <1e-3, 1e6>         : rise time constant
    tau2 = 2 (ms) <1e-3, 1e6>           : decay time constant
    e = 0 (mV) <-200, 200>              : reversal potential
}

ASSIGNED {
    v (mV)
    i (nA)                              : membrane current, outward positive
    g (uS)                              : conductance
    rise (ms)                           : tau1, kept below tau2
    factor (1)                          : makes the peak equal to the weight
}

STATE {
    A (uS)
    B (uS)
}

INITIAL {
    LOCAL tp
    rise = tau1
    if (rise > 0.9999*tau2) {
        rise = 0.9999*tau2
    }
    tp = (rise*tau2)/(tau2 - rise)*log(tau2/rise)
    factor = 1/(exp(-tp/tau2) - exp(-tp/rise))
    A = 0
    B = 0
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = B - A
    i = g*(v - e)
}

DERIVATIVE states {
    A' = -A/rise
    B' = -B/tau2
}

NET_RECEIVE (weight (uS)) {
    A = A + weight*factor
    B = B + weight*factor
}
