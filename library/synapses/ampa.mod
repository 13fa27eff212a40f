TITLE AMPA receptor, with its current split by ion

COMMENT
    ina = g p (v - ena),   ik = g (1 - p) (v - ek)
    g' = -g / tau
    an event of weight w: g = g + w

The kinetics are those of a receptor that opens at once and closes at one rate, as in the two-state model of Destexhe,
Mainen & Sejnowski 1994, Neural Comput. 6, 14-18, after the transmitter has gone. Jonas & Spruston 1994, Curr. Opin.
Neurobiol. 4, 366-372, review how fast AMPA receptors open and close.

The channel lets sodium and potassium through alike and reverses near 0 mV. The two currents add to g (v - e) with
e = p ena + (1 - p) ek, so p = ek / (ek - ena): 77/127 makes e = 0 at ena = 50 mV and ek = -77 mV, the reversal potentials
of the squid axon. Which ions carry the current is what it costs: the sodium must be pumped out again (Attwell & Laughlin
2001, J. Cereb. Blood Flow Metab. 21, 1133-1145). At other reversal potentials p must be given anew for e = 0.

For fast excitation. The currents are outward positive. Events add, so all events of one step have the effect of their sum.
ENDCOMMENT

NEURON {
    POINT_PROCESS ampa
    USEION na READ ena WRITE ina
    USEION k READ ek WRITE ik
    RANGE tau, p, g
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    tau = 2 (ms) <1e-3, 1e6>            : decay time constant
    p = 0.6062992125984252 (1) <0, 1>   : share of the conductance that is sodium's: 77/127
}

ASSIGNED {
    v (mV)
    ena (mV)
    ek (mV)
    ina (nA)                            : sodium current, outward positive
    ik (nA)                             : potassium current, outward positive
}

STATE {
    g (uS)                              : conductance
}

INITIAL {
    g = 0
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    ina = g*p*(v - ena)
    ik = g*(1 - p)*(v - ek)
}

DERIVATIVE states {
    g' = -g/tau
}

NET_RECEIVE (weight (uS)) {
    g = g + weight
}
