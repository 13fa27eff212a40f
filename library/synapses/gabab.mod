TITLE GABA-B receptor with its second messenger

COMMENT
    i = gmax s^4 / (s^4 + kd) (v - e)
    s' = k3 R - k4 s,   R = sum over connections of w r
    r' = k1 T (1 - r) - k2 r;   T is cmax for cdur after a spike, and 0 otherwise; spikes within a pulse lengthen it

Destexhe, Mainen & Sejnowski 1998, "Kinetic models of synaptic transmission", in Koch & Segev (eds.), "Methods in
Neuronal Modeling", 2nd ed., MIT Press, 1-25, the simplified scheme of GABA-B receptors and its constants; it follows
from Destexhe & Sejnowski 1995, "G protein activation kinetics and spillover of gamma-aminobutyric acid may account
for differences between inhibitory responses in the hippocampus and thalamus", PNAS 92, 9515-9519. r is the fraction
of bound receptors, s the concentration of activated G protein, four of which open one potassium channel.

One spike does next to nothing, a burst opens the channels: that is the fourth power. The weight of a connection is
its share of the receptors, and gmax the conductance with all channels open. The course of R is exact (see `gabaa`); s
takes R of the end of a step, an error of first order in dt times k2, some 1e-4. The numbers were fitted at 33 to 35
degC and are not scaled. The current is outward positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS gabab
    RANGE k1, k2, k3, k4, kd, cmax, cdur, gmax, e, i, g
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
    (mM) = (milli/liter)
    (uM) = (micro/liter)
}

PARAMETER {
    k1 = 0.09 (/mM-ms) <1e-9, 1e6>      : rate of binding
    k2 = 0.0012 (/ms) <1e-9, 1e6>       : rate of unbinding
    k3 = 0.18 (uM/ms) <0, 1e6>          : production of G protein by all receptors
    k4 = 0.034 (/ms) <1e-9, 1e6>        : decay of G protein
    kd = 100 (uM4) <1e-9, 1e9>          : fourth power of the G protein that opens half of the channels
    cmax = 1 (mM) <1e-9, 1e6>           : transmitter in a pulse
    cdur = 1 (ms) <1e-3, 1e6>           : length of a pulse
    gmax = 0.001 (uS) <0, 1e6>          : conductance with all channels open
    e = -95 (mV) <-200, 200>            : reversal potential
}

ASSIGNED {
    v (mV)
    i (nA)                              : membrane current, outward positive
    g (uS)                              : conductance
    rinf (1)                            : fraction of bound receptors that a pulse tends to
    rtau (ms)                           : and how fast
    active (1)                          : weights of the connections in a pulse
}

STATE {
    on (1)                              : bound receptors of the connections in a pulse
    off (1)                             : bound receptors of the others
    s (uM)                              : activated G protein
}

INITIAL {
    rinf = k1*cmax/(k1*cmax + k2)
    rtau = 1/(k1*cmax + k2)
    active = 0
    on = 0
    off = 0
    s = 0
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gmax*s*s*s*s/(s*s*s*s + kd)
    i = g*(v - e)
}

DERIVATIVE states {
    on' = (active*rinf - on)/rtau
    off' = -k2*off
    s' = k3*(on + off) - k4*s
}

NET_RECEIVE (weight (1), pulses, r0, t0 (ms)) {
    INITIAL {
        pulses = 0
        r0 = 0
        t0 = 0
    }
    if (flag == 0) {  : a spike: a pulse begins, or goes on for longer
        if (pulses == 0) {
            r0 = r0*exp(-k2*(t - t0))
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
