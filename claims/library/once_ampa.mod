TITLE AMPA receptor that opens once, at a set time, with its current split by ion

COMMENT
    ina = g p (v - ena),   ik = g (1 - p) (v - ek)
    g = gmax f(t - onset),   f(s) = factor (exp(-s / tau2) - exp(-s / tau1)) from s = 0 on; its greatest value is 1

The receptor of the library's `ampa` (which says where its share p of sodium is from) with a conductance that is a function of time,
for experiments that choose when it acts. The rise must be shorter than the decay. The currents are outward positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS once_ampa
    USEION na READ ena WRITE ina
    USEION k READ ek WRITE ik
    RANGE onset, tau1, tau2, gmax, p
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    onset = 10 (ms) <-1e9, 1e9>         : when it opens
    tau1 = 0.2 (ms) <1e-3, 1e6>         : rise time constant
    tau2 = 1.7 (ms) <1e-3, 1e6>         : decay time constant
    gmax = 0 (uS) <0, 1e9>              : greatest conductance
    p = 0.6062992125984252 (1) <0, 1>   : share of the conductance that is sodium's: 77/127
}

ASSIGNED {
    v (mV)
    ena (mV)
    ek (mV)
    ina (nA)                            : sodium current, outward positive
    ik (nA)                             : potassium current, outward positive
    s (ms)                              : time since the onset
    g (uS)                              : conductance
    factor (1)                          : makes the greatest value 1
}

INITIAL {
    LOCAL tp
    tp = (tau1*tau2)/(tau2 - tau1)*log(tau2/tau1)
    factor = 1/(exp(-tp/tau2) - exp(-tp/tau1))
}

BREAKPOINT {
    s = t - onset
    if (s < 0) {
        s = 0
    }
    g = gmax*factor*(exp(-s/tau2) - exp(-s/tau1))
    ina = g*p*(v - ena)
    ik = g*(1 - p)*(v - ek)
}
