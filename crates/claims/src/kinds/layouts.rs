//! Synapses laid out over branches at random: is the answer of the soma a function of how many there are, or of how many each branch has?

use super::{Curve, Found, Kind, Panel, Quantity};
use crate::lab::Lab;
use crate::settings::{Form, Key};
use homolog_base::Diagnostic;
use homolog_base::random::Key as Draw;
use homolog_measure::explained;

/// See the module.
pub const KIND: Kind = Kind {
    name: "layouts",
    about: "lays synapses out over branches at random, and predicts the soma from their sum and from a sum of functions of each branch",
    keys: &[
        Key { name: "model", form: Form::Model, about: "a model of a cell with a synapse at a place of each branch" },
        Key {
            name: "branches",
            form: Form::Words,
            about: "what these synapses are called in the cell; they stand for as many as a layout has there",
        },
        Key { name: "strengths", form: Form::Words, about: "the parameters that are their conductances" },
        Key { name: "least", form: Form::Quantity("1"), about: "fewest synapses of a layout" },
        Key { name: "most", form: Form::Quantity("1"), about: "most" },
        Key { name: "layouts", form: Form::Quantity("1"), about: "layouts, half to fit and half to test" },
        Key { name: "soma", form: Form::Place, about: "where the answer is seen" },
        Key { name: "from", form: Form::Quantity("ms"), about: "from when on the mean potential is taken" },
        Key {
            name: "shuffled",
            form: Form::Quantity("1"),
            about: "1 gives each layout the answer to another one, as a control; 0 otherwise",
        },
    ],
    quantities: &[
        Quantity {
            name: "two-layer",
            unit: "%",
            en: "share of the variance that two layers predict, on layouts they were not fitted on",
            zh: "两层模型预测的方差比例（未用于拟合的布局）",
        },
        Quantity {
            name: "point",
            unit: "%",
            en: "the same of a function of the number of synapses alone",
            zh: "仅用突触总数的函数预测的方差比例",
        },
        Quantity { name: "gain", unit: "%", en: "what two layers add", zh: "两层模型增加的部分" },
        Quantity {
            name: "spread", unit: "mV", en: "standard deviation of the answer over layouts", zh: "不同布局下响应的标准差"
        },
    ],
    figures: &["layouts"],
    chance: true,
    alone: false,
    run,
};

/// Where the function of a branch may bend: numbers of synapses.
const BENDS: [f64; 6] = [0.0, 2.0, 4.0, 8.0, 16.0, 32.0];

/// A number as a broken line of it: itself, and what it is above each quartile of the first `fitted`.
fn bent(numbers: &[f64], fitted: usize) -> Vec<Vec<f64>> {
    let mut sorted = numbers[..fitted].to_vec();
    sorted.sort_by(f64::total_cmp);
    let quartiles = [1, 2, 3].map(|q| sorted.get(q * sorted.len() / 4).copied().unwrap_or(0.0));
    let row = |x: &f64| [1.0, *x].into_iter().chain(quartiles.map(|q| (x - q).max(0.0))).collect();
    numbers.iter().map(row).collect()
}

/// How many synapses each branch has.
type Layout = Vec<f64>;

fn run(lab: &mut Lab<'_>) -> Result<Found, Vec<Diagnostic>> {
    let settings = lab.settings.clone();
    let (names, strengths) = (settings.words("branches"), settings.words("strengths"));
    let bench = lab.bench("model");
    let draw = Draw::new(lab.seed).named("layout");
    let count = settings.count("layouts").max(8) as u64;
    let (least, most) = (settings.number("least").max(1.0) as u64, settings.number("most").max(1.0) as u64);
    let mut seen: Vec<(Layout, usize, f64)> = vec![];
    for k in 0..count {
        let total = least + draw.below(most.saturating_sub(least) + 1, k, 0);
        let allowed = 1 + draw.below(names.len() as u64, k, 1) as usize;
        let order = draw.numbered(k).permutation(names.len());
        let mut layout = vec![0.0; names.len()];
        for s in 0..total {
            layout[order[draw.below(allowed as u64, k, 2 + s) as usize]] += 1.0;
        }
        let mut now = bench.clone();
        for (name, n) in names.iter().zip(&layout) {
            for strength in strengths {
                now.times(&format!("{name}.{strength}"), *n)?;
            }
        }
        let trace = lab.potentials(&now, &["soma"])?;
        let tail = trace.piece(0, settings.number("from"), f64::INFINITY);
        let mean = tail.iter().sum::<f64>() / tail.len() as f64;
        // Few synapses may leave some of the branches they may be on empty.
        let used = layout.iter().filter(|n| **n > 0.0).count();
        seen.push((layout, used, mean - trace.rest));
        lab.progress((k + 1) as f64 / count as f64);
    }
    let half = seen.len() / 2;
    let mut answers: Vec<f64> = seen.iter().map(|s| s.2).collect();
    if settings.number("shuffled") >= 0.5 {
        answers = draw.named("shuffled").permutation(seen.len()).into_iter().map(|k| answers[k]).collect();
    }
    let totals: Vec<f64> = seen.iter().map(|(l, ..)| l.iter().sum()).collect();
    let point: Vec<Vec<f64>> = bent(&totals, half);
    // Each branch's own function is a broken line too, the same for all; its sum over branches is linear in its pieces.
    let pieces = |layout: &Layout| -> Vec<f64> {
        let of = |bend: f64| layout.iter().map(|n| (n - bend).max(0.0)).sum::<f64>();
        std::iter::once(1.0).chain(BENDS.map(of)).collect()
    };
    let summed = predict(&seen.iter().map(|(l, ..)| pieces(l)).collect::<Vec<_>>(), &answers, half);
    let outer = bent(&summed, half);
    // Judged by the other half.
    let judged = |rows: &[Vec<f64>]| explained(&predict(rows, &answers, half)[half..], &answers[half..]);
    let (two, one) = (judged(&outer), judged(&point));
    let mean = answers.iter().sum::<f64>() / answers.len() as f64;
    let spread = (answers.iter().map(|a| (a - mean) * (a - mean)).sum::<f64>() / answers.len() as f64).sqrt();
    let few = names.len() / 3;
    let kind = |holds: &dyn Fn(usize) -> bool| binned(seen.iter().filter(|s| holds(s.1)).map(|s| (s.0.iter().sum(), s.2)).collect());
    let lines = vec![
        Curve::both("on a third of the branches at most", "最多在三分之一的分支上", kind(&|used| used <= few)),
        Curve::both("on more", "在更多分支上", kind(&|used| used > few && used <= 2 * few)),
        Curve::both("on more than two thirds", "在三分之二以上的分支上", kind(&|used| used > 2 * few)),
    ];
    Ok(Found {
        numbers: vec![("two-layer", two), ("point", one), ("gain", two - one), ("spread", spread)],
        figures: vec![Panel::new("layouts", "Σ n", "mV", lines)],
        ..Found::default()
    })
}

/// Means of neighbours, eight at most.
fn binned(mut points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let each = points.len().div_ceil(8).max(1);
    let mean = |c: &[(f64, f64)], of: fn(&(f64, f64)) -> f64| c.iter().map(of).sum::<f64>() / c.len() as f64;
    points.chunks(each).map(|c| (mean(c, |p| p.0), mean(c, |p| p.1))).collect()
}

/// Least squares on the first `fitted` rows, and what follows from it for all.
fn predict(rows: &[Vec<f64>], answers: &[f64], fitted: usize) -> Vec<f64> {
    let n = rows.first().map_or(0, Vec::len);
    let mut normal = vec![vec![0.0; n + 1]; n];
    for (row, y) in rows.iter().zip(answers).take(fitted) {
        for i in 0..n {
            for j in 0..n {
                normal[i][j] += row[i] * row[j];
            }
            normal[i][n] += row[i] * y;
        }
    }
    for (i, row) in normal.iter_mut().enumerate() {
        // What the rows do not tell apart stays small.
        row[i] += 1e-9 * fitted as f64;
    }
    for i in 0..n {
        let pivot = (i..n).fold(i, |best, k| if normal[k][i].abs() > normal[best][i].abs() { k } else { best });
        normal.swap(i, pivot);
        for k in 0..n {
            if k != i && normal[i][i] != 0.0 {
                let factor = normal[k][i] / normal[i][i];
                let of_pivot = normal[i].clone();
                normal[k][i..].iter_mut().zip(&of_pivot[i..]).for_each(|(x, y)| *x -= factor * y);
            }
        }
    }
    let weights: Vec<f64> = (0..n).map(|i| if normal[i][i] == 0.0 { 0.0 } else { normal[i][n] / normal[i][i] }).collect();
    rows.iter().map(|row| row.iter().zip(&weights).map(|(x, w)| x * w).sum()).collect()
}

#[cfg(test)]
mod tests {
    use super::{explained, predict};

    #[test]
    fn least_squares_finds_a_line_and_says_how_much_it_explains() {
        let rows: Vec<Vec<f64>> = (0..20).map(|k| vec![1.0, f64::from(k)]).collect();
        let line: Vec<f64> = (0..20).map(|k| 3.0 - 2.0 * f64::from(k)).collect();
        let found = predict(&rows, &line, 10);
        assert!(found.iter().zip(&line).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?}");
        assert!(explained(&found[10..], &line[10..]) > 0.999_999);
    }
}
