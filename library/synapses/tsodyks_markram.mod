TITLE Synapse with short-term depression and facilitation

COMMENT
    i = g (v - e),   g = sum over connections of w y
    x' = z / taurec - u x d,   y' = -y / tau1 + u x d,   z' = y / tau1 - z / taurec
    u' = -u / taufacil + U (1 - u) d
    d is a pulse at every spike; u is raised first, then u x of the resources is released

Tsodyks, Uziel & Markram 2000, "Synchrony generation in recurrent networks with frequency-dependent synapses", J.
Neurosci. 20, RC50: resources are recovered (x), active (y) or inactive (z), and add up to 1; u is their running use.
The defaults are their depressing synapses between excitatory cells; facilitating ones, onto inhibitory cells, have U
= 0.04, taurec = 100 ms and taufacil = 1000 ms. Without facilitation every spike uses U: the paper's taufacil = 0 is
any time far below the intervals here.

Between spikes the equations of one connection are linear and solved exactly, so its y, z and u are kept with it and
brought up to date at its next spike; what all have in common, g, decays with tau1. A weight is the conductance if all
resources were active. tau1 and taurec must differ. The current is outward positive (the paper injects w y as a
current).
ENDCOMMENT

NEURON {
    POINT_PROCESS tsodyks_markram
    RANGE tau1, taurec, taufacil, U, e, i
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    tau1 = 3 (ms) <1e-3, 1e6>           : decay of the active resources
    taurec = 800 (ms) <1e-3, 1e6>       : recovery of the inactive ones
    taufacil = 0.001 (ms) <1e-6, 1e6>   : decay of facilitation; the default is without
    U = 0.5 (1) <0, 1>                  : use of resources by a spike at rest
    e = 0 (mV) <-200, 200>              : reversal potential
}

ASSIGNED {
    v (mV)
    i (nA)                              : membrane current, outward positive
}

STATE {
    g (uS)                              : conductance
}

INITIAL {
    g = 0
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    i = g*(v - e)
}

DERIVATIVE states {
    g' = -g/tau1
}

NET_RECEIVE (weight (uS), y, z, u, last (ms)) {
    LOCAL gone, kept, recovered
    INITIAL {
        y = 0
        z = 0
        u = 0
        last = 0
    }
    gone = t - last
    kept = exp(-gone/tau1)
    recovered = exp(-gone/taurec)
    z = z*recovered + y*taurec/(tau1 - taurec)*(kept - recovered)
    y = y*kept
    u = u*exp(-gone/taufacil)
    u = u + U*(1 - u)
    recovered = u*(1 - y - z)
    y = y + recovered
    g = g + weight*recovered
    last = t
}
