TITLE Source of Poisson spikes

COMMENT
    it spikes in a step with the probability (rate + i) dt + w, whatever it did before; w is the sum of the weights that arrive in the step

Cox & Lewis 1966, "The Statistical Analysis of Series of Events", ch. 2; the first-order approximation of the probability 1 - exp(-(rate + i) dt)
of one spike or more, as in Brian's PoissonGroup and NEST's generators of small steps. Dayan & Abbott 2001, "Theoretical
Neuroscience", section 1.4, use it as a model of cortical spikes: the intervals are exponential and their CV is nearly 1.

Spikes that arrive are passed on with the probability of their weight. So sources that hear one common process are correlated: with the weight c
from a common process of the rate r and (1 - c) r of their own, each has the rate r, and two of them spike together at c^2 r (the "multiple
interaction process" of Kuhn, Aertsen & Rotter 2003, Neural Comput. 15, 67-101). Trains without a drive are correlated by one word, `correlation`
of a population of `spikes`.

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
    passed                              : probability of passing a spike on
}

INITIAL {
    p = -1
    passed = 0
}

BREAKPOINT {
    p = (rate + i)*dt + passed - random_uniform(r)
    passed = 0
}

SPIKE (p > 0) {
    p = -1
}

NET_RECEIVE (w) {
    passed = passed + w
}

INTERFACE {
    SIGNAL spike
    DRIVE i
    WEIGHT 0.06 (/ms)
    EVENT 1 (1)
    PRESENTATION 50 (ms)
    SETTLE 0 (ms)
    STEP 1 (ms)
    DELAY 1 (ms)
    SURROGATE arctan 0.1
    RESET detached
    READOUT count 0.34
    ACTIVITY 1.2
}
