//! Data for programs.

use cn_infra_core::apply::Report;
use cn_infra_core::event::Event;
use cn_infra_core::plan::Plan;
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Result;

/// A document, over several lines.
pub fn document(data: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(data).map_err(anyhow::Error::new)? + "\n")
}

/// The first line of an apply: the plan that it carries out.
pub fn planned(plan: &Plan) -> Value {
    json!({ "event": "planned", "plan": plan })
}

/// An event in one line.
pub fn event(event: &Event) -> Value {
    json!(event)
}

/// The last line of an apply: what became of every step.
pub fn ended(report: &Report) -> Value {
    json!({ "event": "ended", "cancelled": report.cancelled, "outcomes": report.outcomes })
}
