TITLE Izhikevich neuron

COMMENT
    v' = 0.04 v^2 + 5 v + 140 - u + i
    u' = a (b v - u)
    spike when v rises above vpeak; then v = c and u = u + d

Izhikevich 2003, "Simple model of spiking neurons", IEEE Trans. Neural Netw. 14, 1569-1572, eqs. 1 to 3, with v in mV
and times in ms; the defaults are its regular spiking cell: a = 0.02, b = 0.2, c = -65, d = 8. Others of its figure 2:
intrinsically bursting c = -55, d = 4; chattering c = -50, d = 2; fast spiking a = 0.1, d = 2; low-threshold spiking b
= 0.25, d = 2.

Two variables that give the firing of most cortical cells. Its numbers are those of a fit, not of a membrane: i is a
current over a capacitance, in mV/ms. Rest is at -70 mV, and a steady i of some 4 mV/ms makes it fire.

The upswing is stepped by explicit Euler at 0.25 ms (the paper takes halves of 1 ms). v enters the square bounded to
-120 to 60 mV: above, it passes vpeak within a step anyway; below, the parabola would throw v back over the threshold
in one step.

Weights: a weight of 1 turns a drive of 1 into 25 mV/ms. A spike read out counts 0.129, so that the readout has the
mean square of a rectified drive, 1/2. EVENT is the jump from rest to where a spike follows by itself, 20 mV with the
defaults. (The jump of the same charge as the drive it stands for, 25 mV/ms * 0.129 * 100 ms, would make a spike
whatever its weight.) The declared activity is the mean number of spikes in a presentation when the drive is a
standard normal number, held constant.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL izhikevich
    RANGE a, b, c, d, vpeak, i
}

PARAMETER {
    a = 0.02 (/ms) <1e-6, 10>           : rate of recovery
    b = 0.2 (/ms) <-10, 10>             : recovery by the potential
    c = -65 (mV) <-200, 200>            : potential after a spike
    d = 8 (mV/ms) <-1e3, 1e3>           : recovery by a spike
    vpeak = 30 (mV) <-200, 200>         : where a spike is counted
}

ASSIGNED {
    i (mV/ms)                           : drive: current over capacitance, inward positive
}

STATE {
    v (mV)                              : membrane potential
    u (mV/ms)                           : recovery
}

INITIAL {
    v = c
    u = b*c
}

BREAKPOINT {
    SOLVE states METHOD euler
}

DERIVATIVE states {
    LOCAL x
    x = fmin(fmax(v, -120), 60)
    v' = 0.04 (/mV-ms) * x*x + 5 (/ms) * x + 140 (mV/ms) - u + i
    u' = a*(b*v - u)
}

SPIKE (v > vpeak) {
    v = c
    u = u + d
}

NET_RECEIVE (w (mV)) {
    v = v + w
}

INTERFACE {
    SIGNAL spike
    DRIVE i
    WEIGHT 25 (mV/ms)
    EVENT 20 (mV)
    PRESENTATION 100 (ms)
    SETTLE 0 (ms)
    STEP 0.25 (ms)
    DELAY 1 (ms)
    SURROGATE fast_sigmoid 5 (mV)
    RESET detached
    READOUT count 0.129
    ACTIVITY 3.06
}
