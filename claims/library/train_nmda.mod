TITLE AMPA and NMDA receptors under a regular train of their own

COMMENT
    i = (gampamax a + gnmdamax (d - r) block(v)) (v - e),   block(v) = 1 / (1 + mg / k exp(-slope v))
    a' = -a / tauampa + p / width,   r' = -r / rise + p / width,   d' = -d / decay + p / width
    p(t) is 1 for `width` after each of start, start + interval, ..., and 0 otherwise

As `once_nmda`, but with a train instead of one spike, each spread over a pulse of `width` so that no events are needed: after a short
pulse a, r and d have risen by 1. The block is that of Jahr & Stevens 1990, J. Neurosci. 10, 3178-3182. Outward current is positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS train_nmda
    RANGE start, interval, width, tauampa, rise, decay, gampamax, gnmdamax, e, mg, k, slope, i
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
    (mM) = (milli/liter)
}

PARAMETER {
    start = 10 (ms) <0, 1e9>            : first spike
    interval = 50 (ms) <1e-3, 1e9>      : between spikes
    width = 0.5 (ms) <1e-3, 1e3>        : of the pulse that a spike makes
    tauampa = 2 (ms) <1e-3, 1e6>        : decay of AMPA
    rise = 2 (ms) <1e-3, 1e6>           : rise of NMDA
    decay = 43 (ms) <1e-3, 1e6>         : decay of NMDA
    gampamax = 0 (uS) <0, 1e9>          : conductance of AMPA for one spike
    gnmdamax = 0 (uS) <0, 1e9>          : conductance of NMDA for one spike, without block
    e = 0 (mV) <-200, 200>              : reversal potential
    mg = 1 (mM) <0, 1e3>                : magnesium outside
    k = 3.57 (mM) <1e-9, 1e9>           : magnesium that blocks half at 0 mV
    slope = 0.062 (/mV) <0, 1>          : how steeply the block depends on the potential
}

ASSIGNED {
    v (mV)
    i (nA)                              : membrane current, outward positive
    p (1)                               : whether there is a pulse
    since (ms)                          : time since the last spike
}

STATE {
    a (1)
    r (1)
    d (1)
}

INITIAL {
    a = 0
    r = 0
    d = 0
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    i = (gampamax*a + gnmdamax*(d - r)/(1 + mg/k*exp(-slope*v)))*(v - e)
}

DERIVATIVE states {
    since = t - start - interval*floor((t - start)/interval)
    p = 0
    if (t > start && since > 0 && since <= width + 1e-6) {
        p = 1
    }
    a' = -a/tauampa + p/width
    r' = -r/rise + p/width
    d' = -d/decay + p/width
}
