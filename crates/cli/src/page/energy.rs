//! Where the two energies come from: the one that was estimated from operations, and the one that was measured in cells.

use super::{COLOURS, Comparison, escape};
use crate::show;
use homolog_measure::{Pumped, Pumping};

/// What the energy is made of, and the constants that it was estimated with.
pub fn estimated(c: &Comparison) -> String {
    if c.constants.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<section>\n<h2>How energy was estimated</h2>\n<p>Operations and memory traffic are counted from the compiled model and the spikes of the test images, and each is multiplied by a constant. So this is no measurement of a machine: it says what the arithmetic and its memory would cost on a chip that does nothing else.</p>\n<div class=\"pair tables\">\n",
    );
    let mut names: Vec<&str> = vec![];
    for (name, _) in c.levels.iter().flat_map(|l| &l.energy_parts) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if !names.is_empty() {
        out.push_str("<div class=\"scroll\">\n<table>\n<caption>One image</caption>\n<thead><tr><th scope=\"col\">Part</th>");
        for (k, l) in c.levels.iter().enumerate() {
            out.push_str(&format!("<th scope=\"col\" class=\"named l{}\">{}</th>", k % COLOURS, escape(&l.name)));
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for name in names {
            let cells: String = c
                .levels
                .iter()
                .map(|l| {
                    format!(
                        "<td>{}</td>",
                        l.energy_parts
                            .iter()
                            .find(|p| p.0 == name)
                            .filter(|p| p.1 > 0.0)
                            .map_or("–".into(), |p| show::with_prefix(p.1, "J"))
                    )
                })
                .collect();
            out.push_str(&format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escape(name)));
        }
        out.push_str("</tbody>\n</table>\n</div>\n");
    }
    out.push_str("<div class=\"scroll\">\n<table>\n<caption>Constants</caption>\n<thead><tr><th scope=\"col\">One</th><th scope=\"col\">Energy</th></tr></thead>\n<tbody>\n");
    for k in &c.constants {
        let note = if k.note.is_empty() { String::new() } else { format!("<small>{}</small>", escape(&k.note)) };
        let most = k.most.map_or(String::new(), |m| format!(" to {}", show::with_prefix(m, "J")));
        out.push_str(&format!(
            "<tr><th scope=\"row\">{}{note}</th><td>{}{most}</td></tr>\n",
            escape(&k.name),
            show::with_prefix(k.joules, "J")
        ));
    }
    out.push_str(&format!("</tbody>\n</table>\n</div>\n</div>\n<p class=\"caption\">{} Of a range, the middle counts. The table in <code>library/energy</code> says where each constant is from, and which are assumptions.</p>\n</section>\n", escape(&format!("{}.", c.energy_table.trim_end_matches('.')))));
    out
}

/// What flowed into cells, and what it takes to pump it out again.
pub fn measured(c: &Comparison) -> String {
    let Some(pumps) = &c.pumps else { return String::new() };
    let mut out = String::from(
        "<section>\n<h2>How energy was measured</h2>\n<p>In levels made of cells the run itself counts the charge that sodium and calcium carry inwards, in every compartment and step. Pumps must carry those ions out again, which takes ATP. So this is what such cells would spend, while the estimate above is what a chip would spend to compute them.</p>\n<div class=\"pair tables\">\n<div class=\"scroll\">\n<table>\n<caption>One image</caption>\n<thead><tr><th scope=\"col\">Part</th>",
    );
    let levels: Vec<(usize, &str, Vec<&Pumping>)> = c
        .levels
        .iter()
        .enumerate()
        .map(|(k, l)| (k, l.name.as_str(), l.results.iter().filter_map(|r| r.pumping.as_ref()).collect()))
        .filter(|(_, _, all): &(usize, &str, Vec<&Pumping>)| !all.is_empty())
        .collect();
    for (k, name, _) in &levels {
        out.push_str(&format!("<th scope=\"col\" class=\"named l{}\">{}</th>", k % COLOURS, escape(name)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    let mut row = |name: &str, unit: &str, of: &dyn Fn(&Pumping) -> Option<f64>| {
        let cell = |all: &Vec<&Pumping>| {
            let values: Vec<f64> = all.iter().filter_map(|p| of(p)).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            if values.is_empty() { "–".into() } else { show::with_prefix(mean, unit).trim_end().to_string() }
        };
        let cells: String = levels.iter().map(|(_, _, all)| format!("<td>{}</td>", cell(all))).collect();
        out.push_str(&format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escape(name)));
    };
    for ion in &pumps.ion {
        let part = |p: &Pumping, of: &dyn Fn(&Pumped) -> f64| p.parts.iter().find(|x| x.title == ion.title).map(of);
        if levels.iter().flat_map(|l| &l.2).any(|p| part(p, &|x| x.charge).is_some()) {
            row(&format!("{}: charge inwards", ion.title), "C", &|p| part(p, &|x| x.charge * 1e-12));
            row(&format!("{}: ATP molecules", ion.title), "", &|p| part(p, &|x| x.atp));
        }
    }
    row("ATP molecules in all", "", &|p| Some(p.atp));
    row("Energy", "J", &|p| Some(p.joules));
    out.push_str("</tbody>\n</table>\n</div>\n<div class=\"scroll\">\n<table>\n<caption>Constants</caption>\n<thead><tr><th scope=\"col\">What</th><th scope=\"col\">Value</th></tr></thead>\n<tbody>\n");
    for ion in &pumps.ion {
        let note = if ion.charge == 1 { "1 elementary charge each".into() } else { format!("{} elementary charges each", ion.charge) };
        out.push_str(&format!(
            "<tr><th scope=\"row\">{} ions for one ATP<small>{note}</small></th><td>{}</td></tr>\n",
            escape(&ion.title),
            show::three_digits(ion.per_atp)
        ));
    }
    out.push_str(&format!(
        "<tr><th scope=\"row\">Free energy of ATP in cells<small>{} for one molecule</small></th><td>{} kJ/mol</td></tr>\n</tbody>\n</table>\n</div>\n</div>\n",
        show::with_prefix(pumps.joules_per_atp(), "J"),
        show::three_digits(pumps.hydrolysis)
    ));
    out.push_str(&format!(
        "<p class=\"caption\">Counting ATP from ions: {}. Not counted: what flows through leaks and through receptors that do not say which ions they let pass, so the resting current of a passive membrane; release and recycling of transmitter; what a cell spends without signalling.</p>\n</section>\n",
        escape(pumps.reference.trim_end_matches('.'))
    ));
    out
}
