//! Who owns uploaded objects, and what is refused of public access.

use std::fmt;

use aws_sdk_s3::types::{
    ObjectOwnership as S3Ownership, OwnershipControls, OwnershipControlsRule, PublicAccessBlockConfiguration,
};
use cn_infra_core::manager::{ErrorClass, ManageError};
use schemars::{JsonSchema, Schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::target::{Target, incomplete};

/// Who owns the objects that others upload.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObjectOwnership {
    /// The bucket's owner, always; ACLs do not count.
    BucketOwnerEnforced,
    /// The bucket's owner, if the upload says `bucket-owner-full-control`.
    BucketOwnerPreferred,
    /// Whoever uploads.
    ObjectWriter,
}

impl ObjectOwnership {
    fn of(ownership: &S3Ownership) -> Self {
        match ownership {
            S3Ownership::BucketOwnerEnforced => Self::BucketOwnerEnforced,
            S3Ownership::BucketOwnerPreferred => Self::BucketOwnerPreferred,
            _ => Self::ObjectWriter,
        }
    }

    fn to_s3(self) -> S3Ownership {
        match self {
            Self::BucketOwnerEnforced => S3Ownership::BucketOwnerEnforced,
            Self::BucketOwnerPreferred => S3Ownership::BucketOwnerPreferred,
            Self::ObjectWriter => S3Ownership::ObjectWriter,
        }
    }
}

/// What is refused or ignored of public access; each switch stands for itself.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(transform = or_switch)]
pub struct PublicAccessBlock {
    /// Refuse requests that would make ACLs public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_public_acls: Option<bool>,
    /// Count public ACLs as if they were not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_public_acls: Option<bool>,
    /// Refuse a policy that is public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_public_policy: Option<bool>,
    /// Let a public policy count for AWS services and the account's own principals only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restrict_public_buckets: Option<bool>,
}

impl PublicAccessBlock {
    /// All four switches alike.
    pub const fn all(on: bool) -> Self {
        let on = Some(on);
        Self { block_public_acls: on, ignore_public_acls: on, block_public_policy: on, restrict_public_buckets: on }
    }

    fn is_complete(self) -> bool {
        let Self { block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets } = self;
        [block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets]
            .iter()
            .all(Option::is_some)
    }

    /// The switches that are set here, and those of `other` where none is.
    fn or(self, other: Self) -> Self {
        Self {
            block_public_acls: self.block_public_acls.or(other.block_public_acls),
            ignore_public_acls: self.ignore_public_acls.or(other.ignore_public_acls),
            block_public_policy: self.block_public_policy.or(other.block_public_policy),
            restrict_public_buckets: self.restrict_public_buckets.or(other.restrict_public_buckets),
        }
    }
}

/// Reads `true`, `false` or a table. A function, as the derived reading of the table is still needed.
pub(super) fn switch_or_table<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PublicAccessBlock>, D::Error> {
    from.deserialize_any(SwitchOrTable).map(Some)
}

struct SwitchOrTable;

impl<'de> Visitor<'de> for SwitchOrTable {
    type Value = PublicAccessBlock;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false or a table such as { block_public_acls = true, block_public_policy = false }")
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<PublicAccessBlock, E> {
        Ok(PublicAccessBlock::all(on))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PublicAccessBlock, A::Error> {
        PublicAccessBlock::deserialize(MapAccessDeserializer::new(map))
    }
}

fn or_switch(schema: &mut Schema) {
    schema.insert("type".to_owned(), serde_json::json!(["object", "boolean"]));
}

impl Target<'_> {
    /// A bucket without ownership controls is one from before 2023: its objects belong to who uploads them.
    pub async fn read_ownership(&self) -> Result<ObjectOwnership, ManageError> {
        let call = self.s3().get_bucket_ownership_controls().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.send().await;
        let answer = self.configured("GetBucketOwnershipControls", "OwnershipControlsNotFoundError", answer)?;
        let controls = answer.and_then(|answer| answer.ownership_controls);
        let rule = controls.as_ref().and_then(|controls| controls.rules().first());
        Ok(rule.map_or(ObjectOwnership::ObjectWriter, |rule| ObjectOwnership::of(rule.object_ownership())))
    }

    pub async fn write_ownership(&self, ownership: ObjectOwnership) -> Result<(), ManageError> {
        let rule = OwnershipControlsRule::builder().object_ownership(ownership.to_s3()).build().map_err(incomplete)?;
        let controls = OwnershipControls::builder().rules(rule).build().map_err(incomplete)?;
        let call = self.s3().put_bucket_ownership_controls().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.ownership_controls(controls).send().await;
        answer.map_err(|error| hint_ownership(self.failed("PutBucketOwnershipControls", error)))?;
        Ok(())
    }

    /// Without a configuration nothing is blocked.
    pub async fn read_public_access_block(&self) -> Result<PublicAccessBlock, ManageError> {
        let call = self.s3().get_public_access_block().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.send().await;
        let answer = self.configured("GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", answer)?;
        let Some(live) = answer.and_then(|answer| answer.public_access_block_configuration) else {
            return Ok(PublicAccessBlock::all(false));
        };
        let live = PublicAccessBlock {
            block_public_acls: live.block_public_acls,
            ignore_public_acls: live.ignore_public_acls,
            block_public_policy: live.block_public_policy,
            restrict_public_buckets: live.restrict_public_buckets,
        };
        Ok(live.or(PublicAccessBlock::all(false)))
    }

    /// The call replaces all four switches: those that the file leaves out are sent as they are.
    pub async fn write_public_access_block(&self, block: PublicAccessBlock) -> Result<(), ManageError> {
        let all = if block.is_complete() { block } else { block.or(self.read_public_access_block().await?) };
        let configuration = PublicAccessBlockConfiguration::builder()
            .set_block_public_acls(all.block_public_acls)
            .set_ignore_public_acls(all.ignore_public_acls)
            .set_block_public_policy(all.block_public_policy)
            .set_restrict_public_buckets(all.restrict_public_buckets)
            .build();
        let call = self.s3().put_public_access_block().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.public_access_block_configuration(configuration).send().await;
        answer.map_err(|error| self.failed("PutPublicAccessBlock", error))?;
        Ok(())
    }
}

fn hint_ownership(failure: ManageError) -> ManageError {
    if failure.code.as_deref() != Some("InvalidBucketAclWithObjectOwnership") {
        return failure;
    }
    let hint = "the bucket's ACL grants access to others: apply `acl = \"private\"` first, with the ownership as it is";
    ManageError { class: ErrorClass::Invalid, ..failure.hint(hint) }
}
