//! `{{name}}` in the text of a file.

/// Replaces every `{{name}}` that `value` knows; the others stand in the text as before.
pub(crate) fn fill(text: &str, value: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut done = 0;
    for hole in holes(text) {
        filled.push_str(&text[done..hole.start]);
        filled.push_str(value(hole.name).as_deref().unwrap_or(&text[hole.start..hole.end]));
        done = hole.end;
    }
    filled.push_str(&text[done..]);
    filled
}

/// One `{{name}}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hole<'t> {
    /// Where its braces begin and end, in bytes.
    pub start: usize,
    pub end: usize,
    /// What stands between them, without spaces around it.
    pub name: &'t str,
}

/// Every `{{name}}` of a text. Braces that are not closed in their line are text.
pub(super) fn holes(text: &str) -> impl Iterator<Item = Hole<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text[from..].find("{{")?;
            let inside = &text[start + 2..];
            let line = inside.split('\n').next().unwrap_or(inside);
            if let Some(length) = line.find("}}") {
                from = start + 2 + length + 2;
                return Some(Hole { start, end: from, name: line[..length].trim() });
            }
            from = start + 2;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        fill(text, &mut |name| (name == "site").then(|| "https://x.org".to_owned()))
    }

    #[test]
    fn fills_what_is_known_and_keeps_the_rest() {
        assert_eq!(
            filled("{{site}}/* {{ site }} {{bucket.media.arn}} {{open\n}} {\"a\":{\"b\":{}}}"),
            "https://x.org/* https://x.org {{bucket.media.arn}} {{open\n}} {\"a\":{\"b\":{}}}"
        );
    }

    #[test]
    fn text_without_braces_stays_as_it_is() {
        assert_eq!(filled("ä {site} }} {{"), "ä {site} }} {{");
    }

    #[test]
    fn a_filled_value_is_not_filled_again() {
        assert_eq!(fill("{{a}}", &mut |_| Some("{{a}}".into())), "{{a}}");
    }
}
