TITLE Calcium in a shell under the membrane, with a pump that saturates

COMMENT
    cai' = (-ica / (2 F depth) - vmax cai / (cai + km) + leak) / (1 + kappa)
    leak = vmax cainf / (cainf + km), so that cai rests at cainf

Destexhe, Babloyantz & Sejnowski 1993, Biophys. J. 65, 1538-1552, remove calcium by such a pump of Michaelis &
Menten's kind; its vmax and km are those of the transcriptions that accompany that paper. Fast buffers that are far
from full bind kappa ions for each that stays free: Neher & Augustine 1992, "Calcium gradients and buffers in bovine
chromaffin cells", J. Physiol. 450, 273-301; Helmchen, Imoto & Sakmann 1996, "Ca2+ buffering and action
potential-evoked Ca2+ signaling in dendrites of pyramidal neurons", Biophys. J. 70, 1069-1081, find kappa of some 100
to 200 there. The leak is ours.

kappa = 0 is the pump alone. The pump is that of a shell of 0.1 um, as vmax counts per volume: deeper shells want it
smaller in proportion. It is not scaled with temperature.
ENDCOMMENT

NEURON {
    SUFFIX capump
    USEION ca READ ica WRITE cai
    RANGE depth, kappa, vmax, km, cainf
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mM) = (milli/liter)
    (um) = (micron)
    FARADAY = (faraday) (coulomb)
}

PARAMETER {
    depth = 0.1 (um) <1e-3, 1e3>        : depth of the shell
    kappa = 100 (1) <0, 1e6>            : bound ions for each free one
    vmax = 1e-4 (mM/ms) <0, 1e6>        : greatest rate of removal
    km = 1e-4 (mM) <1e-9, 1e3>          : calcium that half occupies the pump
    cainf = 1e-4 (mM) <0, 1e3>          : calcium at rest
}

ASSIGNED {
    ica (mA/cm2)                        : outward positive
}

STATE {
    cai (mM)                            : calcium under the membrane
}

INITIAL {
    cai = cainf
}

BREAKPOINT {
    SOLVE states METHOD derivimplicit
}

DERIVATIVE states {
    cai' = (-(10000)*ica/(2*FARADAY*depth) - vmax*cai/(cai + km) + vmax*cainf/(cainf + km))/(1 + kappa)
}
