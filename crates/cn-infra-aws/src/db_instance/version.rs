//! Engine versions: which a file accepts, and what it takes to get from one to another.

use std::cmp::Ordering;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An engine version as RDS writes it: `16.4`, `8.0.35`, `15.00.4345.5.v1`, `19.0.0.0.ru-2024-01.rur-2024-01.r1`.
///
/// In a file it may be less exact: `"16"` accepts any 16, `"16.4"` at least that minor version of 16.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct EngineVersion(pub String);

/// How a live version stands to the one asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distance {
    /// The live version is accepted.
    Accepted,
    /// A newer minor version of the same major version is asked for.
    MinorUpgrade,
    /// A newer major version is asked for.
    MajorUpgrade,
    /// An older major version is asked for.
    Downgrade,
}

impl EngineVersion {
    /// Whether it can be a version: components of letters, digits and hyphens between dots, the first one a number.
    pub(super) fn is_valid(&self) -> bool {
        let well_formed = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        self.0.split('.').all(well_formed) && self.0.split('.').next().is_some_and(|part| part.parse::<u32>().is_ok())
    }

    /// How far a live version of an engine is from this one, which a file asks for.
    pub(super) fn distance(&self, live: &Self, engine: &str) -> Distance {
        let (asked, live): (Vec<_>, Vec<_>) = (self.0.split('.').collect(), live.0.split('.').collect());
        // A minor version is at least the one asked for; of a major version asked for in part, that part counts.
        let major = major_components(engine, &asked).min(asked.len());
        match compare(&asked[..major], &live[..major.min(live.len())]) {
            Ordering::Greater => return Distance::MajorUpgrade,
            Ordering::Less => return Distance::Downgrade,
            Ordering::Equal => {}
        }
        let minor = live.get(major..asked.len().min(live.len())).unwrap_or_default();
        match compare(&asked[major..], minor) {
            Ordering::Greater => Distance::MinorUpgrade,
            _ => Distance::Accepted,
        }
    }
}

impl fmt::Display for EngineVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many components make up the major version. PostgreSQL changed that with version 10.
fn major_components(engine: &str, version: &[&str]) -> usize {
    let before_ten = || version.first().and_then(|first| first.parse().ok()).is_some_and(|first: u32| first < 10);
    match engine {
        "postgres" if before_ten() => 2,
        "postgres" => 1,
        _ if engine.starts_with("oracle") => 1,
        // mysql 8.0, mariadb 10.11, sqlserver 15.00, db2 11.5
        _ => 2,
    }
}

/// Compares component by component: numbers as numbers, anything else as text.
fn compare(one: &[&str], other: &[&str]) -> Ordering {
    let components = one.iter().zip(other).map(|(one, other)| match (one.parse::<u64>(), other.parse::<u64>()) {
        (Ok(one), Ok(other)) => one.cmp(&other),
        _ => one.cmp(other),
    });
    components.fold(Ordering::Equal, Ordering::then).then(one.len().cmp(&other.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(engine: &str, asked: &str, live: &str) -> Distance {
        EngineVersion(asked.to_owned()).distance(&EngineVersion(live.to_owned()), engine)
    }

    #[test]
    fn compares_by_the_engines_idea_of_a_major_version() {
        use Distance::{Accepted, Downgrade, MajorUpgrade, MinorUpgrade};
        let table = [
            ("postgres", "16", "16.4", Accepted),
            ("postgres", "16", "16", Accepted),
            ("postgres", "16", "15.8", MajorUpgrade),
            ("postgres", "16", "17.1", Downgrade),
            ("postgres", "16.4", "16.4", Accepted),
            ("postgres", "16.4", "16.10", Accepted),
            ("postgres", "16.10", "16.9", MinorUpgrade),
            ("postgres", "16.4", "16", MinorUpgrade),
            ("postgres", "9.6", "9.6.24", Accepted),
            ("postgres", "9.6.24", "9.6.2", MinorUpgrade),
            ("postgres", "9.6", "9.5.25", MajorUpgrade),
            ("postgres", "10", "9.6.24", MajorUpgrade),
            ("postgres", "9", "9.6.24", Accepted),
            ("mysql", "8.0", "8.0.35", Accepted),
            ("mysql", "8", "8.4.3", Accepted),
            ("mysql", "8.4", "8.0.35", MajorUpgrade),
            ("mysql", "8.0.36", "8.0.35", MinorUpgrade),
            ("mysql", "8.0.36", "8.4.3", Downgrade),
            ("mariadb", "10.11", "10.6.14", MajorUpgrade),
            ("sqlserver-ex", "15.00", "15.00.4345.5.v1", Accepted),
            ("sqlserver-ex", "15.00.4345.5.v1", "15.00.4322.2.v1", MinorUpgrade),
            ("oracle-ee", "19", "19.0.0.0.ru-2024-01.rur-2024-01.r1", Accepted),
            ("oracle-ee", "19.0.0.0.ru-2024-04.rur-2024-04.r1", "19.0.0.0.ru-2024-01.rur-2024-01.r1", MinorUpgrade),
            ("db2-se", "11.5", "11.5.9.0.sb00000000.r1", Accepted),
        ];
        for (engine, asked, live, expected) in table {
            assert_eq!(distance(engine, asked, live), expected, "{engine}: {asked} asked, {live} live");
        }
    }

    #[test]
    fn accepts_itself_and_everything_newer_of_the_same_major_version() {
        let versions: Vec<String> =
            (9..13).flat_map(|major| (0..12).map(move |minor| format!("{major}.{minor}"))).collect();
        for engine in ["postgres", "mysql", "oracle-ee"] {
            for (index, one) in versions.iter().enumerate() {
                assert_eq!(distance(engine, one, one), Distance::Accepted, "{engine} {one}");
                for newer in &versions[index + 1..] {
                    let (up, down) = (distance(engine, newer, one), distance(engine, one, newer));
                    assert_ne!(up, Distance::Accepted, "{engine} {newer} asked, {one} live");
                    assert_ne!(up, Distance::Downgrade, "{engine} {newer} asked, {one} live");
                    let same_major = up == Distance::MinorUpgrade;
                    assert_eq!(down == Distance::Accepted, same_major, "{engine} {one} asked, {newer} live");
                }
            }
        }
    }

    #[test]
    fn knows_what_can_be_a_version() {
        for good in ["16", "16.4", "8.0.35", "15.00.4345.5.v1", "19.0.0.0.ru-2024-01.rur-2024-01.r1"] {
            assert!(EngineVersion(good.to_owned()).is_valid(), "{good}");
        }
        for bad in ["", "latest", "16.", ".4", "16..4", "v16", "16 4", "16.x!"] {
            assert!(!EngineVersion(bad.to_owned()).is_valid(), "{bad}");
        }
    }
}
