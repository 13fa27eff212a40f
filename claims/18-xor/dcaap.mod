TITLE Calcium spike of a human dendrite, whose size falls with the strength of the input

COMMENT
    i = gmax c (v - e),   c' = (q - c) / rise
    q' = k h a(v) (1 - q) - q / tau,   h' = (1 - h) / recovery - h o(v - vth) / wane
    a(v) = o(v - vth) (1 - fall o(v - vth - width)),   o(x) = 1 / (1 + exp(-x / s))

Gidon, Zolnik, Fidzinski, Bolduan, Papoutsi, Poirazi, Holtkamp, Vida & Larkum 2020, "Dendritic action potentials and
computation in human layer 2/3 cortical neurons", Science 367, 83-87, found calcium spikes in dendrites that are largest
when the input just reaches threshold and become smaller the stronger it is. This is a description of that and no theory of
its channels: the spike is switched on (q) while the potential is in a range of `width` above threshold, for so long as h is
left, and what is switched on flows a little later (c). A weak input stays in the range until the spike is whole; a strong
one passes through it. With fall = 0 the range has no upper end, and the spike is whole whatever the input. Outward
current is positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS dcaap
    RANGE gmax, e, k, tau, rise, vth, width, s, fall, wane, recovery, i
    NONSPECIFIC_CURRENT i
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    gmax = 0 (uS) <0, 1e9>              : greatest conductance
    e = 20 (mV) <-200, 200>             : reversal potential
    k = 0.25 (/ms) <0, 1e6>             : how fast it is switched on
    tau = 15 (ms) <1e-3, 1e6>           : how long it lasts
    rise = 2 (ms) <1e-3, 1e6>           : how much later it flows
    vth = -45 (mV) <-200, 200>          : threshold
    width = 8 (mV) <0, 200>             : of the range above threshold
    s = 0.5 (mV) <1e-3, 100>            : steepness of its ends
    fall = 1 (1) <0, 1>                 : 1 for a range with an upper end, 0 for one without
    wane = 4 (ms) <1e-3, 1e6>           : how long it can be switched on
    recovery = 200 (ms) <1e-3, 1e6>     : until it can be again
}

ASSIGNED {
    v (mV)
    i (nA)                              : membrane current, outward positive
}

STATE {
    q (1)                               : how much of the spike is switched on
    c (1)                               : how much of it flows
    h (1)                               : how much of it can be switched on
}

INITIAL {
    q = 0
    c = 0
    h = 1
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    i = gmax*c*(v - e)
}

DERIVATIVE states {
    q' = k*h*open(v - vth)*(1 - fall*open(v - vth - width))*(1 - q) - q/tau
    c' = (q - c)/rise
    h' = (1 - h)/recovery - h*open(v - vth)/wane
}

: a step with soft edges
FUNCTION open(x (mV)) {
    open = 1/(1 + exp(-x/s))
}
