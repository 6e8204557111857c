//! Errors: what happened, what led to it, and after an empty line what to do.

use std::fmt::Write;

use super::color::{Ink, Style};
use super::layout::hang;
use crate::error::{CommandError, causes};
use cn_infra_core::environment::Diagnostics;

/// The whole error. Diagnostics of files say themselves what, where and why.
pub fn error(error: &CommandError, style: Style) -> String {
    if let Some(found) = error.error.downcast_ref::<Diagnostics>() {
        return diagnostics(found, style);
    }
    let label = |text| style.paint(Ink::Alarm, text);
    let mut text = format!("{} {}\n", label("error:"), hang(&error.error.to_string(), 7, None, style));
    for cause in causes(&error.error) {
        let _ = writeln!(text, "  {} {}", label("caused by:"), hang(&cause, 13, None, style));
    }
    if let Some(hint) = &error.hint {
        let _ = writeln!(text, "\n{} {}", style.paint(Ink::Hint, "hint:"), hang(hint, 6, None, style));
    }
    text
}

/// What is wrong with files, its labels coloured.
pub fn diagnostics(diagnostics: &Diagnostics, style: Style) -> String {
    let text = diagnostics.to_string();
    let painted = text.lines().map(|line| {
        let label = [("error:", Ink::Alarm), ("  hint:", Ink::Hint)];
        let found = label.iter().find_map(|(label, ink)| Some((label, *ink, line.strip_prefix(label)?)));
        found.map_or_else(|| line.to_owned(), |(label, ink, rest)| style.paint(ink, label) + rest)
    });
    painted.collect::<Vec<_>>().join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_follow_and_the_hint_stands_apart() {
        let cause = anyhow::Error::msg("UnauthorizedOperation: not authorized to perform ec2:DescribeInstances");
        let failed =
            CommandError::from(cause.context("cannot read the instance objects")).hint("ask for ReadOnlyAccess");
        insta::assert_snapshot!(error(&failed, Style::PLAIN), @"
        error: cannot read the instance objects
          caused by: UnauthorizedOperation: not authorized to perform ec2:DescribeInstances

        hint: ask for ReadOnlyAccess
        ");
        insta::assert_snapshot!(error(&CommandError::new("no saved plan"), Style::PLAIN), @"error: no saved plan");
    }
}
