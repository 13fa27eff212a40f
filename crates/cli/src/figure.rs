//! A page of traces over time: one HTML file in the style of the report of a comparison, without script and without a request.

use crate::page::escape;
use crate::page::svg::{Scale, Svg, round_step, tick_label};

/// What is drawn.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    /// Title.
    pub title: String,
    /// What was simulated, line by line.
    pub facts: Vec<String>,
    /// How long, ms.
    pub duration: f64,
    /// What was recorded.
    pub lines: Vec<Line>,
    /// Neurons that can spike, and when each did, ms.
    pub spikes: Vec<(String, Vec<f64>)>,
    /// When there were more spikes than are given: how many, and until when (ms) they are given.
    pub more_spikes: Option<(usize, f64)>,
    /// Where currents are injected; from which time on (ms) until the next how much (nA).
    pub currents: Vec<(String, Vec<(f64, f64)>)>,
    /// Files with all numbers.
    pub files: Vec<String>,
    /// Panels over something else, or with a title of their own.
    pub curves: Vec<Curves>,
}

/// Lines over one quantity, in a panel of their own.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    /// Title.
    pub title: String,
    /// What they are over, with its unit.
    pub over: String,
    /// The lines, of one unit.
    pub lines: Vec<Line>,
}

/// One trace.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Name: `cell[0].soma(0.5).v`.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Times, ms, and values there.
    pub points: Vec<(f64, f64)>,
}

/// Colours of the style sheet; further lines are dashed.
pub(crate) const COLOURS: usize = 6;
/// After so many lines none are drawn.
pub(crate) const MOST: usize = 2 * COLOURS;

/// Width of a drawing on a wide page.
pub(crate) const WIDTH: f64 = 1072.0;
pub(crate) const LEFT: f64 = 72.0;
pub(crate) const RIGHT: f64 = 12.0;

/// Panels lie close together, as they share their time; in print closer, so that a current lies on the page of what it does.
pub(crate) const STYLE: &str = "section { border: 0; margin-top: 14px; padding-top: 6px; break-inside: avoid; }\nh3 { margin: 0 0 2px; }\n.key { margin: 0; max-width: none; }\n@media screen { figure { overflow-x: auto; } figure svg { min-width: 640px; } }\n@media print { section { margin-top: 4px; padding-top: 2px; } footer { margin-top: 8px; padding-top: 4px; } }\n";

/// Pieces of time of which a line shows the lowest and the highest value; more would lie within one pixel.
const PIECES: usize = 2000;

/// The whole page.
pub fn html(f: &Figure) -> String {
    let mut out = crate::page::titled("traces", &f.title, STYLE);
    for fact in &f.facts {
        out.push_str(&format!("<p>{}</p>\n", escape(fact)));
    }
    out.push_str(&spikes(f));
    for c in &f.curves {
        out.push_str(&own_panel(c));
    }
    let mut units: Vec<&str> = Vec::new();
    for line in &f.lines {
        if !units.contains(&line.unit.as_str()) {
            units.push(&line.unit);
        }
    }
    for unit in units {
        let lines: Vec<&Line> = f.lines.iter().filter(|l| l.unit == unit).collect();
        let title = if unit == "1" { "Without dimension".to_string() } else { format!("In {unit}") };
        let (axis, names) = (if unit == "1" { "" } else { unit }, lines.iter().map(|l| l.name.as_str()).collect::<Vec<_>>());
        let points: Vec<_> = lines.iter().take(MOST).map(|l| thinned(&l.points, f.duration)).collect();
        out.push_str(&section(&title, axis, &names, &points, f, 220.0));
    }
    if !f.currents.is_empty() {
        let names: Vec<&str> = f.currents.iter().map(|c| c.0.as_str()).collect();
        let points: Vec<_> = f.currents.iter().take(MOST).map(|c| stairs(&c.1, f.duration)).collect();
        out.push_str(&section("Injected current, inward positive", "nA", &names, &points, f, 96.0));
    }
    let files: Vec<String> = f.files.iter().map(|p| format!("<code>{}</code>", escape(p))).collect();
    if !files.is_empty() {
        out.push_str(&format!("<footer>\n<p>All numbers are in {}.</p>\n</footer>\n", files.join(" and ")));
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn own_panel(c: &Curves) -> String {
    let names: Vec<&str> = c.lines.iter().map(|l| l.name.as_str()).collect();
    let range = c.lines.iter().flat_map(|l| &l.points).fold((f64::INFINITY, f64::NEG_INFINITY), |r, p| (r.0.min(p.0), r.1.max(p.0)));
    let points: Vec<_> = c.lines.iter().take(MOST).map(|l| l.points.clone()).collect();
    let unit = c.lines.first().map_or("", |l| l.unit.as_str());
    let drawing = panel_over(&format!("{}: {}", c.title, names.join(", ")), (unit, &c.over), &points, range, (WIDTH, 220.0));
    format!(
        "<section>\n<h3>{}</h3>\n<p class=\"key\">{}</p>\n<figure>\n{drawing}\n</figure>\n</section>\n",
        escape(&c.title),
        chips(&names)
    )
}

/// A panel with its legend.
fn section(title: &str, unit: &str, names: &[&str], points: &[Vec<(f64, f64)>], f: &Figure, height: f64) -> String {
    let chips = chips(names);
    let rest = if names.len() > MOST { format!("<p class=\"caption\">The first {MOST} of {}.</p>\n", names.len()) } else { String::new() };
    let drawing = panel(&format!("{title}: {}", names.join(", ")), unit, points, f, height);
    format!("<section>\n<h3>{}</h3>\n<p class=\"key\">{chips}</p>\n<figure>\n{drawing}\n</figure>\n{rest}</section>\n", escape(title))
}

/// The legend of a panel.
pub(crate) fn chips(names: &[&str]) -> String {
    let chip = |(k, name): (usize, &&str)| {
        let dashed = if k >= COLOURS { " (dashed)" } else { "" };
        format!("<span class=\"chip l{}\"><i></i><code>{}</code>{dashed}</span> ", k % COLOURS, escape(name))
    };
    names.iter().take(MOST).enumerate().map(chip).collect()
}

fn panel(title: &str, unit: &str, lines: &[Vec<(f64, f64)>], f: &Figure, height: f64) -> String {
    panel_over(title, (unit, "time, ms"), lines, (0.0, f.duration), (WIDTH, height))
}

/// The drawing of a panel over a range of anything.
pub(crate) fn panel_over(
    title: &str,
    (unit, over): (&str, &str),
    lines: &[Vec<(f64, f64)>],
    range: (f64, f64),
    (width, height): (f64, f64),
) -> String {
    let (top, bottom) = (8.0, 8.0 + height);
    let mut svg = Svg::new(width, bottom + 44.0, title);
    let finite = || lines.iter().flatten().map(|p| p.1).filter(|v| v.is_finite());
    let (mut low, mut high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        (low, high) = (0.0, 1.0);
    }
    if high - low <= 1e-9 * high.abs().max(1e-300) {
        // A line that does not move lies in the middle of its panel.
        let room = if high == 0.0 { 1.0 } else { 0.1 * high.abs() };
        (low, high) = (low - room, high + room);
    }
    let x = Scale { values: range, places: (LEFT, width - RIGHT) };
    // The axes of small numbers are drawn in a power of ten of their unit.
    let (factor, prefix) = power(low.abs().max(high.abs()));
    let (low, high) = (low * factor, high * factor);
    let step = round_step((high - low) / if height < 150.0 { 2.0 } else { 5.0 });
    let y = Scale { values: whole_steps(low, high, step), places: (bottom, top) };
    svg.rect((LEFT, top), (x.places.1 - LEFT, height), "cell", 1.0);
    for v in y.ticks_every(step) {
        svg.line((LEFT, y.at(v)), (x.places.1, y.at(v)), "grid");
        svg.text((LEFT - 8.0, y.at(v) + 4.0), "end", &tick_label(v, step));
    }
    axis(&mut svg, &x, bottom, over);
    // What is dashed lies above, so that both are seen where they run together.
    for (k, line) in lines.iter().enumerate() {
        let dashed = if k >= COLOURS { " dashed" } else { "" };
        let points = line.iter().filter(|p| p.1.is_finite()).map(|p| (x.at(p.0), y.at(p.1 * factor)));
        svg.path(points, &format!("curve{dashed} l{}", k % COLOURS));
    }
    svg.upward((14.0, (top + bottom) / 2.0), &format!("{prefix}{unit}"));
    svg.finish()
}

/// The range of whole steps that holds two numbers. One that is a whole step but for rounding takes no step more.
fn whole_steps(low: f64, high: f64, step: f64) -> (f64, f64) {
    ((low / step + 1e-9).floor() * step, (high / step - 1e-9).ceil() * step)
}

/// A factor that brings numbers of this size to where an axis can write them, and what stands before the unit.
fn power(size: f64) -> (f64, String) {
    if size == 0.0 || (1e-3..1e6).contains(&size) {
        return (1.0, String::new());
    }
    let (mut factor, mut exponent) = (1.0, 0);
    while size * factor < 1.0 && exponent > -300 {
        (factor, exponent) = (factor * 1e3, exponent - 3);
    }
    while size * factor >= 1e3 && exponent < 300 {
        (factor, exponent) = (factor * 1e-3, exponent + 3);
    }
    (factor, format!("10^{exponent} ").replace('-', "−"))
}

/// Neurons that have a row with their name, at most.
const NAMED: usize = 40;

/// One row of strokes for each neuron that can spike.
fn spikes(f: &Figure) -> String {
    if f.spikes.is_empty() {
        return String::new();
    }
    // Of several neurons those that did spike are of interest; many are a raster.
    let rows: Vec<&(String, Vec<f64>)> = f.spikes.iter().filter(|s| f.spikes.len() <= MOST || !s.1.is_empty()).collect();
    if rows.len() > NAMED {
        return crate::raster::section(f);
    }
    let total = f.more_spikes.map_or_else(|| f.spikes.iter().map(|s| s.1.len()).sum(), |m| m.0);
    let (each, top) = (18.0, 8.0);
    let bottom = top + each * rows.len().max(1) as f64;
    let left = rows.iter().map(|r| r.0.chars().count()).max().unwrap_or(0) as f64 * 7.0 + 14.0;
    let mut svg = Svg::new(WIDTH, bottom + 44.0, &format!("Spikes: {total} of {} neurons", f.spikes.len()));
    let x = Scale { values: (0.0, f.duration), places: (LEFT.max(left), WIDTH - RIGHT) };
    svg.rect((x.places.0, top), (x.places.1 - x.places.0, bottom - top), "cell", 1.0);
    axis(&mut svg, &x, bottom, "time, ms");
    for (k, (name, times)) in rows.iter().enumerate() {
        let y = top + each * k as f64;
        svg.text((x.places.0 - 8.0, y + 13.0), "end", name);
        svg.strokes(times.iter().map(|t| (x.at(*t), y + 3.0, each - 6.0)), "spikes l0", 2.0);
    }
    let mut rest = String::new();
    if let Some((_, until)) = f.more_spikes {
        rest += &format!("<p class=\"caption\">Spikes are drawn until {until} ms.</p>\n");
    }
    format!("<section>\n<h3>Spikes: {total}</h3>\n<figure>\n{}\n</figure>\n{rest}</section>\n", svg.finish())
}

/// How wide a digit of a label is, at most.
const DIGIT: f64 = 8.0;

/// The axis of time, with labels that lie within the drawing.
pub(crate) fn axis(svg: &mut Svg, x: &Scale, bottom: f64, over: &str) {
    let most = if x.places.1 - x.places.0 < 600.0 { 5.0 } else { 10.0 };
    let step = round_step((x.values.1 - x.values.0) / most);
    for t in x.ticks_every(step) {
        svg.line((x.at(t), bottom), (x.at(t), bottom + 4.0), "tick");
        let label = tick_label(t, step);
        // The last would be cut where the drawing ends.
        let half = 0.5 * DIGIT * label.chars().count() as f64;
        let (at, class) = if x.at(t) + half > svg.width() { (svg.width(), "end") } else { (x.at(t), "middle") };
        svg.text((at, bottom + 18.0), class, &label);
    }
    svg.text(((x.places.0 + x.places.1) / 2.0, bottom + 36.0), "middle axis", over);
}

/// No more points than can be seen: of each piece of time the lowest and the highest, in their order.
pub(crate) fn thinned(points: &[(f64, f64)], duration: f64) -> Vec<(f64, f64)> {
    let mut few = Thinner::new(points.len(), duration);
    points.iter().for_each(|p| few.push(*p));
    few.points()
}

/// A line of which points come one after the other, and of which no more are kept than can be seen.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Thinner {
    /// The time that is divided into pieces, ms; none where all points are kept.
    duration: Option<f64>,
    done: Vec<(f64, f64)>,
    /// Of the present piece: the lowest and the highest point so far.
    now: Option<[(f64, f64); 2]>,
}

impl Thinner {
    /// A line of so many points in so many ms.
    pub fn new(points: usize, duration: f64) -> Thinner {
        Thinner { duration: (points > 2 * PIECES).then_some(duration), done: vec![], now: None }
    }

    /// The next point.
    pub fn push(&mut self, p: (f64, f64)) {
        let Some(duration) = self.duration else {
            self.done.push(p);
            return;
        };
        let piece = |p: (f64, f64)| (p.0 / duration * PIECES as f64) as usize;
        match &mut self.now {
            Some([low, high]) if piece(*low) == piece(p) => {
                *low = if p.1 < low.1 { p } else { *low };
                *high = if p.1 > high.1 { p } else { *high };
            }
            _ => {
                let [first, second] = self.kept();
                self.done.extend(first.into_iter().chain(second));
                self.now = Some([p, p]);
            }
        }
    }

    /// What is kept of the present piece, in its order: none, one or two points.
    fn kept(&self) -> [Option<(f64, f64)>; 2] {
        let Some([low, high]) = self.now else { return [None, None] };
        let (first, second) = if low.0 <= high.0 { (low, high) } else { (high, low) };
        [Some(first), (first.0 != second.0).then_some(second)]
    }

    /// The points that are kept, in their order.
    pub fn points(&self) -> Vec<(f64, f64)> {
        self.done.iter().copied().chain(self.kept().into_iter().flatten()).collect()
    }

    /// As numbers: time and value of what is kept, and last of the present piece its lowest and its highest point.
    pub fn numbers(&self) -> Vec<f64> {
        self.done.iter().chain(self.now.iter().flatten()).flat_map(|p| [p.0, p.1]).collect()
    }

    /// The same line as one that goes on from such numbers; none when they cannot be some.
    pub fn resumed(&self, numbers: &[f64]) -> Option<Thinner> {
        let mut done: Vec<(f64, f64)> = numbers.chunks_exact(2).map(|p| (p[0], p[1])).collect();
        let now = match self.duration {
            Some(_) if !done.is_empty() => {
                let [.., low, high] = done[..] else { return None };
                done.truncate(done.len() - 2);
                Some([low, high])
            }
            _ => None,
        };
        numbers.len().is_multiple_of(2).then_some(Thinner { done, now, ..self.clone() })
    }
}

/// Corners of a current that is constant from one entry to the next, and none before the first.
fn stairs(steps: &[(f64, f64)], duration: f64) -> Vec<(f64, f64)> {
    let mut out = vec![(0.0, 0.0)];
    for &(t, i) in steps.iter().filter(|s| s.0 < duration) {
        out.push((t, out[out.len() - 1].1));
        out.push((t, i));
    }
    out.push((duration, out[out.len() - 1].1));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure() -> Figure {
        let line = |name: &str, unit: &str, points: Vec<(f64, f64)>| Line { name: name.into(), unit: unit.into(), points };
        Figure {
            title: "<A & B>".into(),
            facts: vec!["1 cell".into()],
            duration: 10.0,
            lines: vec![
                line("cell[0].soma(0.5).v", "mV", vec![(1.0, -65.0), (2.0, f64::NAN), (3.0, 20.0)]),
                line("cell[0].soma(0.5).hh.m", "1", vec![(1.0, 0.0), (2.0, 0.0)]),
            ],
            spikes: vec![("cell[0]".into(), vec![2.5])],
            more_spikes: None,
            currents: vec![("cell.soma(0.5)".into(), vec![(2.0, 0.5), (8.0, 0.0)])],
            files: vec!["traces.csv".into()],
            curves: vec![Curves { title: "m".into(), over: "mV".into(), lines: vec![line("m", "", vec![(-60.0, 0.0), (0.0, 1.0)])] }],
        }
    }

    #[test]
    fn the_page_asks_the_network_for_nothing_and_shows_no_number_that_is_none() {
        let page = html(&figure());
        for word in ["http:", "https:", "src=", "@import", "url(", "<script", "<link", "NaN"] {
            assert!(!page.contains(word), "{word}");
        }
        assert!(page.contains("<h1>&lt;A &amp; B&gt;</h1>") && page.contains("In mV") && page.contains("Without dimension"));
        assert_eq!(page.matches("<svg").count(), 5, "spikes, a panel of its own, mV, dimensionless, current");
    }

    #[test]
    fn an_empty_figure_is_a_page_too() {
        assert!(html(&Figure::default()).contains("</html>"));
    }

    #[test]
    fn thinned_lines_keep_their_peaks() {
        let points: Vec<(f64, f64)> = (0..100_000).map(|k| (k as f64 * 0.01, if k == 54_321 { 40.0 } else { -65.0 })).collect();
        let few = thinned(&points, 1000.0);
        assert!(few.len() <= 2 * PIECES + 2 && few.contains(&(543.21, 40.0)));
        assert_eq!(thinned(&few, 1000.0), few, "once more leaves all");
    }

    #[test]
    fn a_line_that_goes_on_from_its_numbers_is_the_same() {
        for points in [10, 10_000] {
            let line: Vec<(f64, f64)> = (0..points).map(|k| (k as f64, (k * 7919 % 1013) as f64)).collect();
            for cut in [0, 1, 5, points - 1, points] {
                let mut first = Thinner::new(points, points as f64);
                line[..cut].iter().for_each(|p| first.push(*p));
                let mut second = first.resumed(&first.numbers()).unwrap();
                assert_eq!(second, first);
                line[cut..].iter().for_each(|p| second.push(*p));
                assert_eq!(second.points(), thinned(&line, points as f64));
            }
        }
    }

    #[test]
    fn a_current_is_drawn_with_its_corners() {
        let corners = stairs(&[(2.0, 0.5), (8.0, 0.0)], 10.0);
        assert_eq!(corners, [(0.0, 0.0), (2.0, 0.0), (2.0, 0.5), (8.0, 0.5), (8.0, 0.0), (10.0, 0.0)]);
    }

    #[test]
    fn an_axis_ends_where_its_numbers_end() {
        assert_eq!(whole_steps(0.0, 0.5, 0.5), (0.0, 0.5));
        assert_eq!(whole_steps(0.0, 0.1 + 0.2, 0.1).1, 3.0 * 0.1, "0.1 + 0.2 is a little more than three steps");
        assert_eq!(whole_steps(-67.0, 20.2, 20.0), (-80.0, 40.0));
    }

    #[test]
    fn the_last_label_of_an_axis_lies_within_the_drawing() {
        let mut svg = Svg::new(300.0, 100.0, "");
        axis(&mut svg, &Scale { values: (0.0, 10_000.0), places: (40.0, 290.0) }, 60.0, "time, ms");
        let drawn = svg.finish();
        let last = drawn.split("<text ").find(|t| t.contains(">10000<") || t.contains(">10,000<")).expect("it is labelled");
        assert!(last.contains("class=\"end\"") && last.contains("x=\"300\""), "{last}");
        assert!(drawn.contains("class=\"middle\" x=\"40\""), "others stay where they were: {drawn}");
    }

    #[test]
    fn small_numbers_are_drawn_in_a_power_of_ten() {
        assert_eq!(power(2e-5).1, "10^−6 ");
        assert_eq!(power(65.0), (1.0, String::new()));
    }
}
