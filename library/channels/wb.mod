TITLE Sodium, potassium and leak currents of a fast spiking interneuron

COMMENT
    ina = gnabar m_inf^3 h (v - ena),   ik = gkbar n^4 (v - ek),   il = gl (v - el)
    alpha_m = 0.1 (v + 35) / (1 - exp(-(v + 35)/10)),    beta_m = 4 exp(-(v + 60)/18),   m_inf = alpha_m / (alpha_m + beta_m)
    alpha_h = 0.07 exp(-(v + 58)/20),                    beta_h = 1 / (exp(-(v + 28)/10) + 1)
    alpha_n = 0.01 (v + 34) / (1 - exp(-(v + 34)/10)),   beta_n = 0.125 exp(-(v + 44)/80)
    x' = phi (alpha_x (1 - x) - beta_x x)   for x = h, n

Wang & Buzsaki 1996, "Gamma oscillation by synaptic inhibition in a hippocampal interneuronal network model", J.
Neurosci. 16, 6402-6413, the single cell of its methods, with 1 uF/cm2, ena = 55 mV and ek = -90 mV: repetitive firing
of up to 400 Hz, with spikes that a small current brings about at any low rate.

Sodium activation follows the potential at once. There is no temperature in this model: phi stands for it.
ENDCOMMENT

NEURON {
    SUFFIX wb
    USEION na READ ena WRITE ina
    USEION k READ ek WRITE ik
    NONSPECIFIC_CURRENT il
    RANGE gnabar, gkbar, gl, el, phi, gna, gk
    RANGE minf, hinf, ninf, htau, ntau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gnabar = 0.035 (S/cm2) <0, 1e9>     : greatest sodium conductance
    gkbar = 0.009 (S/cm2) <0, 1e9>      : greatest potassium conductance
    gl = 0.0001 (S/cm2) <0, 1e9>        : leak conductance
    el = -65 (mV) <-200, 200>           : leak reversal potential
    phi = 5 (1) <1e-3, 1e3>             : speed of the gates
}

ASSIGNED {
    v (mV)
    ena (mV)
    ek (mV)
    ina (mA/cm2)                        : outward positive
    ik (mA/cm2)                         : outward positive
    il (mA/cm2)                         : outward positive
    gna (S/cm2)                         : sodium conductance
    gk (S/cm2)                          : potassium conductance
    minf (1)
    hinf (1)
    ninf (1)
    htau (ms)
    ntau (ms)
}

STATE {
    h (1)                               : availability of sodium
    n (1)                               : activation of potassium
}

INITIAL {
    rates(v)
    h = hinf
    n = ninf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    minf = activation(v)
    gna = gnabar*minf*minf*minf*h
    ina = gna*(v - ena)
    gk = gkbar*n*n*n*n
    ik = gk*(v - ek)
    il = gl*(v - el)
}

DERIVATIVE states {
    rates(v)
    h' = (hinf - h)/htau
    n' = (ninf - n)/ntau
}

PROCEDURE rates(v (mV)) {
    LOCAL alpha, beta
    alpha = 0.07 (/ms) * exp(-(v + 58)/20)
    beta = 1 (/ms) / (exp(-(v + 28)/10) + 1)
    htau = 1/(phi*(alpha + beta))
    hinf = alpha/(alpha + beta)

    alpha = 0.01 (/mV-ms) * vtrap(-(v + 34), 10)
    beta = 0.125 (/ms) * exp(-(v + 44)/80)
    ntau = 1/(phi*(alpha + beta))
    ninf = alpha/(alpha + beta)
}

FUNCTION activation(v (mV)) {
    LOCAL alpha, beta
    alpha = 0.1 (/mV-ms) * vtrap(-(v + 35), 10)
    beta = 4 (/ms) * exp(-(v + 60)/18)
    activation = alpha/(alpha + beta)
}

FUNCTION vtrap(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        vtrap = y*(1 - x/y/2)
    } else {
        vtrap = x/(exp(x/y) - 1)
    }
}
