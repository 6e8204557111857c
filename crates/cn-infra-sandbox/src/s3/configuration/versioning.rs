//! Whether a bucket keeps former versions of its objects.

use http::Method;
use serde::{Deserialize, Serialize};

use super::{change, read};
use crate::error::AwsError;
use crate::s3::{Answer, Ask, Context, On, Operation, body, bucket, document, empty};

/// The operations on versioning.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("GetBucketVersioning", Method::GET, On::Bucket, "versioning", get),
    Operation::new("PutBucketVersioning", Method::PUT, On::Bucket, "versioning", put),
];

/// A bucket that was versioned once is never unversioned again.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Versioning {
    /// Every put makes a version.
    Enabled,
    /// New objects have the version `null`; former versions stay.
    Suspended,
}

fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let status = read(context, ask)?.versioning.map(|versioning| match versioning {
        Versioning::Enabled => "Enabled",
        Versioning::Suspended => "Suspended",
    });
    Ok(document("VersioningConfiguration", |xml| {
        xml.some("Status", status);
    }))
}

fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    bucket(context, ask)?;
    let configuration = body::read(ask, "VersioningConfiguration")?;
    configuration.without("MfaDelete")?;
    configuration.only(&["Status"], &[])?;
    let unspecified =
        || AwsError::new("IllegalVersioningConfigurationException", "The Versioning element must be specified");
    let versioning = match configuration.get("Status").ok_or_else(unspecified)? {
        "Enabled" => Versioning::Enabled,
        "Suspended" => Versioning::Suspended,
        _ => return Err(body::malformed()),
    };
    change(context, ask)?.versioning = Some(versioning);
    Ok(empty(200))
}
