TITLE Calcium, potassium and leak currents of a barnacle muscle fibre

COMMENT
    ica = gcabar m_inf (v - eca),   ik = gkbar w (v - ek),   il = gl (v - el)
    m_inf = (1 + tanh((v - v1)/v2)) / 2
    w_inf = (1 + tanh((v - v3)/v4)) / 2,   tau_w = 1 / (phi cosh((v - v3)/(2 v4)))

Morris & Lecar 1981, "Voltage oscillations in the barnacle giant muscle fiber", Biophys. J. 35, 193-213, reduced to
two variables by calcium activation at once; the numbers are those in common use, of Rinzel & Ermentrout 1989,
"Analysis of neural excitability and oscillations", in Koch & Segev (eds.), "Methods in Neuronal Modeling", MIT Press,
for firing that begins at a rate above zero (Hopf): with 20 uF/cm2, eca = 120 mV and ek = -84 mV. For firing that
begins at any low rate, v3 = 12 mV, v4 = 17.4 mV, gcabar = 0.004 S/cm2 and phi = 0.067 /ms.

There is no temperature in this model: phi stands for it. The hyperbolic functions are written out with exponentials.
ENDCOMMENT

NEURON {
    SUFFIX ml
    USEION ca READ eca WRITE ica
    USEION k READ ek WRITE ik
    NONSPECIFIC_CURRENT il
    RANGE gcabar, gkbar, gl, el, v1, v2, v3, v4, phi
    RANGE minf, winf, wtau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gcabar = 0.0044 (S/cm2) <0, 1e9>    : greatest calcium conductance
    gkbar = 0.008 (S/cm2) <0, 1e9>      : greatest potassium conductance
    gl = 0.002 (S/cm2) <0, 1e9>         : leak conductance
    el = -60 (mV) <-200, 200>           : leak reversal potential
    v1 = -1.2 (mV) <-200, 200>          : half activation of calcium
    v2 = 18 (mV) <0.1, 200>             : its slope
    v3 = 2 (mV) <-200, 200>             : half activation of potassium
    v4 = 30 (mV) <0.1, 200>             : its slope
    phi = 0.04 (/ms) <1e-6, 1e3>        : rate of potassium at half activation
}

ASSIGNED {
    v (mV)
    eca (mV)
    ek (mV)
    ica (mA/cm2)                        : outward positive
    ik (mA/cm2)                         : outward positive
    il (mA/cm2)                         : outward positive
    minf (1)
    winf (1)
    wtau (ms)
}

STATE {
    w (1)                               : activation of potassium
}

INITIAL {
    rates(v)
    w = winf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    minf = 1/(1 + exp(-2*(v - v1)/v2))
    ica = gcabar*minf*(v - eca)
    ik = gkbar*w*(v - ek)
    il = gl*(v - el)
}

DERIVATIVE states {
    rates(v)
    w' = (winf - w)/wtau
}

PROCEDURE rates(v (mV)) {
    LOCAL x
    x = (v - v3)/(2*v4)
    winf = 1/(1 + exp(-4*x))
    wtau = 2/(phi*(exp(x) + exp(-x)))
}
