TITLE Sinusoidal current

COMMENT
    i = offset + amp sin(2 pi f (t - del) + phase)  from del to del + dur, and 0 otherwise

A definition; used to measure an impedance, amp of the potential over amp of the current, at one frequency. `zap`
sweeps them.

The current is inward positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS sinclamp
    RANGE del, dur, amp, freq, phase, offset, i
    ELECTRODE_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    PI = (pi) (1)
}

PARAMETER {
    del = 0 (ms) <0, 1e9>               : begin
    dur = 1e9 (ms) <0, 1e9>             : duration
    amp = 0 (nA) <-1e9, 1e9>            : amplitude
    freq = 10 (/s) <0, 1e6>             : frequency, Hz
    phase = 0 (1) <-1e3, 1e3>           : phase at the begin, in radians
    offset = 0 (nA) <-1e9, 1e9>         : mean current
}

ASSIGNED {
    i (nA)                              : inward positive
}

INITIAL {
    i = 0
}

BREAKPOINT {
    if (t >= del && t < del + dur) {
        i = offset + amp*sin(2*PI*freq*(0.001)*(t - del) + phase)
    } else {
        i = 0
    }
}
