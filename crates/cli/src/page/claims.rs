//! The page of claims: for each card what is claimed, what was measured, and the verdict, in English and in Chinese. One file without
//! script and without a request; the language is chosen by two buttons that the style sheet alone understands.

use super::{escape, marked};
use crate::figure::{COLOURS, MOST, WIDTH, panel_over};
use crate::show;
use homolog_base::report::Provenance;
use homolog_claims::card::{Texts, pieces};
use homolog_claims::kinds::{List, Panel};
use homolog_claims::verdict::{Judged, Verdict};
use homolog_claims::{Card, Claim, Outcome, Size, Words};

/// Width of a drawing on a phone.
const NARROW: f64 = 420.0;

/// A claim with what came out.
pub struct Shown<'a> {
    /// The claim.
    pub claim: &'a Claim,
    /// What came out.
    pub outcome: &'a Outcome,
    /// How long it took, s.
    pub wall_s: f64,
}

/// The whole page.
pub fn html(shown: &[Shown<'_>], provenance: &Provenance, wall_s: f64) -> String {
    let mut out = String::with_capacity(1 << 16);
    out.push_str(&super::head("Claims", include_str!("claims/style.css")));
    out.push_str("<input class=\"language\" type=\"radio\" name=\"language\" id=\"say-en\" checked aria-label=\"English\">\n<input class=\"language\" type=\"radio\" name=\"language\" id=\"say-zh\" aria-label=\"中文\">\n<main>\n");
    out.push_str("<div class=\"top\"><p class=\"eyebrow\">Homolog · ");
    out.push_str(&both("claims", "论断"));
    out.push_str("</p><p class=\"languages\"><label for=\"say-en\">English</label> <label for=\"say-zh\">中文</label></p></div>\n");
    out.push_str(&head(shown));
    for s in shown {
        out.push_str(&card(s));
    }
    out.push_str(&foot(provenance, wall_s));
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// Text in both languages, of which one is seen.
fn both(en: &str, zh: &str) -> String {
    if en == zh {
        return marked(en);
    }
    format!("<span lang=\"en\">{}</span><span lang=\"zh\">{}</span>", marked(en), marked(zh))
}

fn words(w: &Words) -> String {
    both(&w.en, &w.zh)
}

fn badge(verdict: Verdict) -> String {
    let (class, sign, zh) = match verdict {
        Verdict::Supported => ("supported", "✓", "支持"),
        Verdict::Contradicted => ("contradicted", "✗", "不支持"),
        Verdict::Inconclusive => ("inconclusive", "?", "尚无定论"),
    };
    format!("<span class=\"outcome {class}\"><b aria-hidden=\"true\">{sign}</b> {}</span>", both(verdict.word(), zh))
}

fn head(shown: &[Shown<'_>]) -> String {
    let count = |v: Verdict| shown.iter().filter(|s| s.outcome.verdict == v).count();
    let (yes, no, open) = (count(Verdict::Supported), count(Verdict::Contradicted), count(Verdict::Inconclusive));
    let title = both("Do neural networks really work like neurons?", "神经网络真的像神经元那样工作吗？");
    let answer = both(
        &format!(
            "{}: {yes} supported, {no} contradicted, {open} inconclusive.",
            if shown.len() == 1 { "One claim as an experiment".into() } else { format!("{} claims as experiments", shown.len()) }
        ),
        &format!("{} 个论断变成实验：{yes} 个得到支持，{no} 个不被支持，{open} 个尚无定论。", shown.len()),
    );
    let how = both(
        "Each criterion stood in its card before the run, which says where it differs from the one first written down, and each verdict is computed from it. A claim is supported when all of its criteria are met and its control, the same experiment with a mechanism knocked out, misses those it must. The figures, the columns “measured” and “control”, and the numbers below them hold what this run measured. What stands under “Published” was not measured here, and how far it was checked stands beside it; settings, defaults of knobs and bounds were chosen; what is said of earlier trials was noted when they were made.",
        "每条判据在运行之前就写在卡片上，卡片也说明它与最初写下的有何不同；结论由程序按判据计算。所有判据都满足、而且对照（去掉某个机制的同一实验）确实不满足时，论断才算得到支持。图、“测得”和“对照”两栏以及其下的数字是这次运行测得的。“文献中的数字”不是在这里测得的，旁边注明核对到什么程度；设置、旋钮默认值和判据的界限是选定的；关于以前尝试的说明是当时记下的。",
    );
    let rows: String = shown
        .iter()
        .map(|s| {
            let c = &s.claim.card;
            format!(
                "<li><a href=\"#claim-{0}\"><span class=\"number\">{0}</span> {1}</a> {2}</li>\n",
                c.id,
                both(&c.en.title, &c.zh.title),
                badge(s.outcome.verdict)
            )
        })
        .collect();
    format!("<h1>{title}</h1>\n<p class=\"answer\">{answer}</p>\n<p>{how}</p>\n<ol class=\"contents\">\n{rows}</ol>\n")
}

fn card(s: &Shown<'_>) -> String {
    let (card, o) = (&s.claim.card, s.outcome);
    let mut out = format!(
        "<section class=\"claim\" id=\"claim-{0}\">\n<p class=\"eyebrow\">{1} {0}</p>\n<h2>{2} {3}</h2>\n",
        card.id,
        both("Claim", "论断"),
        both(&card.en.title, &card.zh.title),
        badge(o.verdict)
    );
    out.push_str(&turned(card, o));
    let text = |of: fn(&Texts) -> &String| both(&filled(of(&card.en), card, o), &filled(of(&card.zh), card, o));
    out.push_str(&format!("<p class=\"statement\">{}</p>\n", text(|t| &t.claim)));
    out.push_str(&titled(&("What was measured", "测量了什么"), &text(|t| &t.measured)));
    out.push_str(&ladder::figure(card, &o.ladders));
    for panel in &o.figures {
        out.push_str(&figure(card, panel));
    }
    out.push_str(&criteria(card, o));
    out.push_str(&titled(&("Where the criteria differ from those first written down", "判据与最初写下的有何不同"), &text(|t| &t.differs)));
    for list in &o.lists {
        out.push_str(&listed(list));
    }
    out.push_str(&titled(&("What the match does not explain", "吻合之外没有解释的"), &text(|t| &t.residual)));
    out.push_str(&titled(&("How to break it", "怎样推翻它"), &text(|t| &t.breaking)));
    out.push_str(&knobs(card, o));
    out.push_str(&published(card));
    let seeds = if card.kind.chance {
        both(&format!("{} seeds", o.seeds.len()), &format!("{} 个随机种子", o.seeds.len()))
    } else {
        both("chance plays no part", "没有随机因素")
    };
    let size = match o.size {
        Size::Small => both("small size: a quick look", "小规模：快速浏览"),
        Size::Default => both("default size", "默认规模"),
        Size::Full => both("full size", "完整规模"),
    };
    out.push_str(&format!(
        "<p class=\"note\">{seeds} · {size} · {} · {}<br>{} {}<br>{} {}</p>\n",
        both(&format!("{} runs of the model", o.runs), &format!("模型运行 {} 次", o.runs)),
        escape(&show::seconds(s.wall_s)),
        both("Varied before the numbers were fixed, as noted then:", "定下数值之前改变过的（当时所记）："),
        text(|t| &t.varied),
        both("With --full:", "使用 --full："),
        text(|t| &t.full),
    ));
    let files: String = s
        .claim
        .files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .chain(s.claim.shared_cells())
        .map(|(name, text)| format!("<details><summary><code>{}</code></summary>\n<pre>{}</pre></details>\n", escape(name), escape(text)))
        .collect();
    out.push_str(&files);
    out.push_str("</section>\n");
    out
}

/// What was turned by hand, if anything was.
fn turned(card: &Card, o: &Outcome) -> String {
    let all: Vec<String> = card
        .knobs
        .iter()
        .filter_map(|k| {
            o.knobs
                .get(&k.name)
                .filter(|v| **v != k.default)
                .map(|v| format!("<code>{} = {}</code>", escape(&k.name), with_unit(*v, &k.unit)))
        })
        .collect();
    if all.is_empty() {
        return String::new();
    }
    format!(
        "<p class=\"turned\">{} {}</p>\n",
        both("Not the card as it is; turned by hand:", "这不是原来的卡片；手动改变了："),
        all.join(", ")
    )
}

fn titled((en, zh): &(&str, &str), text: &str) -> String {
    format!("<h3>{}</h3>\n<p>{text}</p>\n", both(en, zh))
}

fn figure(card: &Card, panel: &Panel) -> String {
    let title = card.figures.get(panel.name).cloned().unwrap_or_else(|| Words::same(panel.name));
    let points: Vec<_> = panel.lines.iter().take(MOST).map(|l| l.points.clone()).collect();
    let range = points.iter().flatten().fold((f64::INFINITY, f64::NEG_INFINITY), |r, p| (r.0.min(p.0), r.1.max(p.0)));
    let range = if range.0 < range.1 { range } else { (0.0, 1.0) };
    let name = |title: &str, lines: Vec<&str>| format!("{title}: {}", lines.join(", "));
    let (en, zh) = panel.lines.iter().map(|l| (l.name.en.as_str(), l.name.zh.as_str())).unzip();
    // A drawing has one name for all readers.
    let name = format!("{} / {}", name(&title.en, en), name(&title.zh, zh));
    let unit = if panel.unit == "1" { "" } else { &panel.unit };
    let drawn = |width, height| panel_over(&name, (unit, &panel.over), &points, range, (width, height));
    // A phone gets a drawing of its own, on which the same letters are large enough.
    let (wide, narrow) = (drawn(WIDTH, 220.0), drawn(NARROW, 190.0));
    let chips: String = panel
        .lines
        .iter()
        .take(MOST)
        .enumerate()
        .map(|(k, l)| {
            let dashed = if k >= COLOURS { both(" (dashed)", "（虚线）") } else { String::new() };
            format!("<span class=\"chip l{}\"><i></i>{}{dashed}</span> ", k % COLOURS, words(&l.name))
        })
        .collect();
    format!(
        "<figure class=\"plot\">\n<h3>{}</h3>\n<p class=\"key\">{chips}</p>\n<div class=\"on-wide\">{wide}</div><div class=\"on-narrow\">{narrow}</div>\n</figure>\n",
        words(&title)
    )
}

/// The criteria: wanted, measured, and measured in every control.
fn criteria(card: &Card, o: &Outcome) -> String {
    let mut head = format!(
        "<th class=\"left\">{}</th><th>{}</th><th>{}</th>",
        both("Criterion", "判据"),
        both("wanted", "要求"),
        both("measured", "测得")
    );
    for c in &card.controls {
        head.push_str(&format!("<th>{} {}</th>", both("control:", "对照："), words(&c.words)));
    }
    let mut rows = String::new();
    for (k, (c, j)) in card.criteria.iter().zip(&o.criteria).enumerate() {
        let label = |text: String| format!("<span class=\"label\">{text}</span> ");
        let (wanted, measured) = (label(both("wanted", "要求")), label(both("measured", "测得")));
        rows.push_str(&format!(
            "<tr><th scope=\"row\">{}</th><td>{wanted}{}</td><td>{measured}{}</td>",
            words(&c.words),
            escape(&c.text),
            cell(j, c.unit, false)
        ));
        for (control, found) in card.controls.iter().zip(&o.controls) {
            let of = label(format!("{} {}", both("control:", "对照："), words(&control.words)));
            rows.push_str(&format!("<td>{of}{}</td>", cell(&found.criteria[k], c.unit, control.turns.contains(&c.name))));
        }
        rows.push_str("</tr>\n");
    }
    let failed = o.controls.iter().any(|c| !c.turned);
    let note = if failed {
        both(
            "A control meets a criterion that it must miss: the criterion shows nothing.",
            "有一个对照满足了它本该不满足的判据，所以这条判据说明不了什么。",
        )
    } else {
        both("Criteria that a control must miss are marked with ●.", "对照必须不满足的判据以 ● 标出。")
    };
    let others = others(card, o);
    format!(
        "<div class=\"scroll\"><table class=\"criteria\"><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table></div>\n<p class=\"caption\">{note}</p>\n{others}"
    )
}

/// What was measured and no criterion asks for.
fn others(card: &Card, o: &Outcome) -> String {
    let asked = |name: &str| card.criteria.iter().any(|c| c.quantity == name);
    let items: Vec<String> = card
        .kind
        .quantities
        .iter()
        .filter(|q| !asked(q.name))
        .filter_map(|q| Some(format!("<dt>{}</dt><dd>{}</dd>", both(q.en, q.zh), escape(&of_seeds(o.measured.get(q.name)?, q.unit)))))
        .collect();
    if items.is_empty() { String::new() } else { format!("<dl class=\"others\">{}</dl>\n", items.join("")) }
}

fn cell(j: &Judged, unit: &str, must_miss: bool) -> String {
    let (class, sign) = match j.met {
        Some(true) => ("met", "✓"),
        Some(false) => ("missed", "✗"),
        None => ("open", "?"),
    };
    let mark = if must_miss { " ●" } else { "" };
    format!("<span class=\"{class}\">{} {sign}{mark}</span>", escape(&of_seeds(&j.values, unit)))
}

/// One number, or mean and standard deviation over seeds.
fn of_seeds(values: &[f64], unit: &str) -> String {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 || !mean.is_finite() {
        return amount(mean, unit);
    }
    let sd = (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0)).sqrt();
    let factor = if unit == "%" { 100.0 } else { 1.0 };
    format!("{}{}", show::with_spread(factor * mean, factor * sd), after(unit)).replace('-', "−")
}

/// What stands after a number of this unit.
fn after(unit: &str) -> String {
    match unit {
        "1" => String::new(),
        "degC" => " °C".into(),
        "uW" => " µW".into(),
        "um" => " µm".into(),
        "um2" => " µm²".into(),
        "um/ms" => " µm/ms".into(),
        _ => format!(" {unit}"),
    }
}

/// A number with its unit, a share as per cent; a dash for one that could not be measured.
pub fn amount(x: f64, unit: &str) -> String {
    match unit {
        _ if !x.is_finite() => number(x),
        "%" => format!("{}{}", number(100.0 * x), after(unit)),
        _ => format!("{}{}", number(x), after(unit)),
    }
    .replace('-', "−")
}

/// Four digits, and a power of ten where a number is very large or small.
fn number(x: f64) -> String {
    let size = x.abs();
    if !x.is_finite() {
        return "–".into();
    }
    if size == 0.0 {
        return "0".into();
    }
    if !(1e-3..1e6).contains(&size) {
        let text = format!("{x:.2e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{digits} × 10{}", power.chars().map(raised).collect::<String>());
    }
    let decimals = match size {
        100.0.. => 1,
        10.0.. => 2,
        _ => 3,
    };
    if size >= 1000.0 { show::count(x) } else { format!("{x:.decimals$}") }
}

/// A digit as an exponent.
fn raised(c: char) -> char {
    match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        _ => c.to_digit(10).and_then(|d| char::from_u32(0x2070 + d)).unwrap_or(c),
    }
}

/// The value of a knob as it was written.
fn with_unit(x: f64, unit: &str) -> String {
    escape(&format!("{}{}", brief(x), after(unit)))
}

/// A number as people type it.
pub fn brief(x: f64) -> String {
    if x != 0.0 && (x.abs() < 1e-3 || x.abs() >= 1e6) { format!("{x:e}") } else { format!("{x}") }
}

fn listed(list: &List) -> String {
    let rows: String = list
        .rows
        .iter()
        .map(|(what, amount, from)| {
            format!("<tr><th scope=\"row\">{}<small>{}</small></th><td>{}</td></tr>\n", words(what), words(from), escape(amount))
        })
        .collect();
    format!("<h3>{}</h3>\n<table class=\"listed\"><tbody>\n{rows}</tbody></table>\n", words(&list.title))
}

fn knobs(card: &Card, o: &Outcome) -> String {
    let rows: String = card
        .knobs
        .iter()
        .map(|k| {
            let now = o.knobs.get(&k.name).copied().unwrap_or(k.default);
            let now = if now == k.default { String::new() } else { format!(" → <b>{}</b>", with_unit(now, &k.unit)) };
            format!(
                "<tr><th scope=\"row\"><code>{}</code> <small>{}</small></th><td>{}{now}</td><td>{} … {}</td></tr>\n",
                escape(&k.name),
                words(&k.words),
                with_unit(k.default, &k.unit),
                brief(k.range.0),
                brief(k.range.1)
            )
        })
        .collect();
    let control = card
        .controls
        .first()
        .map(|c| c.set.iter().map(|(k, v)| format!(" --set {k}={}", brief(*v))).collect::<String>())
        .unwrap_or_default();
    format!(
        "<div class=\"scroll\"><table class=\"knobs\"><thead><tr><th class=\"left\">{}</th><th>{}</th><th>{}</th></tr></thead><tbody>\n{rows}</tbody></table></div>\n<pre class=\"command\">homolog claims {}{control}</pre>\n",
        both("Knob", "旋钮"),
        both("default", "默认值"),
        both("range", "范围"),
        card.id
    )
}

fn published(card: &Card) -> String {
    let items: String = card
        .published
        .iter()
        .map(|p| {
            format!(
                "<li>{} <span class=\"note\">{} · <em>{}</em></span></li>\n",
                both(&p.en, &p.zh),
                escape(&p.reference),
                words(&p.verified.words())
            )
        })
        .collect();
    format!("<h3>{}</h3>\n<ul class=\"published\">\n{items}</ul>\n", both("Published", "文献中的数字"))
}

/// A text with measured numbers where it names them in braces.
pub fn filled(text: &str, card: &Card, o: &Outcome) -> String {
    let mut out = String::new();
    for (name, rest) in pieces(text) {
        if let Some(name) = name {
            let values = o.measured.get(name).map_or(&[][..], Vec::as_slice);
            out.push_str(&of_seeds(values, card.unit(name).unwrap_or("1")));
        }
        out.push_str(rest);
    }
    out
}

fn foot(p: &Provenance, wall_s: f64) -> String {
    let machine: Vec<String> = p.machine.iter().map(|(k, v)| format!("{k} {v}")).collect();
    format!(
        "<footer>\n<p>Homolog {} · {} · {}</p>\n<p>{}</p>\n</footer>\n",
        escape(&p.version),
        both(&format!("all cards in {}", show::seconds(wall_s)), &format!("全部卡片用时 {}", show::seconds(wall_s))),
        both(&format!("{} {}", p.threads, if p.threads == 1 { "thread" } else { "threads" }), &format!("{} 个线程", p.threads)),
        escape(&machine.join(" · "))
    )
}

mod ladder;
#[cfg(test)]
mod tests;
