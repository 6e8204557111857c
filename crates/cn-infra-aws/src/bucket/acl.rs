//! The bucket's own ACL, as one of the canned ones.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{BucketCannedAcl, Grant};
use cn_infra_core::manager::{ErrorClass, ManageError};
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::target::Target;

/// A canned ACL of the bucket itself; that of its objects is set when they are uploaded.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CannedAcl {
    /// The owner has full control, nobody else has any.
    Private,
    /// And everyone may list.
    PublicRead,
    /// And everyone may list, write and delete.
    PublicReadWrite,
    /// And every AWS account may list.
    AuthenticatedRead,
    /// And S3's log delivery may write and read the ACL.
    LogDeliveryWrite,
    /// What no canned ACL says: a live bucket may have it, a file cannot ask for it.
    #[schemars(skip)]
    Custom,
}

/// What a file can ask for.
const NAMES: &[&str] = &["private", "public-read", "public-read-write", "authenticated-read", "log-delivery-write"];

/// By hand, so that an error does not offer `custom`.
impl<'de> Deserialize<'de> for CannedAcl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "private" => Ok(Self::Private),
            "public-read" => Ok(Self::PublicRead),
            "public-read-write" => Ok(Self::PublicReadWrite),
            "authenticated-read" => Ok(Self::AuthenticatedRead),
            "log-delivery-write" => Ok(Self::LogDeliveryWrite),
            "custom" => Ok(Self::Custom),
            other => Err(D::Error::unknown_variant(other, NAMES)),
        }
    }
}

impl CannedAcl {
    /// The name in requests, documents and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::PublicReadWrite => "public-read-write",
            Self::AuthenticatedRead => "authenticated-read",
            Self::LogDeliveryWrite => "log-delivery-write",
            Self::Custom => "custom",
        }
    }

    /// What it grants beyond the owner's full control, by group and permission.
    fn grants(self) -> &'static [(&'static str, &'static str)] {
        const EVERYONE: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
        const ACCOUNTS: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
        const LOGS: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";
        match self {
            Self::Private | Self::Custom => &[],
            Self::PublicRead => &[(EVERYONE, "READ")],
            Self::PublicReadWrite => &[(EVERYONE, "READ"), (EVERYONE, "WRITE")],
            Self::AuthenticatedRead => &[(ACCOUNTS, "READ")],
            Self::LogDeliveryWrite => &[(LOGS, "READ_ACP"), (LOGS, "WRITE")],
        }
    }

    /// The canned ACL that live grants amount to.
    fn of(owner: Option<&str>, grants: &[Grant]) -> Self {
        let mut to_groups = BTreeSet::new();
        let mut owner_has_full_control = false;
        for grant in grants {
            let (Some(grantee), Some(permission)) = (grant.grantee(), grant.permission()) else { return Self::Custom };
            match grantee.uri() {
                Some(group) => _ = to_groups.insert((group, permission.as_str())),
                None if grantee.id() == owner && permission.as_str() == "FULL_CONTROL" => owner_has_full_control = true,
                None => return Self::Custom,
            }
        }
        let canned =
            [Self::Private, Self::PublicRead, Self::PublicReadWrite, Self::AuthenticatedRead, Self::LogDeliveryWrite];
        let is_granted = |acl: &Self| owner_has_full_control && to_groups.iter().eq(acl.grants());
        canned.into_iter().find(is_granted).unwrap_or(Self::Custom)
    }
}

impl Target<'_> {
    pub async fn read_acl(&self) -> Result<CannedAcl, ManageError> {
        let call = self.s3().get_bucket_acl().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.send().await.map_err(|error| self.failed("GetBucketAcl", error))?;
        let owner = answer.owner().and_then(|owner| owner.id());
        Ok(CannedAcl::of(owner, answer.grants()))
    }

    /// Sends nothing where the ACL is the wanted one: with ACLs off S3 refuses even that which is so.
    pub async fn write_acl(&self, acl: CannedAcl) -> Result<(), ManageError> {
        if self.read_acl().await? == acl {
            return Ok(());
        }
        let call = self.s3().put_bucket_acl().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.acl(BucketCannedAcl::from(acl.name())).send().await;
        answer.map_err(|error| hint_acl(self.failed("PutBucketAcl", error)))?;
        Ok(())
    }
}

fn hint_acl(failure: ManageError) -> ManageError {
    match failure.code.as_deref() {
        Some("AccessControlListNotSupported") => {
            let hint = "ACLs are off: set `object_ownership` to \"bucket_owner_preferred\" or \"object_writer\", \
                        or leave `acl` out and grant access by the policy";
            ManageError { class: ErrorClass::Invalid, ..failure.hint(hint) }
        }
        Some("AccessDenied") => failure.hint(
            "a public ACL is refused while `block_public_acls` is on for the bucket or the account; otherwise the \
             credentials lack s3:PutBucketAcl",
        ),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{Grantee, Permission, Type};

    use super::*;

    fn grant(grantee: &str, permission: &str) -> Grant {
        let is_group = grantee.starts_with("http");
        let kind = if is_group { Type::Group } else { Type::CanonicalUser };
        let named = Grantee::builder().r#type(kind);
        let named = if is_group { named.uri(grantee) } else { named.id(grantee) };
        Grant::builder().grantee(named.build().unwrap()).permission(Permission::from(permission)).build()
    }

    #[test]
    fn live_grants_are_the_canned_acl_that_says_the_same() {
        for acl in [CannedAcl::PublicRead, CannedAcl::PublicReadWrite, CannedAcl::LogDeliveryWrite, CannedAcl::Private]
        {
            let mut grants: Vec<_> = acl.grants().iter().map(|(group, permission)| grant(group, permission)).collect();
            grants.insert(0, grant("owner", "FULL_CONTROL"));
            assert_eq!(CannedAcl::of(Some("owner"), &grants), acl);
            grants.push(grant("somebody", "READ"));
            assert_eq!(CannedAcl::of(Some("owner"), &grants), CannedAcl::Custom);
        }
        assert_eq!(CannedAcl::of(Some("owner"), &[]), CannedAcl::Custom, "the owner lost its own grant");
    }

    #[test]
    fn names_are_those_of_files() {
        for acl in [CannedAcl::PublicReadWrite, CannedAcl::LogDeliveryWrite, CannedAcl::Custom] {
            assert_eq!(serde_json::to_value(acl).unwrap(), acl.name());
        }
    }
}
