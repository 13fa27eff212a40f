TITLE Single electrode voltage clamp with three levels

COMMENT
    i = (command - v) / rs while the clamp is on, and 0 after
    command = amp1 for dur1, then amp2 for dur2, then amp3 for dur3

The one-electrode clamp: an amplifier of unlimited speed behind a series resistance (Sakmann & Neher 1995,
"Single-Channel Recording", 2nd ed., Plenum; the section on series resistance). What rs does not let through is the
error of the clamp: rs i.

The smaller rs, the better the clamp; rs times the capacitance is its time constant. The current is inward positive.
The levels change on steps of time.
ENDCOMMENT

NEURON {
    POINT_PROCESS vclamp
    RANGE rs, dur1, amp1, dur2, amp2, dur3, amp3, i, command
    ELECTRODE_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (Mohm) = (megaohm)
}

PARAMETER {
    rs = 1 (Mohm) <1e-6, 1e9>           : series resistance
    dur1 = 100 (ms) <0, 1e9>            : duration of the first level
    amp1 = -65 (mV) <-1e3, 1e3>         : first level
    dur2 = 0 (ms) <0, 1e9>              : duration of the second level
    amp2 = -65 (mV) <-1e3, 1e3>         : second level
    dur3 = 0 (ms) <0, 1e9>              : duration of the third level
    amp3 = -65 (mV) <-1e3, 1e3>         : third level
}

ASSIGNED {
    v (mV)
    i (nA)                              : inward positive
    command (mV)                        : the level at this time
    closed (1)                          : whether the clamp is on
}

BREAKPOINT {
    closed = 1
    command = amp1
    if (t >= dur1) {
        command = amp2
    }
    if (t >= dur1 + dur2) {
        command = amp3
    }
    if (t >= dur1 + dur2 + dur3) {
        closed = 0
    }
    i = closed*(command - v)/rs
}
