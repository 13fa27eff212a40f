//! Which class is taken for which.

use super::svg::Svg;
use super::{COLOURS, Comparison, Level, chip};

/// One matrix a level.
pub fn section(c: &Comparison) -> String {
    if c.levels.iter().all(|l| l.confusion.is_empty()) {
        return String::new();
    }
    let worst = c.levels.iter().flat_map(|l| mistakes(l).map(|m| m.2)).max().unwrap_or(0).max(1);
    let mut out = String::from("<section>\n<h2>Mistakes</h2>\n<div class=\"matrices\">\n");
    for (k, l) in c.levels.iter().enumerate().filter(|(_, l)| !l.confusion.is_empty()) {
        let most = mistakes(l).max_by_key(|m| m.2).filter(|m| m.2 > 0);
        let words = match most {
            Some((t, p, n)) => format!("Most frequent: {} taken for {}, {n} times.", class(c, t), class(c, p)),
            None => "No mistake.".into(),
        };
        out.push_str(&format!(
            "<figure>\n<p class=\"key\">{}</p>\n{}\n<figcaption>{words}</figcaption>\n</figure>\n",
            chip(k, l),
            draw(c, l, k, worst)
        ));
    }
    out.push_str("</div>\n<p class=\"caption\">Test images of all seeds. Rows: what the image shows; columns: what the network says. Mistakes are coloured on one scale for all levels.</p>\n</section>\n");
    out
}

fn mistakes(l: &Level) -> impl Iterator<Item = (usize, usize, u64)> {
    l.confusion.iter().enumerate().flat_map(|(t, row)| row.iter().enumerate().map(move |(p, n)| (t, p, *n))).filter(|(t, p, _)| t != p)
}

fn class(c: &Comparison, k: usize) -> String {
    c.classes.get(k).cloned().unwrap_or_else(|| k.to_string())
}

fn draw(c: &Comparison, level: &Level, k: usize, worst: u64) -> String {
    let n = level.confusion.len();
    let cell = (380.0 / n as f64).min(38.0);
    let (left, top) = (52.0, 40.0);
    let side = cell * n as f64;
    let mut svg = Svg::new(
        left + side + 8.0,
        top + side + 8.0,
        &format!(
            "Confusion matrix of {}: {} test images, {} mistakes",
            level.name,
            level.confusion.iter().flatten().sum::<u64>(),
            mistakes(level).map(|m| m.2).sum::<u64>()
        ),
    );
    svg.text((left + side / 2.0, 13.0), "middle axis", "network says");
    svg.upward((13.0, top + side / 2.0), "image shows");
    for (t, row) in level.confusion.iter().enumerate() {
        let y = top + cell * t as f64;
        let all = row.iter().sum::<u64>().max(1) as f64;
        svg.text((left - 9.0, y + cell / 2.0 + 4.0), "end", &class(c, t));
        svg.text((left + cell * (t as f64 + 0.5), top - 9.0), "middle", &class(c, t));
        for (p, count) in row.iter().enumerate() {
            let x = left + cell * p as f64;
            svg.rect((x, y), (cell - 2.0, cell - 2.0), "cell", 1.0);
            if *count == 0 {
                continue;
            }
            let (fill, strength) = if t == p {
                (format!("fill l{}", k % COLOURS), 0.15 + 0.75 * *count as f64 / all)
            } else {
                ("fill err".into(), 0.15 + 0.75 * *count as f64 / worst as f64)
            };
            svg.rect((x, y), (cell - 2.0, cell - 2.0), &fill, strength);
            if cell >= 20.0 {
                svg.text(
                    (x + cell / 2.0 - 1.0, y + cell / 2.0 + 3.0),
                    if strength > 0.55 { "middle onfill" } else { "middle ink" },
                    &count.to_string(),
                );
            }
        }
    }
    svg.finish()
}
