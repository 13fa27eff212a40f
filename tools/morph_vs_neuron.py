#!/usr/bin/env python3
"""Compares what `homolog morph` and NEURON's Import3d make of morphologies.

    python3 tools/morph_vs_neuron.py --homolog target/debug/homolog cell.swc cell.asc ...

Needs the package neuron. For each file and region: number of sections, length (um) and area (um2, the sum over the frusta between the 3d
points of each section; a step in diameter is a ring in NEURON and nothing in a branch), in NEURON and in homolog, and the relative
difference. Differences that are meant (docs/cells.md): a dendrite that begins at a soma of several branches has no membrane inside of it,
and NEURON splits a soma where one begins.
"""

import argparse
import json
import math
import subprocess
import sys

NAMES = {"soma": "soma", "axon": "axon", "basal": "dend", "apical": "apic"}


def neuron_sections(path):
    """The sections that NEURON makes of a file, and what owns them: they are gone with it."""
    from neuron import h

    h.load_file("stdlib.hoc")
    h.load_file("import3d.hoc")
    reader = h.Import3d_Neurolucida3() if path.lower().endswith(".asc") else h.Import3d_SWC_read()
    reader.quiet = 1
    reader.input(path)

    class Cell:
        pass

    cell = Cell()
    cell.all = []
    h.Import3d_GUI(reader, 0).instantiate(cell)
    return cell, list(h.allsec())


def neuron_totals(path):
    """Sections, length and area by the first part of a section's name."""
    cell, sections = neuron_sections(path)
    totals = {}
    for section in sections:
        name = section.name().split(".")[-1].split("[")[0]
        area = 0.0
        for i in range(1, section.n3d()):
            length = section.arc3d(i) - section.arc3d(i - 1)
            d, e = section.diam3d(i - 1), section.diam3d(i)
            area += math.pi * 0.5 * (d + e) * math.sqrt(length * length + 0.25 * (e - d) ** 2)
        n, total, areas = totals.get(name, (0, 0.0, 0.0))
        totals[name] = (n + 1, total + section.L, areas + area)
    return totals


def homolog_totals(program, path):
    done = subprocess.run([program, "morph", path, "--json"], capture_output=True, text=True)
    answer = json.loads(done.stdout)
    if "regions" not in answer:
        raise RuntimeError("refused: " + ", ".join(d["code"] for d in answer["diagnostics"]))
    return {r["name"]: (r["branches"], r["length_um"], r["area_um2"]) for r in answer["regions"]}


def compare(program, path):
    try:
        ours = homolog_totals(program, path)
    except (RuntimeError, ValueError) as e:
        print(f"{path}: homolog: {e}")
        return
    # A process of its own, as NEURON keeps what it has read.
    done = subprocess.run([sys.executable, __file__, "--neuron-only", path], capture_output=True, text=True)
    try:
        theirs = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        print(f"{path}: NEURON: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
        return
    for name, (n, length, area) in ours.items():
        m, other_length, other_area = theirs.pop(NAMES.get(name, name.replace("custom.", "dend_")), (0, 0.0, 0.0))
        off = [abs(a - b) / b if b else float(a != b) for a, b in ((length, other_length), (area, other_area))]
        print(f"{path} {name}: {n} {m} sections, {length:.6f} {other_length:.6f} um ({off[0]:.1e}), {area:.6f} {other_area:.6f} um2 ({off[1]:.1e})")
    for name, found in theirs.items():
        print(f"{path}: only in NEURON: {name} {found}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--homolog", default="homolog")
    parser.add_argument("--neuron-only", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    for path in args.files:
        if args.neuron_only:
            print(json.dumps(neuron_totals(path)))
        else:
            compare(args.homolog, path)


if __name__ == "__main__":
    main()
