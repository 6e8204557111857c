//! What is wrong with an environment's files: what, where, and what to do. All of it at once.

use std::fmt;
use std::path::PathBuf;

use unicode_width::UnicodeWidthStr;

/// Everything that is wrong, in the order of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// One that concerns a whole file.
    pub(crate) fn of_file(file: impl Into<PathBuf>, message: impl Into<String>, hint: Option<String>) -> Self {
        Self(vec![Diagnostic { file: file.into(), position: None, message: message.into(), hint }])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// One thing that is wrong. Its text shows the line with carets under what is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file.
    pub file: PathBuf,
    /// Where in the file; `None`: the file as a whole.
    pub position: Option<Position>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Where in a file, and the line as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// How many characters are meant, at least 1; they end with the line.
    pub width: usize,
    excerpt: Excerpt,
}

impl Position {
    /// The characters from byte `start` to byte `end` of a line.
    pub(super) fn new(line: usize, column: usize, text: &str, start: usize, end: usize) -> Self {
        let width = text[start..end].chars().count().max(1);
        Self { line, column, width, excerpt: Excerpt::of(text, start, end) }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", shown(&self.message))?;
        let file = self.file.display().to_string();
        match &self.position {
            None => write!(f, "\n  --> {}", shown(&file))?,
            Some(Position { line, column, excerpt, .. }) => {
                let gutter = " ".repeat(line.to_string().len());
                write!(f, "\n{gutter} --> {}:{line}:{column}", shown(&file))?;
                write!(f, "\n{gutter} |\n{line} | {}", excerpt.text.trim_end())?;
                write!(f, "\n{gutter} | {}{}", " ".repeat(excerpt.indent), "^".repeat(excerpt.carets))?;
            }
        }
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\n  hint: {}", shown(hint)))
    }
}

/// A line as it is shown: tabs as spaces, cut around the carets where it is long. Widths are cells of a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Excerpt {
    text: String,
    indent: usize,
    carets: usize,
}

/// A line of more bytes is cut.
const LONG: usize = 160;
/// How many characters of a long line are shown on either side of where the carets begin.
const AROUND: usize = 60;

impl Excerpt {
    fn of(line: &str, start: usize, end: usize) -> Self {
        let (mut from, mut to) = (0, line.len());
        if line.len() > LONG {
            from = line[..start].char_indices().rev().nth(AROUND).map_or(0, |(index, _)| index);
            to = line[start..].char_indices().nth(AROUND).map_or(to, |(index, _)| start + index);
        }
        let before = if from > 0 { format!("…{}", cells(&line[from..start])) } else { cells(&line[..start]) };
        let meant = cells(&line[start..end.min(to)]);
        let after = cells(&line[end.min(to)..to]);
        let cut = if to < line.len() { "…" } else { "" };
        Self { indent: before.width(), carets: meant.width().max(1), text: format!("{before}{meant}{after}{cut}") }
    }
}

/// Text without what would move a terminal's cursor.
fn cells(text: &str) -> String {
    let mut cells = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => cells.push_str("    "),
            c if moves_cursor(c) => cells.push(char::REPLACEMENT_CHARACTER),
            c => cells.push(c),
        }
    }
    cells
}

/// Control characters, and those that turn the direction of writing.
fn moves_cursor(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A message that may quote a file: no control characters, not endless.
fn shown(text: &str) -> String {
    const LIMIT: usize = 600;
    let cut = text.char_indices().nth(LIMIT).map(|(index, _)| index);
    let kept = cells(&text[..cut.unwrap_or(text.len())]);
    if cut.is_some() { kept + "…" } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str, meant: &str) -> String {
        let start = text.find(meant).unwrap();
        let column = text[..start].chars().count() + 1;
        let position = Some(Position::new(7, column, text, start, start + meant.len()));
        Diagnostic { file: "a.toml".into(), position, message: "wrong".into(), hint: None }.to_string()
    }

    #[test]
    fn carets_stand_under_wide_characters_and_tabs() {
        insta::assert_snapshot!(show("\tname = \"日本\", x = 5", "x"), @r#"
        error: wrong
          --> a.toml:7:15
          |
        7 |     name = "日本", x = 5
          |                    ^
        "#);
    }

    #[test]
    fn a_long_line_is_cut_around_the_carets() {
        let line = format!("{}meant{}", "ä".repeat(5000), "z".repeat(5000));
        insta::assert_snapshot!(show(&line, "meant"), @"
        error: wrong
          --> a.toml:7:5001
          |
        7 | …ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääämeantzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz…
          |                                                               ^^^^^
        ");
    }

    #[test]
    fn nothing_of_the_file_reaches_the_terminal_as_a_command() {
        let shown = show("a = \"\u{1b}[2J\u{202e}\" # x", "x");
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
    }
}
