TITLE T-type calcium current of thalamic relay cells

COMMENT
    ica = pbar m^2 h 2 F (cai x / (1 - exp(-x)) - cao x / (exp(x) - 1)),   x = 2 F v / (R T)
    m_inf = 1 / (1 + exp(-(v + 57)/6.2)),   qm tau_m = 0.612 + 1 / (exp(-(v + 132)/16.7) + exp((v + 16.8)/18.2))
    h_inf = 1 / (1 + exp((v + 81)/4)),      qh tau_h = exp((v + 467)/66.6) below -80 mV, 28 + exp(-(v + 22)/10.5) above
    qm = 5^((celsius - 24) / 10),   qh = 3^((celsius - 24) / 10)

Huguenard & McCormick 1992, "Simulation of the currents involved in rhythmic oscillations in thalamic relay neurons",
J. Neurophysiol. 68, 1373-1383: gates and the constant field equation, with a permeability in cm/s. The temperature
factors are those that Destexhe, Neubig, Ulrich & Huguenard 1998, J. Neurosci. 18, 3574-3588, take from Coulter,
Huguenard & Prince 1989, J. Physiol. 414, 587-604. pbar is of the size of the densities in the latter model; it is not
from the paper of 1992. `sh` moves all curves to the right, as more calcium outside does (2 mV in the model of 1998).

The time constant of h falls by a sixth where its two branches meet, at -80 mV, as published.
ENDCOMMENT

NEURON {
    SUFFIX cat
    USEION ca READ cai, cao WRITE ica
    RANGE pbar, sh
    RANGE minf, mtau, hinf, htau
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (molar) = (1/liter)
    (mM) = (millimolar)
    FARADAY = (faraday) (coulomb)
    R = (k-mole) (joule/degC)
    (S) = (siemens)
}

PARAMETER {
    pbar = 5e-5 (cm/s) <0, 1e9>         : greatest permeability
    sh = 0 (mV) <-50, 50>               : shift of all curves
}

ASSIGNED {
    v (mV)
    celsius (degC)
    cai (mM)
    cao (mM)
    ica (mA/cm2)                        : outward positive
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
    ica = pbar*m*m*h*flux(v, cai, cao)
}

DERIVATIVE states {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL w, qm, qh
    qm = 5^((celsius - 24)/10)
    qh = 3^((celsius - 24)/10)
    w = v - sh

    minf = 1/(1 + exp(-(w + 57)/6.2))
    mtau = (0.612 (ms) + 1 (ms) / (exp(-(w + 132)/16.7) + exp((w + 16.8)/18.2)))/qm
    hinf = 1/(1 + exp((w + 81)/4))
    if (w < -80) {
        htau = 1 (ms) * exp((w + 467)/66.6)/qh
    } else {
        htau = (28 (ms) + 1 (ms) * exp(-(w + 22)/10.5))/qh
    }
}

: the charge that a permeability of 1 cm/s lets through: mM times coulomb/mol is mC/cm3 by the factor 0.001
FUNCTION flux(v (mV), ci (mM), co (mM)) (millicoulomb/cm3) {
    LOCAL x
    x = (0.001)*2*FARADAY*v/(R*(celsius + 273.15))
    flux = (0.001)*2*FARADAY*(ci*efun(-x) - co*efun(x))
}

FUNCTION efun(x) {
    if (fabs(x) < 1e-6) {
        efun = 1 - x/2
    } else {
        efun = x/(exp(x) - 1)
    }
}
