TITLE Conductance that opens once, at a set time

COMMENT
    i = g (v - e)
    g = gmax f(t - onset),   f(s) = factor (exp(-s / tau2) - exp(-s / tau1)) from s = 0 on; its greatest value is 1

A synaptic conductance as a function of time, for experiments that choose when a synapse acts. The shape is a difference of two
exponentials (as in Rothman & Silver 2014, "Data-driven modeling of synaptic transmission and integration", Prog. Mol. Biol.
Transl. Sci. 123, 305-350); the rise must be shorter than the decay, and one that is not is taken as 0.9999 of it. With e at the
resting potential it is a shunt. The current is outward positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS once
    RANGE onset, tau1, tau2, gmax, e, i
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    onset = 10 (ms) <-1e9, 1e9>         : when it opens
    tau1 = 0.5 (ms) <1e-3, 1e6>         : rise time constant
    tau2 = 2 (ms) <1e-3, 1e6>           : decay time constant
    gmax = 0 (uS) <0, 1e9>              : greatest conductance
    e = 0 (mV) <-200, 200>              : reversal potential
}

ASSIGNED {
    v (mV)
    i (nA)                              : membrane current, outward positive
    s (ms)                              : time since the onset
    rise (ms)                           : tau1, kept below tau2
    factor (1)                          : makes the greatest value 1
}

INITIAL {
    LOCAL tp
    rise = tau1
    if (rise > 0.9999*tau2) {
        rise = 0.9999*tau2
    }
    tp = (rise*tau2)/(tau2 - rise)*log(tau2/rise)
    factor = 1/(exp(-tp/tau2) - exp(-tp/rise))
}

BREAKPOINT {
    s = t - onset
    if (s < 0) {
        s = 0
    }
    i = gmax*factor*(exp(-s/tau2) - exp(-s/rise))*(v - e)
}
