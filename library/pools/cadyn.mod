TITLE Calcium in a thin shell under the membrane, with exponential decay

COMMENT
    cai' = -gamma ica / (2 F depth) - (cai - cainf) / decay,   the first term only where calcium flows in

Destexhe, Babloyantz & Sejnowski 1993, "Ionic mechanisms for intrinsic slow oscillations in thalamic relay neurons",
Biophys. J. 65, 1538-1552: calcium that enters is spread over a shell of the given depth and leaves it in proportion
to its excess. gamma, the share that buffers leave free, and the defaults are those of the widely used transcription
in Hay, Hill, Schuermann, Markram & Segev 2011, PLoS Comput. Biol. 7, e1002107 ("CaDynamics_E2"; their fitted cell has
gamma = 0.000501 and decay = 460 ms at the soma).

The current of all calcium channels of the compartment counts. Outward calcium current, above the reversal potential,
takes nothing out. Nothing diffuses along the branch, and the buffers never fill: `cabuf` has some that do. decay is
not scaled with temperature.
ENDCOMMENT

NEURON {
    SUFFIX cadyn
    USEION ca READ ica WRITE cai
    RANGE gamma, decay, depth, cainf
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mM) = (milli/liter)
    (um) = (micron)
    FARADAY = (faraday) (coulomb)
}

PARAMETER {
    gamma = 0.05 (1) <0, 1>             : share of free calcium
    decay = 80 (ms) <1e-3, 1e6>         : time constant of removal
    depth = 0.1 (um) <1e-3, 1e3>        : depth of the shell
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
    SOLVE states METHOD cnexp
}

DERIVATIVE states {
    LOCAL inflow
    inflow = -(10000)*gamma*ica/(2*FARADAY*depth)
    if (inflow < 0) {
        inflow = 0
    }
    cai' = inflow - (cai - cainf)/decay
}
