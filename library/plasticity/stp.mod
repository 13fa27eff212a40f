TITLE Short-term plasticity: facilitation and depression of any synapse

COMMENT
    a spike of the sender arrives:  u = u + U (1 - u),   it acts with w u x,   then x = x - u x
    u' = -u / tau_facil,   x' = (1 - x) / tau_rec

Tsodyks, Pawelzik & Markram 1998, Neural Comput. 10, 821-835, eqs. 2.1-2.4; Markram, Wang & Tsodyks 1998, PNAS 95, 5323-5328. x is the share
of vesicles that is ready, u the share of it that a spike releases. The weight itself does not change: what arrives at the synapse does. So it
goes with any receptor, where `tsodyks_markram` is a synapse of its own.

The defaults are those of depressing synapses between pyramidal cells (Tsodyks & Markram 1997, PNAS 94, 719-723: U = 0.5, tau_rec =
800 ms, no facilitation: its time is so short that u begins anew with every spike). A facilitating synapse has U = 0.05, tau_facil =
1000 ms, tau_rec = 130 ms or the like. Trains at the rate r release in proportion to 1/r above 1/(U tau_rec).
ENDCOMMENT

NEURON {
    PLASTICITY stp
    TRANSMITS released
    RANGE U, tau_rec, tau_facil
}

PARAMETER {
    U = 0.5 <0, 1>                      : share of what is ready that the first spike releases
    tau_rec = 800 (ms) <1e-3, 1e6>      : recovery of vesicles
    tau_facil = 1 (ms) <1e-3, 1e6>      : end of facilitation
}

ASSIGNED {
    released                            : what arrives at the synapse
}

STATE {
    u                                   : share that a spike releases
    x                                   : share that is ready
}

INITIAL {
    u = 0
    x = 1
}

BREAKPOINT {
    SOLVE recovery METHOD cnexp
}

DERIVATIVE recovery {
    u' = -u/tau_facil
    x' = (1 - x)/tau_rec
}

NET_RECEIVE (w) {
    u = u + U*(1 - u)
    released = w*u*x
    x = x - u*x
}
