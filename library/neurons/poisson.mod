TITLE Source of Poisson spikes

COMMENT
    it spikes in a step with the probability (rate + i) dt, whatever it did before

Cox & Lewis 1966, "The Statistical Analysis of Series of Events", ch. 2; the first-order approximation of the probability 1 - exp(-(rate + i) dt)
of one spike or more, as in Brian's PoissonGroup and NEST's generators of small steps. Dayan & Abbott 2001, "Theoretical
Neuroscience", section 1.4, use it as a model of cortical spikes: the intervals are exponential and their CV is nearly 1.

For images as rates: an input population, a projection "one-to-one" to neurons of this kind. Rates below 0 are 0, and there is one spike in a step at
most. The numbers are keyed by the network's seed, the population, the neuron and the step.

Weights: a drive of 1 is 60 Hz, so that a normal drive gives 1.2 spikes in a presentation of 50 ms, and a spike counts 0.34: the rectified drive
has the mean square 1/2, and the Poisson numbers that stand for it 3 and more.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL poisson
    RANDOM r
    RANGE rate, i
}

PARAMETER {
    rate = 0 (/ms) <0, 1e3>             : rate without any drive
}

ASSIGNED {
    i (/ms)                             : drive: rate of spikes
}

STATE {
    p                                   : by how much the probability exceeds a random number
}

INITIAL {
    p = -1
}

BREAKPOINT {
    p = (rate + i)*dt - random_uniform(r)
}

SPIKE (p > 0) {
    p = -1
}

INTERFACE {
    SIGNAL spike
    DRIVE i
    WEIGHT 0.06 (/ms)
    PRESENTATION 50 (ms)
    SETTLE 0 (ms)
    STEP 1 (ms)
    DELAY 1 (ms)
    SURROGATE arctan 0.1
    RESET detached
    READOUT count 0.34
    ACTIVITY 1.2
}
