TITLE Excitatory and inhibitory conductances that fluctuate as Ornstein-Uhlenbeck processes

COMMENT
    i = ge (v - ee) + gi (v - ei)
    gx' = (gx0 - gx) / taux + sx sqrt(2 / taux) xi_x(t)   for x = e, i;  negative values count as 0

Destexhe, Rudolph, Fellous & Sejnowski 2001, "Fluctuating synaptic conductances recreate in vivo-like activity in
neocortical neurons", Neuroscience 107, 13-24, with its parameters for a point model of a layer 6 pyramidal cell (ge0
= 12 nS, gi0 = 57 nS, se = 3 nS, si = 6.6 nS, taue = 2.7 ms, taui = 10.5 ms), fitted to some 16000 synapses on its
dendrites. The step of the conductances is exact (see `ou`).

It turns a cell at rest into one in a busy network: some -65 mV, fluctuating by 4 mV, with a fifth of its input
resistance. Cells of another size want all four conductances in proportion to their area (34636 um2 there). The
current is outward positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS gou
    RANGE ge0, gi0, se, si, taue, taui, ee, ei, ge, gi, i
    NONSPECIFIC_CURRENT i
    RANDOM draw
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    ge0 = 0.0121 (uS) <0, 1e6>          : mean of the excitatory conductance
    gi0 = 0.0573 (uS) <0, 1e6>          : mean of the inhibitory conductance
    se = 0.003 (uS) <0, 1e6>            : standard deviation of the excitatory conductance
    si = 0.0066 (uS) <0, 1e6>           : standard deviation of the inhibitory conductance
    taue = 2.728 (ms) <1e-3, 1e6>       : correlation time of the excitatory conductance
    taui = 10.49 (ms) <1e-3, 1e6>       : correlation time of the inhibitory conductance
    ee = 0 (mV) <-200, 200>             : reversal potential of excitation
    ei = -75 (mV) <-200, 200>           : reversal potential of inhibition
}

ASSIGNED {
    v (mV)
    dt (ms)
    i (nA)                              : membrane current, outward positive
    ge (uS)                             : excitatory conductance
    gi (uS)                             : inhibitory conductance
    xe (uS)                             : deviations from the means
    xi (uS)
}

INITIAL {
    xe = se*random_normal(draw)
    xi = si*random_normal(draw)
}

BEFORE STEP {
    xe = xe*exp(-dt/taue) + se*sqrt(1 - exp(-2*dt/taue))*random_normal(draw)
    xi = xi*exp(-dt/taui) + si*sqrt(1 - exp(-2*dt/taui))*random_normal(draw)
}

BREAKPOINT {
    ge = ge0 + xe
    if (ge < 0) {
        ge = 0
    }
    gi = gi0 + xi
    if (gi < 0) {
        gi = 0
    }
    i = ge*(v - ee) + gi*(v - ei)
}
