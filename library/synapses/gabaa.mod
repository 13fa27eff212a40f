TITLE GABA-A receptor opened by pulses of transmitter

COMMENT
    i = (on + off) (v - e);   of one connection of weight w:  w r,   r' = alpha T (1 - r) - beta r
    T is cmax for cdur after a spike, and 0 otherwise; spikes within a pulse lengthen it

Destexhe, Mainen & Sejnowski 1994, "An efficient method for computing synaptic conductances based on a kinetic model
of receptor binding", Neural Comput. 6, 14-18: the two-state receptor and its exact course while T is constant. The
rates for GABA-A are those of Destexhe, Mainen & Sejnowski 1998, "Kinetic models of synaptic transmission", in Koch &
Segev (eds.), "Methods in Neuronal Modeling", 2nd ed., MIT Press, 1-25 (alpha = 5 /mM/ms, beta = 0.18 /ms, 1 mM for 1
ms). The same file with alpha = 1.1, beta = 0.19 and e = 0 is their AMPA receptor.

Receptors saturate: the conductance of one connection never exceeds its weight. The connections in a pulse share one
state, `on`, and the others one, `off`; each keeps the fraction r0 it had when it changed side at t0, so that their
number costs nothing in a step. The numbers were fitted at 31 to 35 degC and are not scaled. `gaba` is the simpler
receptor, without saturation. The current is outward positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS gabaa
    RANGE alpha, beta, cmax, cdur, e, i, g
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
    (mM) = (milli/liter)
}

PARAMETER {
    alpha = 5 (/mM-ms) <1e-6, 1e6>      : rate of binding
    beta = 0.18 (/ms) <1e-6, 1e6>       : rate of unbinding
    cmax = 1 (mM) <1e-9, 1e6>           : transmitter in a pulse
    cdur = 1 (ms) <1e-3, 1e6>           : length of a pulse
    e = -80 (mV) <-200, 200>            : reversal potential
}

ASSIGNED {
    v (mV)
    i (nA)                              : membrane current, outward positive
    g (uS)                              : conductance
    rinf (1)                            : fraction of open receptors that a pulse tends to
    rtau (ms)                           : and how fast
    active (uS)                         : weights of the connections in a pulse
}

STATE {
    on (uS)                             : conductance of the connections in a pulse
    off (uS)                            : conductance of the others
}

INITIAL {
    rinf = alpha*cmax/(alpha*cmax + beta)
    rtau = 1/(alpha*cmax + beta)
    active = 0
    on = 0
    off = 0
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = on + off
    i = g*(v - e)
}

DERIVATIVE states {
    on' = (active*rinf - on)/rtau
    off' = -beta*off
}

NET_RECEIVE (weight (uS), pulses, r0, t0 (ms)) {
    INITIAL {
        pulses = 0
        r0 = 0
        t0 = 0
    }
    if (flag == 0) {  : a spike: a pulse begins, or goes on for longer
        if (pulses == 0) {
            r0 = r0*exp(-beta*(t - t0))
            t0 = t
            active = active + weight
            on = on + weight*r0
            off = off - weight*r0
        }
        pulses = pulses + 1
        net_send(cdur, 1)
    }
    if (flag == 1) {  : the end of a pulse, unless another one has begun
        pulses = pulses - 1
        if (pulses == 0) {
            r0 = rinf + (r0 - rinf)*exp(-(t - t0)/rtau)
            t0 = t
            active = active - weight
            on = on - weight*r0
            off = off + weight*r0
        }
    }
}
