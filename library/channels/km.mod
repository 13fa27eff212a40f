TITLE Muscarinic potassium current, M

COMMENT
    ik = gbar m (v - ek)
    alpha = 0.0033 exp(0.1 (v + 35)),   beta = 0.0033 exp(-0.1 (v + 35))
    tau_m = 1 / (q (alpha + beta)),     m_inf = alpha / (alpha + beta),   q = 2.3^((celsius - 21) / 10)

Adams, Brown & Constanti 1982, "M-currents and other potassium currents in bullfrog sympathetic neurones", J. Physiol.
330, 537-572: two gating charges (0.1 per mV is 2.5 times 0.04 per mV in each rate), half activation at -35 mV and 150
ms there. The numbers are those of the widely used transcription in Hay, Hill, Schuermann, Markram & Segev 2011, PLoS
Comput. Biol. 7, e1002107 ("Im"); gbar is that of the apical dendrite of their cell. There q is fixed at 34 degC; here
it follows `celsius`.

It opens slowly near threshold and slows repeated firing. `kmy` is the other current of this name in common use.
ENDCOMMENT

NEURON {
    SUFFIX km
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
    gbar = 6.75e-5 (S/cm2) <0, 1e9>     : greatest conductance
}

ASSIGNED {
    v (mV)
    celsius (degC)
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
    LOCAL alpha, beta, q10
    q10 = 2.3^((celsius - 21)/10)
    alpha = 0.0033 (/ms) * exp(0.1*(v + 35))
    beta = 0.0033 (/ms) * exp(-0.1*(v + 35))
    mtau = 1/(q10*(alpha + beta))
    minf = alpha/(alpha + beta)
}
