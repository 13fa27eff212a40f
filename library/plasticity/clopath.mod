TITLE Plasticity by the potential of the receiver

COMMENT
    a spike of the sender arrives:  w = w - a_ltd [um - theta_minus],       then x = x + 1 / tau_x
    always:                         w' = a_ltp x [v - theta_plus] [up - theta_minus]
    x' = -x / tau_x,   um' = (v - um) / tau_minus,   up' = (v - up) / tau_plus;   [z] is z where it is above 0, and 0 elsewhere

Clopath, Buesing, Vasilaki & Gerstner 2010, Nat. Neurosci. 13, 344-352, eqs. 1-3; defaults are those that they fitted to visual cortex, with
a_ltd fixed (their homeostasis, which makes it follow the mean potential, is left out). w stays between 0 and wmax; amounts are in units of wmax.

v is the potential of the receiver as it is at the end of a step, after a reset: a neuron that is reset in the step of its spike never shows it.
Choose one that does (`adex` with a reset that lasts, `hhpoint`), or a lower theta_plus. The rule is stepped for every connection in every tick.
ENDCOMMENT

NEURON {
    PLASTICITY clopath
    RANGE a_ltd, a_ltp, theta_minus, theta_plus, tau_x, tau_minus, tau_plus, wmax
}

UNITS {
    (mV) = (millivolt)
}

PARAMETER {
    a_ltd = 14e-5 (/mV) <0, 10>             : weakening
    a_ltp = 8e-5 (/mV2) <0, 10>             : strengthening
    theta_minus = -70.6 (mV) <-200, 200>    : potential above which weakening begins
    theta_plus = -45.3 (mV) <-200, 200>     : potential above which strengthening begins
    tau_x = 15 (ms) <1e-3, 1e6>             : memory of a spike that has arrived
    tau_minus = 10 (ms) <1e-3, 1e6>         : filter of the potential for weakening
    tau_plus = 7 (ms) <1e-3, 1e6>           : filter of the potential for strengthening
    wmax = 1 <1e-12, 1e12>                  : largest weight, in the unit of weights
}

ASSIGNED {
    v (mV)                              : potential of the receiver
}

STATE {
    x (/ms)                             : trace of spikes that have arrived
    um (mV)                             : filtered potential, for weakening
    up (mV)                             : filtered potential, for strengthening
}

INITIAL {
    x = 0
    um = theta_minus
    up = theta_minus
}

BREAKPOINT {
    SOLVE filters METHOD cnexp
    w = fmin(w, wmax)
}

DERIVATIVE filters {
    w' = wmax*a_ltp*x*fmax(v - theta_plus, 0)*fmax(up - theta_minus, 0)
    x' = -x/tau_x
    um' = (v - um)/tau_minus
    up' = (v - up)/tau_plus
}

NET_RECEIVE (w) {
    w = fmax(w - wmax*a_ltd*fmax(um - theta_minus, 0), 0)
    x = x + 1/tau_x
}
