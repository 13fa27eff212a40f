TITLE Leaky integrate-and-fire neuron with synaptic currents that decay exponentially

COMMENT
    v' = (vrest - v) / tau + (i - isyn) / cm
    spike when v rises above vth; then v = vreset, and v is held there for tref

Lapicque 1907 with the synapses of Vogels & Abbott 2005, J. Neurosci. 25, 10786-10795: each arriving spike adds a current that decays with 5 ms
(positive weights) or 10 ms (negative ones). The membrane is that of Potjans & Diesmann 2014, Cereb. Cortex 24, 785-806, table 5: 250 pF, 10
ms, threshold 15 mV above rest. PyNN and NEST know this neuron as IF_curr_exp and iaf_psc_exp.

The step is exact for currents that are constant over it; those of the receptors decay from step to step exactly. A refractory time is kept to a
whole number of steps, or to where it ends if spikes are interpolated.

Weights: a weight of 1 turns a drive of 1 into 1.55 nA, which is 62 mV at the membrane resistance of 40 MOhm, as for `lif`, which has
the same membrane; so the readout and the declared activity are the same, too. One spike moves the charge of the drive it stands for,
1.55 nA * 0.204 * 30 ms = 9.5 pC, so its current begins with 9.5 pC / 5 ms = 1.9 nA, or 9.5 pC / 10 ms = 0.95 nA.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL if_curr_exp
    RANGE cm, tau, vrest, vth, vreset, tref, i, isyn
}

PARAMETER {
    cm = 0.25 (nF) <1e-6, 1e6>          : membrane capacitance
    tau = 10 (ms) <0.01, 1e4>           : membrane time constant
    vrest = -65 (mV) <-200, 200>        : resting potential
    vth = -50 (mV) <-200, 200>          : threshold
    vreset = -65 (mV) <-200, 200>       : potential after a spike
    tref = 2 (ms) <0, 1e3>              : absolute refractory time
}

ASSIGNED {
    i (nA)                              : drive: injected current, inward positive
    isyn (nA)                           : current of the receptors, outward positive
    interpolated (1)                    : 1 where spikes have a time within their step, else 0
}

STATE {
    v (mV)                              : membrane potential
    refr (ms)                           : time until the end of refractoriness
}

INITIAL {
    v = vrest
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
    v' = (vrest - v)/tau + (i - isyn)/cm
}

SPIKE (v > vth) {
    v = vreset
    refr = tref
}

INTERFACE {
    SIGNAL spike
    DRIVE i
    WEIGHT 1.55 (nA)
    POSITIVE expcur { tau = 5 (ms)  direction = -1 (1) } WEIGHT 1.9 (nA)
    NEGATIVE expcur { tau = 10 (ms)  direction = 1 (1) } WEIGHT 0.95 (nA)
    CURRENT isyn
    PRESENTATION 30 (ms)
    SETTLE 0 (ms)
    STEP 0.5 (ms)
    DELAY 1 (ms)
    SURROGATE arctan 5 (mV)
    RESET detached
    READOUT count 0.204
    ACTIVITY 2
}
