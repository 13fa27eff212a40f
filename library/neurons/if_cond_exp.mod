TITLE Leaky integrate-and-fire neuron with synaptic conductances that decay exponentially

COMMENT
    v' = (vrest - v) / tau + (i - isyn) / cm
    spike when v rises above vth; then v = vreset, and v is held there for tref

Vogels & Abbott 2005, J. Neurosci. 25, 10786-10795, in the form and with the parameters of Brette et al. 2007, "Simulation of networks of
spiking neurons", J. Comput. Neurosci. 23, 349-398, benchmark 1: 200 pF, 20 ms, threshold 10 mV above rest; excitation decays with 5 ms
and reverses at 0 mV, inhibition with 10 ms and at -80 mV. PyNN and NEST know this neuron as IF_cond_exp and iaf_cond_exp.

The step is exact for currents that are constant over it. A refractory time is kept to a whole number of steps,
or to where it ends if spikes are interpolated.

Weights: a weight of 1 turns a drive of 1 into 0.5 nA, which is 50 mV at the membrane resistance of 100 MOhm. Normal drives then give 2.2 spikes
in a presentation of 60 ms, and a spike counts 0.19. One spike moves the charge of the drive it stands for, 0.5 nA * 0.19 * 60 ms = 5.7 pC:
5.7 / (5 ms * 57 mV) = 0.02 uS for the positive receptor, 5.7 / (10 ms * 23 mV) = 0.025 uS for the negative one.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL if_cond_exp
    RANGE cm, tau, vrest, vth, vreset, tref, i, isyn
}

PARAMETER {
    cm = 0.2 (nF) <1e-6, 1e6>       : membrane capacitance
    tau = 20 (ms) <0.01, 1e4>       : membrane time constant
    vrest = -60 (mV) <-200, 200>    : resting potential
    vth = -50 (mV) <-200, 200>      : threshold
    vreset = -60 (mV) <-200, 200>   : potential after a spike
    tref = 5 (ms) <0, 1e3>          : absolute refractory time
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
    WEIGHT 0.5 (nA)
    POSITIVE expsyn { tau = 5 (ms)  e = 0 (mV) } WEIGHT 0.02 (uS)
    NEGATIVE expsyn { tau = 10 (ms)  e = -80 (mV) } WEIGHT 0.025 (uS)
    CURRENT isyn
    PRESENTATION 60 (ms)
    SETTLE 0 (ms)
    STEP 0.5 (ms)
    DELAY 1 (ms)
    SURROGATE arctan 5 (mV)
    RESET detached
    READOUT count 0.19
    ACTIVITY 2.2
}
