#!/usr/bin/env python3
"""Compares cells as Homolog and NEURON step them: spike times of a tree of branches, and potentials everywhere in real morphologies.

    python3 tools/cable_vs_neuron.py --homolog target/release/homolog [--hhtree] [CELL.swc CELL.asc ...]

Needs the packages neuron and numpy. Rates are exact on both sides (NEURON's tables are off), steps of 0.0025 ms.

--hhtree: the cell of `homolog bench hhtree`, 200 ms; times at which the potential of the soma crosses 0 mV, by a straight line between steps.

A morphology is read and cut by NEURON (Import3d; an odd number of segments by the d_lambda rule, 0.1 at 100 Hz), and its sections are
written as a cell of Homolog: the same points, compartments and connections. Channels of the squid axon (hh) everywhere, 6.3 degC, 100 ohm
cm, 1 uF/cm2; a current into the middle of the soma from 2 to 40 ms. The potential in the middle of every section is compared after
every step of 0.1 ms, and the times at which each crosses 0 mV.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy

from morph_vs_neuron import neuron_sections

STEP = 0.0025
STATED = 0.1
TIME = 40.0


def crossings(v, dt):
    v = numpy.asarray(v)
    k = numpy.nonzero((v[:-1] <= 0) & (v[1:] > 0))[0]
    return (k - v[k] / (v[k + 1] - v[k])) * dt


class Lcg:
    """The generator of the bench."""

    def __init__(self, seed):
        self.state = (seed * 2654435761 + 12345) & (2**64 - 1)
        for _ in range(8):
            self.next()

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
        return (self.state >> 11) / float(1 << 53)


def hhtree(program):
    from neuron import h

    h.load_file("stdrun.hoc")
    h.usetable_hh = 0
    random = Lcg(7)
    sections = []
    for k in range(51):
        s = h.Section(name=f"b{k}")
        if k == 0:
            s.L, s.diam, s.nseg = 20.0, 20.0, 1
        else:
            s.L, s.nseg = 60.0 + 40.0 * random.next(), 8
            s.diam = 2.0 * 0.85 ** ((k + 1).bit_length() - 2)
            s.connect(sections[(k - 1) // 2](1), 0)
        s.Ra, s.cm = 100.0, 1.0
        s.insert("hh")
        s.ena, s.ek = 50.0, -77.0
        sections.append(s)
    clamp = h.IClamp(sections[0](0.5))
    clamp.delay, clamp.dur, clamp.amp = 10.0, 980.0, 1.0
    h.celsius, h.dt = 6.3, STEP
    v = h.Vector().record(sections[0](0.5)._ref_v)
    h.finitialize(-65.0)
    for _ in range(round(200.0 / STEP)):
        h.fadvance()
    theirs = crossings(v, STEP)
    done = subprocess.run([program, "bench", "hhtree", "--t", "200", "--dt", str(STEP), "--json"], capture_output=True, text=True, check=True)
    ours = numpy.array([t for t, cell in json.loads(done.stdout)["spikes"] if cell == 0])
    if len(ours) != len(theirs):
        print(f"hhtree: {len(ours)} spikes, NEURON {len(theirs)}")
        return False
    most = float(numpy.abs(ours - theirs).max())
    print(f"hhtree: {len(ours)} spikes in 200 ms, times differ by at most {most:.2e} ms")
    return most <= 1e-4


def imported(path):
    """The sections of a morphology, cut; the soma first."""
    from neuron import h

    cell, sections = neuron_sections(path)
    for s in sections:
        s.Ra, s.cm = 100.0, 1.0
    for s in sections:
        s.nseg = int((s.L / (0.1 * h.lambda_f(100.0, sec=s)) + 0.9) / 2) * 2 + 1
        s.insert("hh")
        s.ena, s.ek = 50.0, -77.0
    return cell, sections


def description(sections, current):
    """The cell and the model of Homolog."""
    names = {s: f"s{k}" for k, s in enumerate(sections)}
    cell = ['title = "Sections of NEURON"']
    done = set()
    order = []
    while len(order) < len(sections):
        for s in sections:
            seg = s.parentseg()
            if s not in done and (seg is None or seg.sec in done):
                done.add(s)
                order.append(s)
    for s in order:
        cell.append(f"[branch.{names[s]}]")
        seg = s.parentseg()
        if seg is not None:
            cell.append(f'parent = "{names[seg.sec]}"')
            if seg.x < 1:
                cell.append(f"at = {float(seg.x)!r}")
        points = [(s.arc3d(i), s.diam3d(i)) for i in range(s.n3d())]
        cell.append("points = [" + ", ".join(f"[{float(a)!r}, {float(d)!r}]" for a, d in points) + "]")
        cell.append(f'compartments = {s.nseg}\nregion = "all"')
    soma = names[order[0]]
    cell.append(
        f"""[discretisation]
neuron = 0.1
[[paint]]
mechanism = "hh"
[spike]
branch = "{soma}"
threshold = "0 mV"
surrogate = {{ shape = "fast_sigmoid", width = "5 mV" }}
[time]
step = "{STEP} ms"
presentation = "{TIME} ms"
delay = "1 ms"
[interface]
rate = "1 Hz"
readout = "count"
activity = 1"""
    )
    model = [
        f"""title = "x"
[time]
step = "{STEP} ms"
presentation = "{TIME} ms"
[population.cell]
size = 1
neuron = "cell.toml"
[[stimulus]]
population = "cell"
branch = "{soma}"
delay = "2 ms"
duration = "38 ms"
amplitude = "{current} nA"
"""
    ]
    for s in sections:
        model.append(f'[[record]]\npopulation = "cell"\nvariable = "v"\nbranch = "{names[s]}"\n')
    return "\n".join(cell), "\n".join(model), [names[s] for s in sections], order[0]


def morphology(program, path, current):
    from neuron import h

    h.load_file("stdrun.hoc")
    h.usetable_hh = 0
    cell, sections = imported(path)
    text, model, names, soma = description(sections, current)
    clamp = h.IClamp(soma(0.5))
    clamp.delay, clamp.dur, clamp.amp = 2.0, 38.0, current
    h.celsius, h.dt = 6.3, STEP
    theirs = [h.Vector().record(s(0.5)._ref_v) for s in sections]
    h.finitialize(-65.0)
    for _ in range(round(TIME / STEP)):
        h.fadvance()
    theirs = numpy.array([numpy.asarray(v) for v in theirs])
    with tempfile.TemporaryDirectory() as folder:
        for name, content in [("cell.toml", text), ("model.toml", model)]:
            with open(os.path.join(folder, name), "w") as f:
                f.write(content)
        out = os.path.join(folder, "out")
        done = subprocess.run([program, "run", os.path.join(folder, "model.toml"), "--out", out], capture_output=True, text=True)
        if done.returncode != 0:
            print(os.path.basename(path), done.stderr[-2000:])
            return False
        with open(os.path.join(out, "traces.csv")) as f:
            header = f.readline().strip().split(",")
        table = numpy.loadtxt(os.path.join(out, "traces.csv"), delimiter=",", skiprows=1)
    columns = {h.split("].")[1].split("(")[0]: k for k, h in enumerate(header) if "]." in h}
    ours = numpy.array([numpy.concatenate([[-65.0], table[:, columns[n]]]) for n in names])
    n = min(ours.shape[1], theirs.shape[1])
    every = round(STATED / STEP)
    difference = float(numpy.abs(ours[:, :n:every] - theirs[:, :n:every]).max())
    shift, spikes, missing = 0.0, 0, 0
    for a, b in zip(ours, theirs):
        x, y = crossings(a, STEP), crossings(b, STEP)
        if len(x) != len(y):
            missing += 1
            continue
        spikes += len(x)
        shift = max([shift, *numpy.abs(x - y)])
    compartments = sum(s.nseg for s in sections)
    print(
        f"{os.path.basename(path)}: {len(sections)} sections, {compartments} compartments, {spikes} crossings, {missing} sections with another"
        f" number of them; at most {difference:.2e} mV and {shift:.2e} ms apart"
    )
    return difference <= 0.05 and missing == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--homolog", required=True)
    parser.add_argument("--hhtree", action="store_true")
    parser.add_argument("--current", type=float, default=2.0, help="into the soma, nA")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    good = True
    if args.hhtree:
        good &= hhtree(args.homolog)
    if len(args.files) == 1:
        good &= morphology(args.homolog, args.files[0], args.current)
    # One NEURON for each, as nothing of a cell must be left.
    for path in args.files if len(args.files) > 1 else []:
        again = [sys.executable, __file__, "--homolog", args.homolog, "--current", str(args.current), path]
        good &= subprocess.run(again).returncode == 0
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
