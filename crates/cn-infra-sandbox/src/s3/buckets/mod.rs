//! Buckets: what one is, and who may use it in which region.

mod access;
mod create;
mod list;
mod name;

use http::{HeaderValue, Method};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use access::{bucket, denied, no_such_bucket};

use super::configuration::{Configuration, Former};
use super::{Answer, Ask, Context, On, Operation, document, empty, objects};
use crate::error::AwsError;

/// The operations on buckets.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("ListBuckets", Method::GET, On::Service, "", list::list),
    Operation::new("CreateBucket", Method::PUT, On::Bucket, "", create::create),
    Operation::new("HeadBucket", Method::HEAD, On::Bucket, "", head),
    Operation::new("DeleteBucket", Method::DELETE, On::Bucket, "", delete),
    Operation::new("GetBucketLocation", Method::GET, On::Bucket, "location", location),
    Operation::new("GetBucketRequestPayment", Method::GET, On::Bucket, "requestPayment", request_payment),
];

/// A row of the buckets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its name, unique among all accounts.
    pub name: String,
    /// The account that owns it.
    pub owner: String,
    /// Where it is, for example `us-west-2`.
    pub region: String,
    /// When it was made.
    pub made: Timestamp,
    /// How it is configured now.
    pub configuration: Configuration,
    /// What readers can still see instead, the oldest first.
    pub former: Vec<Former>,
}

impl Bucket {
    /// Its ARN.
    pub fn arn(&self) -> String {
        let partition = match self.region.split_once('-') {
            Some(("cn", _)) => "aws-cn",
            Some(("us", rest)) if rest.starts_with("gov-") => "aws-us-gov",
            _ => "aws",
        };
        format!("arn:{partition}:s3:::{}", self.name)
    }
}

fn head(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let bucket = bucket(context, ask)?;
    let mut response = empty(200);
    let headers = [
        ("x-amz-bucket-region", bucket.region.clone()),
        ("x-amz-bucket-arn", bucket.arn()),
        ("x-amz-access-point-alias", "false".to_owned()),
    ];
    for (header, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(header, value);
        }
    }
    Ok(response)
}

fn delete(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    bucket(context, ask)?;
    if objects::holds_any(context.s3, &ask.bucket) {
        let message = "The bucket you tried to delete is not empty";
        return Err(AwsError::new("BucketNotEmpty", message).status(409).detail("BucketName", &ask.bucket));
    }
    context.s3.buckets.remove(&ask.bucket);
    Ok(empty(204))
}

/// The region as a location constraint: nothing for us-east-1, whose endpoint answers for all regions.
fn location(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let bucket = access::bucket_of_any_region(context, ask)?;
    if bucket.region != context.region && context.region != create::FIRST_REGION {
        access::bucket(context, ask)?;
    }
    let constraint = if bucket.region == create::FIRST_REGION { "" } else { &bucket.region };
    let mut xml = crate::xml::Xml::new();
    xml.text("LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"", constraint);
    Ok(crate::service::answer(200, "application/xml", xml.document()))
}

/// Buckets whose requesters pay are not modelled.
fn request_payment(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    bucket(context, ask)?;
    Ok(document("RequestPaymentConfiguration", |xml| {
        xml.text("Payer", "BucketOwner");
    }))
}
