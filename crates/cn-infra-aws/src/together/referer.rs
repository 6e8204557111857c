//! CN407: a policy that allows by Referer, and not the site's.

use cn_infra_core::check::{Finding, Severity, Whole};
use cn_infra_core::environment::Declared;
use cn_infra_core::resource::Resource;
use serde_json::Value;

use crate::bucket::Bucket;

/// The value that says where the site is.
const SITE: &str = "site";
const KEY: &str = "aws:referer";

pub(super) fn check(whole: &Whole<'_>) -> Vec<Finding> {
    let Some(site) = whole.environment.values.get(SITE) else { return Vec::new() };
    let buckets = whole.environment.resources.values().filter(|declared| declared.address.kind == Bucket::KIND);
    buckets.filter_map(|bucket| of_bucket(bucket, site)).collect()
}

/// A browser tells at least scheme and host of the page, with a slash after them.
fn of_bucket(bucket: &Declared, site: &str) -> Option<Finding> {
    let policy: Value = serde_json::from_str(bucket.document.get("policy_file")?.as_str()?).ok()?;
    let patterns = referers(&policy);
    // What is filled in at apply is not known yet.
    if patterns.is_empty() || patterns.iter().any(|pattern| pattern.contains("{{")) {
        return None;
    }
    let page = format!("{}/", origin(site));
    if patterns.iter().any(|pattern| is_like(pattern, &page)) {
        return None;
    }
    let message =
        format!("the policy lets in pages of {}, and the site is {site}: its pages get 403", patterns.join(", "));
    let hint = "scheme and host must both be the site's: write \"{{site}}/*\"";
    Some(Finding::new("CN407", Severity::Warning, message).hint(hint).on(&bucket.address))
}

/// The patterns of every condition on the Referer in statements that allow.
fn referers(policy: &Value) -> Vec<&str> {
    let statements = policy.get("Statement").map_or(&[][..], items);
    let allowing =
        statements.iter().filter(|statement| statement.get("Effect").is_some_and(|effect| effect == "Allow"));
    let operators = allowing.filter_map(|statement| statement.get("Condition")?.as_object()).flatten();
    let positive = operators.filter(|(operator, _)| !operator.contains("Not"));
    let keys = positive.filter_map(|(_, keys)| keys.as_object()).flatten();
    let values = keys.filter(|(key, _)| key.eq_ignore_ascii_case(KEY)).flat_map(|(_, values)| items(values));
    values.filter_map(Value::as_str).collect()
}

/// IAM lets a single member stand without its list.
fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// Scheme and host, and the port if it is written.
fn origin(site: &str) -> &str {
    let from = site.find("://").map_or(0, |at| at + 3);
    site[from..].find('/').map_or(site, |at| &site[..from + at])
}

/// Whether a text is like a pattern of IAM's `StringLike`: `*` is any text, `?` any character.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return text.is_empty() };
    let rest = &pattern[first.len_utf8()..];
    match first {
        '*' => text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| is_like(rest, &text[at..])),
        wanted => {
            text.chars().next().is_some_and(|c| (wanted == '?' || c == wanted) && is_like(rest, &text[c.len_utf8()..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_iam() {
        let site = "https://coralnet.ucsd.edu/";
        for pattern in [
            "https://coralnet.ucsd.edu/*",
            "https://*.ucsd.edu/*",
            "*",
            "https://coralnet.ucsd.edu/",
            "http?://coralnet*",
        ] {
            assert!(is_like(pattern, site), "{pattern}");
        }
        for pattern in
            ["http://coralnet.ucsd.edu/*", "https://coralnet.ucsd.edu", "https://www.coralnet.ucsd.edu/*", ""]
        {
            assert!(!is_like(pattern, site), "{pattern}");
        }
    }

    #[test]
    fn an_origin_is_scheme_and_host() {
        assert_eq!(origin("https://coralnet.ucsd.edu/source/"), "https://coralnet.ucsd.edu");
        assert_eq!(origin("http://192.0.2.1:8000"), "http://192.0.2.1:8000");
        assert_eq!(origin("coralnet.ucsd.edu/a"), "coralnet.ucsd.edu");
    }
}
