#!/usr/bin/env python3
"""Rates and irregularity of Brunel's network (`homolog bench brunel`) beside those of NEST, seed by seed.

    python -m venv nest && nest/bin/pip install nest-simulator numpy
    nest/bin/python tools/brunel_vs_nest.py --homolog target/release/homolog --seeds 5

Both draw the same wiring rule (so many senders for each neuron, with replacement) and count the same: spikes of all neurons in the last second, and
the mean over neurons with three spikes or more of the coefficient of variation of their intervals. NEST takes some 40 s of processor time a seed.
"""
import argparse
import json
import subprocess

import numpy as np


def nest_run(seed, ms):
    """Rate (Hz) and CV of intervals in NEST 3: model A of Brunel 2000, g = 5, external rate twice the threshold."""
    import nest

    nest.set_verbosity("M_ERROR") if hasattr(nest, "set_verbosity") else None
    nest.ResetKernel()
    nest.SetKernelStatus({"resolution": 0.1, "local_num_threads": 1, "rng_seed": seed})
    exc, inh = 10000, 2500
    parameters = dict(C_m=1.0, tau_m=20.0, t_ref=2.0, E_L=0.0, V_reset=10.0, V_th=20.0)
    e = nest.Create("iaf_psc_delta", exc, params=parameters)
    i = nest.Create("iaf_psc_delta", inh, params=parameters)
    both = e + i
    both.V_m = nest.random.uniform(0.0, 20.0)
    noise = nest.Create("poisson_generator", params={"rate": 20000.0})
    nest.Connect(noise, both, syn_spec={"weight": 0.1, "delay": 1.5})
    nest.Connect(e, both, {"rule": "fixed_indegree", "indegree": 1000}, {"weight": 0.1, "delay": 1.5})
    nest.Connect(i, both, {"rule": "fixed_indegree", "indegree": 250}, {"weight": -0.5, "delay": 1.5})
    recorder = nest.Create("spike_recorder", params={"start": 10.0})
    nest.Connect(both, recorder, syn_spec={"delay": 0.1})
    nest.Simulate(10.0 + ms)
    events = recorder.get("events")
    return summary(np.asarray(events["senders"]), np.asarray(events["times"]), exc + inh, ms)


def summary(senders, times, neurons, ms):
    order = np.lexsort((times, senders))
    senders, times = senders[order], times[order]
    cvs = []
    for train in np.split(times, np.flatnonzero(np.diff(senders)) + 1):
        if len(train) > 2:
            intervals = np.diff(train)
            cvs.append(intervals.std(ddof=1) / intervals.mean())
    return len(times) / neurons / (ms / 1000.0), float(np.mean(cvs))


def homolog_run(program, seed, ms):
    line = subprocess.run(
        [program, "bench", "brunel", "--seed", str(seed), "--t", str(ms), "--json"], check=True, capture_output=True, text=True
    ).stdout
    found = json.loads(line)
    return found["rate_hz"], found["cv_isi"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--homolog", default="homolog", help="the program")
    arguments.add_argument("--seeds", type=int, default=5, help="how many")
    arguments.add_argument("--ms", type=int, default=1000, help="time that is counted, ms")
    given = arguments.parse_args()
    print(f"{'seed':>4} {'NEST Hz':>9} {'CV':>7} {'Homolog Hz':>11} {'CV':>7}")
    rows = []
    for seed in range(1, given.seeds + 1):
        row = (*nest_run(seed, given.ms), *homolog_run(given.homolog, seed, given.ms))
        rows.append(row)
        print(f"{seed:>4} {row[0]:>9.2f} {row[1]:>7.4f} {row[2]:>11.2f} {row[3]:>7.4f}", flush=True)
    low, high = np.min(rows, axis=0), np.max(rows, axis=0)
    for name, k in [("NEST", 0), ("Homolog", 2)]:
        print(f"{name}: {low[k]:.2f} to {high[k]:.2f} Hz, CV {low[k + 1]:.4f} to {high[k + 1]:.4f}")


if __name__ == "__main__":
    main()
