TITLE Synapse with a regular train of its own, and short-term depression

COMMENT
    i = g (v - e),   g' = -g / tau + gmax k R p(t),   R' = (1 - R) / taurec - k R p(t)
    p(t) is 1 for `width` after each of start, start + interval, ..., and 0 otherwise;   k = -ln(1 - U) / width

Tsodyks & Markram 1997, "The neural code between neocortical pyramidal neurons depends on neurotransmitter release probability",
Proc. Natl. Acad. Sci. USA 94, 719-723: a presynaptic spike uses the share U of the resources R that have recovered. Here the use is
spread over a pulse of `width`, which takes exactly the same share, so no events are needed and an experiment can choose the train.
What is released in a pulse is U R; gmax is the conductance that all resources at once would add. Outward current is positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS train
    RANGE start, interval, width, U, taurec, tau, gmax, e, i
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    start = 10 (ms) <0, 1e9>            : first spike
    interval = 50 (ms) <1e-3, 1e9>      : between spikes
    width = 0.5 (ms) <1e-3, 1e3>        : of the pulse that a spike makes
    U = 0.5 (1) <0, 0.999>              : share of the resources that a spike uses
    taurec = 800 (ms) <1e-3, 1e9>       : recovery of resources
    tau = 2 (ms) <1e-3, 1e6>            : decay of the conductance
    gmax = 0 (uS) <0, 1e9>              : conductance of all resources
    e = 0 (mV) <-200, 200>              : reversal potential
}

ASSIGNED {
    v (mV)
    i (nA)                              : membrane current, outward positive
    k (/ms)                             : rate of use in a pulse
    p (1)                               : whether there is a pulse
    since (ms)                          : time since the last spike
}

STATE {
    R (1)                               : resources that are there
    g (uS)                              : conductance
}

INITIAL {
    R = 1
    g = 0
    k = -log(1 - U)/width
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    i = g*(v - e)
}

DERIVATIVE states {
    since = t - start - interval*floor((t - start)/interval)
    p = 0
    if (t > start && since > 0 && since <= width + 1e-6) {
        p = 1
    }
    R' = (1 - R)/taurec - k*R*p
    g' = -g/tau + gmax*k*R*p
}
