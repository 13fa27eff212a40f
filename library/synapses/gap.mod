TITLE Gap junction

COMMENT
    i = g (v - vgap)

Bennett 1966, "Physiology of electrotonic junctions", Ann. N. Y. Acad. Sci. 137, 509-539: an ohmic conductance between
two cells; each side has one of these, and `vgap` points at the potential of the other. Galarreta & Hestrin 1999,
Nature 402, 72-75, and Gibson, Beierlein & Connors 1999, Nature 402, 75-79, find some 0.1 to 1.6 nS between fast
spiking cells of the neocortex.

The two sides must have the same g, or charge is lost. The current is outward positive. vgap is taken as it is at the
beginning of a step: where g is not small beside the capacitance over the step, take a smaller step.
ENDCOMMENT

NEURON {
    POINT_PROCESS gap
    POINTER vgap
    RANGE g, i
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    g = 0.0005 (uS) <0, 1e6>            : conductance
}

ASSIGNED {
    v (mV)
    vgap (mV)                           : potential on the other side
    i (nA)                              : current to the other side, outward positive
}

BREAKPOINT {
    i = g*(v - vgap)
}
