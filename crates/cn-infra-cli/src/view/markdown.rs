//! The plan for a review comment on GitHub: totals first, the steps in a coloured block that folds.

use cn_infra_core::check::{Finding, Severity};
use cn_infra_core::environment::Networks;
use cn_infra_core::plan::{Action, Blocked, Plan, Step};

use super::difference::{self, Row, What};
use super::layout::{count, printable};
use super::line_diff::Line;
use super::plan::{impact, left_out, totals, unlisted};

/// Beyond so many steps the block is folded.
const OPEN: usize = 20;
/// How many bytes the steps may take: GitHub refuses a comment of more than 65,536 characters.
const LIMIT: usize = 50_000;

/// The whole plan.
pub fn plan(plan: &Plan) -> String {
    let Plan { environment, project, account, region, .. } = plan;
    let mut parts = vec![
        format!("### Plan for {environment}"),
        format!("`{project}` · account `{account}` · `{region}`"),
        format!("**{}**", escape(&totals(plan))),
    ];
    if !(plan.steps.is_empty() && plan.blocked.is_empty()) {
        parts.push(block(plan));
    }
    if !plan.findings.is_empty() {
        parts.push(plan.findings.iter().map(finding).collect::<Vec<_>>().join("\n"));
    }
    parts.extend(unlisted(plan).map(|text| escape(&text)));
    parts.extend(left_out(plan).map(|text| escape(&text)));
    parts.join("\n\n").lines().map(|line| printable(line) + "\n").collect()
}

fn block(plan: &Plan) -> String {
    let steps = plan.steps.iter().map(|step| {
        let rows = difference::rows(step, &plan.networks);
        headline(step).into_iter().chain(rows.iter().flat_map(row)).collect::<Vec<_>>()
    });
    let blocked = plan.blocked.iter().map(|blocked| held_back(blocked, &plan.networks));
    let all = plan.steps.len() + plan.blocked.len();
    let (body, shown) = fitting(steps.chain(blocked));
    let fence = fence(&body);
    let open = if plan.steps.len() > OPEN { "" } else { " open" };
    let steps = count(all, "step");
    let block = format!("<details{open}><summary>{steps}</summary>\n\n{fence}diff\n{body}\n{fence}\n\n</details>");
    if shown == all {
        return block;
    }
    format!("{block}\n\n{shown} of {steps} are shown: a comment holds no more.")
}

/// The steps that fit, an empty line between them, and how many they are.
fn fitting(steps: impl Iterator<Item = Vec<String>>) -> (String, usize) {
    let (mut body, mut shown) = (String::new(), 0);
    for lines in steps {
        let text = lines.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n");
        if body.len() + text.len() > LIMIT {
            break;
        }
        body += if shown > 0 { "\n\n" } else { "" };
        body += &text;
        shown += 1;
    }
    (body, shown)
}

/// A create is green, a delete red; an update is a heading in the colour of hunks.
fn headline(step: &Step) -> Vec<String> {
    let (_, what) = impact(step);
    vec![match step.action {
        Action::Create => format!("+ {}   {what}", step.id),
        Action::Delete => format!("- {}   {what}", step.id),
        Action::Update => format!("@@ {} @@ {what}", step.id),
    }]
}

/// A line that starts with a sign is coloured, so each side of a change has a line.
fn row(row: &Row) -> Vec<String> {
    let label = &row.label;
    let signed = |lines: &[Line]| lines.iter().map(text_line).collect::<Vec<_>>();
    let mut lines = match &row.what {
        What::Value(value) => vec![format!("    {label}: {value}")],
        What::Change { before, after, detail, of } => {
            let of = of.as_ref().map_or_else(String::new, |of| format!("{of}: "));
            let in_full = detail.as_ref().and_then(|detail| detail.split_once(" → ")).unwrap_or_default();
            [('-', before, in_full.0), ('+', after, in_full.1)]
                .into_iter()
                .filter(|(_, side, _)| !side.is_empty())
                .map(|(sign, side, in_full)| format!("{sign}   {label}: {of}{side}{}", in_brackets(in_full)))
                .collect()
        }
        What::Members(members) => {
            members.iter().map(|line| format!("{}   {label}: {}", line.sign.symbol(), line.text)).collect()
        }
        What::Text(text) => std::iter::once(format!("    {label}:")).chain(signed(text)).collect(),
        What::Entry(sign) => vec![format!("{}   {label}", sign.symbol())],
    };
    lines.extend(row.note.as_ref().map(|note| format!("    ({note})")));
    lines
}

fn in_brackets(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" ({text})") }
}

fn text_line(line: &Line) -> String {
    format!("{}     {}", line.sign.symbol(), line.text).trim_end().to_owned()
}

fn held_back(blocked: &Blocked, networks: &Networks) -> Vec<String> {
    let others = difference::beside_what_is_blocked(blocked, networks);
    let headline = format!("! {}   blocked: {}", blocked.id, blocked.why);
    let hint = format!("!   hint: {}", blocked.hint);
    [headline].into_iter().chain(others.iter().flat_map(row)).chain([hint]).collect()
}

fn finding(finding: &Finding) -> String {
    let word = match finding.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let on = finding.on.as_ref().map_or_else(String::new, |address| format!(" `{address}`"));
    let hint = finding.hint.as_ref().map_or_else(String::new, |hint| format!(" _{}_", escape(hint)));
    format!("- **{word} {}**{on}: {}.{hint}", finding.code, escape(finding.message.trim_end_matches('.')))
}

/// A fence longer than any row of its characters in the text.
fn fence(body: &str) -> String {
    let longest = body.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

/// Text in which Markdown and HTML see no marks.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '*' | '_' | '`' | '[' | ']' | '\\' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}
