#!/usr/bin/env python3
"""Spike times of two neurons that excite and inhibit one another, beside those of NEST's `iaf_psc_exp_ps`, step by step.

    python -m venv nest && nest/bin/pip install nest-simulator
    nest/bin/python tools/spike_times_vs_nest.py --homolog target/release/homolog

NEST's neuron has precise spike times and integrates from event to event, so its step hardly shows. What is printed is the largest distance of a
spike, ms, for each neuron: with spikes that have a time within their step, and on the grid.
"""
import argparse
import csv
import pathlib
import subprocess
import tempfile

DURATION = 100.0
GIVEN = [3.13, 17.77, 18.91, 40.03, 55.5, 71.23]
DRIVES = {"a": 800.0, "b": 640.0}  # pA
# From, to, weight (pA), delay (ms).
LINKS = [("given", "a", 700.0, 0.8), ("a", "b", 500.0, 1.6), ("b", "a", -600.0, 2.4)]


def nest_times():
    import nest

    nest.ResetKernel()
    nest.resolution = 0.1
    membrane = dict(C_m=250.0, tau_m=10.0, E_L=-65.0, V_m=-65.0, V_th=-50.0, V_reset=-65.0, t_ref=2.0, tau_syn_ex=5.0, tau_syn_in=10.0)
    nodes = {name: nest.Create("iaf_psc_exp_ps", params=dict(membrane, I_e=drive)) for name, drive in DRIVES.items()}
    nodes["given"] = nest.Create("spike_generator", params=dict(spike_times=GIVEN, precise_times=True))
    for source, target, weight, delay in LINKS:
        nest.Connect(nodes[source], nodes[target], syn_spec=dict(weight=weight, delay=delay))
    recorders = {name: nest.Create("spike_recorder") for name in DRIVES}
    for name, recorder in recorders.items():
        nest.Connect(nodes[name], recorder)
    nest.Simulate(DURATION)
    return {name: sorted(map(float, recorder.get("events")["times"])) for name, recorder in recorders.items()}


def model(step):
    given = ", ".join(f'"{t} ms"' for t in GIVEN)
    text = f'[time]\nstep = "{step} ms"\npresentation = "{DURATION} ms"\n\n[population.given]\nsize = 1\nneuron = "spikes"\ntimes = [[{given}]]\n'
    for name, drive in DRIVES.items():
        text += f'\n[population.{name}]\nsize = 1\nneuron = "if_curr_exp"\nbias = false\n'
        text += f'\n[[stimulus]]\npopulation = "{name}"\nduration = "{DURATION} ms"\namplitude = "{drive} pA"\n'
    for source, target, weight, delay in LINKS:
        text += f'\n[[projection]]\nfrom = "{source}"\nto = "{target}"\nwiring = "all-to-all"\nlearn = false\n'
        text += f'weights = {{ constant = "{weight} pA" }}\ndelay = "{delay} ms"\n'
    return text


def homolog_times(homolog, step, spikes, folder):
    path = folder / "pair.toml"
    path.write_text(model(step))
    subprocess.run([homolog, "run", path, "--out", folder, "--raster", "--quiet", "--spikes", spikes], check=True, stdout=subprocess.DEVNULL)
    times = {name: [] for name in DRIVES}
    with open(folder / "raster.csv") as raster:
        for row in csv.DictReader(raster):
            if row["population"] in times:
                times[row["population"]].append(float(row["t (ms)"]))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--homolog", default="homolog")
    homolog, exact = parser.parse_args().homolog, nest_times()
    for name, times in exact.items():
        print(f"NEST {name}: {times}")
    with tempfile.TemporaryDirectory() as folder:
        for step in [0.4, 0.2, 0.1, 0.05, 0.025]:
            for spikes in ["interpolated", "grid"]:
                found = homolog_times(homolog, step, spikes, pathlib.Path(folder))
                for name, wanted in exact.items():
                    if len(found[name]) != len(wanted):
                        raise SystemExit(f"{name} spikes {len(found[name])} times at {step} ms, in NEST {len(wanted)}")
                worst = [max(abs(x - y) for x, y in zip(found[name], exact[name])) for name in DRIVES]
                print(f"{step} ms, {spikes}: " + ", ".join(f"{w:.6f}" for w in worst))


if __name__ == "__main__":
    main()
