TITLE Inward rectifier potassium current

COMMENT
    ik = gbar / (1 + exp((v - vhalf)/k)) (v - ek)

The shape is that of Hagiwara & Takahashi 1974, "The anomalous rectification and cation selectivity of the membrane of
a starfish egg cell", J. Membr. Biol. 18, 61-80; vhalf, k and gbar are those of the medium spiny cell of the nucleus
accumbens of Wolf, Moyer, Lazarewicz, Contreras, Benoit-Marand, O'Donnell & Finkel 2005, "NMDA/AMPA ratio impacts
state transitions and entrainment to oscillations in a computational model of the nucleus accumbens medium spiny
projection neuron", J. Neurosci. 25, 9080-9095.

The channel is blocked from inside within a ms; here it is so at once (in the model of 2005 it has a time constant
from a table), and it does not inactivate. The curve belongs to the potassium outside: where `ek` differs from the -90
mV of that cell, vhalf should be moved with it.
ENDCOMMENT

NEURON {
    SUFFIX kir
    USEION k READ ek WRITE ik
    RANGE gbar, vhalf, k, g
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.00014 (S/cm2) <0, 1e9>     : greatest conductance
    vhalf = -82 (mV) <-200, 200>        : half activation
    k = 13 (mV) <0.1, 100>              : slope
}

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)                         : outward positive
    g (S/cm2)                           : conductance
}

BREAKPOINT {
    g = gbar/(1 + exp((v - vhalf)/k))
    ik = g*(v - ek)
}
