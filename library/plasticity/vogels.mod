TITLE Plasticity of inhibition that keeps the receiver's rate

COMMENT
    a spike of the sender arrives:  w = w + eta (y - 2 rate tau),    then x = x + 1
    the receiver spikes:            w = w + eta x,                   then y = y + 1
    x' = -x / tau,   y' = -y / tau;   w stays between 0 and wmax

Vogels, Sprekeler, Zenke, Clopath & Gerstner 2011, Science 334, 1569-1573, eqs. 1-2 of their supplement: spikes that are near in time
strengthen inhibition whatever their order, and each one that arrives weakens it a little, so that the receiver comes to spike at `rate`. For
weights that are negative; the rule sees their size.
ENDCOMMENT

NEURON {
    PLASTICITY vogels
    RANGE eta, tau, rate, wmax
}

UNITS {
    (Hz) = (/s)
}

PARAMETER {
    eta = 1e-3 <0, 10>                  : learning rate, in the unit of weights
    tau = 20 (ms) <1e-3, 1e6>           : memory of a spike
    rate = 0.005 (/ms) <0, 1>           : rate that the receiver comes to have: 5 Hz
    wmax = 1e12 <1e-12, 1e12>           : largest weight, in the unit of weights
}

STATE {
    x                                   : trace of spikes that have arrived
    y                                   : trace of spikes of the receiver
}

INITIAL {
    x = 0
    y = 0
}

BREAKPOINT {
    SOLVE traces METHOD cnexp
}

DERIVATIVE traces {
    x' = -x/tau
    y' = -y/tau
}

NET_RECEIVE (w) {
    w = fmin(fmax(w + eta*(y - 2*rate*tau), 0), wmax)
    x = x + 1
}

POST_SPIKE {
    w = fmin(w + eta*x, wmax)
    y = y + 1
}
