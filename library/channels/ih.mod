TITLE Hyperpolarisation-activated cation current of neocortical pyramidal cells

COMMENT
    i = gbar m (v - ehcn)
    alpha = 0.00643 (v + 154.9) / (exp((v + 154.9)/11.9) - 1),   beta = 0.193 exp(v/33.1)
    tau_m = 1 / (alpha + beta),   m_inf = alpha / (alpha + beta)

Kole, Hallermann & Stuart 2006, "Single Ih channels in pyramidal neuron dendrites: properties, distribution, and
impact on action potential output", J. Neurosci. 26, 1677-1687: recorded at 34 degC and fitted by these rates. ehcn
and gbar are those of the widely used transcription in Hay, Hill, Schuermann, Markram & Segev 2011, PLoS Comput. Biol.
7, e1002107, gbar that of the soma; along the apical dendrite it grows there exponentially with the distance d over
the greatest distance, 0.0002 (-0.8696 + 2.087 exp(3.6161 d)) S/cm2.

The rates hold at 34 degC and are not scaled. By them half of the channels are open at -110 mV. Sodium and potassium
pass through the channel; here they are one current.
ENDCOMMENT

NEURON {
    SUFFIX ih
    NONSPECIFIC_CURRENT i
    RANGE gbar, ehcn, g
    RANGE minf, mtau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.0002 (S/cm2) <0, 1e9>      : greatest conductance
    ehcn = -45 (mV) <-200, 200>         : reversal potential
}

ASSIGNED {
    v (mV)
    i (mA/cm2)                          : outward positive
    g (S/cm2)                           : conductance
    minf (1)
    mtau (ms)
}

STATE {
    m (1)                               : activation
}

INITIAL {
    rates(v)
    m = minf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*m
    i = g*(v - ehcn)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
}

PROCEDURE rates(v (mV)) {
    LOCAL alpha, beta
    alpha = 0.00643 (/mV-ms) * vtrap(v + 154.9, 11.9)
    beta = 0.193 (/ms) * exp(v/33.1)
    mtau = 1/(alpha + beta)
    minf = alpha/(alpha + beta)
}

FUNCTION vtrap(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        vtrap = y*(1 - x/y/2)
    } else {
        vtrap = x/(exp(x/y) - 1)
    }
}
