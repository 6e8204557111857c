//! The names that S3 allows for buckets.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>

use std::net::Ipv4Addr;

/// Beginnings that S3 keeps for itself.
const RESERVED_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
/// Endings that S3 keeps for itself.
const RESERVED_SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// Why a text cannot be the name of a bucket.
pub(super) fn fault(name: &str) -> Option<&'static str> {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    Some(if !(3..=63).contains(&name.len()) {
        "it must have 3 to 63 characters"
    } else if !name.chars().all(|c| edge(c) || c == '-' || c == '.') {
        "it may hold lowercase letters, digits, hyphens and dots only"
    } else if !name.starts_with(edge) || !name.ends_with(edge) {
        "it must begin and end with a letter or digit"
    } else if name.contains("..") {
        "it may not hold two dots in a row"
    } else if name.parse::<Ipv4Addr>().is_ok() {
        "it may not look like an IP address"
    } else if RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        "it may not begin with xn--, sthree- or amzn-s3-demo-"
    } else if RESERVED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix)) {
        "it may not end with -s3alias, --ol-s3, .mrap, --x-s3 or --table-s3"
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_rules_of_s3() {
        for good in ["abc", "coralnet-production", "logs.coralnet.ucsd.edu", "1-2", &"a".repeat(63)] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "ab",
            &"a".repeat(64),
            "Coral",
            "a_b",
            "-abc",
            "abc.",
            "a..b",
            "192.0.2.1",
            "xn--abc",
            "sthree-x",
            "x-s3alias",
            "x--ol-s3",
            "x.mrap",
            "é-name",
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }
}
