TITLE Plasticity that draws weights towards what has just arrived

COMMENT
    the receiver spikes:            w = w + eta (x - target) (wmax - w)^mu
    a spike of the sender arrives:  x = 1;    x' = -x / tau;    w stays between 0 and wmax

Diehl & Cook 2015, Front. Comput. Neurosci. 9, 99, eq. 2, after Querlioz, Bichler, Dollfus & Gamrat 2013, IEEE Trans. Nanotechnol. 12,
288-295: weights change only when the receiver spikes. Those of senders that have just spiked grow, and the more silent ones shrink, so that a
neuron comes to know what it spikes for. x remembers the last spike alone.
ENDCOMMENT

NEURON {
    PLASTICITY stdp_target
    RANGE eta, tau, target, mu, wmax
}

PARAMETER {
    eta = 0.01 <0, 10>                  : learning rate
    tau = 20 (ms) <1e-3, 1e6>           : memory of the last spike that has arrived
    target = 0.4 <0, 1>                 : trace at which nothing changes
    mu = 0.2 <0, 10>                    : how growth depends on the weight
    wmax = 1 <1e-12, 1e12>              : largest weight, in the unit of weights
}

STATE {
    x                                   : trace of the last spike that has arrived
}

INITIAL {
    x = 0
}

BREAKPOINT {
    SOLVE trace METHOD cnexp
}

DERIVATIVE trace {
    x' = -x/tau
}

NET_RECEIVE (w) {
    x = 1
}

POST_SPIKE {
    w = fmin(fmax(w + eta*(x - target)*(wmax - w)^mu, 0), wmax)
}
