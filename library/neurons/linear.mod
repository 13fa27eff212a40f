TITLE Linear rate unit

COMMENT
    y = drive

Widrow & Hoff 1960, "Adaptive switching circuits", IRE WESCON Convention Record 4, 96-104 (the output of an Adaline
before its threshold).

Use it for the last layer of a network: its values are scores that a loss compares, or predictions of numbers.

The declared activity is the mean of |y| when the drive is a standard normal number: sqrt(2/pi).
ENDCOMMENT

NEURON {
    ARTIFICIAL_CELL linear
    RANGE drive, y
}

ASSIGNED {
    drive (1)   : weighted sum of the inputs
    y (1)       : activity
}

BREAKPOINT {
    y = drive
}

INTERFACE {
    SIGNAL y
    DRIVE drive
    WEIGHT 1
    READOUT value 1
    ACTIVITY 0.7979
}
