TITLE Spike-timing-dependent plasticity by triplets of spikes

COMMENT
    a spike of the sender arrives:  w = w - o1 (a2_minus + a3_minus r2),    then r1 = r1 + 1,  r2 = r2 + 1
    the receiver spikes:            w = w + r1 (a2_plus + a3_plus o2),      then o1 = o1 + 1,  o2 = o2 + 1
    r1' = -r1 / tau_plus,  r2' = -r2 / tau_x,  o1' = -o1 / tau_minus,  o2' = -o2 / tau_y

Pfister & Gerstner 2006, J. Neurosci. 26, 9673-9682, eqs. 2-4: r2 and o2 are read before the spike itself counts. The defaults are those of the
minimal model of all pairs and triplets fitted to visual cortex (Sjoestrom, Turrigiano & Nelson 2001): no weakening by triplets and no
strengthening by pairs, so that slow pairing weakens whatever its order and fast pairing strengthens.

The amounts are in units of wmax, so that one number scales a network's weights. They are large in vitro because a pairing is repeated some 60 times.
ENDCOMMENT

NEURON {
    PLASTICITY triplet_stdp
    RANGE tau_plus, tau_x, tau_minus, tau_y, a2_plus, a3_plus, a2_minus, a3_minus, wmax
}

PARAMETER {
    tau_plus = 16.8 (ms) <1e-3, 1e6>    : memory of one spike that has arrived
    tau_x = 101 (ms) <1e-3, 1e6>        : memory of two of them
    tau_minus = 33.7 (ms) <1e-3, 1e6>   : memory of one spike of the receiver
    tau_y = 114 (ms) <1e-3, 1e6>        : memory of two of them
    a2_plus = 0 <0, 10>                 : strengthening by a pair
    a3_plus = 6.5e-3 <0, 10>            : strengthening by two spikes of the receiver and one that has arrived
    a2_minus = 7.1e-3 <0, 10>           : weakening by a pair
    a3_minus = 0 <0, 10>                : weakening by two spikes that arrive and one of the receiver
    wmax = 1 <1e-12, 1e12>              : largest weight, in the unit of weights
}

STATE {
    r1                                  : fast trace of spikes that have arrived
    r2                                  : slow trace of them
    o1                                  : fast trace of spikes of the receiver
    o2                                  : slow trace of them
}

INITIAL {
    r1 = 0
    r2 = 0
    o1 = 0
    o2 = 0
}

BREAKPOINT {
    SOLVE traces METHOD cnexp
}

DERIVATIVE traces {
    r1' = -r1/tau_plus
    r2' = -r2/tau_x
    o1' = -o1/tau_minus
    o2' = -o2/tau_y
}

NET_RECEIVE (w) {
    w = fmax(w - wmax*o1*(a2_minus + a3_minus*r2), 0)
    r1 = r1 + 1
    r2 = r2 + 1
}

POST_SPIKE {
    w = fmin(w + wmax*r1*(a2_plus + a3_plus*o2), wmax)
    o1 = o1 + 1
    o2 = o2 + 1
}
