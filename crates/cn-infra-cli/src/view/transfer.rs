//! Objects in bulk: how far a run is, and what came of it.

use std::fmt::Write;
use std::time::{Duration, Instant};

use cn_infra_transfer::pace::Speed;
use cn_infra_transfer::progress::{Counts, Event, Progress};
use cn_infra_transfer::report::{Action, Report};
use cn_infra_transfer::verify::{Difference, Kind, Verified};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::View;
use super::color::{Ink, Style};
use super::events::time;
use super::layout::printable;

/// How often progress is said where lines cannot be redrawn.
const LINES: Duration = Duration::from_secs(10);
/// How often it is said to a program.
const EVENTS: Duration = Duration::from_secs(1);
/// So many failures are shown.
const SHOWN: usize = 20;

/// What is told at once.
pub struct Told {
    /// As JSON lines.
    pub json: bool,
    /// Where.
    pub view: View,
}

impl Progress for Told {
    fn event(&self, event: &Event) {
        if self.json {
            // A reader that is gone is no reason to stop.
            let _ = self.view.data(&format!("{}\n", json!(event)));
        } else if let Event::Skipped { what, why } = event {
            self.view.say(&format!("skipped: {}: {why}\n", printable(what)));
        }
    }
}

/// The progress of a run: a line that is redrawn, lines now and then, or JSON.
pub struct Shown<'a> {
    view: &'a View,
    what: String,
    json: bool,
    bar: Option<ProgressBar>,
    began: Instant,
    said: Instant,
    before: (Instant, u64),
    rate: f64,
}

impl<'a> Shown<'a> {
    /// Begins.
    pub fn new(what: &str, view: &'a View, json: bool) -> Self {
        let is_drawn = !json && view.stderr_is_terminal() && !view.is_quiet();
        let bar = is_drawn.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(look) = ProgressStyle::with_template("  {spinner} {wide_msg}") {
                bar.set_style(look);
            }
            bar
        });
        let now = Instant::now();
        Self { view, what: what.to_owned(), json, bar, began: now, said: now, before: (now, 0), rate: 0.0 }
    }

    /// Shows how far it is.
    pub fn draw(&mut self, counts: &Counts, speed: &Speed) {
        self.measure(counts);
        let since = self.said.elapsed();
        if let Some(bar) = &self.bar {
            bar.set_message(self.line(counts, speed));
            bar.tick();
        } else if self.json && since >= EVENTS {
            self.said = Instant::now();
            let event = json!({ "event": "progress", "counts": counts, "per_second": self.rate, "in_flight": speed.in_flight, "slow_downs": speed.slow_downs, "retries": speed.retries });
            let _ = self.view.data(&format!("{event}\n"));
        } else if !self.json && since >= LINES {
            self.said = Instant::now();
            self.view.say(&format!("{}\n", self.line(counts, speed)));
        }
    }

    /// Objects in a second, over the last seconds.
    fn measure(&mut self, counts: &Counts) {
        let (at, before) = self.before;
        let passed = at.elapsed().as_secs_f64();
        let done = worked(counts);
        if passed >= 2.0 {
            #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
            let rate = done.saturating_sub(before) as f64 / passed;
            self.rate = rate;
            self.before = (Instant::now(), done);
        }
    }

    fn line(&self, counts: &Counts, speed: &Speed) -> String {
        let Counts { counted, failed, bytes, .. } = counts;
        let mut line = format!("{}: {} of {} looked at", self.what, number(worked(counts)), number(*counted));
        if *bytes > 0 {
            let _ = write!(line, ", {}", size(*bytes));
        }
        let _ = write!(line, ", {:.0}/s, {} in flight", self.rate, speed.in_flight);
        if speed.slow_downs > 0 {
            let _ = write!(line, ", asked to slow down {} times", number(speed.slow_downs));
        }
        if *failed > 0 {
            let _ = write!(line, ", {} failed", number(*failed));
        }
        format!("{line}, {}", time(self.began.elapsed()))
    }

    /// Takes the line away.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What was done to objects so far, or found needless.
fn worked(counts: &Counts) -> u64 {
    let Counts { counted: _, copied, skipped, deleted, reset, verified, failed, bytes: _ } = counts;
    copied + skipped + deleted + reset + verified + failed
}

/// What came of a run.
pub fn report(report: &Report, style: Style) -> String {
    let Report { counts, seconds, requests, list_price_usd, failed, ended_early, .. } = report;
    let mut text = String::new();
    for one in failed.iter().take(SHOWN) {
        let id = one.failure.request_id.as_ref().map(|id| format!(", request {id}")).unwrap_or_default();
        let line = format!("{}: {}: {}{id}", printable(&one.key), one.operation, one.failure);
        let _ = writeln!(text, "{} {line}", style.paint(Ink::Alarm, "failed:"));
    }
    if counts.failed > 0 && counts.failed > failed.len().min(SHOWN) as u64 {
        let more = counts.failed - failed.len().min(SHOWN) as u64;
        let _ = writeln!(text, "… and {} more; --report FILE lists them", number(more));
    }
    if let Some(why) = ended_early {
        let _ = writeln!(text, "{} {why}", style.paint(Ink::Alarm, "ended early:"));
    }
    let sent: u64 = requests.values().sum();
    let kinds: Vec<_> = requests.iter().map(|(operation, count)| format!("{} {operation}", number(*count))).collect();
    let _ = writeln!(text, "{}", style.paint(Ink::Strong, summary(report)));
    let price = if *list_price_usd < 0.01 { "less than 0.01".to_owned() } else { format!("{list_price_usd:.2}") };
    let requests = format!("{} requests ({}), {price} USD by list price", number(sent), kinds.join(", "));
    text + &format!("{requests}, {}.\n", time(Duration::from_secs_f64(seconds.max(0.0))))
}

fn summary(report: &Report) -> String {
    let Report { action, counts, dry_run, target, .. } = report;
    let Counts { counted, copied, skipped, deleted, reset, verified, failed, bytes } = *counts;
    let would = if *dry_run { "would be " } else { "" };
    let done = match action {
        Action::Sync if deleted > 0 => {
            format!(
                "{} {would}copied, {} {would}deleted, {} the same",
                number(copied),
                number(deleted),
                number(skipped)
            )
        }
        Action::Sync => format!("{} {would}copied, {} the same", number(copied), number(skipped)),
        Action::Verify => format!("{} the same", number(verified)),
        Action::Empty => format!("{} {would}deleted", found(report)),
        Action::SetAcl => {
            let of = |kind: &str| report.found.get(kind).copied().unwrap_or_default();
            let shared = format!("{} public, {} shared", number(of("public")), number(of("shared")));
            if *dry_run { shared } else { format!("{shared}, {} made private", number(reset)) }
        }
    };
    let size = if bytes > 0 && *action == Action::Sync { format!(", {}", size(bytes)) } else { String::new() };
    format!("{target}: {} looked at, {done}{size}, {} failed.", number(counted), number(failed))
}

/// `1,204 objects, 3 older versions, 12.3 MB`.
pub fn found(report: &Report) -> String {
    let words = [
        ("objects", "objects"),
        ("older", "older versions"),
        ("markers", "delete markers"),
        ("uploads", "unfinished uploads"),
    ];
    let kinds = words.iter().filter_map(|(kind, word)| {
        let count = report.found.get(*kind).copied().filter(|count| *count > 0)?;
        let word = if count == 1 { word.trim_end_matches('s') } else { word };
        Some(format!("{} {word}", number(count)))
    });
    let mut kinds: Vec<_> = kinds.collect();
    if kinds.is_empty() {
        return "nothing".to_owned();
    }
    if report.counts.bytes > 0 {
        kinds.push(size(report.counts.bytes));
    }
    kinds.join(", ")
}

/// The first differences, and how many there are of each kind.
pub fn differences(first: &[Difference], verified: &Verified, style: Style) -> String {
    let Verified { missing, extra, different, .. } = verified;
    let mut text = String::new();
    for Difference { key, kind, expected_size, size: there, .. } in first {
        let (ink, what) = match kind {
            Kind::Missing => (Ink::Remove, "missing  "),
            Kind::Extra => (Ink::Add, "extra    "),
            Kind::Different => (Ink::Change, "different"),
        };
        let sizes = match (kind, expected_size, there) {
            (Kind::Different, Some(expected), Some(there)) => format!("   {expected} bytes expected, {there} there"),
            _ => String::new(),
        };
        let _ = writeln!(text, "  {} {}{sizes}", style.paint(ink, what), printable(key));
    }
    let all = missing + extra + different;
    let shown = first.len() as u64;
    if all > shown {
        let _ = writeln!(text, "  … and {} more; --out FILE has all", number(all - shown));
    }
    text + &format!("{} missing, {} different, {} extra\n", number(*missing), number(*different), number(*extra))
}

/// A difference as a line of CSV (RFC 4180).
pub fn csv(difference: &Difference) -> String {
    let Difference { key, kind, expected_size, size, .. } = difference;
    let kind = match kind {
        Kind::Missing => "missing",
        Kind::Extra => "extra",
        Kind::Different => "different",
    };
    let quoted =
        if key.contains([',', '"', '\n', '\r']) { format!("\"{}\"", key.replace('"', "\"\"")) } else { key.clone() };
    let size_of = |size: &Option<u64>| size.map(|size| size.to_string()).unwrap_or_default();
    format!("{quoted},{kind},{},{}\n", size_of(expected_size), size_of(size))
}

/// `12,345`.
fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1.2 GB`, in powers of ten.
fn size(bytes: u64) -> String {
    let units = [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    let in_unit = |unit: u64| bytes as f64 / unit as f64;
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", in_unit(unit)),
        None => format!("{bytes} bytes"),
    }
}
