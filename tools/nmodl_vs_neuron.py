#!/usr/bin/env python3
"""Compares NEURON and Homolog mechanism by mechanism: the same .mod file, the same voltage clamp, every sample.

    python tools/nmodl_vs_neuron.py FOLDER_OR_FILE... [--homolog PATH_OF_BINARY] [--cache DIR] [--out DIR]
                                    [--clamp -90,-60,-40,-20,0,20,40] [--jobs 2] [--neuron-tables] [--reference-only] [--json]

Run it with a Python that has NEURON and numpy; `nrnivmodl` is taken from beside that Python. Files are unique by their
content. What NEURON computes is kept in the cache, by the content of the file and of what it INCLUDEs, so a second run
costs only Homolog's half, and an interrupted one goes on where it was.

Protocol
--------
One section of one segment, L = diam = 5.6419 um (100 um2), 6.3 degC, NEURON's default concentrations and reversal
potentials, fixed step of 0.025 ms. The mechanism has its own defaults: a density mechanism is inserted, a point process
sits at 0.5 and receives no event. SEClamp (rs = 1e-12 MOhm) holds -65 mV for 5 ms and then V until 55 ms; finitialize(-65).
table.json has the largest error of `v` as clamp_error_mv; it should be below 1e-9.
TABLEs are switched off (`usetable_SUFFIX = 0`), since they are an approximation of what the file says; with --neuron-tables they
interpolate on both sides. Every POINTER points
to a variable that holds 0. nocmodl writes defaults of PARAMETER with six digits; one that has more is set to what the file says.
Each V runs in a process of its own, so that no global variable carries over.

Units: ms, mV; currents mA/cm2 for a density mechanism and nA for a point process; concentrations mM.

Samples: 2201, sample k at t_k = k * 0.025 ms. `v` and the states are those at t_k; v is -65 up to and including sample 200
(5.0 ms) and V from sample 201 (5.025 ms). A current is i_k = i(v_k, states_k). NEURON computes it at the *beginning* of a step,
so that Vector.record sees i(v_k, s_k) only in sample k+1: the current's record is shifted by one sample here (one step more is
run for the last). Measured on NEURON's own hh and pas: with the shift, the current written out from v and the gates agrees
to 1e-15 mA/cm2 in every sample; without it, it is off by up to 0.1. During that evaluation NEURON's clock stands at t_k + dt/2,
which only a mechanism whose BREAKPOINT reads `t` can see.

Traces: every STATE (an element of an array as `name[k]`), every concentration that the file WRITEs (as a state: `cai`), and
every current that it writes (USEION .. WRITE, NONSPECIFIC_CURRENT, ELECTRODE_CURRENT). The current of an ion is the segment's;
for a point process without a variable of its own it is converted, nA = mA/cm2 * um2 * 1e-2. When a NONSPECIFIC or
ELECTRODE current is not visible, NEURON gets a copy of the file with the name added to RANGE; when a mechanism of NEURON
itself has the name, a copy under another name. The table says where that happened ("altered").

Agreement: |a - b| <= max(1e-9, 1e-6 |b|) in every sample, b being NEURON's; 1e-4 instead of 1e-6 where NEURON itself solves
nonlinear equations to a tolerance (derivimplicit, also by default or instead of cnexp; NONLINEAR; nonlinear KINETIC
schemes). A sample that is not finite in both agrees.

Categories: accepted; differs; refused by Homolog; does not compile in NEURON; crashes in NEURON; real C (Homolog's
diagnostic `nmodl-verbatim`). An artificial cell, or a file of functions only (`SUFFIX nothing`), cannot be clamped: it is
accepted, and marked so, when `homolog check` reads it.
"""

import argparse
import collections
import concurrent.futures
import glob
import hashlib
import importlib.metadata
import json
import math
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

PROTOCOL = 3  # raise it when what is measured changes: old references are then no longer used
DT, HOLD_MS, END_MS, HOLD_MV = 0.025, 5.0, 55.0, -65.0
SAMPLES = round(END_MS / DT) + 1
HOLD_SAMPLES = round(HOLD_MS / DT) + 1
COMPILE_LIMIT_S, RUN_LIMIT_S, HOMOLOG_LIMIT_S = 180, 60, 120
ABSOLUTE, RELATIVE, RELATIVE_SOLVED = 1e-9, 1e-6, 1e-4

OK, NOT_COMPILED, CRASHED = "ok", "does not compile in NEURON", "crashes in NEURON"
ARTIFICIAL, FUNCTIONS = "artificial cell", "functions only"
ACCEPTED, DIFFERS, REFUSED, REAL_C = "accepted", "differs", "refused by Homolog", "real C (VERBATIM)"


# ---------------------------------------------------------------------------------------------------------------- NMODL text


def blank_comments(text):
    """The text with comments and VERBATIM replaced by spaces, so that offsets stay."""
    pattern = r"\bCOMMENT\b.*?\bENDCOMMENT\b|\bVERBATIM\b.*?\bENDVERBATIM\b|[:?][^\n]*"
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def includes_of(path, seen=None):
    """Files beside this one that it INCLUDEs, or its C by #include "..", also indirectly: {name as written: path}."""
    seen = {} if seen is None else seen
    for name in re.findall(r'^\s*(?:INCLUDE|#\s*include)\s*"([^"]+)"', read_text(path), flags=re.M):
        beside = path.parent / name
        if name not in seen and beside.is_file():
            seen[name] = beside
            includes_of(beside, seen)
    return seen


def read_text(path):
    return pathlib.Path(path).read_bytes().decode("latin-1")


def blocks(text, kind):
    """(header, body) of every block of this kind in text without comments."""
    for m in re.finditer(rf"\b{kind}\b([^{{}}\n]*)\{{", text):
        depth, at = 1, m.end()
        while depth and at < len(text):
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        yield m.group(1).strip(), text[m.end() : at - 1]


KEYWORDS = {"USEION", "READ", "WRITE", "VALENCE", "NONSPECIFIC_CURRENT", "ELECTRODE_CURRENT", "RANGE", "GLOBAL", "POINTER"}
KEYWORDS |= {"BBCOREPOINTER", "SUFFIX", "POINT_PROCESS", "ARTIFICIAL_CELL", "THREADSAFE", "EXTERNAL", "REPRESENTS", "RANDOM"}


def interface(text):
    """What the NEURON block says: name, ions' currents, own currents, concentrations written, pointers."""
    found = {"name": None, "ion_currents": [], "own_currents": [], "concentrations": [], "pointers": []}
    for _, body in blocks(text, "NEURON"):
        ion, mode = None, None
        for word in re.findall(r"\w+", body):
            if word in KEYWORDS:
                mode = word
            elif mode in ("SUFFIX", "POINT_PROCESS", "ARTIFICIAL_CELL"):
                found["name"], mode = word, None
            elif mode == "USEION":
                ion = word
            elif mode == "WRITE" and word == "i" + ion:
                found["ion_currents"].append(word)
            elif mode == "WRITE" and word in (ion + "i", ion + "o"):
                found["concentrations"].append(word)
            elif mode in ("NONSPECIFIC_CURRENT", "ELECTRODE_CURRENT"):
                found["own_currents"].append(word)
            elif mode == "POINTER":
                found["pointers"].append(word)
    return {k: list(dict.fromkeys(v)) if isinstance(v, list) else v for k, v in found.items()}


def long_defaults(text):
    """Defaults of PARAMETER that have more than six digits, by name."""
    found = {}
    for _, body in blocks(text, "PARAMETER"):
        for name, number in re.findall(r"\b([A-Za-z_]\w*)\s*=\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)", body):
            if float(f"{float(number):g}") != float(number):
                found[name] = float(number)
    return found


def solved_to_a_tolerance(text, log, generated):
    """Why NEURON's own result is no more exact than an iteration's tolerance; None when it is."""
    derivatives = {header.split()[0] for header, _ in blocks(text, "DERIVATIVE") if header}
    for name, method in re.findall(r"\bSOLVE\s+(\w+)(?:\s+(?:METHOD|STEADYSTATE)\s+(\w+))?", text):
        if method == "derivimplicit" or (not method and name in derivatives):
            return "derivimplicit"
    if any(True for _ in blocks(text, "NONLINEAR")):
        return "NONLINEAR"
    code = "\n".join(line for line in generated.splitlines() if not line.startswith('  "'))
    if re.search(r"could not .*cnexp|using derivimplicit", log, flags=re.I) or re.search(r"derivimplicit|newton", code):
        return "derivimplicit instead of cnexp"
    states = {w for _, body in blocks(text, "STATE") for w in re.findall(r"[A-Za-z_]\w*", body)}
    for _, body in blocks(text, "KINETIC"):
        for left, right, rates in re.findall(r"~\s*([^\n<~]+?)\s*<->\s*([^\n(~]+?)\s*\(([^\n]*)", body):
            many = [s for s in (left, right) if "+" in s or re.match(r"\s*[2-9]\s*\w", s)]
            if many or states & set(re.findall(r"[A-Za-z_]\w*", rates)):
                return "nonlinear KINETIC"
    return None


def altered(text, add_range=(), rename_to=None):
    """The file's text with names made visible, or the mechanism under another name."""
    if add_range:
        at = re.search(r"\bNEURON\s*\{", blank_comments(text)).end()
        text = text[:at] + " RANGE " + ", ".join(add_range) + " \n" + text[at:]
    if rename_to:
        m = re.search(r"\b(?:SUFFIX|POINT_PROCESS|ARTIFICIAL_CELL)\s+(\w+)", blank_comments(text))
        text = text[: m.start(1)] + rename_to + text[m.end(1) :]
    return text


# ------------------------------------------------------------------------------------------------- NEURON: inside a subprocess


def measure(folder):
    """Loads the mechanism built in `folder` and runs the protocol; report.json and one .npz per voltage are the result."""
    folder = pathlib.Path(folder)
    job = json.loads((folder / "job.json").read_text())
    from neuron import h

    def mechanisms():
        names = {}
        for kind in (0, 1):
            types, name = h.MechanismType(kind), h.ref("")
            for i in range(int(types.count())):
                types.select(i)
                types.selected(name)
                names[name[0]] = (kind, bool(kind and types.is_artificial(i)))
        return names

    def report(**what):
        write_atomically(folder / "report.json", json.dumps(what).encode())

    before = mechanisms()
    if not h.nrn_load_dll(job["library"]):  # it needs a symbol that another file defines, for one
        return report(kind=CRASHED, failures=["cannot be loaded"])
    new = {n: k for n, k in mechanisms().items() if n not in before and not n.endswith("_ion")}
    if not new:
        return report(kind=FUNCTIONS)
    name, (is_point, is_artificial) = next(iter(new.items()))
    if is_artificial:
        return report(kind=ARTIFICIAL, mechanism=name)

    h.celsius, h.dt, h.secondorder = 6.3, DT, 0
    section = h.Section(name="one")
    section.L = section.diam = 5.6419
    section.nseg = 1
    segment = section(0.5)
    if is_point:
        owner, ending = getattr(h, name)(segment), ""
    else:
        section.insert(name)
        owner, ending = segment, "_" + name
    if hasattr(h, "usetable_" + name) and not job.get("tables"):
        setattr(h, "usetable_" + name, 0)
    for parameter, value in job["defaults"].items():
        if hasattr(owner, parameter + ending):
            setattr(owner, parameter + ending, value)
        elif hasattr(h, f"{parameter}_{name}"):
            setattr(h, f"{parameter}_{name}", value)
    zero = h.Vector([0.0])
    for pointer in job["pointers"]:
        h.setpointer(zero._ref_x[0], pointer, owner if is_point else getattr(segment, name))
    clamp = h.SEClamp(segment)
    clamp.rs, clamp.dur1, clamp.amp1, clamp.dur2 = 1e-12, HOLD_MS, HOLD_MV, 1e9

    hidden = [c for c in job["own_currents"] if not hasattr(owner, c + ending)]
    if hidden:
        return report(needs_range=hidden)
    # trace -> (reference, factor to the unit of the docstring)
    states, currents = {}, {}
    standard, variable = h.MechanismStandard(name, 3), h.ref("")
    for i in range(int(standard.count())):
        size = int(standard.name(variable, i))
        full = variable[0]
        bare = full[: -len(ending)] if ending and full.endswith(ending) else full
        if bare in job["concentrations"]:
            continue
        if size > 1:
            for k in range(size):
                states[f"{bare}[{k}]"] = (getattr(owner, "_ref_" + full)[k], 1.0)
        else:
            states[bare] = (getattr(owner, "_ref_" + full), 1.0)
    for c in job["concentrations"]:
        states[c] = (getattr(segment, "_ref_" + c), 1.0)
    for c in job["own_currents"]:
        currents[c] = (getattr(owner, "_ref_" + c + ending), 1.0)
    for c in job["ion_currents"]:
        if is_point and hasattr(owner, c):
            currents[c] = (getattr(owner, "_ref_" + c), 1.0)
        else:
            currents[c] = (getattr(segment, "_ref_" + c), segment.area() * 1e-2 if is_point else 1.0)

    def run(v_mv):
        clamp.amp2 = v_mv
        records = {"v": (h.Vector().record(segment._ref_v), 1.0)}
        for kind, traces in (("state", states), ("current", currents)):
            for trace, (reference, factor) in traces.items():
                records[f"{kind}|{trace}"] = (h.Vector().record(reference), factor)
        h.finitialize(HOLD_MV)
        for _ in range(SAMPLES):  # one step more than there are samples: currents come one sample late
            h.fadvance()
        arrays = {}
        for key, (vector, factor) in records.items():
            raw = np.array(vector) * factor
            arrays[key] = raw[1:] if key.startswith("current|") else raw[:SAMPLES]
            assert len(arrays[key]) == SAMPLES, (key, len(raw))
        np.savez(folder / f"run{v_mv!r}.npz", **arrays)

    failures = []
    for v_mv in job["clamp"]:
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if not child:
            try:
                run(v_mv)
                os._exit(0)
            except BaseException as problem:  # noqa: B902 -- the parent must see an exit code whatever happened
                print(f"{type(problem).__name__}: {problem}", file=sys.stderr, flush=True)
                os._exit(1)
        status = wait_for(child, RUN_LIMIT_S)
        if status != 0:
            failures.append(f"{v_mv:g} mV: {status}")
    ions = {}
    for ion in section.psection()["ions"]:
        for key in ("e" + ion, ion + "i", ion + "o"):
            ions[key] = getattr(segment, key, None)
    report(kind=CRASHED if failures else OK, mechanism=name, point=bool(is_point), failures=failures, ions_at_insertion=ions)


def wait_for(child, limit_s):
    """0, or in words how this child process ended."""
    deadline = time.monotonic() + limit_s
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            if os.WIFSIGNALED(status):
                return signal.Signals(os.WTERMSIG(status)).name
            return 0 if os.WEXITSTATUS(status) == 0 else "error"
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return f"not done after {limit_s} s"
        time.sleep(0.005)


# -------------------------------------------------------------------------------------------------- NEURON: references and cache


def write_atomically(path, data):
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    os.replace(part, path)


def neuron_version():
    for package in ("neuron", "neuron-nightly"):
        try:
            return importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            pass
    import neuron

    return neuron.__version__


def call(command, cwd, limit_s):
    """(exit code or None when out of time, stdout and stderr)."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = None
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    return code, re.sub(r"\x1b\[[0-9;]*m", "", text)


def useful_lines(text, folder, count=5):
    noise = r"no DISPLAY|No graphical|No graphics|^\s*$|Error \d+$|^\s*\^|Compiling|Creating|^cfiles|^Mod files|^MODOBJS|Thread Safe|^NOTE: If you|^refer to the C\+\+"
    lines = [line.strip().replace(str(folder), ".") for line in text.splitlines() if not re.search(noise, line)]
    telling = [k for k, line in enumerate(lines) if re.search(r"error|illegal|undefined|not |cannot|exist|failed|Fault|nan", line, re.I)]
    fatal = [k for k in telling if re.search(r"\berror:|syntax error|illegal", lines[k], re.I)]
    telling = fatal or telling  # notices and warnings tell something only where there is nothing worse
    kept = sorted({j for k in telling for j in (k, k + 1) if j < len(lines)}) or range(max(0, len(lines) - count), len(lines))
    return [lines[k][:300] for k in list(kept)[:count]]


def reference_key(path, includes, clamp, tables):
    digest = hashlib.sha256()
    for part in [path, *(includes[name] for name in sorted(includes))]:
        data = part.read_bytes()
        digest.update(len(data).to_bytes(8, "little") + data)
    digest.update(json.dumps([PROTOCOL, neuron_version(), clamp] + (["tables"] if tables else [])).encode())
    return digest.hexdigest()


def reference(path, cache, clamp, tables):
    """NEURON's half for one file: (what happened, path of the traces), from the cache or computed now."""
    includes = includes_of(path)
    key = reference_key(path, includes, clamp, tables)
    outcome, traces = cache / f"{key}.json", cache / f"{key}.npz"
    if outcome.is_file():
        return json.loads(outcome.read_text()), traces
    result, runs = compute_reference(path, includes, clamp, tables)
    if runs:
        part = traces.with_name(f"{traces.name}.{os.getpid()}.part.npz")
        np.savez_compressed(part, **runs)
        os.replace(part, traces)
    write_atomically(outcome, json.dumps(result, indent=1).encode())
    return result, traces


def compute_reference(path, includes, clamp, tables):
    text = read_text(path)
    whole = blank_comments(text + "\n" + "\n".join(read_text(p) for p in includes.values() if p.suffix != ".h"))
    found = interface(whole)
    result = {"kind": None, "mechanism": found["name"], "altered": [], "reason": [], "neuron": neuron_version()}
    add_range, rename_to = [], None
    for _ in range(3):
        with tempfile.TemporaryDirectory(prefix="nmodl-reference-") as made:
            folder = pathlib.Path(made)
            (folder / "mod").mkdir()
            stem = re.sub(r"\W", "_", path.stem)
            stem = stem if not stem[0].isdigit() else "m" + stem
            source = altered(text, add_range, rename_to)
            (folder / "mod" / f"{stem}.mod").write_bytes(source.encode("latin-1"))
            for name, beside in includes.items():
                target = folder / "mod" / name
                if (folder / "mod").resolve() in target.resolve().parents:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(beside, target)
            tool = os.path.join(os.path.dirname(sys.executable), "nrnivmodl")
            code, log = call([tool, "."], folder / "mod", COMPILE_LIMIT_S)
            libraries = glob.glob(str(folder / "mod" / "**" / "libnrnmech.*"), recursive=True)
            if code != 0 or not libraries:
                result.update(kind=NOT_COMPILED, reason=useful_lines(log, folder) if code is not None else ["nrnivmodl takes too long"])
                return result, {}
            generated = [read_text(p) for p in glob.glob(str(folder / "mod" / "*" / f"{stem}.c*"))]
            result["solved_to_a_tolerance"] = solved_to_a_tolerance(whole, log, "\n".join(generated))
            job = {"library": libraries[0], "clamp": clamp, "defaults": long_defaults(whole), "tables": tables, **found}
            (folder / "job.json").write_text(json.dumps(job))
            limit = RUN_LIMIT_S * (len(clamp) + 1)
            code, log = call([sys.executable, os.path.abspath(__file__), "--measure", str(folder)], folder, limit)
            done = folder / "report.json"
            report = json.loads(done.read_text()) if done.is_file() else {}
            if report.get("needs_range") and not add_range:
                add_range = report["needs_range"]
                result["altered"].append("RANGE " + ", ".join(add_range))
                continue
            if "already exists" in log and not report and rename_to is None and found["name"]:
                rename_to = found["name"] + "_copy"
                result["altered"].append("renamed " + rename_to)
                continue
            if report.get("kind") in (ARTIFICIAL, FUNCTIONS):
                result.update(kind=report["kind"])
                return result, {}
            if report.get("kind") != OK:
                why = report.get("failures") or [f"exit code {code}" if code is not None else "takes too long"]
                result.update(kind=CRASHED, reason=why[:2] + useful_lines(log, folder))
                return result, {}
            runs, worst = {}, 0.0
            for v_mv in clamp:
                with np.load(folder / f"run{v_mv!r}.npz") as arrays:
                    runs.update({f"{v_mv!r}|{name}": arrays[name] for name in arrays.files})
                wanted = np.where(np.arange(SAMPLES) < HOLD_SAMPLES, HOLD_MV, v_mv)
                worst = max(worst, float(np.max(np.abs(runs[f"{v_mv!r}|v"] - wanted))))
            result.update(kind=OK, point=report["point"], ions=report["ions_at_insertion"], clamp_error_mv=worst)
            return result, runs
    result.update(kind=CRASHED, reason=["no copy of the file could be measured"])
    return result, {}


# ----------------------------------------------------------------------------------------------------------------- Homolog's half


def diagnostics(text):
    """Diagnostics in what Homolog printed as JSON; lenient about what stands around them."""
    found = []
    for line in [text, *text.splitlines()]:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        stack = [value]
        while stack:
            item = stack.pop(0)
            if isinstance(item, dict) and "code" in item and "message" in item:
                found.append(item)
            elif isinstance(item, dict):
                stack += item.values()
            elif isinstance(item, list):
                stack += item
        if found:
            break
    return [d for d in found if d.get("severity", "error") == "error"]


def homolog(binary, arguments):
    """(JSON or None, diagnostics of errors)."""
    try:
        done = subprocess.run([binary, *arguments], capture_output=True, timeout=HOMOLOG_LIMIT_S, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return None, [{"code": "timeout", "message": f"not done after {HOMOLOG_LIMIT_S} s"}]
    out, err = (s.decode("utf-8", "replace") for s in (done.stdout, done.stderr))
    if done.returncode == 0:
        try:
            return json.loads(out), []
        except ValueError:
            return None, [{"code": "no-json", "message": out[:200]}]
    tail = (err or out).strip().splitlines()[:2]
    return None, diagnostics(out) or diagnostics(err) or [{"code": f"exit {done.returncode}", "message": " ".join(tail)}]


def worst_deviation(mine, theirs, relative):
    """(excess, sample): how many tolerances the worst sample is off, and which it is."""
    n = min(len(mine), len(theirs))
    a, b = mine[:n], theirs[:n]
    with np.errstate(all="ignore"):
        excess = np.abs(a - b) / np.maximum(ABSOLUTE, relative * np.abs(b))
    both, one = ~np.isfinite(a) & ~np.isfinite(b), np.isfinite(a) != np.isfinite(b)
    excess = np.where(both, 0.0, np.where(one, np.inf, excess))
    k = int(np.argmax(excess))
    return float(excess[k]), k


def compare(result, traces, document, clamp):
    """(category, details) of a mechanism that both ran."""
    relative = RELATIVE_SOLVED if result.get("solved_to_a_tolerance") else RELATIVE
    worst, count, missing = None, 0, []
    runs = {float(run["v_mv"]): run for run in document.get("runs", [])}
    ending = "_" + (result.get("mechanism") or "")
    with np.load(traces) as stored:
        for key in stored.files:
            v_mv, *kind, name = key.split("|")
            if not kind:
                continue
            run = runs.get(float(v_mv), {})
            group = run.get("states" if kind == ["state"] else "i") or {}
            mine = group.get(name, group.get(name + ending))
            if mine is None:
                missing.append(name)
                continue
            mine = np.array([math.nan if x is None else x for x in mine], dtype=float)
            theirs = stored[key]
            if len(mine) < SAMPLES - 1:
                missing.append(f"{name} ({len(mine)} samples)")
                continue
            excess, k = worst_deviation(mine, theirs, relative)
            count += 1
            if worst is None or excess > worst["tolerances"]:
                worst = {"trace": name, "v_mv": float(v_mv), "t_ms": round(k * DT, 3), "homolog": float(mine[k]), "neuron": float(theirs[k])}
                worst.update(tolerances=excess, deviation=abs(worst["homolog"] - worst["neuron"]))
    details = {"worst": worst, "traces": count, "relative_tolerance": relative}
    if missing:
        return DIFFERS, {**details, "reason": "Homolog has no trace " + ", ".join(sorted(set(missing)))}
    if worst and worst["tolerances"] > 1:
        w = worst
        text = f"{w['trace']} at {w['v_mv']:g} mV, {w['t_ms']:g} ms: {w['homolog']:.9g}, NEURON {w['neuron']:.9g}"
        return DIFFERS, {**details, "reason": text}
    return ACCEPTED, {**details, "reason": "" if count else "writes nothing that could be compared"}


def judge(path, result, traces, binary, clamp, tables):
    kind = result["kind"]
    if kind == NOT_COMPILED:
        return kind, {"reason": "; ".join(result["reason"])}
    if kind == OK:
        voltages = ",".join(f"{v:g}" for v in clamp)
        document, errors = homolog(binary, ["mech", str(path), f"--clamp={voltages}", "--json", *(["--neuron-tables"] if tables else [])])
    else:
        document, errors = homolog(binary, ["check", str(path), "--json"])
    if any(e["code"] == "nmodl-verbatim" for e in errors):
        return REAL_C, {"reason": next(e["message"] for e in errors if e["code"] == "nmodl-verbatim")}
    if kind == CRASHED:
        read = "Homolog reads it" if document is not None else f"Homolog: {errors[0]['code']}"
        return kind, {"reason": f"{'; '.join(result['reason'])} ({read})"}
    if document is None:
        codes = sorted({e["code"] for e in errors})
        return REFUSED, {"reason": f"{errors[0]['code']}: {errors[0]['message']}", "codes": codes, "code": errors[0]["code"]}
    if kind in (ARTIFICIAL, FUNCTIONS):
        return ACCEPTED, {"reason": f"{kind}: read, not run"}
    return compare(result, traces, document, clamp)


# ------------------------------------------------------------------------------------------------------------ files, table, summary


def collect(arguments):
    """[(path, name to show, names of its duplicates)], unique by content."""
    unique = {}
    for argument in map(pathlib.Path, arguments):
        if not argument.exists():
            sys.exit(f"{argument}: there is no such file or folder")
        root = argument.resolve()
        for path in sorted(root.rglob("*.mod")) if root.is_dir() else [root]:
            shown = f"{root.name}/{path.relative_to(root)}" if root.is_dir() else path.name
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            for included in sorted(includes_of(path).items()):
                content += hashlib.sha256(included[1].read_bytes()).hexdigest()
            unique.setdefault(content, (path, shown, []))[2].append(shown)
    return [(path, shown, names[1:]) for path, shown, names in unique.values()]


def each(files, work, jobs, title):
    """work(file) for every file, `jobs` at a time, with a line of progress for each; results in order."""
    begin, results = time.monotonic(), [None] * len(files)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(work, file): k for k, file in enumerate(files)}
        for done, future in enumerate(concurrent.futures.as_completed(waiting), 1):
            k = waiting[future]
            results[k] = future.result()
            left = (time.monotonic() - begin) / done * (len(files) - done)
            kind = results[k][0] if isinstance(results[k][0], str) else results[k][0]["kind"]
            print(f"{title} {done}/{len(files)}, {left:.0f} s left: {files[k][1]}: {kind}", file=sys.stderr, flush=True)
    return results


def summary(rows):
    count = collections.Counter(row["category"] for row in rows)
    judged = [r for r in rows if r["category"] not in (NOT_COMPILED, REAL_C)]
    comparable = len(judged) - count[CRASHED]
    unclamped = sum(1 for r in rows if r["category"] == ACCEPTED and r["kind"] != OK)
    share = lambda n: round(count[ACCEPTED] / n, 4) if n else None  # noqa: E731
    return {
        "files": len(rows),
        "categories": dict(count.most_common()),
        "accepted_read_but_not_run": unclamped,
        "compile_in_neuron_without_real_c": len(judged),
        "accepted_share": share(len(judged)),
        "of_those_neuron_also_runs": comparable,
        "accepted_share_of_those_neuron_also_runs": share(comparable),
        "refusal_codes": dict(collections.Counter(r["code"] for r in rows if r["category"] == REFUSED).most_common()),
    }


def markdown(rows, total, clamp):
    cell = lambda text: str(text).replace("|", "\\|").replace("\n", " ")  # noqa: E731
    lines = ["# NEURON and Homolog, mechanism by mechanism", ""]
    lines += [f"Clamp: {HOLD_MV:g} mV, then {', '.join(f'{v:g}' for v in clamp)} mV. NEURON {neuron_version()}.", ""]
    lines += [f"- {name.replace('_', ' ')}: {json.dumps(value)}" for name, value in total.items()]
    lines += ["", "| file | kind in NEURON | mechanism | category | deviation | tolerances | reason |", "|---|---|---|---|---|---|---|"]
    for r in sorted(rows, key=lambda r: (r["category"], r["file"])):
        worst = r.get("worst") or {}
        numbers = [f"{worst[k]:.2e}" if k in worst else "" for k in ("deviation", "tolerances")]
        notes = "; ".join(x for x in [r["reason"], *(f"altered for NEURON: {a}" for a in r["altered"])] if x)
        lines.append("| " + " | ".join(map(cell, [r["file"], r["kind"], r["mechanism"] or "", r["category"], *numbers, notes])) + " |")
    return "\n".join(lines) + "\n"


def finite(value):
    """The value with what JSON does not know as null."""
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0], epilog="The protocol stands at the top of this file.")
    parser.add_argument("paths", nargs="+", metavar="FOLDER_OR_FILE")
    parser.add_argument("--homolog", default="homolog", help="the binary (default: homolog on the PATH)")
    parser.add_argument("--cache", default="~/.cache/homolog/nmodl-references", help="where NEURON's traces are kept")
    parser.add_argument("--out", default="out/nmodl", help="where table.md and table.json go")
    parser.add_argument("--clamp", default="-90,-60,-40,-20,0,20,40", help="mV, with commas (write --clamp=-90,0)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--neuron-tables", action="store_true", help="let TABLE interpolate, here and there")
    parser.add_argument("--reference-only", action="store_true", help="only fill the cache with what NEURON computes")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    args = parser.parse_args()
    clamp = [float(v) for v in args.clamp.split(",")]
    cache, out = pathlib.Path(args.cache).expanduser(), pathlib.Path(args.out)
    cache.mkdir(parents=True, exist_ok=True)
    files = collect(args.paths)
    if not files:
        sys.exit("no .mod file there")
    binary = shutil.which(args.homolog)
    if binary is None and not args.reference_only:
        sys.exit(f"{args.homolog}: there is no such program; --homolog names it")

    references = each(files, lambda f: reference(f[0], cache, clamp, args.neuron_tables), args.jobs, "NEURON")
    if args.reference_only:
        count = collections.Counter(result["kind"] for result, _ in references)
        total = {"files": len(files), "kinds": dict(count.most_common())}
        bad = [{"file": f[1], **r} for f, (r, _) in zip(files, references) if r["kind"] != OK or r["altered"]]
        if args.json:
            print(json.dumps(finite({**total, "not_ok_or_altered": bad})))
        else:
            print("\n".join(f"{b['file']}: {b['kind']}: {'; '.join(b['altered'] + b['reason'])}" for b in bad))
            print(json.dumps(total))
        return
    jobs = [(*file, *ref) for file, ref in zip(files, references)]
    judged = each(jobs, lambda j: judge(j[0], j[3], j[4], binary, clamp, args.neuron_tables), args.jobs, "Homolog")
    rows = []
    for (path, shown, duplicates, result, _), (category, details) in zip(jobs, judged):
        kept = {k: result.get(k) for k in ("kind", "mechanism", "altered", "solved_to_a_tolerance", "clamp_error_mv")}
        rows.append({"file": shown, "duplicates": duplicates, "category": category, **kept, **details})
    total = summary(rows)
    document = finite({"protocol": PROTOCOL, "neuron": neuron_version(), "clamp_mv": clamp, "summary": total, "mechanisms": rows})
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / "table.json", (json.dumps(document, indent=1) + "\n").encode())
    write_atomically(out / "table.md", markdown(rows, total, clamp).encode())
    print(json.dumps(document) if args.json else "\n".join(f"{k.replace('_', ' ')}: {json.dumps(v)}" for k, v in total.items()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2])
    else:
        main()
