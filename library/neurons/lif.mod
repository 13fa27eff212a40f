TITLE Leaky integrate-and-fire neuron

COMMENT
    tau v' = vrest - v + i
    spike when v rises above vth; then v = vreset, and v is held there for tref

Lapicque 1907, J. Physiol. Pathol. Gen. 9, 620-635; in this form Gerstner, Kistler, Naud & Paninski 2014, "Neuronal
Dynamics", eq. 1.5 and section 1.3. The drive i is the input current times the membrane resistance, so it is a voltage.

The simplest neuron that spikes. Under a constant drive above vth - vrest it fires with the period

    T = tref + tau ln((vrest + i - vreset) / (vrest + i - vth))

An incoming spike of weight w moves v by w at once (a "delta" synapse); while the neuron is refractory
that is without effect. The step is exact for a drive that is constant over it. A refractory time is kept to a whole
number of steps, or to where it ends if spikes are interpolated; the slack of 1e-6 ms absorbs the rounding of refr - dt.

Weights: a weight of 1 turns a drive of 1 into 62 mV: then a drive of unit variance gives 2 spikes in a presentation of
30 ms on average (the declared activity), enough for counts to carry a value and few enough for silence to mean something.
A spike read out counts 0.204, so that the readout has the mean square of a rectified drive, 1/2. EVENT is the jump with
the same effect on average: a source that is shown for 30 ms and read as 0.204 per spike drives with 62 mV * 0.204 per
spike, and a jump decays within tau, so the jump is 62 mV * 0.204 * 30 ms / 10 ms = 38 mV.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL lif
    RANGE tau, vrest, vth, vreset, tref, i
}

PARAMETER {
    tau = 10 (ms) <0.01, 1e4>           : membrane time constant
    vrest = -65 (mV) <-200, 200>        : resting potential
    vth = -50 (mV) <-200, 200>          : threshold
    vreset = -65 (mV) <-200, 200>       : potential after a spike
    tref = 2 (ms) <0, 1e3>              : absolute refractory time
}

ASSIGNED {
    i (mV)                              : drive: input current times membrane resistance
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
    v' = (vrest - v + i)/tau
}

SPIKE (v > vth) {
    v = vreset
    refr = tref
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
