TITLE Sodium, potassium and leak channels of the squid giant axon

COMMENT
    ina = gnabar m^3 h (v - ena),   ik = gkbar n^4 (v - ek),   il = gl (v - el)
    x' = alpha_x (1 - x) - beta_x x = (x_inf - x) / tau_x   for x = m, h, n

Hodgkin & Huxley 1952, "A quantitative description of membrane current and its application to conduction and
excitation in nerve", J. Physiol. 117, 500-544: currents, eqs. 3 to 5 and 26; gates, eqs. 7, 15 and 16; rates, eqs.
12, 13, 20, 21, 23 and 24; conductances, table 3. Potentials are in the modern sense (inside minus outside, rest at -65
mV), so v here is -(V) - 65 there. All rates grow threefold for 10 degC (op. cit.), from 6.3 degC.

The reference of all excitable membranes: action potentials, threshold, refractoriness. The axon was at 6.3 degC.

The rates alpha_m and alpha_n are of the form x / (exp(x/y) - 1), which is y at x = 0; `vtrap` gives it there too.
Nothing is tabulated.
ENDCOMMENT

NEURON {
    SUFFIX hh
    USEION na READ ena WRITE ina
    USEION k READ ek WRITE ik
    NONSPECIFIC_CURRENT il
    RANGE gnabar, gkbar, gl, el, gna, gk
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gnabar = 0.12 (S/cm2) <0, 1e9>      : greatest sodium conductance
    gkbar = 0.036 (S/cm2) <0, 1e9>      : greatest potassium conductance
    gl = 0.0003 (S/cm2) <0, 1e9>        : leak conductance
    el = -54.3 (mV) <-200, 200>         : leak reversal potential
}

ASSIGNED {
    v (mV)
    celsius (degC)
    ena (mV)
    ek (mV)
    ina (mA/cm2)
    ik (mA/cm2)
    il (mA/cm2)
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
    il = gl*(v - el)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
    n' = (ninf - n)/ntau
}

PROCEDURE rates(v (mV)) {
    LOCAL alpha, beta, q10
    q10 = 3^((celsius - 6.3)/10)

    alpha = 0.1 (/mV-ms) * vtrap(-(v + 40), 10)
    beta = 4 (/ms) * exp(-(v + 65)/18)
    mtau = 1/(q10*(alpha + beta))
    minf = alpha/(alpha + beta)

    alpha = 0.07 (/ms) * exp(-(v + 65)/20)
    beta = 1 (/ms) / (exp(-(v + 35)/10) + 1)
    htau = 1/(q10*(alpha + beta))
    hinf = alpha/(alpha + beta)

    alpha = 0.01 (/mV-ms) * vtrap(-(v + 55), 10)
    beta = 0.125 (/ms) * exp(-(v + 65)/80)
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
