TITLE Sodium current of hippocampal pyramidal cells, without slow inactivation

COMMENT
    ina = gbar m^3 h (v - ena)
    alpha_m = 0.4 (v + 30) / (1 - exp(-(v + 30)/7.2)),    beta_m = 0.124 (v + 30) / (exp((v + 30)/7.2) - 1)
    alpha_h = 0.03 (v + 45) / (1 - exp(-(v + 45)/1.5)),   beta_h = 0.01 (v + 45) / (exp((v + 45)/1.5) - 1)
    tau_m = max(1 / (q (alpha_m + beta_m)), 0.02 ms),     m_inf = alpha_m / (alpha_m + beta_m)
    tau_h = max(1 / (q (alpha_h + beta_h)), 0.5 ms),      h_inf = 1 / (1 + exp((v + 50)/4))
    q = 2^((celsius - 24) / 10)

Migliore, Hoffman, Magee & Johnston 1999, "Role of an A-type K+ conductance in the back-propagation of action
potentials in the dendrites of hippocampal pyramidal neurons", J. Comput. Neurosci. 7, 5-15: the current of the axon,
which has no slow inactivation (the dendrites of that model have one). The numbers are those of the widely used
transcription that came with the paper. `sh` moves all curves along the potential, to the right if it is positive.

Of h the rates give the time constant alone; its steady state is a curve of its own. The floors of the time constants
are part of the model. Valid from about 24 to 37 degC.
ENDCOMMENT

NEURON {
    SUFFIX nax
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
    gbar = 0.01 (S/cm2) <0, 1e9>        : greatest conductance
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
    q10 = 2^((celsius - 24)/10)

    alpha = 0.4 (/mV-ms) * vtrap(-(v + 30 - sh), 7.2)
    beta = 0.124 (/mV-ms) * vtrap(v + 30 - sh, 7.2)
    minf = alpha/(alpha + beta)
    mtau = 1/(q10*(alpha + beta))
    if (mtau < 0.02) {
        mtau = 0.02
    }

    alpha = 0.03 (/mV-ms) * vtrap(-(v + 45 - sh), 1.5)
    beta = 0.01 (/mV-ms) * vtrap(v + 45 - sh, 1.5)
    hinf = 1/(1 + exp((v + 50 - sh)/4))
    htau = 1/(q10*(alpha + beta))
    if (htau < 0.5) {
        htau = 0.5
    }
}

FUNCTION vtrap(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        vtrap = y*(1 - x/y/2)
    } else {
        vtrap = x/(exp(x/y) - 1)
    }
}
