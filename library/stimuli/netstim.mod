TITLE Source of spikes at regular or random intervals

COMMENT
    the first spike at start + noise interval x, and then after (1 - noise) interval + noise interval x, number in all
    x: exponentially distributed, mean 1, drawn anew every time

noise = 0 is a clock, noise = 1 a Poisson process of the rate 1 / interval (Cox & Lewis 1966, "The Statistical
Analysis of Series of Events", Methuen); between them the shortest interval is (1 - noise) interval, and the mean is
the same.

Events that arrive here are ignored.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL netstim
    RANGE interval, number, start, noise
    RANDOM draw
    THREADSAFE
}

PARAMETER {
    interval = 10 (ms) <1e-6, 1e9>      : mean interval
    number = 10 (1) <0, 1e9>            : how many spikes
    start = 50 (ms) <0, 1e9>            : when the first one is due
    noise = 0 (1) <0, 1>                : share of an interval that is random
}

ASSIGNED {
    sent (1)                            : how many have been
}

INITIAL {
    sent = 0
    if (number > 0) {
        net_send(start + noise*interval*random_negexp(draw), 1)
    }
}

NET_RECEIVE (weight) {
    if (flag == 1) {
        net_event(t)
        sent = sent + 1
        if (sent < number) {
            net_send((1 - noise)*interval + noise*interval*random_negexp(draw), 1)
        }
    }
}
