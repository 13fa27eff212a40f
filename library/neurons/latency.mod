TITLE Source of one spike a presentation, the sooner the stronger its drive

COMMENT
    it spikes once in a presentation, at the time latest - i after its beginning; not at all where i is not above least

A code of the order of first spikes: Thorpe, Delorme & Van Rullen 2001, "Spike-based strategies for rapid processing", Neural Netw. 14, 715-725; with times that are
linear in brightness: Mozafari, Ganjtabesh, Nowzari-Dalini & Masquelier 2019, "SpykeTorch", Front. Neurosci. 13, 625. `latency_rc` has the times of a
membrane that is charged.

For images: an input population, a projection "one-to-one" with `weights = { constant = "20 ms" }` to neurons of this kind. A pixel of 1 then spikes 20 ms
sooner than one of nearly 0, which spikes after 20 ms (`latest`); one of 0 never does. A spike is in the step in which its time lies, and what would be
before the presentation is in its first step. Images should be numbers from 0 to 1 (`intensity = "as-is"`). Each presentation is a new one; a network that
learns without labels may show a sample for several.

Weights: a drive of 1 is 10 ms, so that a normal drive makes half of the sources spike, within a presentation of 30 ms; a spike counts 1.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL latency
    RANGE latest, least, i
}

PARAMETER {
    latest = 20 (ms) <0, 1e6>           : when the weakest drive makes it spike
    least = 0 (ms) <-1e6, 1e6>          : drive up to which it does not spike
}

ASSIGNED {
    i (ms)                              : drive: how much sooner
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
    due = latest - i
    if (i <= least) {
        due = 1e12
    }
}

SPIKE (since > due + 1e-6) {
    since = -1e12
}

INTERFACE {
    SIGNAL spike
    DRIVE i
    WEIGHT 10 (ms)
    RESTART since
    PRESENTATION 30 (ms)
    SETTLE 0 (ms)
    STEP 1 (ms)
    DELAY 1 (ms)
    SURROGATE arctan 2 (ms)
    RESET detached
    READOUT count 1
    ACTIVITY 0.5
}
