TITLE Sinusoidal current of rising frequency

COMMENT
    i = amp sin(2 pi (f0 s + (f1 - f0) s^2 / (2 dur))),   s = t - del,  from del to del + dur, and 0 otherwise
    its frequency at time s is f0 + (f1 - f0) s / dur

Puil, Gimbarzevsky & Miura 1986, "Quantification of membrane properties of trigeminal root ganglion neurons in guinea
pigs", J. Neurophysiol. 55, 995-1016: the "ZAP" input, by which one run shows an impedance at all frequencies, and
resonances.

The current is inward positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS zap
    RANGE del, dur, amp, f0, f1, i
    ELECTRODE_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    PI = (pi) (1)
}

PARAMETER {
    del = 0 (ms) <0, 1e9>               : begin
    dur = 10000 (ms) <1e-3, 1e9>        : duration
    amp = 0 (nA) <-1e9, 1e9>            : amplitude
    f0 = 0 (/s) <0, 1e6>                : frequency at the begin, Hz
    f1 = 20 (/s) <0, 1e6>               : frequency at the end, Hz
}

ASSIGNED {
    i (nA)                              : inward positive
}

INITIAL {
    i = 0
}

BREAKPOINT {
    LOCAL s
    s = t - del
    if (s >= 0 && s < dur) {
        i = amp*sin(2*PI*(0.001)*(f0*s + (f1 - f0)*s*s/(2*dur)))
    } else {
        i = 0
    }
}
