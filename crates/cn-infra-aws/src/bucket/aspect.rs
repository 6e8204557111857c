//! The aspects of a bucket: what S3 reads and writes with one call each.

use cn_infra_core::manager::{ErrorClass, ManageError};
use cn_infra_core::value::OrNone;

use super::policy::is_public;
use super::target::Target;
use super::{Bucket, ObjectOwnership};

/// What one call reads and one call writes, tags apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aspect {
    Ownership,
    PublicAccessBlock,
    Encryption,
    Versioning,
    Policy,
    Cors,
    Lifecycle,
    Logging,
    Website,
    Acl,
}

impl Aspect {
    /// In the order of writing: who owns and what is blocked comes before the policy and ACL that depend on it.
    pub const ALL: [Self; 10] = [
        Self::Ownership,
        Self::PublicAccessBlock,
        Self::Encryption,
        Self::Versioning,
        Self::Policy,
        Self::Cors,
        Self::Lifecycle,
        Self::Logging,
        Self::Website,
        Self::Acl,
    ];

    /// The top-level field that holds it.
    pub fn field(self) -> &'static str {
        match self {
            Self::Ownership => "object_ownership",
            Self::PublicAccessBlock => "public_access_block",
            Self::Encryption => "encryption",
            Self::Versioning => "versioning",
            Self::Policy => "policy_file",
            Self::Cors => "cors",
            Self::Lifecycle => "lifecycle",
            Self::Logging => "logging",
            Self::Website => "website",
            Self::Acl => "acl",
        }
    }

    /// The aspects that a resource manages, in the order of writing.
    pub fn managed_by(bucket: &Bucket) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|aspect| aspect.is_set(bucket))
    }

    fn is_set(self, bucket: &Bucket) -> bool {
        let Bucket {
            versioning,
            object_ownership,
            public_access_block,
            encryption,
            policy_file,
            cors,
            lifecycle,
            acl,
            logging,
            website,
        } = bucket;
        match self {
            Self::Ownership => object_ownership.is_some(),
            Self::PublicAccessBlock => public_access_block.is_some(),
            Self::Encryption => encryption.is_some(),
            Self::Versioning => versioning.is_some(),
            Self::Policy => policy_file.is_some(),
            Self::Cors => cors.is_some(),
            Self::Lifecycle => lifecycle.is_some(),
            Self::Logging => logging.is_some(),
            Self::Website => website.is_some(),
            Self::Acl => acl.is_some(),
        }
    }
}

impl Target<'_> {
    /// Reads one aspect into its field.
    pub async fn read(&self, aspect: Aspect, live: &mut Bucket) -> Result<(), ManageError> {
        match aspect {
            Aspect::Ownership => live.object_ownership = Some(self.read_ownership().await?),
            Aspect::PublicAccessBlock => live.public_access_block = Some(self.read_public_access_block().await?),
            Aspect::Encryption => live.encryption = Some(self.read_encryption().await?),
            Aspect::Versioning => live.versioning = Some(self.read_versioning().await?),
            Aspect::Policy => live.policy_file = Some(self.read_policy().await?),
            Aspect::Cors => live.cors = Some(self.read_cors().await?),
            Aspect::Lifecycle => live.lifecycle = Some(self.read_lifecycle().await?),
            Aspect::Logging => live.logging = Some(self.read_logging().await?),
            Aspect::Website => live.website = Some(self.read_website().await?),
            Aspect::Acl => live.acl = Some(self.read_acl().await?),
        }
        Ok(())
    }

    /// Writes those of the given aspects that are set, one after the other.
    pub async fn write(&self, aspects: impl Iterator<Item = Aspect>, desired: &Bucket) -> Result<(), ManageError> {
        for aspect in aspects {
            self.write_one(aspect, desired).await.map_err(|failure| settling(aspect, desired, failure))?;
        }
        Ok(())
    }

    async fn write_one(&self, aspect: Aspect, desired: &Bucket) -> Result<(), ManageError> {
        match aspect {
            Aspect::Ownership => match desired.object_ownership {
                Some(ownership) => self.write_ownership(ownership).await,
                None => Ok(()),
            },
            Aspect::PublicAccessBlock => match desired.public_access_block {
                Some(block) => self.write_public_access_block(block).await,
                None => Ok(()),
            },
            Aspect::Encryption => match &desired.encryption {
                Some(encryption) => self.write_encryption(encryption).await,
                None => Ok(()),
            },
            Aspect::Versioning => match desired.versioning {
                Some(on) => self.write_versioning(on).await,
                None => Ok(()),
            },
            Aspect::Policy => match &desired.policy_file {
                Some(policy) => self.write_policy(policy).await,
                None => Ok(()),
            },
            Aspect::Cors => match &desired.cors {
                Some(rules) => self.write_cors(rules).await,
                None => Ok(()),
            },
            Aspect::Lifecycle => match &desired.lifecycle {
                Some(rules) => self.write_lifecycle(rules).await,
                None => Ok(()),
            },
            Aspect::Logging => match &desired.logging {
                Some(logging) => self.write_logging(logging).await,
                None => Ok(()),
            },
            Aspect::Website => match &desired.website {
                Some(website) => self.write_website(website).await,
                None => Ok(()),
            },
            Aspect::Acl => match desired.acl {
                Some(acl) => self.write_acl(acl).await,
                None => Ok(()),
            },
        }
    }
}

/// A bucket's configuration is not consistent at once: what refuses a public policy, or any ACL, may do so for a while
/// after it was turned off. The engine tries such a write again, as one on something just made, for a minute.
fn settling(aspect: Aspect, desired: &Bucket, failure: ManageError) -> ManageError {
    let block = desired.public_access_block.unwrap_or_default();
    let acls_count = desired.object_ownership.is_some_and(|of| of != ObjectOwnership::BucketOwnerEnforced);
    let may_pass = match (aspect, failure.code.as_deref()) {
        (Aspect::Policy, Some("AccessDenied")) => {
            let policy = desired.policy_file.as_ref().and_then(OrNone::some);
            block.block_public_policy == Some(false) && policy.is_some_and(|policy| is_public(policy.as_str()))
        }
        (Aspect::Acl, Some("AccessDenied")) => block.block_public_acls == Some(false),
        (Aspect::Acl, Some("AccessControlListNotSupported")) => acls_count,
        _ => false,
    };
    if may_pass { ManageError { class: ErrorClass::Gone, ..failure } } else { failure }
}
