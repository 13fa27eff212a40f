TITLE Potassium in the space outside an axon

COMMENT
    ko' = ik / (F width) - (ko - kbath) / tau

Frankenhaeuser & Hodgkin 1956, "The after-effects of impulses in the giant nerve fibres of Loligo", J. Physiol. 131,
341-376: potassium that leaves the axon gathers in a narrow space and leaves it through a barrier into the bath. width
is the space's volume over the area of the membrane, some 30 nm there, tau 30 to 100 ms, kbath 10 mM for sea water;
mammalian bath has 3 to 5 mM.

It moves ek, where the simulator follows the concentrations. Inside, potassium stays as it is. tau is not scaled with
temperature.
ENDCOMMENT

NEURON {
    SUFFIX kext
    USEION k READ ik WRITE ko
    RANGE width, tau, kbath
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mM) = (milli/liter)
    (um) = (micron)
    FARADAY = (faraday) (coulomb)
}

PARAMETER {
    width = 0.03 (um) <1e-3, 1e3>       : volume of the space over the area of the membrane
    tau = 50 (ms) <1e-3, 1e6>           : time constant of exchange with the bath
    kbath = 10 (mM) <0, 1e3>            : potassium of the bath
}

ASSIGNED {
    ik (mA/cm2)                         : outward positive
}

STATE {
    ko (mM)                             : potassium outside
}

INITIAL {
    ko = kbath
}

BREAKPOINT {
    SOLVE states METHOD cnexp
}

DERIVATIVE states {
    ko' = (10000)*ik/(FARADAY*width) - (ko - kbath)/tau
}
