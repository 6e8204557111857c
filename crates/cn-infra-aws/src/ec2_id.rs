//! The form of EC2's ids.

/// Whether a text is a prefix such as `sg-` and then 8 or more hexadecimal digits.
pub(crate) fn is_id(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|digits| digits.len() >= 8 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_a_prefix_and_hexadecimal_digits() {
        assert!(is_id("sg-", "sg-0123456789abcdef0") && is_id("pl-", "pl-63a5400a"));
        assert!(!is_id("sg-", "sg-office") && !is_id("sg-", "sg-") && !is_id("sg-", "pl-63a5400a"));
    }
}
