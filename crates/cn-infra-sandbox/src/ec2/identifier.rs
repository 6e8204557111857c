//! Ids as callers give them: refused where they cannot be one, not found where nothing has it.

use crate::error::AwsError;

/// How EC2 speaks of the ids of one kind of object.
#[derive(Debug)]
pub struct Identifier {
    /// What they begin with, such as `i-`.
    pub prefix: &'static str,
    /// The code for what cannot be such an id.
    pub malformed: &'static str,
    /// The code for an id that nothing has.
    pub not_found: &'static str,
    /// What messages call it.
    pub noun: &'static str,
}

/// Of instances.
pub const INSTANCE: Identifier = Identifier {
    prefix: "i-",
    malformed: "InvalidInstanceID.Malformed",
    not_found: "InvalidInstanceID.NotFound",
    noun: "instance ID",
};

/// Of images.
pub const IMAGE: Identifier = Identifier {
    prefix: "ami-",
    malformed: "InvalidAMIID.Malformed",
    not_found: "InvalidAMIID.NotFound",
    noun: "image id",
};

/// Of volumes.
pub const VOLUME: Identifier = Identifier {
    prefix: "vol-",
    malformed: "InvalidParameterValue",
    not_found: "InvalidVolume.NotFound",
    noun: "volume",
};

/// Of snapshots.
pub const SNAPSHOT: Identifier = Identifier {
    prefix: "snap-",
    malformed: "InvalidParameterValue",
    not_found: "InvalidSnapshot.NotFound",
    noun: "snapshot",
};

impl Identifier {
    /// Refuses what is not the prefix and 8 (of before 2016) or 17 hexadecimal digits.
    pub fn check(&self, id: &str) -> Result<(), AwsError> {
        let digits = id.strip_prefix(self.prefix).unwrap_or_default();
        if matches!(digits.len(), 8 | 17) && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(());
        }
        let message = format!("Invalid id: \"{id}\" (expecting \"{}...\")", self.prefix);
        Err(AwsError::new(self.malformed, message))
    }

    /// The error that names the first id of `ids` that `there` does not know.
    pub fn all<'i>(&self, ids: &[&'i str], there: impl Fn(&'i str) -> bool) -> Result<(), AwsError> {
        ids.iter().try_for_each(|id| self.check(id))?;
        match ids.iter().find(|id| !there(id)) {
            Some(missing) => Err(self.missing(missing)),
            None => Ok(()),
        }
    }

    /// Nothing has this id.
    pub fn missing(&self, id: &str) -> AwsError {
        AwsError::new(self.not_found, format!("The {} '{id}' does not exist", self.noun))
    }
}
