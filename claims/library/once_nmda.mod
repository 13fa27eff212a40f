TITLE AMPA and NMDA receptors of one contact that is active once, at a set time

COMMENT
    i = (gampa + gnmda block(v)) (v - e),   block(v) = 1 / (1 + mg / k exp(-slope v))
    gampa and gnmda rise and fall exponentially from `onset` on, to the greatest values gampamax and gnmdamax

The block by magnesium has the form of Jahr & Stevens 1990, J. Neurosci. 10, 3178-3182, who give k = 3.57 mM and a slope of
0.062 /mV, the defaults. Times are those of `ampa_nmda` in the library. For experiments that choose when a synapse acts: all is a
function of time and of the potential. The rise must be shorter than the decay. The current is outward positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS once_nmda
    RANGE onset, tau1ampa, tau2ampa, tau1nmda, tau2nmda, gampamax, gnmdamax, e, mg, k, slope, i
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
    (mM) = (milli/liter)
}

PARAMETER {
    onset = 10 (ms) <-1e9, 1e9>         : when it is active
    tau1ampa = 0.2 (ms) <1e-3, 1e6>     : rise of AMPA
    tau2ampa = 1.7 (ms) <1e-3, 1e6>     : decay of AMPA
    tau1nmda = 2 (ms) <1e-3, 1e6>       : rise of NMDA
    tau2nmda = 43 (ms) <1e-3, 1e6>      : decay of NMDA
    gampamax = 0 (uS) <0, 1e9>          : greatest conductance of AMPA
    gnmdamax = 0 (uS) <0, 1e9>          : greatest conductance of NMDA, without block
    e = 0 (mV) <-200, 200>              : reversal potential
    mg = 1 (mM) <0, 1e3>                : magnesium outside
    k = 3.57 (mM) <1e-9, 1e9>           : magnesium that blocks half at 0 mV
    slope = 0.062 (/mV) <0, 1>          : how steeply the block depends on the potential
}

ASSIGNED {
    v (mV)
    i (nA)                              : membrane current, outward positive
    s (ms)                              : time since the onset
    fa (1)                              : make the greatest values 1
    fn (1)
}

INITIAL {
    fa = scale(tau1ampa, tau2ampa)
    fn = scale(tau1nmda, tau2nmda)
}

BREAKPOINT {
    s = t - onset
    if (s < 0) {
        s = 0
    }
    i = (gampamax*fa*(exp(-s/tau2ampa) - exp(-s/tau1ampa)) + gnmdamax*fn*(exp(-s/tau2nmda) - exp(-s/tau1nmda))*block(v))*(v - e)
}

: what makes the greatest value of a difference of exponentials 1
FUNCTION scale(rise (ms), decay (ms)) {
    LOCAL tp
    tp = (rise*decay)/(decay - rise)*log(decay/rise)
    scale = 1/(exp(-tp/decay) - exp(-tp/rise))
}

: the fraction of channels that magnesium leaves open
FUNCTION block(v (mV)) {
    block = 1/(1 + mg/k*exp(-slope*v))
}
