TITLE Source of one spike a presentation, at the time in which its drive charges a membrane

COMMENT
    it spikes once in a presentation, at the time  tau ln(i / (i - least))  after its beginning; not at all where i is not above least

When the potential tau u' = i - u, from 0 on, reaches least: the first spike of a `lif` that is at rest when a presentation begins (Gerstner, Kistler, Naud & Paninski 2014,
"Neuronal Dynamics", section 1.3). It is the law of `spikegen.latency` in snnTorch (Eshraghian et al. 2023, Proc. IEEE 111, 1016-1054); among strong drives
differences are small, among weak ones large. `latency` has times that are linear.

For images: an input population, a projection "one-to-one" with `weights = { constant = "60 mV" }` to neurons of this kind. A pixel of 1 then spikes after
tau ln(60/45) = 2.9 ms, one of 0.3 after 18 ms, one of a quarter or less never. A spike is in the step in which its time lies. Each presentation is a new one.

Weights: a drive of 1 is 62 mV, as for `lif`: 0.40 of normal drives are above 15 mV. A spike counts 1.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL latency_rc
    RANGE tau, least, i
}

PARAMETER {
    tau = 10 (ms) <0.01, 1e6>           : time constant
    least = 15 (mV) <1e-6, 1e6>         : drive up to which it does not spike
}

ASSIGNED {
    i (mV)                              : drive: where the potential tends
}

STATE {
    since (ms)                          : time since the beginning of the presentation; far below 0 once it has spiked
    due (ms)                            : when it is to spike
}

INITIAL {
    since = 0
    due = 1e12
}

BREAKPOINT {
    since = since + dt
    due = 1e12
    if (i > least) {
        due = tau*log(fmax(i, least)/fmax(i - least, 1e-9*least))
    }
}

SPIKE (since > due + 1e-6) {
    since = -1e12
}

INTERFACE {
    SIGNAL spike
    DRIVE i
    WEIGHT 62 (mV)
    RESTART since
    PRESENTATION 30 (ms)
    SETTLE 0 (ms)
    STEP 1 (ms)
    DELAY 1 (ms)
    SURROGATE arctan 2 (ms)
    RESET detached
    READOUT count 1
    ACTIVITY 0.4
}
