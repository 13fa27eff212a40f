TITLE Calcium in four shells, with diffusion across them and along the branch, a buffer and a pump

COMMENT
    ca[k] + buffer[k] <-> bound[k] (kf, kb)                                     in every shell
    V[k] ca[k]' = ... + sum of j: b[j] (ca[k +- 1] - ca[k])                     across the shells
    V[k] ca[k]' = ... + d/dx (D V[k] d ca[k]/dx)                                along the branch
    V[0] ca[0]' = ... - pi diam (ica/(2 F) + kout (ca[0] - cainf))              through the membrane; cai is ca[0]

Four shells of the thickness diam/8, the first under the membrane, the last a core: per length of the branch the volume of shell k is
V[k] = part[k] diam^2, and between the middles of two lie the surface of their border and the distance diam/8, so that
b = D border, whatever the diameter. The second law of Fick in a cylinder, cut up as in Yamada, Koch & Adams 1989, "Multiple
channels and calcium dynamics", in Koch & Segev (eds.), "Methods in Neuronal Modeling", MIT Press, 97-133. D of free calcium in water-like
cytoplasm is 0.22 um2/ms, as in Allbritton, Meyer & Stryer 1992, Science 258, 1812-1815.

The defaults of buffer and pump are examples: total 0.05 mM of a buffer with kd = kb/kf = 1 uM that does not move (DBuf = 0), a pump
of 0.01 um/ms, whose leak keeps the rest. It begins at equilibrium with cainf, apart from `extra`, calcium on top of it in all shells.
Nothing is scaled with temperature.
ENDCOMMENT

NEURON {
    SUFFIX cadiff
    USEION ca READ ica WRITE cai
    RANGE DCa, DBuf, total, kf, kb, kout, cainf, extra
    THREADSAFE
}

DEFINE SHELLS 4

UNITS {
    (mA) = (milliamp)
    (mM) = (milli/liter)
    (um) = (micron)
    FARADAY = (faraday) (coulomb)
    PI = (pi) (1)
}

PARAMETER {
    DCa = 0.22 (um2/ms) <0, 1e3>        : diffusion constant of calcium
    DBuf = 0 (um2/ms) <0, 1e3>          : diffusion constant of the buffer, free and bound
    total = 0.05 (mM) <0, 1e3>          : buffer, free and bound
    kf = 100 (/mM-ms) <0, 1e9>          : rate of binding
    kb = 0.1 (/ms) <1e-9, 1e9>          : rate of unbinding
    kout = 0.01 (um/ms) <0, 1e6>        : rate of the pump, per area of membrane
    cainf = 1e-4 (mM) <0, 1e3>          : calcium at rest
    extra = 0 (mM) <0, 1e3>             : calcium on top of it at the beginning
}

ASSIGNED {
    diam (um)
    ica (mA/cm2)                        : outward positive
    cai (mM)                            : calcium under the membrane
    part[SHELLS] (1)                    : volume of a shell over length and the square of the diameter
    border[SHELLS] (1)                  : border of a shell with the next, over length and distance
}

STATE {
    ca[SHELLS] (mM)                     : free calcium
    buffer[SHELLS] (mM)                 : free buffer
    bound[SHELLS] (mM)                  : buffer with calcium
}

INITIAL {
    shells()
    FROM k = 0 TO SHELLS - 1 {
        ca[k] = cainf + extra
        buffer[k] = total*kb/(kb + kf*cainf)
        bound[k] = total - buffer[k]
    }
    cai = ca[0]
}

BREAKPOINT {
    SOLVE exchange METHOD sparse
}

PROCEDURE shells() {
    LOCAL outer, inner
    FROM k = 0 TO SHELLS - 1 {
        outer = 1 - k/SHELLS
        inner = 1 - (k + 1)/SHELLS
        part[k] = PI*(outer*outer - inner*inner)/4
        border[k] = 2*PI*inner*SHELLS
    }
}

KINETIC exchange {
    COMPARTMENT k, part[k]*diam*diam { ca buffer bound }
    LONGITUDINAL_DIFFUSION k, DCa*part[k]*diam*diam { ca }
    LONGITUDINAL_DIFFUSION k, DBuf*part[k]*diam*diam { buffer bound }
    ~ ca[0] << (PI*diam*(kout*cainf - (10000)*ica/(2*FARADAY)))
    ~ ca[0] -> (PI*diam*kout)
    FROM k = 0 TO SHELLS - 2 {
        ~ ca[k] <-> ca[k + 1] (DCa*border[k], DCa*border[k])
    }
    FROM k = 0 TO SHELLS - 1 {
        ~ ca[k] + buffer[k] <-> bound[k] (kf*part[k]*diam*diam, kb*part[k]*diam*diam)
    }
    cai = ca[0]
}
