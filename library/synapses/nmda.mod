TITLE NMDA receptor with its magnesium block

COMMENT
    i = g block (v - e),   g = B - A,   block = 1 / (1 + mg / (3.57 mM) exp(-0.062 v))
    A' = -A / tau1,   B' = -B / tau2
    an event of weight w: A = A + w factor,   B = B + w factor

Jahr & Stevens 1990, "Voltage dependence of NMDA-activated macroscopic conductances predicted by single-channel
kinetics", J. Neurosci. 10, 3178-3182: the block by magnesium outside, for which they give this closed form. The time
course is a difference of two exponentials, as in `exp2syn`, with the times of Brunel & Wang 2001, "Effects of
neuromodulation in a cortical network model of object working memory dominated by recurrent inhibition", J. Comput.
Neurosci. 11, 63-85: a rise of 2 ms and a decay of 100 ms. That paper's saturation is left out: events add.

The weight is the greatest conductance of one event without block. The rise time constant must be shorter than that of
the decay; one that is not is taken as 0.9999 tau2. The block follows the potential at once and is not scaled with
temperature. The current is outward positive; the calcium in it is not told apart.
ENDCOMMENT

NEURON {
    POINT_PROCESS nmda
    RANGE tau1, tau2, e, mg, i, g
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
    (mM) = (milli/liter)
}

PARAMETER {
    tau1 = 2 (ms) <1e-3, 1e6>           : rise time constant
    tau2 = 100 (ms) <1e-3, 1e6>         : decay time constant
    e = 0 (mV) <-200, 200>              : reversal potential
    mg = 1 (mM) <0, 1e3>                : magnesium outside
}

ASSIGNED {
    v (mV)
    i (nA)                              : membrane current, outward positive
    g (uS)                              : conductance without block
    rise (ms)                           : tau1, kept below tau2
    factor (1)                          : makes the peak equal to the weight
}

STATE {
    A (uS)
    B (uS)
}

INITIAL {
    LOCAL tp
    rise = tau1
    if (rise > 0.9999*tau2) {
        rise = 0.9999*tau2
    }
    tp = (rise*tau2)/(tau2 - rise)*log(tau2/rise)
    factor = 1/(exp(-tp/tau2) - exp(-tp/rise))
    A = 0
    B = 0
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = B - A
    i = g*block(v)*(v - e)
}

DERIVATIVE states {
    A' = -A/rise
    B' = -B/tau2
}

NET_RECEIVE (weight (uS)) {
    A = A + weight*factor
    B = B + weight*factor
}

: the fraction of channels that magnesium leaves open
FUNCTION block(v (mV)) {
    block = 1/(1 + mg/3.57 (mM) * exp(-0.062*v))
}
