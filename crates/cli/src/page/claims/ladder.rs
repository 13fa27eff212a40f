//! The ladder: which network passes for which neuron, drawn once for each language and width.

use super::{NARROW, both, words};
use crate::figure::WIDTH;
use crate::page::svg::Svg;
use crate::show;
use homolog_claims::kinds::{Cell, Ladder};
use homolog_claims::{Card, Words};

/// The figure: means over seeds.
pub fn figure(card: &Card, ladders: &[Ladder]) -> String {
    let Some((mean, spread)) = Ladder::mean(ladders) else { return String::new() };
    let title = card.figures.get(mean.name).cloned().unwrap_or_else(|| Words::same(mean.name));
    let drawn = |width: f64, narrow: bool| {
        let of = |lang: &str, say: fn(&Words) -> &str| {
            let drawing = drawing(&mean, &spread, say(&title), say, lang, (width, narrow));
            format!("<div lang=\"{lang}\">{drawing}</div>")
        };
        format!("{}{}", of("en", |w| &w.en), of("zh", |w| &w.zh))
    };
    let n = ladders.len();
    let share = format!("{:.0} %", 100.0 * mean.passing);
    let caption = both(
        &format!(
            "In each box: area under the curve (AUC) for spikes in bins of 1 ms on trains that nothing was learned from, mean and standard deviation of {n} seeds, and the share of the variance of the potential that is explained. A shaded network passes: its AUC is at least {share} of the best one's in its column. The smallest that passes is outlined. Power of networks is estimated from operations and memory traffic, one answer a millisecond; that of the neuron follows from the sodium that was measured."
        ),
        &format!(
            "每格：对未用于学习的脉冲序列，按 1 ms 时间窗预测脉冲的曲线下面积（AUC），{n} 个随机种子的平均值和标准差，以及解释的电位方差比例。有底色的网络合格：AUC 至少达到同列最好者的 {share}。描边的是合格者中最小的。网络的功率由运算和访存次数估计，每毫秒给出一次答案；神经元的功率由测得的钠计算。"
        ),
    );
    format!(
        "<figure class=\"plot ladder\">\n<h3>{}</h3>\n<div class=\"on-wide\">{}</div><div class=\"on-narrow\">{}</div>\n<p class=\"caption\">{caption}</p>\n</figure>\n",
        words(&title),
        drawn(WIDTH, false),
        drawn(NARROW, true)
    )
}

/// One drawing: columns are neurons, rows are networks, the smallest at the bottom; a line joins the smallest that pass.
fn drawing(mean: &Ladder, spread: &[Vec<Cell>], title: &str, say: fn(&Words) -> &str, lang: &str, (width, narrow): (f64, bool)) -> String {
    let (left, top) = if narrow { (126.0, 60.0) } else { (170.0, 48.0) };
    let (height, gap) = (if narrow { 62.0 } else { 50.0 }, 6.0);
    let column = (width - left) / mean.rails.len().max(1) as f64;
    let x = |rail: usize| left + column * rail as f64;
    let y = |rung: usize| top + (height + gap) * (mean.rungs.len() - 1 - rung) as f64;
    let bottom = top + (height + gap) * mean.rungs.len() as f64;
    let mut svg = Svg::new(width, bottom + if narrow { 40.0 } else { 26.0 }, title);
    let weights = |n: f64| format!("{} {}", show::count(n), if lang == "en" { "weights" } else { "个权重" });
    for (k, rail) in mean.rails.iter().enumerate() {
        let middle = x(k) + column / 2.0;
        let watts = if rail.watts.is_finite() { show::with_prefix(rail.watts, "W") } else { String::new() };
        svg.text((middle, 14.0), if narrow { "middle ink" } else { "middle ink strong" }, say(&rail.name));
        svg.text((middle, 31.0), "middle small", &format!("{:.1} Hz", rail.rate));
        if narrow {
            svg.text((middle, 47.0), "middle small", &watts);
        } else if !watts.is_empty() {
            svg.text((middle, 44.0), "middle small", &watts);
        }
    }
    for (r, rung) in mean.rungs.iter().enumerate() {
        svg.text((0.0, y(r) + 17.0), "start ink", say(&rung.name));
        svg.text((0.0, y(r) + 33.0), "start small", &weights(rung.weights));
        svg.text((0.0, y(r) + 47.0), "start small", &show::with_prefix(rung.watts, "W"));
        for (k, (cell, off)) in mean.cells[r].iter().zip(&spread[r]).enumerate() {
            let corner = (x(k) + 4.0, y(r));
            let size = (column - 8.0, height);
            svg.rect(corner, size, "cell", 1.0);
            if mean.passes(r, k) {
                svg.rect(corner, size, "fill l2", 0.18);
            }
            let smallest = mean.smallest(k) == Some(r);
            if smallest {
                let (a, b) = (corner, (corner.0 + size.0, corner.1 + size.1));
                svg.path([a, (b.0, a.1), b, (a.0, b.1), (a.0, a.1 - 1.0)], "curve l2");
            }
            let middle = corner.0 + size.0 / 2.0;
            let class = if smallest { "middle ink strong" } else { "middle ink" };
            let (auc, off) = (number(cell.auc, 3), number(off.auc, 3));
            let explained = format!("{} %", number(100.0 * cell.explained, 0));
            if narrow {
                svg.text((middle, y(r) + 19.0), class, &auc);
                svg.text((middle, y(r) + 36.0), "middle small", &format!("± {off}"));
                svg.text((middle, y(r) + 53.0), "middle small", &explained);
            } else {
                svg.text((middle, y(r) + 21.0), class, &format!("{auc} ± {off}"));
                svg.text((middle, y(r) + 39.0), "middle small", &explained);
            }
        }
    }
    let needed = |k: usize| mean.smallest(k).map_or("–".to_string(), |r| show::count(mean.rungs[r].weights));
    svg.text((0.0, bottom + 14.0), "start ink", if lang == "en" { "needed" } else { "所需" });
    for k in 0..mean.rails.len() {
        svg.text((x(k) + column / 2.0, bottom + 14.0), "middle ink strong", &needed(k));
    }
    svg.finish()
}

/// A number with so many decimals; a dash for one that could not be measured.
fn number(x: f64, decimals: usize) -> String {
    if x.is_finite() { format!("{x:.decimals$}").replace('-', "−") } else { "–".into() }
}

#[cfg(test)]
mod tests {
    use super::figure;
    use homolog_claims::kinds::{Cell, Ladder, Rail, Rung};
    use homolog_claims::{Claim, Words};
    use homolog_formats::{claims, library};

    #[test]
    fn the_smallest_network_that_passes_is_outlined_on_every_rail_in_both_languages_and_widths() {
        let (shelf, _) = library::load();
        let folder = claims::built_in().into_iter().find(|f| f.name.starts_with("19-")).unwrap();
        let card = Claim::open(&folder, &shelf).0.unwrap().card;
        let ladder = |off: f64| Ladder {
            name: "ladder",
            rails: vec![
                Rail { name: Words::new("whole", "完整"), watts: 1.35e-11, rate: 3.0 },
                Rail { name: Words::new("point", "点"), watts: f64::NAN, rate: 3.0 },
            ],
            rungs: vec![
                Rung { name: Words::new("linear unit", "线性单元"), weights: 902.0, watts: 1.3e-5 },
                Rung { name: Words::new("two hidden layers", "两个隐藏层"), weights: 11_325.0, watts: 6e-4 },
            ],
            cells: [[0.94, 0.98], [0.96, 0.97]].map(|row| row.map(|auc| Cell { auc: auc + off, explained: 0.979 }).to_vec()).to_vec(),
            passing: 0.99,
        };
        let page = figure(&card, &[ladder(0.001), ladder(-0.001)]);
        // Two languages, each wide and narrow.
        assert_eq!(page.matches("<svg").count(), 4);
        assert_eq!(page.matches("class=\"curve l2\"").count(), 2 * 4);
        for word in [
            "0.960 ± 0.001",
            "11,325 weights",
            "11,325 个权重",
            "13.5 pW",
            "13.0 µW",
            "<div lang=\"zh\">",
            "needed",
            "所需",
            "2 seeds",
            ">98 %<",
        ] {
            assert!(page.contains(word), "{word}");
        }
        assert!(!page.contains("NaN"), "a neuron that nothing meters has no power");
        assert_eq!(figure(&card, &[]), "");
        let mut none = ladder(0.0);
        none.cells[1][1] = Cell { auc: f64::NAN, explained: f64::NAN };
        let page = figure(&card, &[none]);
        assert!(!page.contains("NaN") && page.contains("– %"), "what could not be measured is a dash");
    }
}
