//! Symbolic derivatives of what was read agree with dual numbers.

use crate::common::{LIBRARY, must};
use homolog_ir::{Dual, Kernel, Mechanism, Solve, interpret};

fn kernels(m: &Mechanism) -> Vec<Kernel> {
    let mut out = vec![m.initial.clone(), m.breakpoint.clone(), m.step().expect("a step")];
    for s in &m.solves {
        out.push(match s {
            Solve::Ode { rhs, .. } => rhs.clone(),
            Solve::Assign(k) => k.clone(),
        });
    }
    out.extend(m.spike.iter().flat_map(|s| [s.condition.clone(), s.reset.clone()]));
    out.extend(m.receive.iter().chain(&m.start).map(|e| e.kernel.clone()));
    out.extend(m.receive.iter().flat_map(|e| e.connect.clone()));
    out.extend(m.watches.iter().cloned());
    out
}

/// A plausible value of an input; `k` varies it.
fn value(m: &Mechanism, name: &str, k: usize) -> f64 {
    let shift = [0.0, 0.31, -0.47][k % 3];
    if let Some(p) = m.parameter(name) {
        return p.default * (1.0 + 0.05 * shift);
    }
    match name {
        "v" => -60.0 + 20.0 * shift,
        "dt" => 0.1,
        "celsius" => 6.3 + shift,
        "ena" => 50.0,
        "ek" => -77.0,
        "eca" => 120.0,
        "cai" => 1e-4 * (1.0 + shift),
        "nai" => 10.0 + shift,
        "ki" => 54.4 + shift,
        n if n.len() <= 4 && n.ends_with('o') && n != "o" => 2.0 + shift,
        n if n.len() == 3 && n.starts_with('i') => 1e-3 * shift,
        "t" => 1.0 + shift,
        "diam" => 5.0,
        "area" => 100.0,
        "refr" => [0.0, 1.5, 0.0][k % 3],
        "i" | "isyn" | "drive" => shift,
        _ => 0.4 + shift / 2.0,
    }
}

#[test]
fn of_every_library_mechanism_agree_with_dual_numbers() {
    for (file, text) in LIBRARY {
        let m = must(text);
        for kernel in kernels(&m) {
            for k in 0..3 {
                if let Err(e) = check(&m, &kernel, k) {
                    panic!("{file} {e}");
                }
            }
        }
    }
}

/// The mechanisms of folders that `HOMOLOG_MODS` names (separated by `:`), however many can be read as they lie there.
#[test]
fn of_every_mechanism_of_folders_agree_with_dual_numbers() {
    let Ok(folders) = std::env::var("HOMOLOG_MODS") else { return };
    let (mut tried, mut wrong, mut files) = (0, vec![], vec![]);
    let mut left: Vec<std::path::PathBuf> = folders.split(':').map(Into::into).collect();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).expect("a folder").map(|e| e.expect("an entry").path()));
        } else if path.extension().is_some_and(|e| e == "mod") {
            files.push(path);
        }
    }
    assert!(!files.is_empty(), "no .mod file in {folders}");
    files.sort();
    for path in &files {
        // Latin-1 where it is not UTF-8.
        let bytes = std::fs::read(path).expect("a file");
        let text = String::from_utf8(bytes).unwrap_or_else(|e| e.into_bytes().into_iter().map(char::from).collect());
        let (Some(m), _) = crate::common::read(&text) else { continue };
        if m.step().is_err() {
            continue;
        }
        tried += 1;
        for kernel in kernels(&m) {
            wrong.extend((0..3).filter_map(|k| check(&m, &kernel, k).err()).map(|e| format!("{} {e}", path.display())));
        }
    }
    println!("{tried} mechanisms of {} files", files.len());
    assert!(tried > 0 && wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Every output by every input; where dual numbers are not finite there is no derivative to compare.
fn check(m: &Mechanism, kernel: &Kernel, k: usize) -> Result<(), String> {
    let names: Vec<&str> = kernel.inputs.iter().map(|p| p.name.as_str()).collect();
    let at: Vec<f64> = names.iter().map(|n| value(m, n, k)).collect();
    let vjp = homolog_ir::calculus::vjp(kernel, &names, &[]);
    let gradients: Vec<Vec<f64>> = kernel
        .outputs
        .iter()
        .map(|(out, _)| {
            let given = |p: &homolog_ir::Port| match p.name.strip_prefix("d.") {
                Some(n) => f64::from(u8::from(n == out.name)),
                None => at[names.iter().position(|x| *x == p.name).expect("an input of the kernel")],
            };
            interpret(&vjp, &vjp.inputs.iter().map(given).collect::<Vec<f64>>())
        })
        .collect();
    for (j, name) in names.iter().enumerate() {
        let slopes = |at: &[f64]| -> Vec<f64> {
            let seeded: Vec<Dual> = at.iter().enumerate().map(|(q, x)| Dual { value: *x, slope: f64::from(u8::from(q == j)) }).collect();
            interpret(kernel, &seeded).iter().map(|d| d.slope).collect()
        };
        let all = slopes(&at);
        for (o, (out, _)) in kernel.outputs.iter().enumerate() {
            let (found, wanted) = (gradients[o][j], all[o]);
            if !wanted.is_finite() || (found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0) {
                continue;
            }
            // Where rounding of the inputs alone moves the derivative as much, more cannot be asked of either.
            let shaken = (0..16).map(|n| {
                let shift = |q: usize| 1.0 + f64::EPSILON * homolog_base::Key::new(n).normal(q as u64, 0).signum();
                let near: Vec<f64> = at.iter().enumerate().map(|(q, x)| x * shift(q)).collect();
                (slopes(&near)[o] - wanted).abs()
            });
            let shaken = shaken.fold(0.0, f64::max);
            if (found - wanted).abs() <= 10.0 * shaken {
                continue;
            }
            return Err(format!("{}: d {} / d {name} = {found} but {wanted} by dual numbers", kernel.name, out.name));
        }
    }
    Ok(())
}
