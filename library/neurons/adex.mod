TITLE Adaptive exponential integrate-and-fire neuron

COMMENT
    C v' = -gl (v - el) + gl deltat exp((v - vt) / deltat) - w + i - isyn
    tauw w' = a (v - el) - w
    spike when v rises above vpeak; then v = el and w = w + b

Brette & Gerstner 2005, "Adaptive exponential integrate-and-fire model as an effective description of neuronal
activity", J. Neurophysiol. 94, 3637-3642, eqs. 1 to 3, with its parameters: C = 281 pF, gl = 30 nS,
el = -70.6 mV, vt = -50.4 mV, deltat = 2 mV, tauw = 144 ms, a = 4 nS, b = 0.0805 nA.

Two variables that give regular firing, adaptation and bursts, and the sharp onset of real spikes. Conductances are in
uS and the capacitance in nF, so that every current is in nA.

The upswing of a spike lasts about 0.05 ms from -40 mV on, so it does not matter where above that vpeak stands; -30 mV
keeps v small. The exponent is bounded at 10 (v = -30.4 mV), beyond which v passes vpeak within a step anyway: nothing
can overflow. Explicit Euler at 0.2 ms is stable here (the membrane time constant is 9.4 ms) and puts the first spike
at a step of 0.7 nA to 3 nA within 0.3 ms of its place at 0.01 ms.

Weights: a weight of 1 turns a drive of 1 into 1.5 nA. The receptors are sized so that one spike moves the same charge
as the drive it stands for, 1.5 nA * 0.11 * 100 ms = 16.5 pC: 16.5 / (5 ms * 60 mV) = 0.055 uS for the positive one
(60 mV below its reversal), 16.5 / (10 ms * 20 mV) = 0.08 uS for the negative one. The declared activity is the mean
number of spikes in a presentation when the drive is a standard normal number, held constant.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL adex
    RANGE c, gl, el, vt, deltat, vpeak, tauw, a, b, i, isyn
}

PARAMETER {
    c = 0.281 (nF) <1e-4, 1e3>          : membrane capacitance
    gl = 0.03 (uS) <0, 1e3>             : leak conductance
    el = -70.6 (mV) <-200, 200>         : leak reversal and reset potential
    vt = -50.4 (mV) <-200, 200>         : threshold of slow inputs
    deltat = 2 (mV) <0.05, 50>          : sharpness of the onset of a spike
    vpeak = -30 (mV) <-200, 200>        : where a spike is counted
    tauw = 144 (ms) <0.1, 1e5>          : time constant of adaptation
    a = 0.004 (uS) <-1e3, 1e3>          : adaptation below threshold
    b = 0.0805 (nA) <-1e3, 1e3>         : adaptation by a spike
}

ASSIGNED {
    i (nA)                              : drive: injected current, inward positive
    isyn (nA)                           : current of the receptors, outward positive
}

STATE {
    v (mV)                              : membrane potential
    w (nA)                              : adaptation current
}

INITIAL {
    v = el
    w = 0
}

BREAKPOINT {
    SOLVE states METHOD euler
}

DERIVATIVE states {
    v' = (gl*(el - v) + gl*deltat*exp(fmin((v - vt)/deltat, 10)) - w + i - isyn)/c
    w' = (a*(v - el) - w)/tauw
}

SPIKE (v > vpeak) {
    v = el
    w = w + b
}

INTERFACE {
    SIGNAL spike
    DRIVE i
    WEIGHT 1.5 (nA)
    POSITIVE expsyn { tau = 5 (ms)  e = 0 (mV) } WEIGHT 0.055 (uS)
    NEGATIVE expsyn { tau = 10 (ms)  e = -80 (mV) } WEIGHT 0.08 (uS)
    CURRENT isyn
    PRESENTATION 100 (ms)
    SETTLE 0 (ms)
    STEP 0.2 (ms)
    DELAY 1 (ms)
    SURROGATE fast_sigmoid 5 (mV)
    RESET detached
    READOUT count 0.11
    ACTIVITY 3.56
}
