//! The VPC that a group is in.

use std::fmt;
use std::str::FromStr;

use crate::ec2_id::is_id;
use crate::text_form::text_form;

/// The VPC that a group is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vpc {
    /// The region's default VPC.
    Default,
    /// A VPC by its id.
    Id(String),
}

text_form!(Vpc, "vpc", "default or vpc-0123456789abcdef0");

impl fmt::Display for Vpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::Id(id) => id,
        })
    }
}

impl FromStr for Vpc {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "default" => Ok(Self::Default),
            _ if is_id("vpc-", text) => Ok(Self::Id(text.to_owned())),
            _ => Err(format!("{text:?} is no VPC: write default or vpc-0123456789abcdef0")),
        }
    }
}
