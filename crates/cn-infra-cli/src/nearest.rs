//! "Did you mean …?"

/// The candidate that a mistyped text most likely means.
pub fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a String>) -> Option<&'a str> {
    let near = |candidate: &&'a String| strsim::damerau_levenshtein(text, candidate);
    let best = candidates.into_iter().min_by_key(near)?;
    (near(&best) <= text.len().max(3) / 3).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_text_is_meant() {
        let names = ["production".to_owned(), "staging".to_owned()];
        assert_eq!(nearest("stagign", &names), Some("staging"));
        assert_eq!(nearest("development", &names), None);
        assert_eq!(nearest("x", &[]), None);
    }
}
