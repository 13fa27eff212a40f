TITLE Current clamp

COMMENT
    i = amp  from del to del + dur, and 0 otherwise

A rectangular pulse of current, inward positive as of an electrode. No source is needed: it is the definition.

The edges fall on steps of time. The clamp of a model file (`[[stimulus]]`) gives every step its mean current instead.
ENDCOMMENT

NEURON {
    POINT_PROCESS iclamp
    RANGE del, dur, amp, i
    ELECTRODE_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
}

PARAMETER {
    del = 0 (ms) <0, 1e9>               : begin
    dur = 1e9 (ms) <0, 1e9>             : duration
    amp = 0 (nA) <-1e9, 1e9>            : current
}

ASSIGNED {
    i (nA)                              : inward positive
}

INITIAL {
    i = 0
}

BREAKPOINT {
    if (t >= del && t < del + dur) {
        i = amp
    } else {
        i = 0
    }
}
