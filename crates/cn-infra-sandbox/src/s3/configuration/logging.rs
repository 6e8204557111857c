//! Where S3 delivers a bucket's access logs.

use http::Method;
use serde::{Deserialize, Serialize};

use super::{Ownership, change, read};
use crate::error::AwsError;
use crate::s3::acl::{self, Grant};
use crate::s3::{Answer, Ask, Bucket, Context, On, Operation, body, bucket, document, empty};
use crate::xml::{Element, Xml};

/// The operations on access logs.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("GetBucketLogging", Method::GET, On::Bucket, "logging", get),
    Operation::new("PutBucketLogging", Method::PUT, On::Bucket, "logging", put),
];

/// Where access logs are delivered. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    /// The bucket that receives them.
    pub bucket: String,
    /// How their keys begin.
    pub prefix: String,
    /// Who else may read them.
    pub grants: Vec<Grant>,
    /// What follows the prefix. `None`: as `Simple`, without being said.
    pub format: Option<KeyFormat>,
}

/// What follows the prefix in the keys of logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyFormat {
    /// Date and time.
    Simple,
    /// Account, region, bucket and a date: that of the event or of the delivery.
    Partitioned(Option<DateSource>),
}

/// Which date is in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DateSource {
    /// When a request was made.
    EventTime,
    /// When its log was delivered.
    DeliveryTime,
}

impl Logging {
    fn of(enabled: &Element) -> Result<Self, AwsError> {
        enabled.only(&["TargetBucket", "TargetGrants", "TargetPrefix", "TargetObjectKeyFormat"], &[])?;
        let grants = enabled.child("TargetGrants").map(acl::written_grants).transpose()?;
        Ok(Self {
            bucket: enabled.require("TargetBucket")?.to_owned(),
            prefix: enabled.require("TargetPrefix")?.to_owned(),
            grants: grants.unwrap_or_default(),
            format: enabled.child("TargetObjectKeyFormat").map(KeyFormat::of).transpose()?,
        })
    }

    fn write(&self, xml: &mut Xml) {
        let Self { bucket, prefix, grants, format } = self;
        xml.text("TargetBucket", bucket);
        if !grants.is_empty() {
            acl::write_grants(xml, "TargetGrants", grants);
        }
        xml.text("TargetPrefix", prefix);
        if let Some(format) = format {
            xml.element("TargetObjectKeyFormat", |xml| format.write(xml));
        }
    }
}

impl KeyFormat {
    fn of(element: &Element) -> Result<Self, AwsError> {
        element.only(&["SimplePrefix", "PartitionedPrefix"], &[])?;
        match (element.child("SimplePrefix"), element.child("PartitionedPrefix")) {
            (Some(_), None) => Ok(Self::Simple),
            (None, Some(partitioned)) => Ok(Self::Partitioned(DateSource::of(partitioned)?)),
            _ => Err(body::malformed()),
        }
    }

    fn write(&self, xml: &mut Xml) {
        match self {
            Self::Simple => xml.element("SimplePrefix", |_| {}),
            Self::Partitioned(source) => xml.element("PartitionedPrefix", |xml| {
                xml.some("PartitionDateSource", source.map(DateSource::name));
            }),
        };
    }
}

impl DateSource {
    fn of(partitioned: &Element) -> Result<Option<Self>, AwsError> {
        partitioned.only(&["PartitionDateSource"], &[])?;
        match partitioned.get("PartitionDateSource") {
            None => Ok(None),
            Some("EventTime") => Ok(Some(Self::EventTime)),
            Some("DeliveryTime") => Ok(Some(Self::DeliveryTime)),
            Some(_) => Err(body::malformed()),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::EventTime => "EventTime",
            Self::DeliveryTime => "DeliveryTime",
        }
    }
}

fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let logging = read(context, ask)?.logging.as_ref();
    Ok(document("BucketLoggingStatus", |xml| {
        if let Some(logging) = logging {
            xml.element("LoggingEnabled", |xml| logging.write(xml));
        }
    }))
}

/// A status without `LoggingEnabled` ends the delivery.
fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let source = bucket(context, ask)?;
    let status = body::read(ask, "BucketLoggingStatus")?;
    status.only(&["LoggingEnabled"], &[])?;
    let logging = status.child("LoggingEnabled").map(Logging::of).transpose()?;
    if let Some(logging) = &logging {
        check(logging, source, context.s3.buckets.get(&logging.bucket))?;
    }
    change(context, ask)?.logging = logging;
    Ok(empty(200))
}

/// Logs go to a bucket of the same owner in the same region; to grant them needs ACLs.
fn check(logging: &Logging, source: &Bucket, target: Option<&Bucket>) -> Result<(), AwsError> {
    let invalid = |message: &str| {
        Err(AwsError::new("InvalidTargetBucketForLogging", message).detail("TargetBucket", &logging.bucket))
    };
    let Some(target) = target else { return invalid("The target bucket for logging does not exist") };
    if target.owner != source.owner {
        return invalid("The owner for the bucket to be logged and the target bucket must be the same.");
    }
    if target.region != source.region {
        let error = AwsError::new("CrossLocationLoggingProhibited", "Cross S3 location logging not allowed.");
        let error = error.status(403).detail("SourceBucketLocation", &source.region);
        return Err(error.detail("TargetBucketLocation", &target.region));
    }
    if !logging.grants.is_empty() && target.configuration.ownership == Some(Ownership::BucketOwnerEnforced) {
        return invalid("Target grants cannot be set: the target bucket's owner is enforced, and ACLs are disabled.");
    }
    Ok(())
}
