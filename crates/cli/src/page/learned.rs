//! The page of a network that has learned by its own rules: what its neurons have come to stand for, as pictures of their weights.

use super::picture::grid;
use super::{escape, titled};
use homolog_base::report::Provenance;
use homolog_train::Confusion;

const STYLE: &str = "img.grid { image-rendering: pixelated; max-width: 100%; height: auto; display: block; }\nfigure { margin: 0 0 28px; break-inside: avoid; }\ntd, th { text-align: right; padding: 2px 8px; font-variant-numeric: tabular-nums; }\ntd.right { font-weight: 600; }\n";

/// Weights onto the neurons that are read out.
pub struct Weights {
    /// Name of the projection.
    pub name: String,
    /// Rows and columns of a picture.
    pub shape: (usize, usize),
    /// Of each neuron, from 0 to 1 of the greatest.
    pub pictures: Vec<Vec<f64>>,
}

/// What the page shows.
pub struct Learned<'a> {
    /// Title of the model.
    pub title: &'a str,
    /// One line: what came out.
    pub answer: String,
    /// Further lines: how.
    pub facts: Vec<String>,
    /// Pictures of weights.
    pub weights: Vec<Weights>,
    /// What each neuron stands for.
    pub class: &'a [Option<u32>],
    /// Which class is taken for which.
    pub confusion: &'a Confusion,
    /// Where it comes from.
    pub provenance: &'a Provenance,
}

/// The page.
pub fn html(l: &Learned<'_>) -> String {
    let mut out = titled("learned by itself", l.title, STYLE);
    out.push_str(&format!("<p class=\"answer\">{}</p>\n<ul>\n", escape(&l.answer)));
    l.facts.iter().for_each(|f| out.push_str(&format!("<li>{}</li>\n", escape(f))));
    out.push_str("</ul>\n");
    for w in &l.weights {
        let (n, (rows, columns)) = (w.pictures.len(), w.shape);
        let across = (n as f64).sqrt().ceil() as usize;
        let scale = (1000 / (across * (columns + 1)).max(1)).clamp(1, 6);
        let about = format!("{n} pictures of {rows} by {columns} weights");
        out.push_str(&format!(
            "<section>\n<h2>Weights {}</h2>\n<figure>\n{}\n<figcaption>One picture for each neuron, row by row; ink is weight, from none to the greatest. Classes, in the same order: {}.</figcaption>\n</figure>\n</section>\n",
            escape(&w.name),
            grid(&w.pictures, w.shape, scale, &about),
            l.class.iter().map(|c| c.map_or("–".into(), |c| c.to_string())).collect::<Vec<String>>().join(" ")
        ));
    }
    out.push_str("<section>\n<h2>Mistakes</h2>\n<div class=\"scroll\"><table>\n<tr><th>shown</th>");
    let classes = l.confusion.classes;
    (0..classes).for_each(|c| out.push_str(&format!("<th>{c}</th>")));
    out.push_str("<th>right</th></tr>\n");
    for (shown, recall) in l.confusion.recall().into_iter().enumerate() {
        out.push_str(&format!("<tr><th>{shown}</th>"));
        for said in 0..classes {
            let class = if shown == said { " class=\"right\"" } else { "" };
            out.push_str(&format!("<td{class}>{}</td>", l.confusion.count(shown, said)));
        }
        out.push_str(&format!("<td>{}</td></tr>\n", recall.map_or("–".into(), |r| format!("{:.1} %", 100.0 * r))));
    }
    out.push_str("</table></div>\n<p class=\"caption\">Test samples: a row for each class that was shown, a column for each that was said.</p>\n</section>\n");
    let p = l.provenance;
    let machine = p.machine.get("processor").map_or("", String::as_str);
    let hashes = p.hashes.iter().map(|(k, h)| format!("{k} {}", h.get(..12).unwrap_or(h))).collect::<Vec<_>>().join(", ");
    out.push_str(&format!(
        "<footer>\n<p>Homolog {} · {} · {hashes}</p>\n</footer>\n</main>\n</body>\n</html>\n",
        escape(&p.version),
        escape(machine)
    ));
    out
}
