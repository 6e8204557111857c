//! Ids as callers give them: refused where they cannot be one, not found where nothing has it.

use crate::error::AwsError;
use crate::ids;

/// How EC2 speaks of the ids of one kind of object.
#[derive(Debug)]
pub struct Identifier {
    /// What they begin with, such as `i` of `i-…`.
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
    prefix: "i",
    malformed: "InvalidInstanceID.Malformed",
    not_found: "InvalidInstanceID.NotFound",
    noun: "instance ID",
};

/// Of images.
pub const IMAGE: Identifier = Identifier {
    prefix: "ami",
    malformed: "InvalidAMIID.Malformed",
    not_found: "InvalidAMIID.NotFound",
    noun: "image id",
};

/// Of volumes.
pub const VOLUME: Identifier = Identifier {
    prefix: "vol",
    malformed: "InvalidParameterValue",
    not_found: "InvalidVolume.NotFound",
    noun: "volume",
};

/// Of snapshots.
pub const SNAPSHOT: Identifier = Identifier {
    prefix: "snap",
    malformed: "InvalidParameterValue",
    not_found: "InvalidSnapshot.NotFound",
    noun: "snapshot",
};

impl Identifier {
    /// Refuses what cannot be such an id.
    pub fn check(&self, id: &str) -> Result<(), AwsError> {
        if ids::is_ec2(self.prefix, id) {
            return Ok(());
        }
        let message = format!("Invalid id: \"{id}\" (expecting \"{}-...\")", self.prefix);
        Err(AwsError::new(self.malformed, message))
    }

    /// Refuses the first of `ids` that cannot be such an id.
    pub fn check_all(&self, ids: &[&str]) -> Result<(), AwsError> {
        ids.iter().try_for_each(|id| self.check(id))
    }

    /// Nothing has this id.
    pub fn missing(&self, id: &str) -> AwsError {
        AwsError::new(self.not_found, format!("The {} '{id}' does not exist", self.noun))
    }
}
