TITLE Synapse with AMPA and NMDA receptors

COMMENT
    i = (gampa + gnmda block) (v - e),   block = 1 / (1 + mg / (3.57 mM) exp(-0.062 v))
    gampa and gnmda each rise and fall exponentially, as in `exp2syn`
    an event of weight w: gampa peaks at w, gnmda at ratio w

Both receptors of an excitatory cortical contact at one place and moved by one event. The block by magnesium is that
of Jahr & Stevens 1990, J. Neurosci. 10, 3178-3182. Times and ratio are those of contacts between neocortical
pyramidal cells in Markram et al. 2015, "Reconstruction and simulation of neocortical microcircuitry", Cell 163,
456-492, in the widely used transcription: AMPA 0.2 and 1.7 ms (Haeusser & Roth 1997, J. Neurosci. 17, 7606-7625),
NMDA 0.29 and 43 ms (Sarid, Bruno, Sakmann, Segev & Feldmeyer 2007, PNAS 104, 16353-16358), ratio 0.71.

Here release is certain and does not depress. A rise that is not shorter than its decay is
taken as 0.9999 of it. The times hold near 35 degC and are not scaled. The current is outward positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS ampa_nmda
    RANGE tau1ampa, tau2ampa, tau1nmda, tau2nmda, ratio, e, mg, i, gampa, gnmda
    NONSPECIFIC_CURRENT i
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
    e = 0 (mV) <-200, 200>              : reversal potential
    mg = 1 (mM) <0, 1e3>                : magnesium outside
}

ASSIGNED {
    v (mV)
    i (nA)                              : membrane current, outward positive
    gampa (uS)                          : AMPA conductance
    gnmda (uS)                          : NMDA conductance without block
    rampa (ms)                          : tau1ampa, kept below tau2ampa
    rnmda (ms)                          : tau1nmda, kept below tau2nmda
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
    rampa = tau1ampa
    if (rampa > 0.9999*tau2ampa) {
        rampa = 0.9999*tau2ampa
    }
    rnmda = tau1nmda
    if (rnmda > 0.9999*tau2nmda) {
        rnmda = 0.9999*tau2nmda
    }
    fampa = 1/peak(rampa, tau2ampa)
    fnmda = 1/peak(rnmda, tau2nmda)
    A = 0
    B = 0
    C = 0
    D = 0
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    gampa = B - A
    gnmda = D - C
    i = (gampa + gnmda*block(v))*(v - e)
}

DERIVATIVE states {
    A' = -A/rampa
    B' = -B/tau2ampa
    C' = -C/rnmda
    D' = -D/tau2nmda
}

NET_RECEIVE (weight (uS)) {
    A = A + weight*fampa
    B = B + weight*fampa
    C = C + weight*ratio*fnmda
    D = D + weight*ratio*fnmda
}

: the fraction of channels that magnesium leaves open
FUNCTION block(v (mV)) {
    block = 1/(1 + mg/3.57 (mM) * exp(-0.062*v))
}

: the greatest value of exp(-t/fall) - exp(-t/rise)
FUNCTION peak(rise (ms), fall (ms)) {
    LOCAL tp
    tp = rise*fall/(fall - rise)*log(fall/rise)
    peak = exp(-tp/fall) - exp(-tp/rise)
}
