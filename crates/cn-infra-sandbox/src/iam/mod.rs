//! A little IAM: the instance profiles that servers are started with, and the roles in them.

mod profiles;
mod roles;

pub use profiles::Profile;
pub use roles::Role;

use crate::context::Operation;
use crate::error::AwsError;
use crate::query::Params;
use crate::table::{Rows, Table};

/// IAM of one account.
#[derive(Debug, Default)]
pub struct Iam {
    /// Instance profiles, by name.
    pub profiles: Table<Profile>,
    /// Roles, by name.
    pub roles: Table<Role>,
}

impl Iam {
    /// All tables, with the names that the journal has for them.
    pub fn tables(&mut self) -> Vec<(&'static str, &mut dyn Rows)> {
        let Self { profiles, roles } = self;
        vec![("profiles", profiles), ("roles", roles)]
    }

    /// The instance profile that a request of EC2 names in `IamInstanceProfile`, by name or by ARN.
    ///
    /// # Errors
    /// `InvalidParameterValue` for one that does not exist or has no role; `InvalidParameterCombination`.
    pub fn chosen(&self, params: &Params<'_>, account: &str) -> Result<&Profile, AwsError> {
        let invalid = |what: &str, given: &str| {
            let kind = if what == "arn" { "ARN" } else { "name" };
            let message = format!(
                "Value ({given}) for parameter iamInstanceProfile.{what} is invalid. Invalid IAM Instance Profile {kind}"
            );
            AwsError::new("InvalidParameterValue", message)
        };
        let profile = match (params.get("Name"), params.get("Arn")) {
            (Some(_), Some(_)) => {
                let message = "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'";
                return Err(AwsError::new("InvalidParameterCombination", message));
            }
            (Some(name), None) => self.profiles.get(name).ok_or_else(|| invalid("name", name))?,
            (None, Some(arn)) => {
                let named = self.profiles.values().find(|profile| profile.arn(account) == arn);
                named.ok_or_else(|| invalid("arn", arn))?
            }
            (None, None) => return Err(invalid("name", "")),
        };
        if profile.role.is_none() {
            let message = format!("IAM Instance Profile \"{}\" has no associated IAM Roles", profile.arn(account));
            return Err(AwsError::new("InvalidParameterValue", message));
        }
        Ok(profile)
    }
}

/// The operations that are modelled.
pub const TABLES: &[&[Operation]] = &[profiles::OPERATIONS, roles::OPERATIONS];

/// Something of this name is there already.
fn already_exists(what: &str) -> AwsError {
    AwsError::new("EntityAlreadyExists", format!("{what} already exists.")).status(409)
}

/// Nothing has this name.
fn no_such(what: &str) -> AwsError {
    AwsError::new("NoSuchEntity", format!("{what} cannot be found.")).status(404)
}

/// Something else has to go first.
fn conflict(message: &str) -> AwsError {
    AwsError::new("DeleteConflict", message).status(409)
}

/// A name: up to `max` letters, digits and `+=,.@-_`. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn check_name(name: &str, max: usize) -> Result<(), AwsError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@-_".contains(&byte);
    if name.len() <= max && name.bytes().all(is_allowed) {
        return Ok(());
    }
    let message = format!(
        "The specified value for the name '{name}' is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_- and be at most {max} long"
    );
    Err(AwsError::new("ValidationError", message))
}

/// A path: `/` unless given; it begins and ends with a slash.
fn path(params: &Params<'_>) -> Result<String, AwsError> {
    let path = params.get("Path").unwrap_or("/");
    if path.starts_with('/') && path.ends_with('/') && path.len() <= 512 {
        return Ok(path.to_owned());
    }
    let message = "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.";
    Err(AwsError::new("ValidationError", message))
}
