//! What `check` found in environment files.

use cn_infra_core::check::{Finding, Severity};
use serde_json::{Value, json};

use super::color::{Ink, Style};
use super::findings;
use super::layout::count;
use cn_infra_core::environment::{Diagnostic, Diagnostics};

/// One checked environment.
#[derive(Debug)]
pub struct Checked {
    /// Its name.
    pub environment: String,
    /// What is wrong with its files, or how many resources it declares and what deserves a remark.
    pub result: Result<(usize, Vec<Finding>), Diagnostics>,
}

impl Checked {
    /// Whether nothing is an error.
    pub fn is_valid(&self) -> bool {
        let is_error = |finding: &Finding| finding.severity == Severity::Error;
        self.result.as_ref().is_ok_and(|(_, findings)| !findings.iter().any(is_error))
    }
}

/// One environment for a person.
pub fn checked(checked: &Checked, style: Style) -> String {
    let name = style.paint(Ink::Strong, &checked.environment);
    match &checked.result {
        Err(diagnostics) => {
            let number = style.paint(Ink::Alarm, count(diagnostics.0.len(), "error"));
            format!("{name}: {number}\n\n{}\n", super::error::diagnostics(diagnostics, style))
        }
        Ok((resources, found)) => {
            let findings_ =
                if found.is_empty() { String::new() } else { format!(", {}", count(found.len(), "finding")) };
            let verdict =
                if checked.is_valid() { style.paint(Ink::Add, "valid") } else { style.paint(Ink::Alarm, "not valid") };
            let resources = count(*resources, "resource");
            format!("{name}: {verdict}, {resources}{findings_}\n{}", findings::findings(found, style))
        }
    }
}

/// All environments for a program.
pub fn json(all: &[Checked]) -> Value {
    let one = |checked: &Checked| match &checked.result {
        Ok((resources, findings)) => json!({
            "environment": checked.environment,
            "valid": checked.is_valid(),
            "resources": resources,
            "findings": findings,
        }),
        Err(diagnostics) => json!({
            "environment": checked.environment,
            "valid": false,
            "errors": diagnostics.0.iter().map(diagnostic).collect::<Vec<_>>(),
        }),
    };
    all.iter().map(one).collect()
}

fn diagnostic(diagnostic: &Diagnostic) -> Value {
    json!({
        "file": diagnostic.file,
        "line": diagnostic.position.as_ref().map(|position| position.line),
        "column": diagnostic.position.as_ref().map(|position| position.column),
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    })
}
