TITLE A-type potassium current of proximal dendrites of hippocampal pyramidal cells

COMMENT
    ik = gbar n l (v - ek)
    zeta = -1.5 - 1 / (1 + exp((v + 40)/5)),    a = exp(zeta (v - 11) F / (R T)),    n_inf = 1 / (1 + a)
    tau_n = max(a^0.55 / (q 0.05 (1 + a)), 0.1 ms),    q = 5^((celsius - 24) / 10)
    l_inf = 1 / (1 + exp(3 (v + 56) F / (R T))),    tau_l = max(0.26 (v + 50) ms/mV, 2 ms)

Migliore, Hoffman, Magee & Johnston 1999, J. Comput. Neurosci. 7, 5-15, on the recordings of Hoffman, Magee, Colbert &
Johnston 1997, "K+ channel regulation of signal propagation in dendrites of hippocampal pyramidal neurons", Nature
387, 869-875. The numbers are those of the widely used transcription that came with the paper, for dendrites closer
than about 100 um to the soma; farther out `kad` takes over. `sh` moves all curves along the potential.

Only activation is scaled with temperature; the time of inactivation grows with depolarisation and is that of body
temperature. The floors of the time constants are part of the model.
ENDCOMMENT

NEURON {
    SUFFIX ka
    USEION k READ ek WRITE ik
    RANGE gbar, sh, g
    RANGE ninf, ntau, linf, ltau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    FARADAY = (faraday) (kilocoulomb)
    R = (k-mole) (joule/degC)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.008 (S/cm2) <0, 1e9>       : greatest conductance
    sh = 0 (mV) <-50, 50>               : shift of all curves
}

ASSIGNED {
    v (mV)
    celsius (degC)
    ek (mV)
    ik (mA/cm2)                         : outward positive
    g (S/cm2)                           : conductance
    ninf (1)
    ntau (ms)
    linf (1)
    ltau (ms)
}

STATE {
    n (1)                               : activation
    l (1)                               : availability
}

INITIAL {
    rates(v)
    n = ninf
    l = linf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*n*l
    ik = g*(v - ek)
}

DERIVATIVE states {
    rates(v)
    n' = (ninf - n)/ntau
    l' = (linf - l)/ltau
}

PROCEDURE rates(v (mV)) {
    LOCAL x, zeta, perV, q10
    q10 = 5^((celsius - 24)/10)
    perV = FARADAY/(R*(celsius + 273.15))

    zeta = -1.5 - 1/(1 + exp((v + 40 - sh)/5))
    x = zeta*(v - 11 - sh)*perV
    ninf = 1/(1 + exp(x))
    ntau = exp(0.55*x)/(q10*0.05 (/ms) * (1 + exp(x)))
    if (ntau < 0.1) {
        ntau = 0.1
    }

    linf = 1/(1 + exp(3*(v + 56 - sh)*perV))
    ltau = 0.26 (ms/mV) * (v + 50 - sh)
    if (ltau < 2) {
        ltau = 2
    }
}
