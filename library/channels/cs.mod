TITLE Sodium, delayed rectifier, A and leak currents of crustacean axons

COMMENT
    ina = gnabar m^3 h (v - ena),   ik = gkbar n^4 (v - ek) + gabar a^3 b (v - ea),   il = gl (v - el)
    alpha_m = 0.38 (v + 29.7) / (1 - exp(-0.1 (v + 29.7))),   beta_m = 15.2 exp(-0.0556 (v + 54.7))
    alpha_h = 0.266 exp(-0.05 (v + 48)),                      beta_h = 3.8 / (1 + exp(-0.1 (v + 18)))
    alpha_n = 0.02 (v + 45.7) / (1 - exp(-0.1 (v + 45.7))),   beta_n = 0.25 exp(-0.0125 (v + 55.7))
    a_inf = (0.0761 exp(0.0314 (v + 94.22)) / (1 + exp(0.0346 (v + 1.17))))^(1/3)
    tau_a = 0.3632 + 1.158 / (1 + exp(0.0497 (v + 55.96)))
    b_inf = 1 / (1 + exp(0.0688 (v + 53.3)))^4,   tau_b = 1.24 + 2.678 / (1 + exp(0.0624 (v + 50)))

Connor & Stevens 1971, "Prediction of repetitive firing behaviour from voltage clamp data on an isolated neurone
soma", J. Physiol. 213, 31-53, in the form of Connor, Walter & McKown 1977, Biophys. J. 18, 81-102, for crustacean
axons at 18 degC; the numbers are those of Dayan & Abbott 2001, "Theoretical Neuroscience", MIT Press, section 6.1 and
its appendix, with 1 uF/cm2, ena = 55 mV and ek = -72 mV.

The A current lets the cell fire at any low rate. It reverses at its own potential ea, as published, and is counted as
potassium. The rates hold at 18 degC and are not scaled.
ENDCOMMENT

NEURON {
    SUFFIX cs
    USEION na READ ena WRITE ina
    USEION k READ ek WRITE ik
    NONSPECIFIC_CURRENT il
    RANGE gnabar, gkbar, gabar, gl, ea, el, gna, gk, ga
    RANGE minf, hinf, ninf, ainf, binf, mtau, htau, ntau, atau, btau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gnabar = 0.12 (S/cm2) <0, 1e9>      : greatest sodium conductance
    gkbar = 0.02 (S/cm2) <0, 1e9>       : greatest conductance of the delayed rectifier
    gabar = 0.0477 (S/cm2) <0, 1e9>     : greatest conductance of the A current
    gl = 0.0003 (S/cm2) <0, 1e9>        : leak conductance
    ea = -75 (mV) <-200, 200>           : reversal potential of the A current
    el = -17 (mV) <-200, 200>           : leak reversal potential
}

ASSIGNED {
    v (mV)
    ena (mV)
    ek (mV)
    ina (mA/cm2)                        : outward positive
    ik (mA/cm2)                         : outward positive
    il (mA/cm2)                         : outward positive
    gna (S/cm2)                         : sodium conductance
    gk (S/cm2)                          : conductance of the delayed rectifier
    ga (S/cm2)                          : conductance of the A current
    minf (1)
    hinf (1)
    ninf (1)
    ainf (1)
    binf (1)
    mtau (ms)
    htau (ms)
    ntau (ms)
    atau (ms)
    btau (ms)
}

STATE {
    m (1)                               : activation of sodium
    h (1)                               : availability of sodium
    n (1)                               : activation of the delayed rectifier
    a (1)                               : activation of the A current
    b (1)                               : availability of the A current
}

INITIAL {
    rates(v)
    m = minf
    h = hinf
    n = ninf
    a = ainf
    b = binf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    gna = gnabar*m*m*m*h
    ina = gna*(v - ena)
    gk = gkbar*n*n*n*n
    ga = gabar*a*a*a*b
    ik = gk*(v - ek) + ga*(v - ea)
    il = gl*(v - el)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
    n' = (ninf - n)/ntau
    a' = (ainf - a)/atau
    b' = (binf - b)/btau
}

PROCEDURE rates(v (mV)) {
    LOCAL alpha, beta, c
    alpha = 0.38 (/mV-ms) * vtrap(-(v + 29.7), 10)
    beta = 15.2 (/ms) * exp(-0.0556*(v + 54.7))
    mtau = 1/(alpha + beta)
    minf = alpha/(alpha + beta)

    alpha = 0.266 (/ms) * exp(-0.05*(v + 48))
    beta = 3.8 (/ms) / (1 + exp(-0.1*(v + 18)))
    htau = 1/(alpha + beta)
    hinf = alpha/(alpha + beta)

    alpha = 0.02 (/mV-ms) * vtrap(-(v + 45.7), 10)
    beta = 0.25 (/ms) * exp(-0.0125*(v + 55.7))
    ntau = 1/(alpha + beta)
    ninf = alpha/(alpha + beta)

    ainf = (0.0761*exp(0.0314*(v + 94.22))/(1 + exp(0.0346*(v + 1.17))))^(1/3)
    atau = 0.3632 (ms) + 1.158 (ms) / (1 + exp(0.0497*(v + 55.96)))
    c = 1/(1 + exp(0.0688*(v + 53.3)))
    binf = c*c*c*c
    btau = 1.24 (ms) + 2.678 (ms) / (1 + exp(0.0624*(v + 50)))
}

FUNCTION vtrap(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        vtrap = y*(1 - x/y/2)
    } else {
        vtrap = x/(exp(x/y) - 1)
    }
}
