TITLE Transient sodium current of neocortical pyramidal cells

COMMENT
    ina = gbar m^3 h (v - ena)
    x' = (x_inf - x) / tau_x,   tau_x = 1 / (q (alpha_x + beta_x)),   x_inf = alpha_x / (alpha_x + beta_x)
    alpha_m = 0.182 (v + 38) / (1 - exp(-(v + 38)/6)),    beta_m = 0.124 (v + 38) / (exp((v + 38)/6) - 1)
    alpha_h = 0.015 (v + 66) / (exp((v + 66)/6) - 1),     beta_h = 0.015 (v + 66) / (1 - exp(-(v + 66)/6))
    q = 2.3^((celsius - 21) / 10)

Colbert & Pan 2002, "Ion channel properties underlying axonal action potential initiation in pyramidal neurons", Nat.
Neurosci. 5, 533-538 (patches of soma and axon of layer 5 pyramidal cells at room temperature). The numbers are those
of the widely used transcription ("NaTa_t") in Hay, Hill, Schuermann, Markram & Segev 2011, PLoS Comput. Biol. 7,
e1002107; gbar is that of the soma of their cell. There q is fixed at 34 degC; here it follows `celsius`, and is the
same at 34 degC.

The steady availability is 1 / (1 + exp((v + 66)/6)). `sh` moves all curves along the potential; sh = 6 mV is the
somatic variant of that transcription ("NaTs2_t"). Valid from about 20 to 37 degC.
ENDCOMMENT

NEURON {
    SUFFIX nat
    USEION na READ ena WRITE ina
    RANGE gbar, sh, g
    RANGE minf, mtau, hinf, htau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 2.04 (S/cm2) <0, 1e9>        : greatest conductance
    sh = 0 (mV) <-50, 50>               : shift of all curves
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

    alpha = 0.182 (/mV-ms) * vtrap(-(v + 38 - sh), 6)
    beta = 0.124 (/mV-ms) * vtrap(v + 38 - sh, 6)
    mtau = 1/(q10*(alpha + beta))
    minf = alpha/(alpha + beta)

    alpha = 0.015 (/mV-ms) * vtrap(v + 66 - sh, 6)
    beta = 0.015 (/mV-ms) * vtrap(-(v + 66 - sh), 6)
    htau = 1/(q10*(alpha + beta))
    hinf = alpha/(alpha + beta)
}

FUNCTION vtrap(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        vtrap = y*(1 - x/y/2)
    } else {
        vtrap = x/(exp(x/y) - 1)
    }
}
