//! The lines in which two texts differ, with one line of context.

use similar::{ChangeTag, TextDiff};

/// One line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What became of it.
    pub sign: Sign,
    /// The line, without its end.
    pub text: String,
}

/// What became of a line or entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It is new.
    Added,
    /// It goes away.
    Removed,
    /// It stays, and shows where the others are.
    Same,
    /// Lines were left out here.
    Gap,
}

impl Sign {
    /// The sign before the line.
    pub const fn symbol(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '-',
            Self::Same => ' ',
            Self::Gap => '…',
        }
    }
}

/// The changed lines of two texts, without the indentation that all of them share.
pub fn difference(before: &str, after: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(1).iter_hunks() {
        if !lines.is_empty() {
            lines.push(Line { sign: Sign::Gap, text: String::new() });
        }
        lines.extend(hunk.iter_changes().map(|change| Line {
            sign: match change.tag() {
                ChangeTag::Insert => Sign::Added,
                ChangeTag::Delete => Sign::Removed,
                ChangeTag::Equal => Sign::Same,
            },
            text: change.value().trim_end_matches(['\r', '\n']).to_owned(),
        }));
    }
    dedent(lines)
}

fn dedent(mut lines: Vec<Line>) -> Vec<Line> {
    let filled = lines.iter().filter(|line| !line.text.trim().is_empty());
    let shared = filled.map(|line| line.text.len() - line.text.trim_start_matches(' ').len()).min().unwrap_or(0);
    for line in &mut lines {
        line.text = line.text.get(shared..).unwrap_or_default().to_owned();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_lines_stand_with_one_line_around_and_without_shared_indentation() {
        let before = "{\n    a\n    b\n    c\n    d\n    e\n    f\n    g\n}\n";
        let after = before.replace("    b\n", "    B\n").replace("    f\n", "");
        let lines: Vec<_> =
            difference(before, &after).iter().map(|line| format!("{}{}", line.sign.symbol(), line.text)).collect();
        assert_eq!(lines, [" a", "-b", "+B", " c", "…", " e", "-f", " g"]);
    }
}
