TITLE Persistent sodium current

COMMENT
    ina = gbar m^3 h (v - ena)
    m_inf = 1 / (1 + exp(-(v + 52.6)/4.6)),    tau_m = 6 / (q (alpha_m + beta_m)),  alpha_m and beta_m as in nat.mod
    h_inf = 1 / (1 + exp((v + 48.8)/10)),      tau_h = 1 / (q (alpha_h + beta_h))
    alpha_h = 2.88e-6 (v + 17) / (exp((v + 17)/4.63) - 1),    beta_h = 6.94e-6 (v + 64.4) / (1 - exp(-(v + 64.4)/2.63))
    q = 2.3^((celsius - 21) / 10)

Magistretti & Alonso 1999, "Biophysical properties and slow voltage-dependent inactivation of a sustained sodium
current in entorhinal cortex layer-II principal neurons", J. Gen. Physiol. 114, 491-509: the slow inactivation. The
numbers are those of the widely used transcription in Hay, Hill, Schuermann, Markram & Segev 2011, PLoS Comput. Biol.
7, e1002107, which takes the time constant of activation as six times that of the transient current; gbar is that of
the soma of their cell. There q is fixed at 34 degC; here it follows `celsius`, and is the same at 34 degC.

Inactivation takes seconds: a run of a few hundred ms starts and stays at the availability of its initial potential.
ENDCOMMENT

NEURON {
    SUFFIX nap
    USEION na READ ena WRITE ina
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
    gbar = 0.00172 (S/cm2) <0, 1e9>     : greatest conductance
}

ASSIGNED {
    v (mV)
    celsius (degC)
    ena (mV)
    ina (mA/cm2)                        : outward positive
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
    g = gbar*m*m*m*h
    ina = g*(v - ena)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL alpha, beta, q10
    q10 = 2.3^((celsius - 21)/10)

    alpha = 0.182 (/mV-ms) * vtrap(-(v + 38), 6)
    beta = 0.124 (/mV-ms) * vtrap(v + 38, 6)
    mtau = 6/(q10*(alpha + beta))
    minf = 1/(1 + exp(-(v + 52.6)/4.6))

    alpha = 2.88e-6 (/mV-ms) * vtrap(v + 17, 4.63)
    beta = 6.94e-6 (/mV-ms) * vtrap(-(v + 64.4), 2.63)
    htau = 1/(q10*(alpha + beta))
    hinf = 1/(1 + exp((v + 48.8)/10))
}

FUNCTION vtrap(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        vtrap = y*(1 - x/y/2)
    } else {
        vtrap = x/(exp(x/y) - 1)
    }
}
