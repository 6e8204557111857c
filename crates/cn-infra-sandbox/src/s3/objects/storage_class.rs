//! Storage classes.

use serde::{Deserialize, Serialize};

use crate::error::AwsError;

/// AWS's names, of general purpose buckets. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
const NAMES: [&str; 8] = [
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_IR",
];

/// A storage class: a place in the list of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StorageClass(u8);

impl StorageClass {
    /// Reads a header's value; `None`: the default, `STANDARD`.
    ///
    /// # Errors
    /// `InvalidStorageClass`.
    pub fn parse(text: Option<&str>) -> Result<Self, AwsError> {
        match text {
            None => Ok(Self::default()),
            Some(text) => Self::named(text).ok_or_else(invalid),
        }
    }

    fn named(text: &str) -> Option<Self> {
        NAMES.iter().position(|name| *name == text).and_then(|place| u8::try_from(place).ok()).map(Self)
    }

    /// AWS's name.
    pub fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or(NAMES[0])
    }

    /// Whether it is the default.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub fn is_standard(&self) -> bool {
        self.0 == 0
    }

    /// Whether objects must be restored before they can be read.
    pub fn is_archive(self) -> bool {
        matches!(self.name(), "GLACIER" | "DEEP_ARCHIVE")
    }
}

fn invalid() -> AwsError {
    AwsError::new("InvalidStorageClass", "The storage class you specified is not valid")
}

impl From<StorageClass> for String {
    fn from(class: StorageClass) -> Self {
        class.name().to_owned()
    }
}

impl TryFrom<String> for StorageClass {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::named(&text).ok_or(text)
    }
}
