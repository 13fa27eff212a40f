TITLE Hodgkin-Huxley point neuron

COMMENT
    c v' = -gnabar m^3 h (v - ena) - gkbar n^4 (v - ek) - gl (v - el) + i - isyn,   w = v - vt
    alpha_m = 0.32 (w - 13) / (1 - exp(-(w - 13)/4)),    beta_m = 0.28 (w - 40) / (exp((w - 40)/5) - 1)
    alpha_h = 0.128 exp(-(w - 17)/18),                   beta_h = 4 / (1 + exp(-(w - 40)/5))
    alpha_n = 0.032 (w - 15) / (1 - exp(-(w - 15)/5)),   beta_n = 0.5 exp(-(w - 10)/40)
    x' = alpha_x (1 - x) - beta_x x   for x = m, h, n;   spike when v rises above vspike

The equations of Hodgkin & Huxley 1952, J. Physiol. 117, 500-544, with the rates of Traub & Miles 1991, "Neuronal
Networks of the Hippocampus", Cambridge University Press, and the parameters of the COBAHH benchmark in Brette et al.
2007, J. Comput. Neurosci. 23, 349-398: 20000 um2 of membrane with 1 uF/cm2, that is c = 0.2 nF, gnabar = 20 uS, gkbar
= 6 uS, gl = 0.01 uS, el = -65 mV, ena = 50 mV, ek = -90 mV and vt = -63 mV. The rates hold at 36 degC;
`channels/traub` is the same as a density in a membrane.

A whole neuron with real spikes and refractoriness but no extent. A spike resets nothing; the level at which the next
one is counted is lifted by 150 mV after one and falls back within some ms, so that one upswing counts once. Potential
and gates advance in turn, each exactly with the other held (MacGregor 1987, "Neural and Brain Modeling", Academic
Press: exponential Euler), which is stable at any step. At 0.05 ms the first spike at a step of 0.3 nA to 1.5 nA lies
within 0.016 ms of its place at 0.001 ms.

Weights: a weight of 1 turns a drive of 1 into 0.5 nA. The receptors move the same charge by one spike as the drive it
stands for, 0.5 nA * 0.139 * 100 ms = 6.95 pC: 6.95 / (5 ms * 60 mV) = 0.0232 uS for the positive one (60 mV below its
reversal), 6.95 / (10 ms * 20 mV) = 0.0348 uS for the negative one. The declared activity is the mean number of spikes
in a presentation when the drive is a standard normal number, held constant.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL hhpoint
    RANGE c, gnabar, gkbar, gl, ena, ek, el, vt, vspike, tlift, i, isyn
}

PARAMETER {
    c = 0.2 (nF) <1e-4, 1e3>            : membrane capacitance
    gnabar = 20 (uS) <0, 1e6>           : greatest sodium conductance
    gkbar = 6 (uS) <0, 1e6>             : greatest potassium conductance
    gl = 0.01 (uS) <0, 1e3>             : leak conductance
    ena = 50 (mV) <-200, 200>           : reversal potential of sodium
    ek = -90 (mV) <-200, 200>           : reversal potential of potassium
    el = -65 (mV) <-200, 200>           : leak reversal potential
    vt = -63 (mV) <-200, 200>           : moves the threshold
    vspike = -20 (mV) <-200, 200>       : where a spike is counted
    tlift = 1 (ms) <0.01, 1e4>          : how fast that is ready again
}

ASSIGNED {
    i (nA)                              : drive: injected current, inward positive
    isyn (nA)                           : current of the receptors, outward positive
}

STATE {
    v (mV)                              : membrane potential
    m (1)                               : activation of sodium
    h (1)                               : availability of sodium
    n (1)                               : activation of potassium
    lift (mV)                           : keeps a spike from being counted twice
}

INITIAL {
    v = el
    m = am(v)/(am(v) + bm(v))
    h = ah(v)/(ah(v) + bh(v))
    n = an(v)/(an(v) + bn(v))
    lift = 0
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    SOLVE potential METHOD cnexp
}

DERIVATIVE gates {
    m' = am(v)*(1 - m) - bm(v)*m
    h' = ah(v)*(1 - h) - bh(v)*h
    n' = an(v)*(1 - n) - bn(v)*n
    lift' = -lift/tlift
}

DERIVATIVE potential {
    v' = (gnabar*m*m*m*h*(ena - v) + gkbar*n*n*n*n*(ek - v) + gl*(el - v) + i - isyn)/c
}

SPIKE (v > vspike + lift) {
    lift = 150
}

FUNCTION am(v (mV)) (/ms) {
    am = 0.32 (/mV-ms) * vtrap(-(v - vt - 13), 4)
}

FUNCTION bm(v (mV)) (/ms) {
    bm = 0.28 (/mV-ms) * vtrap(v - vt - 40, 5)
}

FUNCTION ah(v (mV)) (/ms) {
    ah = 0.128 (/ms) * exp(-(v - vt - 17)/18)
}

FUNCTION bh(v (mV)) (/ms) {
    bh = 4 (/ms) / (1 + exp(-(v - vt - 40)/5))
}

FUNCTION an(v (mV)) (/ms) {
    an = 0.032 (/mV-ms) * vtrap(-(v - vt - 15), 5)
}

FUNCTION bn(v (mV)) (/ms) {
    bn = 0.5 (/ms) * exp(-(v - vt - 10)/40)
}

FUNCTION vtrap(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        vtrap = y*(1 - x/y/2)
    } else {
        vtrap = x/(exp(x/y) - 1)
    }
}

INTERFACE {
    SIGNAL spike
    DRIVE i
    WEIGHT 0.5 (nA)
    POSITIVE expsyn { tau = 5 (ms)  e = 0 (mV) } WEIGHT 0.0232 (uS)
    NEGATIVE expsyn { tau = 10 (ms)  e = -80 (mV) } WEIGHT 0.0348 (uS)
    CURRENT isyn
    PRESENTATION 100 (ms)
    SETTLE 0 (ms)
    STEP 0.05 (ms)
    DELAY 1 (ms)
    SURROGATE fast_sigmoid 5 (mV)
    RESET detached
    READOUT count 0.139
    ACTIVITY 3.1
}
