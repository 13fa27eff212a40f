TITLE Slow potassium current of neocortical pyramidal cells

COMMENT
    ik = gbar m^2 h (v - ek),   w = v + 10 mV
    m_inf = 1 / (1 + exp(-(w + 1)/12)),    q tau_m = 1.25 + 175.03 exp(0.026 w) below w = -50, 1.25 + 13 exp(-0.026 w) above
    h_inf = 1 / (1 + exp((w + 54)/11)),    q tau_h = 360 + (1010 + 24 (w + 55)) exp(-((w + 75)/48)^2)
    q = 2.3^((celsius - 21) / 10)

Korngreen & Sakmann 2000, "Voltage-gated K+ channels in layer 5 neocortical pyramidal neurones from young rats:
subtypes and gradients", J. Physiol. 525, 621-639 (nucleated patches at 21 degC): the slowly inactivating component.
The numbers are those of the widely used transcription in Hay, Hill, Schuermann, Markram & Segev 2011, PLoS Comput.
Biol. 7, e1002107 ("K_Pst"): w undoes a junction potential of 10 mV, and gbar is that of the soma of their cell. There
q is fixed at 34 degC; here it follows `celsius`.
ENDCOMMENT

NEURON {
    SUFFIX kpst
    USEION k READ ek WRITE ik
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
    gbar = 0.00223 (S/cm2) <0, 1e9>     : greatest conductance
}

ASSIGNED {
    v (mV)
    celsius (degC)
    ek (mV)
    ik (mA/cm2)                         : outward positive
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
    ik = g*(v - ek)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL w, x, q10
    q10 = 2.3^((celsius - 21)/10)
    w = v + 10

    minf = 1/(1 + exp(-(w + 1)/12))
    if (w < -50) {
        mtau = (1.25 (ms) + 175.03 (ms) * exp(0.026*w))/q10
    } else {
        mtau = (1.25 (ms) + 13 (ms) * exp(-0.026*w))/q10
    }

    hinf = 1/(1 + exp((w + 54)/11))
    x = (w + 75)/48
    htau = (360 (ms) + (1010 (ms) + 24 (ms/mV) * (w + 55))*exp(-x*x))/q10
}
