//! The plan for a person at a terminal: a pure function of the plan's data.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use cn_infra_core::plan::{Action, Blocked, Plan, Step, Unlisted};
use cn_infra_core::resource::Impact;

use super::color::{Ink, Style};
use super::difference::{self, Notes, Row, What};
use super::findings;
use super::layout::{count, hang, labelled, printable, width};
use super::line_diff::{Line, Sign};

/// Where the fields of a step begin.
const FIELDS: usize = 6;
/// The furthest column at which impacts begin.
const IMPACTS: usize = 46;
/// The longest label that the values of a step make room for.
const LABELS: usize = 40;
/// How many unlisted objects are named.
const NAMED: usize = 5;

/// The whole plan.
pub fn plan(plan: &Plan, style: Style) -> String {
    let Plan { environment, project, account, region, .. } = plan;
    let mut text = header([environment, project, account, region], style) + "\n";
    let column = impact_column(plan);
    for shown in &plan.steps {
        step(&mut text, shown, plan, column, style);
    }
    for blocked in &plan.blocked {
        held_back(&mut text, blocked, plan, column, style);
    }
    if !(plan.steps.is_empty() && plan.blocked.is_empty()) {
        text.push('\n');
    }
    if !plan.findings.is_empty() {
        text += &findings::findings(&plan.findings, style);
        text.push('\n');
    }
    text + &summary(plan, style)
}

/// `production · coralnet · account 123456789012 · us-west-2`.
pub fn header([environment, project, account, region]: [&str; 4], style: Style) -> String {
    let [environment, project, account, region] = [environment, project, account, region].map(printable);
    format!("{} · {project} · account {account} · {region}\n", style.paint(Ink::Strong, environment))
}

fn impact_column(plan: &Plan) -> usize {
    let ids = plan.steps.iter().map(|step| &step.id).chain(plan.blocked.iter().map(|blocked| &blocked.id));
    let longest = ids.map(|id| width(&id.to_string())).max().unwrap_or_default();
    (longest + 7).min(IMPACTS)
}

/// `~ elastic_ip.site/association   in place`: symbol, what it acts on, and at a column what happens.
fn headline(symbol: (Ink, char), id: &str, what: &str, ink: Option<Ink>, column: usize, style: Style) -> String {
    let used = 4 + width(id) + 2;
    let gap = column.saturating_sub(used) + 2;
    let text = hang(what, used.max(column), ink, style);
    format!("  {} {}{:gap$}{text}\n", style.paint(symbol.0, symbol.1), style.paint(Ink::Strong, id), "")
}

fn step(text: &mut String, step: &Step, plan: &Plan, column: usize, style: Style) {
    let (ink, what) = impact(step);
    *text += &headline(symbol(step.action), &step.id.to_string(), &what, ink, column, style);
    *text += &rows(&difference::rows(step, &plan.networks), style);
}

/// The symbol of an action, and its colour.
fn symbol(action: Action) -> (Ink, char) {
    match action {
        Action::Create => (Ink::Add, '+'),
        Action::Update => (Ink::Change, '~'),
        Action::Delete => (Ink::Remove, '-'),
    }
}

/// What a step does and costs, in words.
pub fn impact(step: &Step) -> (Option<Ink>, String) {
    let (ink, what) = match step.action {
        Action::Create => (Some(Ink::Add), creation(step)),
        Action::Delete => (Some(Ink::Remove), deletion(step)),
        Action::Update => change(step),
    };
    let reasons = step.reasons.iter().map(String::as_str);
    (ink, reasons.chain([what.as_str()]).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; "))
}

fn creation(step: &Step) -> String {
    if step.id.part.is_none() { format!("create {}", step.name) } else { "create".to_owned() }
}

fn deletion(step: &Step) -> String {
    match (&step.object, &step.id.part) {
        (Some(object), None) => format!("delete {object}"),
        _ => "delete".to_owned(),
    }
}

fn change(step: &Step) -> (Option<Ink>, String) {
    let notes = Notes::of(&step.differences);
    let interrupts = step.differences.iter().any(|change| matches!(change.impact, Impact::Interrupts { .. }));
    match (interrupts, notes.shared()) {
        (true, Some(note)) => (Some(Ink::Warn), note.to_owned()),
        (true, None) => (Some(Ink::Warn), "interrupts".to_owned()),
        (false, Some(note)) => (None, format!("in place, {note}")),
        (false, None) => (None, "in place".to_owned()),
    }
}

/// Rows below a step, values at one column.
pub fn rows(rows: &[Row], style: Style) -> String {
    let one_line = rows.iter().filter(|row| !matches!(row.what, What::Entry(_) | What::Text(_)));
    let longest = one_line.map(|row| width(&row.label)).filter(|&label| label <= LABELS).max().unwrap_or_default();
    rows.iter().map(|row| row_text(row, FIELDS + longest + 3, style)).collect()
}

fn row_text(row: &Row, column: usize, style: Style) -> String {
    let label = || labelled(&printable(&row.label), FIELDS, column, Style { colored: false, ..style });
    let note = row.note.as_ref();
    let mut text = match &row.what {
        What::Value(value) => format!("{}{}\n", label(), hang(value, column, None, style)),
        What::Change { before, after, detail, of } => {
            let mut change = of.as_ref().map_or_else(String::new, |of| format!("{of}: "));
            let _ =
                if before.is_empty() { write!(change, "→ {after}") } else { write!(change, "{before} → {after}") };
            if let Some(detail) = detail {
                let _ = write!(change, "   ({detail})");
            }
            format!("{}{}\n", label(), hang(&change, column, None, style))
        }
        What::Members(lines) => {
            let lines: Vec<_> = lines.iter().map(|line| signed(line, column + 2, style)).collect();
            format!("{}{}\n", label(), lines.join(&format!("\n{:column$}", "")))
        }
        What::Text(lines) => format!("      {}\n{}", printable(&row.label), text_lines(lines, style)),
        What::Entry(sign) => {
            let line = Line { sign: *sign, text: row.label.clone() };
            format!("      {}\n", signed(&line, FIELDS + 2, style))
        }
    };
    if let Some(note) = note {
        let _ = writeln!(text, "{:column$}{}", "", hang(note, column, Some(Ink::Warn), style));
    }
    text
}

/// A file that is about to be changed, and how.
pub fn file(path: &Path, lines: &[Line], style: Style) -> String {
    let head = format!("  {} {}\n", style.paint(Ink::Change, '~'), style.paint(Ink::Strong, path.display()));
    head + &text_lines(lines, style)
}

/// Lines of a text, one below the other.
fn text_lines(lines: &[Line], style: Style) -> String {
    lines.iter().map(|line| text_line(line, style) + "\n").collect()
}

/// `+ security_group.db`, wrapped.
fn signed(line: &Line, column: usize, style: Style) -> String {
    let ink = sign_ink(line.sign);
    format!("{} {}", style.paint(ink, line.sign.symbol()), hang(&line.text, column, Some(ink), style))
}

/// A line of a text, not wrapped.
fn text_line(line: &Line, style: Style) -> String {
    let text = format!("{} {}", line.sign.symbol(), printable(&line.text));
    let text = text.trim_end();
    if text.is_empty() { String::new() } else { format!("        {}", style.paint(sign_ink(line.sign), text)) }
}

fn sign_ink(sign: Sign) -> Ink {
    match sign {
        Sign::Added => Ink::Add,
        Sign::Removed => Ink::Remove,
        Sign::Same | Sign::Gap => Ink::Faint,
    }
}

fn held_back(text: &mut String, blocked: &Blocked, plan: &Plan, column: usize, style: Style) {
    let why = format!("blocked: {}", blocked.why);
    *text += &headline((Ink::Alarm, '!'), &blocked.id.to_string(), &why, Some(Ink::Alarm), column, style);
    *text += &rows(&difference::beside_what_is_blocked(blocked, &plan.networks), style);
    *text += &findings::hint(&blocked.hint, FIELDS, style);
}

/// `Plan: 0 to create, 3 to update, …`, or that there is nothing to do; then what is unlisted and left out.
fn summary(plan: &Plan, style: Style) -> String {
    let totals = printable(&totals(plan));
    let unlisted = unlisted(plan).unwrap_or_default();
    let fits = style.width.is_none_or(|columns| width(&totals) + 1 + width(&unlisted) <= columns);
    let gap = if unlisted.is_empty() {
        ""
    } else if fits {
        " "
    } else {
        "\n"
    };
    let line = |text: String| hang(&text, 0, None, style) + "\n";
    format!(
        "{}{gap}{}{}",
        style.paint(Ink::Strong, totals),
        line(unlisted),
        left_out(plan).map(line).unwrap_or_default()
    )
}

/// `Plan: 0 to create, 3 to update, 0 to delete, 1 blocked.`
pub fn totals(plan: &Plan) -> String {
    if plan.is_empty() && plan.blocked.is_empty() {
        return format!("{} matches its file: nothing to do.", plan.environment);
    }
    let actions = [(Action::Create, "create"), (Action::Update, "update"), (Action::Delete, "delete")];
    let mut counts: Vec<_> =
        actions.iter().map(|(action, word)| format!("{} to {word}", plan.count(*action))).collect();
    if !plan.blocked.is_empty() {
        counts.push(format!("{} blocked", plan.blocked.len()));
    }
    format!("Plan: {}.", counts.join(", "))
}

/// `1 unlisted: instance.old (plan production --prune)`; not of those that the plan itself deletes or may not delete.
pub fn unlisted(plan: &Plan) -> Option<String> {
    let deleted = plan.steps.iter().filter(|step| step.action == Action::Delete).map(|step| &step.id);
    let kept = plan.blocked.iter().filter(|blocked| blocked.action == Action::Delete).map(|blocked| &blocked.id);
    let pruned: BTreeSet<_> = deleted.chain(kept).map(|id| &id.address).collect();
    let unlisted: Vec<_> = plan.unlisted.iter().filter(|object| !pruned.contains(&object.address)).collect();
    let name = |object: &&Unlisted| {
        if object.protected { format!("{} (protected)", object.address) } else { object.address.to_string() }
    };
    let names = named(unlisted.iter().map(name))?;
    Some(format!("{} unlisted: {names} (plan {} --prune)", unlisted.len(), plan.environment))
}

/// What `--only` left out.
pub fn left_out(plan: &Plan) -> Option<String> {
    let names = named(plan.left_out.iter().map(ToString::to_string))?;
    Some(format!("--only leaves out {}: {names}.", count(plan.left_out.len(), "step")))
}

/// The first few names, and how many more there are; nothing if there are none.
fn named(names: impl Iterator<Item = String>) -> Option<String> {
    let names: Vec<_> = names.collect();
    let more = names.len().saturating_sub(NAMED);
    let first = names.get(..names.len().min(NAMED))?.join(", ");
    match (first.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(first),
        (false, more) => Some(format!("{first} and {more} more")),
    }
}

/// `19 API calls in 3 waves, 0.21 s.`
pub fn foot(calls: usize, waves: usize, elapsed: std::time::Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    format!("{} in {}, {seconds:.2} s.\n", count(calls, "API call"), count(waves, "wave"))
}
