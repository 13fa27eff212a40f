TITLE AMPA and NMDA receptors of one contact, with their current split by ion

COMMENT
    ina = g p (v - ena),   ik = g (1 - p) (v - ek),   g = gampa + gnmda block
    block = 1 / (1 + mg / (3.57 mM) exp(-0.062 v))
    gampa and gnmda each rise and fall exponentially
    an event of weight w: gampa peaks at w, gnmda at ratio w

The library's `ampa_nmda` with its current carried by sodium and potassium as in the library's `ampa`, so that a run can count what pumps
must carry out again; at p = ek / (ek - ena) it reverses at 0 mV and both do the same. The sources of all numbers are in those two files,
but that of p: 90/140 makes e = 0 at ena = 50 mV and ek = -90 mV. The calcium of NMDA receptors is not told apart from sodium.

A file of its own, because NMODL has a mechanism name the ions of its current or none: `ampa_nmda` names none and reverses at its own `e`, in any
cell. Unlike there, a rise must be shorter than its decay.
ENDCOMMENT

NEURON {
    POINT_PROCESS contact
    USEION na READ ena WRITE ina
    USEION k READ ek WRITE ik
    RANGE tau1ampa, tau2ampa, tau1nmda, tau2nmda, ratio, p, mg, g
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
    (mM) = (milli/liter)
}

PARAMETER {
    tau1ampa = 0.2 (ms) <1e-3, 1e6>     : rise of AMPA
    tau2ampa = 1.7 (ms) <1e-3, 1e6>     : decay of AMPA
    tau1nmda = 0.29 (ms) <1e-3, 1e6>    : rise of NMDA
    tau2nmda = 43 (ms) <1e-3, 1e6>      : decay of NMDA
    ratio = 0.71 (1) <0, 1e3>           : greatest conductance of NMDA, without block, over that of AMPA
    p = 0.6428571428571429 (1) <0, 1>   : share of the conductance that is sodium's: 90/140
    mg = 1 (mM) <0, 1e3>                : magnesium outside
}

ASSIGNED {
    v (mV)
    ena (mV)
    ek (mV)
    ina (nA)                            : sodium current, outward positive
    ik (nA)                             : potassium current, outward positive
    g (uS)                              : conductance of both receptors
    fampa (1)                           : make the peaks equal to the weight
    fnmda (1)
}

STATE {
    A (uS)
    B (uS)
    C (uS)
    D (uS)
}

INITIAL {
    fampa = 1/peak(tau1ampa, tau2ampa)
    fnmda = 1/peak(tau1nmda, tau2nmda)
    A = 0
    B = 0
    C = 0
    D = 0
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = B - A + (D - C)/(1 + mg/3.57 (mM) * exp(-0.062*v))
    ina = g*p*(v - ena)
    ik = g*(1 - p)*(v - ek)
}

DERIVATIVE states {
    A' = -A/tau1ampa
    B' = -B/tau2ampa
    C' = -C/tau1nmda
    D' = -D/tau2nmda
}

NET_RECEIVE (weight (uS)) {
    A = A + weight*fampa
    B = B + weight*fampa
    C = C + weight*ratio*fnmda
    D = D + weight*ratio*fnmda
}

: the greatest value of exp(-t/fall) - exp(-t/rise)
FUNCTION peak(rise (ms), fall (ms)) {
    LOCAL tp
    tp = rise*fall/(fall - rise)*log(fall/rise)
    peak = exp(-tp/fall) - exp(-tp/rise)
}
