TITLE Calcium- and voltage-activated potassium current of large conductance, BK

COMMENT
    ik = gbar o (v - ek)
    alpha = abar / (1 + k1 exp(-2 d1 F v / (R T)) / cai),   beta = bbar / (1 + cai / (k4 exp(-2 d4 F v / (R T))))
    tau_o = 1 / (alpha + beta),   o_inf = alpha / (alpha + beta)

Moczydlowski & Latorre 1983, "Gating kinetics of Ca2+-activated K+ channels from rat muscle incorporated into planar
lipid bilayers: evidence for two voltage-dependent Ca2+ binding reactions", J. Gen. Physiol. 82, 511-542: scheme R1
(p. 523), whose closed and open states each bind one calcium ion in fast equilibrium; k1, d1, k4, d4 are those of
channel A in table II, the rates those of p. 524, where our abar is called beta and our bbar alpha.

The rates hold at room temperature and are not scaled; temperature enters through F / (R T). With these constants the
channel needs tens of uM of calcium at rest, as at the mouth of calcium channels. gbar is not from the paper.
ENDCOMMENT

NEURON {
    SUFFIX bk
    USEION k READ ek WRITE ik
    USEION ca READ cai
    RANGE gbar, k1, d1, k4, d4, abar, bbar, g
    RANGE oinf, otau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (molar) = (1/liter)
    (mM) = (millimolar)
    FARADAY = (faraday) (kilocoulomb)
    R = (k-mole) (joule/degC)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.01 (S/cm2) <0, 1e9>        : greatest conductance
    k1 = 0.18 (mM) <1e-9, 1e3>          : dissociation from the closed state at 0 mV
    d1 = 0.84 (1) <0, 2>                : its place in the field
    k4 = 0.011 (mM) <1e-9, 1e3>         : dissociation from the open state at 0 mV
    d4 = 1 (1) <0, 2>                   : its place in the field
    abar = 0.48 (/ms) <1e-6, 1e6>       : greatest rate of opening
    bbar = 0.28 (/ms) <1e-6, 1e6>       : greatest rate of closing
}

ASSIGNED {
    v (mV)
    celsius (degC)
    ek (mV)
    ik (mA/cm2)                         : outward positive
    g (S/cm2)                           : conductance
    cai (mM)
    oinf (1)
    otau (ms)
}

STATE {
    o (1)                               : open channels
}

INITIAL {
    rates(v, cai)
    o = oinf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*o
    ik = g*(v - ek)
}

DERIVATIVE states {
    rates(v, cai)
    o' = (oinf - o)/otau
}

PROCEDURE rates(v (mV), ca (mM)) {
    LOCAL alpha, beta, x, c
    x = -2*v*FARADAY/(R*(celsius + 273.15))
    c = ca
    if (c < 1e-9) {
        c = 1e-9
    }
    alpha = abar/(1 + k1*exp(d1*x)/c)
    beta = bbar/(1 + c/(k4*exp(d4*x)))
    otau = 1/(alpha + beta)
    oinf = alpha/(alpha + beta)
}
