TITLE Rectified linear rate unit

COMMENT
    y = max(drive, 0)

Fukushima 1969, "Visual feature extraction by a multilayered network of analog threshold elements", IEEE Trans.
Syst. Sci. Cybern. 5, 322-333; under this name: Nair & Hinton 2010, "Rectified
linear units improve restricted Boltzmann machines", ICML.

The usual hidden unit of an artificial neural network. It has no time of its own: its value is a function of its
drive, the weighted sum of its inputs and a bias. The derivative at drive = 0 is taken to be 0.

The declared activity is the mean of |y| when the drive is a standard normal number: 1/sqrt(2 pi).
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL relu
    RANGE drive, y
}

ASSIGNED {
    drive (1)   : weighted sum of the inputs
    y (1)       : activity
}

BREAKPOINT {
    y = fmax(drive, 0)
}

INTERFACE {
    SIGNAL y
    DRIVE drive
    WEIGHT 1
    READOUT value 1
    ACTIVITY 0.3989
}
