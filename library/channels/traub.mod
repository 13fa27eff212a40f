TITLE Sodium and potassium currents of Traub and Miles

COMMENT
    ina = gnabar m^3 h (v - ena),   ik = gkbar n^4 (v - ek),   w = v - vt
    alpha_m = 0.32 (w - 13) / (1 - exp(-(w - 13)/4)),    beta_m = 0.28 (w - 40) / (exp((w - 40)/5) - 1)
    alpha_h = 0.128 exp(-(w - 17)/18),                   beta_h = 4 / (1 + exp(-(w - 40)/5))
    alpha_n = 0.032 (w - 15) / (1 - exp(-(w - 15)/5)),   beta_n = 0.5 exp(-(w - 10)/40)
    tau_x = 1 / (q (alpha_x + beta_x)),   x_inf = alpha_x / (alpha_x + beta_x),   q = 3^((celsius - 36) / 10)

Traub & Miles 1991, "Neuronal Networks of the Hippocampus", Cambridge University Press, where potentials count from
rest; with vt and the conductances of the COBAHH benchmark in Brette et al. 2007, "Simulation of networks of spiking
neurons: a review of tools and strategies", J. Comput. Neurosci. 23, 349-398 (vt = -63 mV, gnabar 100 and gkbar 30
mS/cm2; there ena = 50 and ek = -90 mV, with a leak of 0.05 mS/cm2 to -65 mV and 1 uF/cm2). The factor q, 1 at 36
degC, is that of Destexhe's transcriptions.

vt is not the threshold but moves it: spikes start about 10 mV above it. Pospischil et al. 2008, Biol. Cybern. 99,
427-441, fit cortical cells with vt between -50 and -65 mV.
ENDCOMMENT

NEURON {
    SUFFIX traub
    USEION na READ ena WRITE ina
    USEION k READ ek WRITE ik
    RANGE gnabar, gkbar, vt, gna, gk
    RANGE minf, hinf, ninf, mtau, htau, ntau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gnabar = 0.1 (S/cm2) <0, 1e9>       : greatest sodium conductance
    gkbar = 0.03 (S/cm2) <0, 1e9>       : greatest potassium conductance
    vt = -63 (mV) <-200, 200>           : moves the threshold
}

ASSIGNED {
    v (mV)
    celsius (degC)
    ena (mV)
    ek (mV)
    ina (mA/cm2)                        : outward positive
    ik (mA/cm2)                         : outward positive
    gna (S/cm2)                         : sodium conductance
    gk (S/cm2)                          : potassium conductance
    minf (1)
    hinf (1)
    ninf (1)
    mtau (ms)
    htau (ms)
    ntau (ms)
}

STATE {
    m (1)                               : activation of sodium
    h (1)                               : availability of sodium
    n (1)                               : activation of potassium
}

INITIAL {
    rates(v)
    m = minf
    h = hinf
    n = ninf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    gna = gnabar*m*m*m*h
    ina = gna*(v - ena)
    gk = gkbar*n*n*n*n
    ik = gk*(v - ek)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
    n' = (ninf - n)/ntau
}

PROCEDURE rates(v (mV)) {
    LOCAL alpha, beta, w, q10
    q10 = 3^((celsius - 36)/10)
    w = v - vt

    alpha = 0.32 (/mV-ms) * vtrap(-(w - 13), 4)
    beta = 0.28 (/mV-ms) * vtrap(w - 40, 5)
    mtau = 1/(q10*(alpha + beta))
    minf = alpha/(alpha + beta)

    alpha = 0.128 (/ms) * exp(-(w - 17)/18)
    beta = 4 (/ms) / (1 + exp(-(w - 40)/5))
    htau = 1/(q10*(alpha + beta))
    hinf = alpha/(alpha + beta)

    alpha = 0.032 (/mV-ms) * vtrap(-(w - 15), 5)
    beta = 0.5 (/ms) * exp(-(w - 10)/40)
    ntau = 1/(q10*(alpha + beta))
    ninf = alpha/(alpha + beta)
}

FUNCTION vtrap(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        vtrap = y*(1 - x/y/2)
    } else {
        vtrap = x/(exp(x/y) - 1)
    }
}
