//! What trying a plan came to.

use std::collections::BTreeMap;

use cn_infra_aws::preflight::Tried;
use cn_infra_core::address::StepId;

use super::color::{Ink, Style};
use super::events::failed;
use super::layout::{count, hang};

/// Which steps EC2 refuses, which were not tried and why, and how many it would take.
pub fn tried(tried: &BTreeMap<StepId, Tried>, style: Style) -> String {
    let (mut refused, mut untried, mut allowed) = (String::new(), BTreeMap::<&str, Vec<String>>::new(), 0);
    for (step, tried) in tried {
        match tried {
            Tried::Allowed => allowed += 1,
            Tried::Refused(failure) => refused += &failed("refused:", step, failure, style),
            Tried::Untried(why) => untried.entry(why).or_default().push(step.to_string()),
        }
    }
    let line = |(why, steps): (&str, Vec<String>)| {
        format!("  {}\n", hang(&format!("not tried: {} ({why})", steps.join(", ")), 4, Some(Ink::Faint), style))
    };
    let untried: String = untried.into_iter().map(line).collect();
    format!("\nPreflight: EC2 would take {allowed} of {}.\n{untried}\n{refused}", count(tried.len(), "step"))
}
