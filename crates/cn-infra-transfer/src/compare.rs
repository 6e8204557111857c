//! Whether two objects are the same, as far as listings tell.
//!
//! An entity tag is the MD5 of the bytes only where an object was written at once and neither KMS nor the customer
//! encrypts it; one of parts depends on how it was cut. So equal tags mean the same bytes, and different ones mean
//! different bytes only where both are MD5s. What was used to decide is counted in the report.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>

use serde::{Deserialize, Serialize};

use crate::list::{ETag, Facts};

/// By what two objects are compared. Sizes always count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// By entity tags where they are comparable, else by time: what was written after its source is the same. The
    /// default.
    #[default]
    TagsOrTime,
    /// By time alone: for objects that KMS encrypts, whose tags always differ.
    Time,
    /// By entity tags where they are comparable; else sizes suffice.
    Tags,
    /// By size alone.
    Size,
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The same, and what says so.
    Same(Basis),
    /// Different, and what says so.
    Different(Basis),
}

/// What decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Sizes.
    Size,
    /// Entity tags.
    Tag,
    /// Times of the last change.
    Time,
    /// That there is one: nothing else is known.
    Presence,
}

/// Compares what is to be with what is there.
pub fn compare(wanted: &Facts, there: &Facts, by: Comparison) -> Verdict {
    if let (Some(wanted), Some(there)) = (wanted.size, there.size)
        && wanted != there
    {
        return Verdict::Different(Basis::Size);
    }
    let (tags, time) = match by {
        Comparison::TagsOrTime => (true, true),
        Comparison::Time => (false, true),
        Comparison::Tags => (true, false),
        Comparison::Size => (false, false),
    };
    let of_tags = tags.then(|| same_tags(wanted.etag.as_ref()?, there.etag.as_ref()?)).flatten();
    if let Some(same) = of_tags {
        return verdict(same, Basis::Tag);
    }
    if let (true, Some(wanted), Some(there)) = (time, wanted.modified, there.modified) {
        // S3 tells whole seconds: what changed within the second of its copy may have changed after it.
        return verdict(there > wanted, Basis::Time);
    }
    Verdict::Same(if wanted.size.is_some() { Basis::Size } else { Basis::Presence })
}

fn verdict(same: bool, basis: Basis) -> Verdict {
    if same { Verdict::Same(basis) } else { Verdict::Different(basis) }
}

/// Whether tags say that bytes are the same; `None`: they do not tell.
fn same_tags(a: &ETag, b: &ETag) -> Option<bool> {
    match (a, b) {
        (ETag::Whole(a), ETag::Whole(b)) => Some(a == b),
        _ => (a == b).then_some(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(size: u64, modified: i64, etag: &str) -> Facts {
        let etag = Some(etag).filter(|etag| !etag.is_empty()).map(ETag::parse);
        Facts { size: Some(size), modified: Some(modified), etag, class: None }
    }

    #[test]
    fn tags_decide_where_they_are_comparable_and_times_where_not() {
        let (a, b) = ("0cc175b9c0f1b6a831c399e269772661", "92eb5ffee6ae2fec3ad71c777531578f");
        let parts = |tag: &str, parts: u32| format!("{tag}-{parts}");
        let (same, different) = (Verdict::Same, Verdict::Different);
        for (wanted, there, expected) in [
            (facts(1, 5, a), facts(2, 9, a), [different(Basis::Size); 4]),
            (
                facts(1, 9, a),
                facts(1, 5, a),
                [same(Basis::Tag), different(Basis::Time), same(Basis::Tag), same(Basis::Size)],
            ),
            (
                facts(1, 5, a),
                facts(1, 9, b),
                [different(Basis::Tag), same(Basis::Time), different(Basis::Tag), same(Basis::Size)],
            ),
            (
                facts(1, 5, &parts(a, 2)),
                facts(1, 9, b),
                [same(Basis::Time), same(Basis::Time), same(Basis::Size), same(Basis::Size)],
            ),
            (
                facts(1, 5, &parts(a, 2)),
                facts(1, 5, &parts(b, 2)),
                [different(Basis::Time), different(Basis::Time), same(Basis::Size), same(Basis::Size)],
            ),
            (
                facts(1, 5, &parts(a, 2)),
                facts(1, 5, &parts(a, 2)),
                [same(Basis::Tag), different(Basis::Time), same(Basis::Tag), same(Basis::Size)],
            ),
            (
                facts(1, 6, ""),
                facts(1, 5, a),
                [different(Basis::Time), different(Basis::Time), same(Basis::Size), same(Basis::Size)],
            ),
        ] {
            let all = [Comparison::TagsOrTime, Comparison::Time, Comparison::Tags, Comparison::Size];
            assert_eq!(all.map(|by| compare(&wanted, &there, by)), expected, "{wanted:?} {there:?}");
        }
        let unknown = Facts { size: None, modified: None, etag: None, class: None };
        assert_eq!(compare(&unknown, &facts(1, 1, a), Comparison::Tags), same(Basis::Presence));
    }
}
