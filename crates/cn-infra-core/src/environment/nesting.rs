//! How deep a file nests. Checked on its tokens, before anything recurses: the parser itself limits the depth of
//! lists and the length of keys, but not the two together, and thousands of levels would exhaust the stack.

use std::ops::Range;

use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// Levels below a table's header, and within the header: an environment file needs less than ten.
const LIMIT: usize = 64;

/// Where a file becomes too deep.
pub(super) fn too_deep(text: &str) -> Option<Range<usize>> {
    let mut open: Vec<usize> = Vec::new();
    let (mut depth, mut dots, mut key) = (0, 0, 0);
    for token in Source::new(text).lex() {
        match token.kind() {
            TokenKind::Dot => dots += 1,
            TokenKind::Equals => {
                key = dots;
                dots = 0;
            }
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                open.push(key + 1);
                depth += key + 1;
                (dots, key) = (0, 0);
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                depth -= open.pop().unwrap_or(0);
                (dots, key) = (0, 0);
            }
            TokenKind::Comma | TokenKind::Newline => (dots, key) = (0, 0),
            _ => {}
        }
        if depth + dots > LIMIT {
            return Some(token.span().start()..token.span().end());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_levels_of_keys_and_brackets_together() {
        let nested = |levels: usize| format!("{}1{}", "{ a.b = ".repeat(levels), "}".repeat(levels));
        assert_eq!(too_deep(&format!("x = {}", nested(21))), None);
        assert!(too_deep(&format!("x = {}", nested(40))).is_some());
    }

    #[test]
    fn dots_of_texts_comments_and_numbers_do_not_count() {
        let dots = ".".repeat(200);
        let text = format!("# {dots}\na = \"{dots}\"\nb = '''\n{dots}'''\nc = [{}]\n", "1.5, ".repeat(200));
        assert_eq!(too_deep(&text), None);
        assert_eq!(too_deep(&"a.b = [\n 1.5\n]\n[x.y]\n".repeat(200)), None);
    }
}
