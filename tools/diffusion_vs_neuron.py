#!/usr/bin/env python3
"""Compares diffusion along branches (LONGITUDINAL_DIFFUSION) as Homolog and NEURON step it.

    python3 tools/diffusion_vs_neuron.py --homolog target/release/homolog

Needs the package neuron, numpy and a C++ compiler. The mechanism is library/pools/cadiff.mod: calcium in four shells, with diffusion across
them and along the branch, a buffer and a pump. Steps of 0.1 ms, 6.3 degC; no current but that of a passive membrane. Compared is the
concentration of every shell in every compartment after every step, relative to the largest of its shell at that time.

cylinder: 40 um by 2 um in 20 segments; calcium and a buffer that moves, more in its first fifth. The two methods are the same, but that NEURON
iterates reactions that are not linear to a tolerance.
linear: the same without a buffer: nothing is iterated.
gap: the same with the mechanism in two pieces of the branch only (as branches of their own), with another piece between them.
tapering: a trunk of 3 to 1 um (of segments of the mean diameter of each), without a buffer, cut into 10, 20, 40 and 80. Between segments of different
cross section NEURON takes the mean of both, Homolog one half after the other: they come together with the square of the segment.
fork: a trunk with two branches of other diameters at its end, without a buffer, cut so. NEURON couples the first segment of a branch with the last of
its parent; Homolog lets all three meet in a point: they come together with the length of a segment.
"""

import argparse
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHELLS = 4
STEP = 0.1
REST = """
[spike]
branch = "a"
threshold = "0 mV"
surrogate = { shape = "fast_sigmoid", width = "5 mV" }
[time]
step = "0.1 ms"
presentation = "100 ms"
delay = "1 ms"
[interface]
rate = "1 Hz"
readout = "count"
activity = 1
"""


class Branch:
    def __init__(self, name, parent, length, diameters, n, holds=True):
        self.name, self.parent, self.length, self.n, self.holds = name, parent, length, n, holds
        first, last = diameters
        self.diameters = [first + (last - first) * (k + 0.5) / n for k in range(n)]


def extra(name, k, n):
    """Calcium on top of the rest at the beginning, mM, in segment k of n."""
    return 0.01 if name == "a" and 5 * k < n else 0.0


def of_neuron(branches, values, steps):
    """Concentrations by step, branch, segment and shell."""
    from neuron import h

    h.celsius, h.dt = 6.3, STEP
    sections = {}
    for b in branches:
        s = h.Section(name=b.name)
        s.L, s.nseg = b.length, b.n
        if b.parent:
            s.connect(sections[b.parent](1), 0)
        s.insert("pas")
        if b.holds:
            s.insert("cadiff")
        for k, seg in enumerate(s):
            seg.diam = b.diameters[k]
            if b.holds:
                for name, value in values.items():
                    setattr(seg, f"{name}_cadiff", value)
                seg.extra_cadiff = extra(b.name, k, b.n)
        sections[b.name] = s
    h.finitialize(-65.0)
    out = []
    for _ in range(steps):
        h.fadvance()
        now = {b.name: [[seg.cadiff.ca[k] for k in range(SHELLS)] for seg in sections[b.name]] for b in branches if b.holds}
        out.append(now)
    return out


def of_homolog(program, branches, values, steps):
    cell, model = ['title = "x"'], [f'title = "x"\n[time]\nstep = "{STEP} ms"\npresentation = "{steps * STEP} ms"\n[population.cell]\nsize = 1\nneuron = "cell.toml"\n']
    for b in branches:
        cell.append(f'[branch.{b.name}]\nregion = "{b.name}"\nlength = "{b.length} um"\ncompartments = {b.n}')
        # A row of cylinders.
        edges = [b.length * k / b.n for k in range(b.n + 1)]
        points = [p for k, d in enumerate(b.diameters) for p in ((edges[k], d), (edges[k + 1], d))]
        if len(set(b.diameters)) == 1:
            cell.append(f'diameter = "{b.diameters[0]!r} um"')
        else:
            cell.append("points = [" + ", ".join(f"[{x!r}, {d!r}]" for x, d in points) + "]")
            cell[-2] = cell[-2].replace(f'length = "{b.length} um"\n', "")
        if b.parent:
            cell.append(f'parent = "{b.parent}"')
        for k in range(b.n):
            for shell in range(SHELLS):
                if b.holds:
                    model.append(f'[[record]]\npopulation = "cell"\nvariable = "cadiff.ca[{shell}]"\nbranch = "{b.name}"\nposition = {(k + 0.5) / b.n!r}')
    cell.append('[[paint]]\nmechanism = "pas"\nparameters = { e = "-65 mV" }')
    for b in branches:
        if b.holds:
            given = ", ".join(f"{name} = {value!r}" for name, value in values.items())
            start = "extra = { value = \"0.01*max(0, min(1, 1e6*(0.2 - position)))\", unit = \"mM\" }" if b.name == "a" else "extra = 0"
            cell.append(f'[[paint]]\nmechanism = "cadiff"\nregion = "{b.name}"\nparameters = {{ {given}, {start} }}')
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "cell.toml").write_text("\n".join(cell) + REST)
        pathlib.Path(folder, "model.toml").write_text("\n".join(model))
        done = subprocess.run([program, "run", "model.toml", "--quiet", "--out", "out", "--library", str(ROOT / "library")], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr + done.stdout)
        lines = pathlib.Path(folder, "out", "traces.csv").read_text().splitlines()
    rows = numpy.array([[float(x) for x in line.split(",")[1:]] for line in lines if line[0].isdigit()])
    out = []
    for row in rows[-steps:]:
        row, now = iter(row), {}
        for b in (b for b in branches if b.holds):
            now[b.name] = [[next(row) for _ in range(SHELLS)] for _ in range(b.n)]
        out.append(now)
    return out


def apart(program, branches, values, steps=1000):
    ours, theirs = of_homolog(program, branches, values, steps), of_neuron(branches, values, steps)
    worst = 0.0
    for a, b in zip(ours, theirs):
        a, b = (numpy.concatenate([numpy.array(x[name]) for name in b]) for x in (a, b))
        worst = max(worst, float((abs(a - b) / b.max(axis=0)).max()))
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--homolog", required=True)
    program = os.path.abspath(parser.parse_args().homolog)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "library" / "pools" / "cadiff.mod", folder)
        compiler = pathlib.Path(sys.executable).parent / "nrnivmodl"
        done = subprocess.run([str(compiler)], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        os.chdir(folder)
        import neuron

        # What stands in the working folder may be loaded already.
        if not hasattr(neuron.h, "cadiff"):
            neuron.load_mechanisms(folder)
        linear, buffered = {"total": 0.0, "DCa": 0.5, "DBuf": 0.0}, {"total": 0.05, "DCa": 0.5, "DBuf": 0.1}
        cylinder = [Branch("a", None, 40.0, (2.0, 2.0), 20)]
        gap = [Branch("a", None, 20.0, (2.0, 2.0), 10), Branch("b", "a", 10.0, (2.0, 2.0), 5, False), Branch("c", "b", 20.0, (2.0, 2.0), 10)]
        passed = True
        for name, branches, values, most in (("cylinder", cylinder, buffered, 1e-4), ("linear", cylinder, linear, 1e-9), ("gap", gap, linear, 1e-9)):
            error = apart(program, branches, values)
            passed &= error <= most
            print(f"{name}: {error:.1e} of the largest concentration", flush=True)
        tapering = lambda n: [Branch("a", None, 40.0, (3.0, 1.0), n)]
        fork = lambda n: [Branch("a", None, 20.0, (2.0, 2.0), n), Branch("b", "a", 20.0, (1.5, 1.5), n), Branch("c", "a", 20.0, (1.0, 1.0), n)]
        for name, branches, order in (("tapering", tapering, 2), ("fork", fork, 1)):
            errors = [apart(program, branches(n), linear) for n in (10, 20, 40, 80)]
            orders = [math.log2(a / b) for a, b in zip(errors, errors[1:])]
            passed &= orders[-1] > order - 0.4
            print(f"{name}: " + ", ".join(f"{e:.1e}" for e in errors) + "; orders " + ", ".join(f"{o:.2f}" for o in orders), flush=True)
        return passed


if __name__ == "__main__":
    sys.exit(not main())
