//! Who changed what a saved plan no longer fits.

use std::collections::BTreeMap;
use std::fmt::Write;

use cn_infra_aws::who::Changed;
use cn_infra_core::address::StepId;

use super::color::{Ink, Style};
use super::layout::hang;

/// The last change of each step's object; nothing, where none is known.
pub fn changed(found: &BTreeMap<StepId, Changed>, style: Style) -> String {
    if found.is_empty() {
        return String::new();
    }
    let mut text = "\nLast changed, as far as CloudTrail knows; it lags by up to 15 minutes:\n".to_owned();
    for (step, Changed { by, call, at }) in found {
        let what = format!("{} by {by}, {call} at {at}", style.paint(Ink::Strong, step));
        let _ = writeln!(text, "  {}", hang(&what, 4, None, style));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_a_line() {
        let changed_ = Changed {
            by: "arn:aws:iam::123456789012:user/ana".to_owned(),
            call: "AuthorizeSecurityGroupIngress".to_owned(),
            at: "2026-11-30T19:05:30Z".parse().unwrap(),
        };
        let found = [("security_group.web/rules".parse().unwrap(), changed_)].into();
        insta::assert_snapshot!(changed(&found, Style::PLAIN), @"
        Last changed, as far as CloudTrail knows; it lags by up to 15 minutes:
          security_group.web/rules by arn:aws:iam::123456789012:user/ana, AuthorizeSecurityGroupIngress at 2026-11-30T19:05:30Z
        ");
        assert_eq!(changed(&BTreeMap::new(), Style::PLAIN), "");
    }
}
