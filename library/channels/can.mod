TITLE N-type calcium current of hippocampal pyramidal cells

COMMENT
    ica = gbar m^2 h ki / (ki + cai) d
    d = (RT/2F) (cai/cao exp(x) - 1) x / (exp(x) - 1),   x = 2 F v / (R T)
    alpha_m = 0.1967 (v - 19.88) / (1 - exp(-(v - 19.88)/10)),   beta_m = 0.046 exp(-v/20.73)
    alpha_h = 0.00016 exp(-v/48.4),   beta_h = 1 / (exp(-(v - 39)/10) + 1)
    tau_x = 1 / (alpha_x + beta_x),   x_inf = alpha_x / (alpha_x + beta_x)

Jaffe, Ross, Lisman, Lasser-Ross, Miyakawa & Johnston 1994, "A model for dendritic Ca2+ accumulation in hippocampal
pyramidal neurons based on fluorescence imaging measurements", J. Neurophysiol. 71, 1065-1077, after the recordings of
Fox, Nowycky & Tsien 1987, J. Physiol. 394, 149-172. The numbers are those of the widely used transcription that came
with Migliore, Cook, Jaffe, Turner & Johnston 1995, J. Neurophysiol. 73, 1157-1168; gbar is of its size. The driving
force d is the constant field equation in mV: it tends to v for inward current far below its reversal potential.
Calcium inside closes half of the channels at ki.

R and F are the exact constants; the transcription rounds RT/F to 25 mV at 20 degC. The rates are not scaled with
temperature.
ENDCOMMENT

NEURON {
    SUFFIX can
    USEION ca READ cai, cao WRITE ica
    RANGE gbar, ki, g
    RANGE minf, mtau, hinf, htau
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
    gbar = 0.0003 (S/cm2) <0, 1e9>      : greatest conductance
    ki = 0.001 (mM) <1e-9, 1e3>         : calcium that closes half of the channels
}

ASSIGNED {
    v (mV)
    celsius (degC)
    cai (mM)
    cao (mM)
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
    g = gbar*m*m*h*ki/(ki + cai)
    ica = g*field(v, cai, cao)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL alpha, beta
    alpha = 0.1967 (/mV-ms) * vtrap(-(v - 19.88), 10)
    beta = 0.046 (/ms) * exp(-v/20.73)
    mtau = 1/(alpha + beta)
    minf = alpha/(alpha + beta)

    alpha = 0.00016 (/ms) * exp(-v/48.4)
    beta = 1 (/ms) / (exp(-(v - 39)/10) + 1)
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

: the driving force of the constant field equation: nought at the reversal potential of the ion
FUNCTION field(v (mV), ci (mM), co (mM)) (mV) {
    LOCAL kt
    kt = R*(celsius + 273.15)/(2*FARADAY)
    field = (ci/co*exp(v/kt) - 1)*vtrap(v, kt)
}
