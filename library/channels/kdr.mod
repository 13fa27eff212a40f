TITLE Delayed rectifier potassium current of hippocampal pyramidal cells

COMMENT
    ik = gbar n (v - ek)
    a = exp(-3 (v - 13) F / (R T)),    n_inf = 1 / (1 + a)
    tau_n = max(a^0.7 / (0.02 (1 + a)), 2 ms),    T = celsius + 273.15

Migliore, Hoffman, Magee & Johnston 1999, J. Comput. Neurosci. 7, 5-15, on the recordings of Klee, Ficker & Heinemann
1995, J. Neurophysiol. 74, 1982-1995, and Hoffman, Magee, Colbert & Johnston 1997, Nature 387, 869-875. The numbers
are those of the widely used transcription that came with the paper: three gating charges, seven tenths of whose path
lie before the barrier. `sh` moves all curves along the potential.

The rates are not scaled with temperature (q10 = 1); it enters through F / (R T). The floor of 2 ms is part of the
model.
ENDCOMMENT

NEURON {
    SUFFIX kdr
    USEION k READ ek WRITE ik
    RANGE gbar, sh, g
    RANGE ninf, ntau
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
    gbar = 0.01 (S/cm2) <0, 1e9>        : greatest conductance
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
}

STATE {
    n (1)                               : activation
}

INITIAL {
    rates(v)
    n = ninf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*n
    ik = g*(v - ek)
}

DERIVATIVE states {
    rates(v)
    n' = (ninf - n)/ntau
}

PROCEDURE rates(v (mV)) {
    LOCAL x
    x = -3*(v - 13 - sh)*FARADAY/(R*(celsius + 273.15))
    ninf = 1/(1 + exp(x))
    ntau = exp(0.7*x)/(0.02 (/ms) * (1 + exp(x)))
    if (ntau < 2) {
        ntau = 2
    }
}
