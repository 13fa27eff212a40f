TITLE Homeostatic scaling of all weights of a neuron

COMMENT
    w' = w beta (rate - a),   a' = -a / tau, and a rises by 1 / tau with each spike of the receiver;   w stays below wmax

van Rossum, Bi & Turrigiano 2000, J. Neurosci. 20, 8812-8821, eq. 2, after Turrigiano, Leslie, Desai, Rutherford & Nelson 1998, Nature 391,
892-896: a neuron that is less active than it should be multiplies all its weights, which keeps their ratios. a is its mean rate.

In animals this takes hours to days; the default beta makes it minutes, which a simulation can see. The rule is stepped for every connection in
every tick. It goes with others: `plasticity = ["stdp", "scaling"]`.
ENDCOMMENT

NEURON {
    PLASTICITY scaling
    RANGE rate, beta, tau, wmax
}

PARAMETER {
    rate = 0.005 (/ms) <0, 1>           : rate that the receiver should have: 5 Hz
    beta = 1e-3 <0, 1e3>                : how fast, for each spike too many or too few
    tau = 10000 (ms) <1e-3, 1e9>        : over which the rate is averaged
    wmax = 1e12 <1e-12, 1e12>           : largest weight, in the unit of weights
}

STATE {
    a (/ms)                             : mean rate of the receiver
}

INITIAL {
    a = rate
}

BREAKPOINT {
    SOLVE growth METHOD cnexp
    w = fmin(w, wmax)
}

DERIVATIVE growth {
    w' = w*beta*(rate - a)
    a' = -a/tau
}

NET_RECEIVE (w) {
}

POST_SPIKE {
    a = a + 1/tau
}
