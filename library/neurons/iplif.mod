TITLE Leaky integrate-and-fire neuron whose threshold keeps its rate at a target

COMMENT
    tau v' = vrest - v + i,   theta' = eta (s - target)
    spike when v rises above vth + theta; then v = vreset, and v is held there for tref;   s: a pulse of area 1 at each of its spikes

Intrinsic plasticity: a neuron that spikes more often than its target becomes less excitable, one that spikes less often more, whatever drives it
(Desai, Rutherford & Turrigiano 1999, Nat. Neurosci. 2, 515-520; Zhang & Linden 2003, Nat. Rev. Neurosci. 4, 885-900). As a rule for the threshold,
in steps of a network of units that are on or off, it is eq. 4 of Lazar, Pipa & Triesch 2009, "SORN", Front. Comput. Neurosci. 3, 23; this is the same in
continuous time. Summed over a time T the threshold has moved by eta (spikes - target T), and as it stays between those bounds that silence the
neuron and let it spike all the time, the mean rate is the target: exactly in the long run, to within (those bounds) / (eta T) before.

While the rate is off by d the threshold moves by eta d: with the defaults 0.5 mV a second at 10 Hz too many. `alif` rises with each spike too, but
falls to where it was; its rate depends on its drive. An incoming spike of weight w moves v by w at once; while the neuron is refractory that is
without effect. The step is exact for a drive that is constant over it.

Weights: as for `lif`. In a presentation of 30 ms the threshold moves little.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL iplif
    RANGE tau, vrest, vth, vreset, tref, eta, target, i
}

PARAMETER {
    tau = 10 (ms) <0.01, 1e4>           : membrane time constant
    vrest = -65 (mV) <-200, 200>        : resting potential
    vth = -50 (mV) <-200, 200>          : threshold at the beginning
    vreset = -65 (mV) <-200, 200>       : potential after a spike
    tref = 2 (ms) <0, 1e3>              : absolute refractory time
    eta = 0.05 (mV) <0, 1e3>            : by how much a spike raises the threshold
    target = 0.01 (/ms) <0, 1>          : rate that is kept
}

ASSIGNED {
    i (mV)                              : drive: input current times membrane resistance
    interpolated (1)                    : 1 where spikes have a time within their step, else 0
}

STATE {
    v (mV)                              : membrane potential
    theta (mV)                          : what the threshold has moved by
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
    theta' = -eta*target
}

SPIKE (v > vth + theta) {
    v = vreset
    refr = tref
    theta = theta + eta
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
    READOUT count 0.204
    ACTIVITY 2
}
