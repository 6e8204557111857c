//! `{{name}}` in the text of a file.

/// A text with the known names filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    /// The text; names that are not known stand in it as before.
    pub text: String,
    /// The names that are not known, in the order of the text.
    pub left: Vec<String>,
}

/// Replaces every `{{name}}` that `value` knows.
pub(crate) fn fill(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Filled {
    let mut filled = Filled { text: String::with_capacity(text.len()), left: Vec::new() };
    let mut done = 0;
    for hole in holes(text) {
        filled.text.push_str(&text[done..hole.start]);
        let value = value(hole.name);
        if value.is_none() {
            filled.left.push(hole.name.to_owned());
        }
        filled.text.push_str(value.as_deref().unwrap_or(&text[hole.start..hole.end]));
        done = hole.end;
    }
    filled.text.push_str(&text[done..]);
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

    fn filled(text: &str) -> Filled {
        fill(text, &|name| (name == "site").then(|| "https://x.org".to_owned()))
    }

    #[test]
    fn fills_what_is_known_and_keeps_the_rest() {
        let Filled { text, left } = filled("{{site}}/* {{ site }} {{bucket.media.arn}} {{open\n}} {\"a\":{\"b\":{}}}");
        assert_eq!(text, "https://x.org/* https://x.org {{bucket.media.arn}} {{open\n}} {\"a\":{\"b\":{}}}");
        assert_eq!(left, ["bucket.media.arn"]);
    }

    #[test]
    fn text_without_braces_stays_as_it_is() {
        assert_eq!(filled("ä {site} }} {{").text, "ä {site} }} {{");
    }

    #[test]
    fn a_filled_value_is_not_filled_again() {
        assert_eq!(fill("{{a}}", &|_| Some("{{a}}".into())), Filled { text: "{{a}}".into(), left: vec![] });
    }
}
