TITLE Calcium in a shell under the membrane, with a buffer that fills and a pump

COMMENT
    ca + buffer <-> bound (kf, kb),   ca is driven by -ica / (2 F depth) and pumped out to rest with rate kout
    cai' = -ica / (2 F depth) - kf cai buffer + kb bound - kout (cai - cainf)
    buffer' = -bound' = -kf cai buffer + kb bound

The mass action of one buffer in one well-mixed shell, as in Yamada, Koch & Adams 1989, "Multiple channels and calcium
dynamics", in Koch & Segev (eds.), "Methods in Neuronal Modeling", MIT Press, 97-133, whose shells, of which this is
the outermost, exchange by diffusion. The defaults are a slow buffer of the kind of parvalbumin's fast sites or EGTA:
total 0.1 mM, kf = 100 /mM/ms, kd = kb/kf = 1 uM; they are examples, not from that paper.

It begins with the buffer at equilibrium with cainf. The leak that keeps the rest is in the pump's term. Nothing is
scaled with temperature.
ENDCOMMENT

NEURON {
    SUFFIX cabuf
    USEION ca READ ica WRITE cai
    RANGE depth, total, kf, kb, kout, cainf
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
    total = 0.1 (mM) <0, 1e3>           : buffer, free and bound
    kf = 100 (/mM-ms) <0, 1e9>          : rate of binding
    kb = 0.1 (/ms) <1e-9, 1e9>          : rate of unbinding
    kout = 1 (/ms) <0, 1e6>             : rate of the pump
    cainf = 1e-4 (mM) <0, 1e3>          : calcium at rest
}

ASSIGNED {
    ica (mA/cm2)                        : outward positive
}

STATE {
    cai (mM)                            : calcium under the membrane
    buffer (mM)                         : free buffer
    bound (mM)                          : buffer with calcium
}

INITIAL {
    cai = cainf
    buffer = total*kb/(kb + kf*cainf)
    bound = total - buffer
}

BREAKPOINT {
    SOLVE exchange METHOD sparse
}

KINETIC exchange {
    ~ cai + buffer <-> bound (kf, kb)
    ~ cai << (-(10000)*ica/(2*FARADAY*depth) - kout*(cai - cainf))
}
