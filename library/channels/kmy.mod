TITLE Slow potassium current of spike-frequency adaptation

COMMENT
    ik = gbar p (v - ek)
    p_inf = 1 / (1 + exp(-(v + 35)/10)),    tau_p = taumax / (q (3.3 exp((v + 35)/20) + exp(-(v + 35)/20)))
    q = 2.3^((celsius - 36) / 10)

Yamada, Koch & Adams 1989, "Multiple channels and calcium dynamics", in Koch & Segev (eds.), "Methods in Neuronal
Modeling", MIT Press, 97-133; in this form, for cortical cells at 36 degC, Pospischil et al. 2008, "Minimal
Hodgkin-Huxley type models for different classes of cortical and thalamic neurons", Biol. Cybern. 99, 427-441. The q10
of 2.3 is that of the transcriptions that accompany the latter.

It makes a regular spiking cell out of the currents of `traub`. Fits of single cells there differ from the defaults,
which are those of that transcription's regular spiking cell (0.6 s for one of the rat).
ENDCOMMENT

NEURON {
    SUFFIX kmy
    USEION k READ ek WRITE ik
    RANGE gbar, taumax, g
    RANGE pinf, ptau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 7e-5 (S/cm2) <0, 1e9>        : greatest conductance
    taumax = 1000 (ms) <1, 1e5>         : scale of the time constant
}

ASSIGNED {
    v (mV)
    celsius (degC)
    ek (mV)
    ik (mA/cm2)                         : outward positive
    g (S/cm2)                           : conductance
    pinf (1)
    ptau (ms)
}

STATE {
    p (1)                               : activation
}

INITIAL {
    rates(v)
    p = pinf
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    g = gbar*p
    ik = g*(v - ek)
}

DERIVATIVE states {
    rates(v)
    p' = (pinf - p)/ptau
}

PROCEDURE rates(v (mV)) {
    LOCAL q10
    q10 = 2.3^((celsius - 36)/10)
    pinf = 1/(1 + exp(-(v + 35)/10))
    ptau = taumax/(q10*(3.3*exp((v + 35)/20) + exp(-(v + 35)/20)))
}
