//! The one word between the model files, and where the numbers come from.

use super::{COLOURS, Comparison, escape};

/// Lines in which the model files differ: for each, its number and the text of every level.
pub fn differences(files: &[&str]) -> Vec<(usize, Vec<String>)> {
    let lines: Vec<Vec<&str>> = files.iter().map(|f| f.lines().collect()).collect();
    let longest = lines.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .map(|k| (k, lines.iter().map(|l| l.get(k).copied().unwrap_or("").to_string()).collect::<Vec<_>>()))
        .filter(|(_, texts)| texts.windows(2).any(|w| w[0] != w[1]))
        .collect()
}

/// The model file, with the line that differs in every wording.
pub fn word(c: &Comparison) -> String {
    let files: Vec<&str> = c.levels.iter().map(|l| l.file.as_str()).collect();
    let differences = differences(&files);
    let Some(first) = files.first().filter(|_| !differences.is_empty()) else { return String::new() };
    let near = |k: usize| differences.iter().any(|(d, _)| d.abs_diff(k) <= 3);
    let mut body = String::new();
    let mut skipped = false;
    for (k, line) in first.lines().enumerate() {
        if let Some((_, texts)) = differences.iter().find(|(d, _)| *d == k) {
            for (l, text) in texts.iter().enumerate() {
                body.push_str(&format!(
                    "<span class=\"line changed l{}\"><b>{}</b>{:>4}  {}</span>\n",
                    l % COLOURS,
                    escape(&c.levels[l].name),
                    k + 1,
                    escape(text)
                ));
            }
        } else if near(k) {
            body.push_str(&format!("<span class=\"line\"><b></b>{:>4}  {}</span>\n", k + 1, escape(line)));
        } else if !skipped {
            body.push_str("<span class=\"line gap\"><b></b>   ⋮</span>\n");
        }
        skipped = !near(k);
    }
    let all: String = c
        .levels
        .iter()
        .take(1)
        .map(|l| {
            format!(
                "<details>\n<summary>The whole file of {}</summary>\n<pre><code>{}</code></pre>\n</details>\n",
                escape(&l.name),
                escape(&l.file)
            )
        })
        .collect();
    let count = if differences.len() == 1 { "one line".to_string() } else { format!("{} lines", differences.len()) };
    let longest = c.levels.iter().map(|l| l.name.chars().count()).max().unwrap_or(0);
    format!(
        "<section>\n<h2>The one word</h2>\n<p>The model files of the levels differ in {count}. Wiring, initialisation, learning rate, data and seeds are the same.</p>\n<pre class=\"diff\" style=\"--name:{}ch\">{body}</pre>\n{all}</section>\n",
        longest.max(10) + 1
    )
}

/// Versions, seeds, hashes and the machine.
pub fn provenance(c: &Comparison) -> String {
    let p = &c.provenance;
    let mut rows = vec![
        ("Homolog".to_string(), p.version.clone()),
        ("Seeds".into(), p.seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
        ("Threads".into(), p.threads.to_string()),
    ];
    rows.extend(p.machine.iter().map(|(k, v)| (k.clone(), v.clone())));
    let plain: String = rows.iter().map(|(k, v)| format!("<dt>{}</dt><dd>{}</dd>\n", escape(k), escape(v))).collect();
    let hashes: String = p.hashes.iter().map(|(k, v)| format!("<dt>{}</dt><dd><code>{}</code></dd>\n", escape(k), escape(v))).collect();
    format!(
        "<footer>\n<h2>Provenance</h2>\n<p>Same version, seeds and hashes give the same accuracies, spikes and operations to the last bit, on any number of threads and any processor. Times and memory are of this machine.</p>\n<dl>\n{plain}</dl>\n<h3>SHA-256</h3>\n<dl class=\"hashes\">\n{hashes}</dl>\n</footer>\n"
    )
}
