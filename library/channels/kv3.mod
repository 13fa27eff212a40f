TITLE Fast non-inactivating potassium current, Kv3.1

COMMENT
    ik = gbar m (v - ek)
    m_inf = 1 / (1 + exp(-(v - 18.7)/9.7)),    tau_m = 4 / (1 + exp(-(v + 46.56)/44.14))

Rettig, Wunder, Stocker, Lichtinghagen, Mastiaux, Beckh, Kues, Pedarzani, Schroeter, Ruppersberg, Veh & Pongs 1992,
"Characterization of a Shaw-related potassium channel family in rat brain", EMBO J. 11, 2473-2486 (channels expressed
in oocytes). The numbers are those of the widely used transcription in Hay, Hill, Schuermann, Markram & Segev 2011,
PLoS Comput. Biol. 7, e1002107 ("SKv3_1"); gbar is that of the soma of their cell.

It opens near the peak of a spike alone, and ends it. It is not scaled with temperature, as in that transcription,
which is used at 34 degC.
ENDCOMMENT

NEURON {
    SUFFIX kv3
    USEION k READ ek WRITE ik
    RANGE gbar, g
    RANGE minf, mtau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.693 (S/cm2) <0, 1e9>       : greatest conductance
}

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)                         : outward positive
    g (S/cm2)                           : conductance
    minf (1)
    mtau (ms)
}

STATE {
    m (1)                               : activation
}

INITIAL {
    rates(v)
    m = minf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*m
    ik = g*(v - ek)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
}

PROCEDURE rates(v (mV)) {
    minf = 1/(1 + exp(-(v - 18.7)/9.7))
    mtau = 4 (ms) / (1 + exp(-(v + 46.56)/44.14))
}
