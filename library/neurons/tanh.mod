TITLE Hyperbolic tangent rate unit

COMMENT
    y = tanh(drive)

Hopfield 1984, "Neurons with graded response have collective computational properties like those of two-state
neurons", PNAS 81, 3088-3092, where g(u) is such a sigmoid; advised for layered networks by LeCun et al. 1998,
"Efficient BackProp".

A bounded unit whose activity has both signs, so its mean is zero under a symmetric drive. Use it in recurrent networks.

The declared activity is the mean of |y| when the drive is a standard normal number (by quadrature: 0.55598).
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL tanh
    RANGE drive, y
}

ASSIGNED {
    drive (1)   : weighted sum of the inputs
    y (1)       : activity
}

BREAKPOINT {
    y = tanh(drive)
}

INTERFACE {
    SIGNAL y
    DRIVE drive
    WEIGHT 1
    READOUT value 1
    ACTIVITY 0.556
}
