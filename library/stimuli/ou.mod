TITLE Current that fluctuates as an Ornstein-Uhlenbeck process

COMMENT
    i' = (mean - i) / tau + sigma sqrt(2 / tau) xi(t),   xi: white noise
    over a step, exactly: i = mean + (i - mean) rho + sigma sqrt(1 - rho^2) x,   rho = exp(-dt / tau),  x: standard normal

Uhlenbeck & Ornstein 1930, "On the theory of the Brownian motion", Phys. Rev. 36, 823-841; the exact step is that of
Gillespie 1996, "Exact numerical simulation of the Ornstein-Uhlenbeck process and its integral", Phys. Rev. E 54,
2084-2091.

sigma is the standard deviation of the current at any time, whatever the step. It begins in its stationary
distribution. It stands for the many synapses of a cell in a busy network; `gou` has it as conductances. The current
is inward positive.
ENDCOMMENT

NEURON {
    POINT_PROCESS ou
    RANGE mean, sigma, tau, i
    ELECTRODE_CURRENT i
    RANDOM draw
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
}

PARAMETER {
    mean = 0 (nA) <-1e9, 1e9>           : mean
    sigma = 0.1 (nA) <0, 1e9>           : standard deviation
    tau = 3 (ms) <1e-3, 1e6>            : correlation time
}

ASSIGNED {
    dt (ms)
    i (nA)                              : inward positive
    x (nA)                              : deviation from the mean
}

INITIAL {
    x = sigma*random_normal(draw)
    i = mean + x
}

BEFORE STEP {
    x = x*exp(-dt/tau) + sigma*sqrt(1 - exp(-2*dt/tau))*random_normal(draw)
}

BREAKPOINT {
    i = mean + x
}
