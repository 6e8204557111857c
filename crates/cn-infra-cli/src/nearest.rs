//! "Did you mean …?"

/// The candidate that a mistyped or shortened text most likely means.
pub fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a String>) -> Option<&'a str> {
    let distance = |candidate: &&'a String| match candidate.strip_prefix(text) {
        Some(_) if !text.is_empty() => 0,
        _ => strsim::damerau_levenshtein(text, candidate),
    };
    let best = candidates.into_iter().min_by_key(distance)?;
    (distance(&best) <= text.len().max(3) / 3).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_text_is_meant() {
        let names = ["production".to_owned(), "staging".to_owned()];
        assert_eq!(nearest("stagign", &names), Some("staging"));
        assert_eq!(nearest("prod", &names), Some("production"));
        assert_eq!(nearest("development", &names), None);
        assert_eq!(nearest("x", &[]), None);
    }
}
