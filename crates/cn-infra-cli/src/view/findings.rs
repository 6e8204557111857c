//! Findings: severity, code, resource, message, and what to do.

use cn_infra_core::check::{Finding, Severity};

use super::color::{Ink, Style};
use super::layout::{hang, printable};

/// All findings, each with its hint.
pub fn findings(findings: &[Finding], style: Style) -> String {
    findings.iter().map(|finding| one(finding, style)).collect()
}

fn one(finding: &Finding, style: Style) -> String {
    let (ink, word) = match finding.severity {
        Severity::Note => (Ink::Faint, "note"),
        Severity::Warning => (Ink::Warn, "warning"),
        Severity::Error => (Ink::Alarm, "error"),
    };
    let on = finding.on.as_ref().map_or_else(String::new, |address| format!("{address}: "));
    let label = format!("{word}[{}]", printable(&finding.code));
    let column = 2 + label.len() + 1;
    let message = hang(&format!("{on}{}", finding.message), column, None, style);
    let hint = finding.hint.as_ref().map_or_else(String::new, |text| hint(text, 6, style));
    format!("  {} {message}\n{hint}", style.paint(ink, label))
}

/// `hint: …`, wrapped, in a line of its own.
pub fn hint(text: &str, indent: usize, style: Style) -> String {
    format!("{:indent$}{} {}\n", "", style.paint(Ink::Hint, "hint:"), hang(text, indent + 6, None, style))
}
