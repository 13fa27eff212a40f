TITLE Quadratic integrate-and-fire neuron

COMMENT
    tau v' = (v - vrest) (v - vcrit) / (vcrit - vrest) + i
    spike when v rises above vpeak; then v = vreset

Ermentrout & Kopell 1986, "Parabolic bursting in an excitable system coupled with a slow oscillation", SIAM J. Appl.
Math. 46, 233-253, for the type; in this form Latham, Richmond, Nelson & Nirenberg 2000, J. Neurophysiol. 83, 808-827,
and Gerstner, Kistler, Naud & Paninski 2014, "Neuronal Dynamics", section 5.3. The drive i is the input current times
the membrane resistance.

The form that every neuron takes that begins to fire at a rate of zero, close to its threshold. The slope at vrest is
that of a leak with time constant tau; vcrit is where an isolated push makes a spike. A steady drive above (vcrit -
vrest) / 4 makes it fire, 3.75 mV with the defaults, which are ours, of the size of a cortical cell; without bounds of
v the period is pi tau / sqrt(i / (vcrit - vrest) - 1/4).

The upswing is stepped by explicit Euler at 0.5 ms. v enters the parabola bounded to 100 mV below vrest and 60 mV
above vcrit: above, it passes vpeak within a step or two anyway; below, the parabola would throw v back over the
threshold.

Weights: a weight of 1 turns a drive of 1 into 60 mV. A spike read out counts 0.172, so that the readout has the mean
square of a rectified drive, 1/2. EVENT is the jump from rest to vcrit, 15 mV. (The jump of the same charge as the
drive it stands for, 60 mV * 0.172 * 50 ms / 10 ms, would make a spike at a third of the weight.) The declared
activity is the mean number of spikes in a presentation when the drive is a standard normal number, held constant.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL qif
    RANGE tau, vrest, vcrit, vpeak, vreset, i
}

PARAMETER {
    tau = 10 (ms) <0.01, 1e4>           : membrane time constant
    vrest = -65 (mV) <-200, 200>        : resting potential
    vcrit = -50 (mV) <-200, 200>        : from where a spike follows by itself; above vrest
    vpeak = 0 (mV) <-200, 200>          : where a spike is counted
    vreset = -65 (mV) <-200, 200>       : potential after a spike
}

ASSIGNED {
    i (mV)                              : drive: input current times membrane resistance
}

STATE {
    v (mV)                              : membrane potential
}

INITIAL {
    v = vrest
}

BREAKPOINT {
    SOLVE states METHOD euler
}

DERIVATIVE states {
    LOCAL x
    x = fmin(fmax(v, vrest - 100), vcrit + 60)
    v' = ((x - vrest)*(x - vcrit)/(vcrit - vrest) + i)/tau
}

SPIKE (v > vpeak) {
    v = vreset
}

NET_RECEIVE (w (mV)) {
    v = v + w
}

INTERFACE {
    SIGNAL spike
    DRIVE i
    WEIGHT 60 (mV)
    EVENT 15 (mV)
    PRESENTATION 50 (ms)
    SETTLE 0 (ms)
    STEP 0.5 (ms)
    DELAY 1 (ms)
    SURROGATE arctan 5 (mV)
    RESET detached
    READOUT count 0.172
    ACTIVITY 2.39
}
