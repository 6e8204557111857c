//! The storage of a database: its type, size, and the performance that comes with it or is paid for.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html>

use serde::{Deserialize, Serialize};

use crate::error::AwsError;

/// A type of storage.
#[derive(Debug)]
pub struct Kind {
    /// For example `gp3`.
    pub name: &'static str,
    /// The least size, in GiB.
    pub least: u32,
    /// The greatest size, in GiB.
    pub most: u32,
    /// The least and the most IOPS that can be provisioned; `None`: none can.
    pub iops: Option<(u32, u32)>,
    /// So many IOPS at most for each GiB.
    per_gib: u32,
}

/// All types, for PostgreSQL, MySQL and MariaDB.
pub const KINDS: &[Kind] = &[
    Kind { name: "gp2", least: 20, most: 65_536, iops: None, per_gib: 0 },
    Kind { name: "gp3", least: 20, most: 65_536, iops: Some((12_000, 64_000)), per_gib: 500 },
    Kind { name: "io1", least: 100, most: 65_536, iops: Some((1_000, 256_000)), per_gib: 50 },
    Kind { name: "io2", least: 100, most: 65_536, iops: Some((1_000, 256_000)), per_gib: 1_000 },
    Kind { name: "standard", least: 5, most: 3_072, iops: None, per_gib: 0 },
];

/// From this size on, in GiB, gp3 is striped over four volumes, and its performance can be raised.
const STRIPED: u32 = 400;
/// IOPS and MiB/s of gp3: of one volume, and of four.
const BASELINE: [(u32, u32); 2] = [(3_000, 125), (12_000, 500)];
/// The most MiB/s of gp3.
const MOST_THROUGHPUT: u32 = 4_000;

/// The storage of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// In GiB.
    pub size: u32,
    /// `gp2`, `gp3`, `io1`, `io2` or `standard`.
    pub kind: String,
    /// Provisioned or, with gp3, the baseline.
    pub iops: Option<u32>,
    /// In MiB/s; gp3 only.
    pub throughput: Option<u32>,
}

/// What a call says about storage. `None`: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// `AllocatedStorage`
    pub size: Option<u32>,
    /// `StorageType`
    pub kind: Option<String>,
    /// `Iops`
    pub iops: Option<u32>,
    /// `StorageThroughput`
    pub throughput: Option<u32>,
}

fn combination(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterCombination", message)
}

impl Asked {
    /// The storage of a new database.
    ///
    /// # Errors
    /// `InvalidParameterValue` for a size, `InvalidParameterCombination` for performance that the type has not.
    pub fn storage(self, engine: &str) -> Result<Storage, AwsError> {
        let missing =
            || combination(format!("Invalid storage size for engine name {engine}: AllocatedStorage is required."));
        let size = self.size.ok_or_else(missing)?;
        let default = if self.iops.is_some() { "io1" } else { "gp3" };
        let kind = kind(self.kind.as_deref().unwrap_or(default))?;
        let Kind { name, least, most, .. } = kind;
        if !(least..=most).contains(&&size) {
            let message = format!("Invalid storage size for engine name {engine} and storage type {name}: {size}");
            return Err(AwsError::new("InvalidParameterValue", message));
        }
        let (iops, throughput) = performance(engine, kind, size, self.iops, self.throughput)?;
        Ok(Storage { size, kind: (*name).to_owned(), iops, throughput })
    }
}

fn kind(name: &str) -> Result<&'static Kind, AwsError> {
    let invalid = || AwsError::new("InvalidParameterValue", format!("Invalid storage type: {name}"));
    KINDS.iter().find(|kind| kind.name == name).ok_or_else(invalid)
}

/// IOPS and throughput as they will be told.
fn performance(
    engine: &str,
    kind: &Kind,
    size: u32,
    iops: Option<u32>,
    throughput: Option<u32>,
) -> Result<(Option<u32>, Option<u32>), AwsError> {
    let Kind { name, iops: bounds, per_gib, .. } = kind;
    if *name != "gp3" && throughput.is_some() {
        return Err(combination(format!("You can't specify storage throughput for storage type {name}.")));
    }
    let baseline = match (*name, size >= STRIPED) {
        ("gp3", false) if iops.or(throughput).is_some() => {
            return Err(combination(format!(
                "You can't specify IOPS or storage throughput for engine {engine} and a storage size less than \
                 {STRIPED}."
            )));
        }
        ("gp3", false) => return Ok((Some(BASELINE[0].0), Some(BASELINE[0].1))),
        ("gp3", true) => Some(BASELINE[1]),
        _ => None,
    };
    let Some((least, most)) = bounds else {
        let refused = || combination(format!("You can't specify IOPS for storage type {name}."));
        return iops.map_or(Ok((None, None)), |_| Err(refused()));
    };
    let missing = || combination(format!("You must specify IOPS for storage type {name}."));
    let iops = iops.or(baseline.map(|(iops, _)| iops)).ok_or_else(missing)?;
    if !(least..=most).contains(&&iops) || iops > size.saturating_mul(*per_gib) {
        let message = format!(
            "Invalid IOPS {iops} for storage type {name} of {size} GiB: at least {least}, at most {most} and {per_gib} \
             for each GiB."
        );
        return Err(combination(message));
    }
    let throughput = throughput.or(baseline.map(|(_, throughput)| throughput));
    if throughput
        .is_some_and(|throughput| !(BASELINE[1].1..=MOST_THROUGHPUT).contains(&throughput) || throughput * 4 > iops)
    {
        let message = format!(
            "Invalid storage throughput: at least {} and at most {MOST_THROUGHPUT} MiB/s, and a quarter of the IOPS.",
            BASELINE[1].1
        );
        return Err(combination(message));
    }
    Ok((Some(iops), throughput))
}

impl Storage {
    /// Whether its performance was chosen: then RDS wants size and IOPS together.
    fn is_provisioned(&self) -> bool {
        matches!(self.kind.as_str(), "io1" | "io2") || self.kind == "gp3" && self.size >= STRIPED
    }

    /// Refuses size or IOPS alone, where performance is provisioned.
    ///
    /// # Errors
    /// `InvalidParameterCombination`.
    pub fn check_named_together(&self, asked: &Asked) -> Result<(), AwsError> {
        let alone = asked.size.is_some() != asked.iops.is_some();
        if alone && self.is_provisioned() && self.is_kept(asked) {
            let message = "You must specify both the storage size and iops when modifying the storage size or iops on \
                           a DB instance that has iops.";
            return Err(combination(message));
        }
        Ok(())
    }

    /// Whether the type stays.
    fn is_kept(&self, asked: &Asked) -> bool {
        asked.kind.as_ref().is_none_or(|kind| *kind == self.kind)
    }

    /// The storage after a change. It never shrinks, and grows by at least a tenth: less is rounded up.
    ///
    /// # Errors
    /// As [`Asked::storage`]; `InvalidParameterCombination` for less than there is.
    pub fn changed(&self, asked: &Asked, engine: &str) -> Result<Self, AwsError> {
        let size = match asked.size {
            Some(size) if size < self.size => {
                let message =
                    format!("Requested storage size {size} cannot be less than the current one, {}.", self.size);
                return Err(combination(message));
            }
            Some(size) if size > self.size => size.max(self.size + self.size.div_ceil(10)),
            _ => self.size,
        };
        let kept = self.is_kept(asked) && self.is_provisioned();
        let next = Asked {
            size: Some(size),
            kind: asked.kind.clone().or_else(|| Some(self.kind.clone())),
            // 0 says: none, as the new type has none.
            iops: asked.iops.filter(|iops| *iops > 0).or(self.iops.filter(|_| kept)),
            throughput: asked.throughput.or(self.throughput.filter(|_| kept)),
        };
        next.storage(engine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(size: u32, kind: &str, iops: Option<u32>, throughput: Option<u32>) -> Asked {
        Asked { size: Some(size), kind: Some(kind.to_owned()), iops, throughput }
    }

    #[test]
    fn performance_depends_on_type_and_size() {
        for (it, expected) in [
            (asked(20, "gp2", None, None), Ok((None, None))),
            (asked(399, "gp3", None, None), Ok((Some(3000), Some(125)))),
            (asked(400, "gp3", None, None), Ok((Some(12_000), Some(500)))),
            (asked(400, "gp3", Some(16_000), Some(4_000)), Ok((Some(16_000), Some(4_000)))),
            (asked(400, "gp3", Some(12_000), Some(4_000)), Err("InvalidParameterCombination")),
            (asked(399, "gp3", Some(3_000), None), Err("InvalidParameterCombination")),
            (asked(100, "gp2", Some(3_000), None), Err("InvalidParameterCombination")),
            (asked(100, "io1", None, None), Err("InvalidParameterCombination")),
            (asked(100, "io1", Some(5_001), None), Err("InvalidParameterCombination")),
            (asked(99, "io1", Some(1_000), None), Err("InvalidParameterValue")),
            (asked(20, "gp9", None, None), Err("InvalidParameterValue")),
        ] {
            let result = it.clone().storage("postgres").map(|it| (it.iops, it.throughput)).map_err(|error| error.code);
            assert_eq!(result, expected.map_err(Into::into), "{it:?}");
        }
    }

    #[test]
    fn storage_grows_by_a_tenth_and_never_shrinks() {
        let live = asked(100, "gp2", None, None).storage("postgres").expect("storage");
        let grown = |size| live.changed(&Asked { size: Some(size), ..Asked::default() }, "postgres").map(|it| it.size);
        assert_eq!((grown(100), grown(101), grown(200)), (Ok(100), Ok(110), Ok(200)));
        assert!(grown(99).is_err());
        let striped = asked(500, "gp3", None, None);
        let larger = live.changed(&striped, "postgres").expect("storage");
        assert_eq!((larger.iops, larger.throughput), (Some(12_000), Some(500)));
    }
}
