//! What is refused of public access.

use http::Method;
use serde::{Deserialize, Serialize};

use super::{change, none, read};
use crate::error::AwsError;
use crate::s3::{Answer, Ask, Bucket, Context, On, Operation, body, bucket, document, empty};
use crate::xml::{Element, Xml};

/// The operations on the block of public access.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("GetPublicAccessBlock", Method::GET, On::Bucket, "publicAccessBlock", get),
    Operation::new("PutPublicAccessBlock", Method::PUT, On::Bucket, "publicAccessBlock", put),
    Operation::new("DeletePublicAccessBlock", Method::DELETE, On::Bucket, "publicAccessBlock", delete),
];

/// What is refused or ignored of public access.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>
#[allow(clippy::struct_excessive_bools, reason = "four switches that stand for themselves")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccessBlock {
    /// Calls that would make ACLs public are refused.
    pub block_public_acls: bool,
    /// Public ACLs do not count.
    pub ignore_public_acls: bool,
    /// Public policies are refused.
    pub block_public_policy: bool,
    /// A public policy counts for the account alone.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// All four alike.
    pub const fn all(on: bool) -> Self {
        Self { block_public_acls: on, ignore_public_acls: on, block_public_policy: on, restrict_public_buckets: on }
    }

    /// What is refused by either.
    pub const fn or(self, other: Self) -> Self {
        Self {
            block_public_acls: self.block_public_acls || other.block_public_acls,
            ignore_public_acls: self.ignore_public_acls || other.ignore_public_acls,
            block_public_policy: self.block_public_policy || other.block_public_policy,
            restrict_public_buckets: self.restrict_public_buckets || other.restrict_public_buckets,
        }
    }

    /// The switches of a `PublicAccessBlockConfiguration`; one that is not given is off.
    pub fn read(document: &Element) -> Result<Self, AwsError> {
        document.only(&["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], &[])?;
        let switch = |name| Ok(document.flag(name)?.unwrap_or_default());
        Ok(Self {
            block_public_acls: switch("BlockPublicAcls")?,
            ignore_public_acls: switch("IgnorePublicAcls")?,
            block_public_policy: switch("BlockPublicPolicy")?,
            restrict_public_buckets: switch("RestrictPublicBuckets")?,
        })
    }

    /// Writes what [`PublicAccessBlock::read`] reads.
    pub fn write(self, xml: &mut Xml) {
        xml.text("BlockPublicAcls", self.block_public_acls);
        xml.text("IgnorePublicAcls", self.ignore_public_acls);
        xml.text("BlockPublicPolicy", self.block_public_policy);
        xml.text("RestrictPublicBuckets", self.restrict_public_buckets);
    }
}

/// What counts for a bucket: what it refuses itself, and what its account does.
pub fn blocked(context: &Context<'_>, bucket: &Bucket) -> PublicAccessBlock {
    let account = context.s3.blocks.get(&bucket.owner).copied().unwrap_or_default();
    bucket.configuration.public_access_block.unwrap_or_default().or(account)
}

fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let message = "The public access block configuration was not found";
    let missing = || none("NoSuchPublicAccessBlockConfiguration", message, ask);
    let block = read(context, ask)?.public_access_block.ok_or_else(missing)?;
    Ok(document("PublicAccessBlockConfiguration", |xml| block.write(xml)))
}

fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    bucket(context, ask)?;
    let block = PublicAccessBlock::read(&body::read(ask, "PublicAccessBlockConfiguration")?)?;
    change(context, ask)?.public_access_block = Some(block);
    Ok(empty(200))
}

fn delete(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    change(context, ask)?.public_access_block = None;
    Ok(empty(204))
}
