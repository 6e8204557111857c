//! Lines: wrapping between words with a hanging indent, and columns.

use unicode_width::UnicodeWidthStr;

use super::color::{Ink, Style};

/// The narrowest column that text is wrapped into.
const NARROWEST: usize = 24;

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The lines of a text that begins at a column, broken between words only.
pub fn wrap(text: &str, column: usize, style: Style) -> Vec<String> {
    let room = style.width.map_or(usize::MAX, |columns| columns.saturating_sub(column).max(NARROWEST));
    let mut lines = vec![String::new()];
    for word in printable(text).split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if width(line) + 1 + width(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A text without what would move a terminal's cursor or turn its writing: tags and texts are other people's.
pub fn printable(text: &str) -> String {
    let moves = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|c| {
            if c == '\t' {
                ' '
            } else if moves(c) {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}

/// A text that begins at a column of the current line; further lines hang below its beginning.
pub fn hang(text: &str, column: usize, ink: Option<Ink>, style: Style) -> String {
    let lines = wrap(text, column, style).into_iter();
    let painted: Vec<_> = lines.map(|line| ink.map_or(line.clone(), |ink| style.paint(ink, line))).collect();
    painted.join(&format!("\n{:column$}", ""))
}

/// A text at a column of its own line, its label before it; a label too long for that has a line to itself.
pub fn labelled(label: &str, indent: usize, column: usize, style: Style) -> String {
    let end = indent + width(label);
    if end < column {
        format!("{:indent$}{}{:gap$}", "", style.paint(Ink::Strong, label), "", gap = column - end)
    } else {
        format!("{:indent$}{}\n{:column$}", "", style.paint(Ink::Strong, label), "")
    }
}

/// `1 step`, `3 steps`.
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_hang() {
        let style = Style { width: Some(40), ..Style::PLAIN };
        let text = hang("nobody allowed before and after is cut off", 10, None, style);
        assert_eq!(text, "nobody allowed before and\n          after is cut off");
    }

    #[test]
    fn a_word_longer_than_the_line_stays_whole() {
        let style = Style { width: Some(30), ..Style::PLAIN };
        assert_eq!(wrap("a https://coralnet.ucsd.edu/a/very/long/path b", 4, style).len(), 3);
    }

    #[test]
    fn a_text_cannot_move_the_cursor() {
        assert_eq!(wrap("a\u{1b}[2Jb\u{202e}c", 0, Style::PLAIN), ["a\u{fffd}[2Jb\u{fffd}c"]);
    }

    #[test]
    fn without_a_width_nothing_is_wrapped() {
        assert_eq!(wrap(&"word ".repeat(100), 4, Style::PLAIN).len(), 1);
    }
}
