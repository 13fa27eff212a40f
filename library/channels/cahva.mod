TITLE High-voltage activated calcium current of neocortical pyramidal cells

COMMENT
    ica = gbar m^2 h (v - eca)
    alpha_m = 0.055 (v + 27) / (1 - exp(-(v + 27)/3.8)),    beta_m = 0.94 exp(-(v + 75)/17)
    alpha_h = 0.000457 exp(-(v + 13)/50),    beta_h = 0.0065 / (exp(-(v + 15)/28) + 1)
    tau_x = 1 / (alpha_x + beta_x),   x_inf = alpha_x / (alpha_x + beta_x)

Reuveni, Friedman, Amitai & Gutnick 1993, "Stepwise repolarization from Ca2+ plateaus in neocortical pyramidal cells:
evidence for nonhomogeneous distribution of HVA Ca2+ channels in dendrites", J. Neurosci. 13, 4609-4621. The numbers
are those of the widely used transcription in Hay, Hill, Schuermann, Markram & Segev 2011, PLoS Comput. Biol. 7,
e1002107 ("Ca_HVA"); gbar is that of the soma of their cell.

It is not scaled with temperature, as in that transcription, which is used at 34 degC. The current is ohmic: `eca`
must come from the concentrations or be given. `cal` and `can` are single types of high-voltage activated channels.
ENDCOMMENT

NEURON {
    SUFFIX cahva
    USEION ca READ eca WRITE ica
    RANGE gbar, g
    RANGE minf, mtau, hinf, htau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.000992 (S/cm2) <0, 1e9>    : greatest conductance
}

ASSIGNED {
    v (mV)
    eca (mV)
    ica (mA/cm2)                        : outward positive
    g (S/cm2)                           : conductance
    minf (1)
    mtau (ms)
    hinf (1)
    htau (ms)
}

STATE {
    m (1)                               : activation
    h (1)                               : availability
}

INITIAL {
    rates(v)
    m = minf
    h = hinf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*m*m*h
    ica = g*(v - eca)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL alpha, beta
    alpha = 0.055 (/mV-ms) * vtrap(-(v + 27), 3.8)
    beta = 0.94 (/ms) * exp(-(v + 75)/17)
    mtau = 1/(alpha + beta)
    minf = alpha/(alpha + beta)

    alpha = 0.000457 (/ms) * exp(-(v + 13)/50)
    beta = 0.0065 (/ms) / (exp(-(v + 15)/28) + 1)
    htau = 1/(alpha + beta)
    hinf = alpha/(alpha + beta)
}

FUNCTION vtrap(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        vtrap = y*(1 - x/y/2)
    } else {
        vtrap = x/(exp(x/y) - 1)
    }
}
