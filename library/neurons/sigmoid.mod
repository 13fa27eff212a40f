TITLE Logistic rate unit

COMMENT
    y = 1 / (1 + exp(-drive)) = (1 + tanh(drive / 2)) / 2

Wilson & Cowan 1972, "Excitatory and inhibitory interactions in localized populations of model neurons",
Biophys. J. 12, 1-24: their response function, with slope 1, threshold 0 and no offset.

The fraction of cells of a population that fire, as a smooth function of their drive: never negative, never above 1.
The second form is the one computed, because it cannot overflow.

The declared activity is the mean of |y| when the drive is a standard normal number: 1/2.
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL sigmoid
    RANGE drive, y
}

ASSIGNED {
    drive (1)   : weighted sum of the inputs
    y (1)       : activity
}

BREAKPOINT {
    y = 0.5 + 0.5*tanh(0.5*drive)
}

INTERFACE {
    SIGNAL y
    DRIVE drive
    WEIGHT 1
    READOUT value 1
    ACTIVITY 0.5
}
