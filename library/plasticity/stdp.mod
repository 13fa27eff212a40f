TITLE Spike-timing-dependent plasticity by pairs of spikes

COMMENT
    a spike of the sender arrives:  w = w - a_minus wmax (w/wmax)^mu_minus y,      then x = x + 1
    the receiver spikes:            w = w + a_plus wmax (1 - w/wmax)^mu_plus x,    then y = y + 1
    x' = -x / tau_plus,   y' = -y / tau_minus;   w stays between 0 and wmax

Song, Miller & Abbott 2000, Nat. Neurosci. 3, 919-926, for mu = 0 (all pairs count, and a change does not depend on the weight); with mu_plus =
mu_minus = 1 the rule of van Rossum, Bi & Turrigiano 2000, J. Neurosci. 20, 8812-8821, and between them Guetig, Aharonov, Rotter &
Sompolinsky 2003, J. Neurosci. 23, 3697-3714, eqs. 1-3. Bi & Poo 1998, J. Neurosci. 18, 10464-10472, measured such windows in cultures of
the hippocampus.

The defaults are those of Song et al.: 20 ms on both sides, and depression that is stronger by 5 %. A single pair that is d apart changes
the weight by a_plus exp(-d / tau_plus), or by -a_minus exp(-d / tau_minus) in the other order, times wmax. A spike that
arrives in the step in which the receiver spikes comes before it, so among spikes that have nothing to do with each other strengthening has the
area tau_plus + dt/2 and weakening tau_minus - dt/2: at dt = 1 ms that outweighs 5 %. Where the balance matters, take 0.1 ms.
ENDCOMMENT

NEURON {
    PLASTICITY stdp
    RANGE tau_plus, tau_minus, a_plus, a_minus, mu_plus, mu_minus, wmax
}

PARAMETER {
    tau_plus = 20 (ms) <1e-3, 1e6>      : how long a spike that arrives is remembered
    tau_minus = 20 (ms) <1e-3, 1e6>     : how long a spike of the receiver is remembered
    a_plus = 0.005 <0, 10>              : greatest strengthening by a pair, of wmax
    a_minus = 0.00525 <0, 10>           : greatest weakening by a pair, of wmax
    mu_plus = 0 <0, 10>                 : how strengthening depends on the weight
    mu_minus = 0 <0, 10>                : how weakening depends on the weight
    wmax = 1 <1e-12, 1e12>              : largest weight, in the unit of weights
}

STATE {
    x                                   : trace of spikes that have arrived
    y                                   : trace of spikes of the receiver
}

INITIAL {
    x = 0
    y = 0
}

BREAKPOINT {
    SOLVE traces METHOD cnexp
}

DERIVATIVE traces {
    x' = -x/tau_plus
    y' = -y/tau_minus
}

NET_RECEIVE (w) {
    w = fmax(w - a_minus*wmax*(w/wmax)^mu_minus*y, 0)
    x = x + 1
}

POST_SPIKE {
    w = fmin(w + a_plus*wmax*(1 - w/wmax)^mu_plus*x, wmax)
    y = y + 1
}
