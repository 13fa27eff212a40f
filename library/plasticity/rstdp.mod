TITLE Spike-timing-dependent plasticity that waits for a reward

COMMENT
    c' = -c / tau_c, and changes by pairs of spikes as the weight does in stdp:
        a spike of the sender arrives:  c = c - a_minus y,    then x = x + 1
        the receiver spikes:            c = c + a_plus x,     then y = y + 1
    w' = c (d - baseline),   d' = -d / tau_d,   and d rises by gain with each event of `reward`
    x' = -x / tau_plus,   y' = -y / tau_minus;   w stays between 0 and wmax

Izhikevich 2007, Cereb. Cortex 17, 2443-2452, eqs. 1-3: pairs of spikes leave a trace, the eligibility c, at their synapse; the concentration
of dopamine d turns it into a change, up to seconds later. Florian 2007, Neural Comput. 19, 1468-1502, derives a rule of this
form from policy gradients. `reward` is heard: the signal of a population of one neuron, `plasticity = { rule = "rstdp", reward = "treat" }`. A
neuron that spikes is an event; a value acts in every step, as so many events in a ms.

Time constants are Izhikevich's: 1 s for the eligibility, 0.2 s for dopamine. Eligibility and weight are stepped for every connection in every
tick, which costs more than a rule that changes with spikes alone.
ENDCOMMENT

NEURON {
    PLASTICITY rstdp
    RANGE tau_plus, tau_minus, tau_c, tau_d, a_plus, a_minus, gain, baseline, wmax
}

PARAMETER {
    tau_plus = 20 (ms) <1e-3, 1e6>      : memory of a spike that has arrived
    tau_minus = 20 (ms) <1e-3, 1e6>     : memory of a spike of the receiver
    tau_c = 1000 (ms) <1e-3, 1e7>       : memory of pairs
    tau_d = 200 (ms) <1e-3, 1e7>        : how long dopamine stays
    a_plus = 0.001 (/ms) <0, 10>        : eligibility from a pair, of wmax, for each unit of dopamine
    a_minus = 0.0015 (/ms) <0, 10>      : ... in the other order, with the other sign
    gain = 0.5 <0, 1e6>                 : dopamine of one event
    baseline = 0 <0, 1e6>               : dopamine at which nothing is learned
    wmax = 1 <1e-12, 1e12>              : largest weight, in the unit of weights
}

ASSIGNED {
    reward                              : heard: events in this step, or their rate
}

STATE {
    x                                   : trace of spikes that have arrived
    y                                   : trace of spikes of the receiver
    c (/ms)                             : eligibility
    d                                   : dopamine
}

INITIAL {
    x = 0
    y = 0
    c = 0
    d = 0
}

BREAKPOINT {
    SOLVE traces METHOD cnexp
    d = d + gain*reward
    w = fmin(fmax(w, 0), wmax)
}

DERIVATIVE traces {
    x' = -x/tau_plus
    y' = -y/tau_minus
    w' = c*(d - baseline)
    c' = -c/tau_c
    d' = -d/tau_d
}

NET_RECEIVE (w) {
    c = c - a_minus*wmax*y
    x = x + 1
}

POST_SPIKE {
    c = c + a_plus*wmax*x
    y = y + 1
}
