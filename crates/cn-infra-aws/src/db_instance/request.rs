//! What several requests need of a resource, in the SDK's form.

use cn_infra_core::address::Ref;
use cn_infra_core::live::Observed;
use cn_infra_core::manager::{ErrorClass, ManageError};

use super::DbInstance;
use crate::security_group::SecurityGroup;

/// A number as RDS takes it. One that does not fit is refused by RDS anyway.
pub(super) fn integer(number: Option<u32>) -> Option<i32> {
    number.map(|number| i32::try_from(number).unwrap_or(i32::MAX))
}

/// The physical ids of the security groups, where the file names any.
pub(super) fn group_ids(resource: &DbInstance) -> Result<Option<Vec<String>>, ManageError> {
    let Some(groups) = &resource.security_groups else { return Ok(None) };
    let ids = groups.iter().map(|group| group.id().map(str::to_owned).ok_or_else(|| unresolved(group)));
    ids.collect::<Result<_, _>>().map(Some)
}

fn unresolved(group: &Ref<SecurityGroup>) -> ManageError {
    ManageError::new(ErrorClass::Invalid, format!("{group} is not there yet"))
}

/// The identifier by which RDS's calls name an instance.
pub(super) fn identifier(live: &Observed<DbInstance>) -> Result<&str, ManageError> {
    live.name.as_deref().ok_or_else(|| ManageError::new(ErrorClass::Invalid, "RDS reported no identifier"))
}

/// The ARN by which calls about tags name an instance.
pub(super) fn arn(live: &Observed<DbInstance>) -> Result<&str, ManageError> {
    let arn = live.outputs.get("arn").map(String::as_str);
    arn.ok_or_else(|| ManageError::new(ErrorClass::Invalid, "RDS reported no ARN"))
}
