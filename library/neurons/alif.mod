TITLE Leaky integrate-and-fire neuron whose threshold rises with each spike

COMMENT
    tau v' = vrest - v + i,   tau_theta theta' = -theta
    spike when v rises above vth + theta; then v = vreset, held there for tref, and theta = theta + theta_plus

Bellec, Salaj, Subramoney, Legenstein & Maass 2018, NeurIPS 31 (arXiv:1803.09574), eqs. 1-2 and Teeter et al. 2018, Nat. Commun. 9, 709, use such
thresholds as the adaptation of cortical neurons, with times of 0.1 to 1 s. With hours instead it is homeostasis, an intrinsic
plasticity that keeps one neuron from taking all: Diehl & Cook 2015, Front. Comput. Neurosci. 9, 99, section 2.3 (0.05 mV and 1e7 ms).

The defaults are those of an adaptation: 5 mV, 200 ms. An incoming spike of weight w moves v by w at once; while the neuron is
refractory that is without effect. The step is exact for a drive that is constant over it.

Weights: as for `lif`, but that the threshold takes back some of the spikes: a drive of unit variance gives 1.4 of them in a
presentation of 30 ms, and a spike counts 0.3.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL alif
    RANGE tau, vrest, vth, vreset, tref, tau_theta, theta_plus, i
}

PARAMETER {
    tau = 10 (ms) <0.01, 1e4>           : membrane time constant
    vrest = -65 (mV) <-200, 200>        : resting potential
    vth = -50 (mV) <-200, 200>          : threshold without adaptation
    vreset = -65 (mV) <-200, 200>       : potential after a spike
    tref = 2 (ms) <0, 1e3>              : absolute refractory time
    tau_theta = 200 (ms) <0.01, 1e9>    : time constant of the threshold
    theta_plus = 5 (mV) <0, 1e3>        : by how much a spike raises it
}

ASSIGNED {
    i (mV)                              : drive: input current times membrane resistance
    interpolated (1)                    : 1 where spikes have a time within their step, else 0
}

STATE {
    v (mV)                              : membrane potential
    theta (mV)                          : what the threshold has risen by
    refr (ms)                           : time until the end of refractoriness
}

INITIAL {
    v = vrest
    theta = 0
    refr = 0
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    if (refr > 1e-6) {
        if (interpolated > 0) {
            v = vreset + fmax(0, 1 - refr/dt)*(v - vreset)
        } else {
            v = vreset
        }
        refr = refr - dt
    }
}

DERIVATIVE states {
    v' = (vrest - v + i)/tau
    theta' = -theta/tau_theta
}

SPIKE (v > vth + theta) {
    v = vreset
    refr = tref
    theta = theta + theta_plus
}

NET_RECEIVE (w (mV)) {
    if (interpolated > 0) {
        if (refr <= 1e-6) {
            v = v + w
        }
    } else {
        v = v + w
    }
}

INTERFACE {
    SIGNAL spike
    DRIVE i
    WEIGHT 62 (mV)
    EVENT 38 (mV)
    PRESENTATION 30 (ms)
    SETTLE 0 (ms)
    STEP 1 (ms)
    DELAY 1 (ms)
    SURROGATE arctan 5 (mV)
    RESET detached
    READOUT count 0.3
    ACTIVITY 1.4
}
