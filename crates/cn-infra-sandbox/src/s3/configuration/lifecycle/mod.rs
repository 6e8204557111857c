//! What becomes of objects as they age.
//!
//! Rules are kept and checked as S3 does it; the sandbox's objects do not age by them.

mod check;
mod read;
mod write;

use std::collections::BTreeMap;

use http::{HeaderValue, Method};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{change, none};
use crate::error::AwsError;
use crate::s3::{Answer, Ask, Context, On, Operation, body, bucket, document, empty};

/// The operations on the lifecycle.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("GetBucketLifecycleConfiguration", Method::GET, On::Bucket, "lifecycle", get),
    Operation::new("PutBucketLifecycleConfiguration", Method::PUT, On::Bucket, "lifecycle", put),
    Operation::new("DeleteBucketLifecycle", Method::DELETE, On::Bucket, "lifecycle", delete),
];

/// A configuration. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// Its rules.
    pub rules: Vec<Rule>,
    /// From which size on objects move: one of [`SMALLEST`].
    pub smallest: String,
}

/// What the header of the smallest size may say; the first is AWS's default.
const SMALLEST: [&str; 2] = ["all_storage_classes_128K", "varies_by_storage_class"];
const SMALLEST_HEADER: &str = "x-amz-transition-default-minimum-object-size";

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// For which objects it is.
    pub scope: Scope,
    /// When objects expire.
    pub expiration: Option<Expiration>,
    /// When they move to other classes.
    pub transitions: Vec<Transition>,
    /// When versions expire that were replaced.
    pub noncurrent_expiration: Option<Noncurrent>,
    /// When those move to other classes.
    pub noncurrent_transitions: Vec<(Noncurrent, String)>,
    /// After how many days unfinished uploads are dropped.
    pub abort_days: Option<i32>,
}

/// For which objects a rule is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    /// `Prefix` beside the rule's other members, as before 2016.
    Prefix(String),
    /// `Filter`.
    Filter(Filter),
}

/// What all must hold of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Its key begins so.
    pub prefix: Option<String>,
    /// It bears these tags.
    pub tags: BTreeMap<String, String>,
    /// It is larger, in bytes.
    pub larger_than: Option<i64>,
    /// It is smaller, in bytes.
    pub smaller_than: Option<i64>,
    /// Whether this stands in an `And`.
    pub and: bool,
}

/// When something happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// Days after it was made.
    Days(i32),
    /// At a midnight.
    Date(Timestamp),
}

/// When objects expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expiration {
    /// Then.
    At(When),
    /// Whether delete markers go that hide no version any more.
    Markers(bool),
}

/// A move to another storage class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// When.
    pub when: When,
    /// Where to.
    pub class: String,
}

/// When something happens to a version that was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noncurrent {
    /// Days after it was.
    pub days: i32,
    /// Of how many newer such versions it is spared.
    pub newer: Option<i32>,
}

fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let missing = || none("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", ask);
    let Lifecycle { rules, smallest } = super::read(context, ask)?.lifecycle.as_ref().ok_or_else(missing)?;
    let response = document("LifecycleConfiguration", |xml| {
        for rule in rules {
            xml.element("Rule", |xml| rule.write(xml));
        }
    });
    Ok(with_smallest(response, smallest))
}

fn put(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    bucket(context, ask)?;
    let smallest = ask.header(SMALLEST_HEADER).unwrap_or(SMALLEST[0]);
    if !SMALLEST.contains(&smallest) {
        let error = AwsError::new("InvalidArgument", "Invalid value for the smallest size of objects that move");
        return Err(error.detail("ArgumentName", SMALLEST_HEADER).detail("ArgumentValue", smallest));
    }
    let rules = read::rules(&body::read(ask, "LifecycleConfiguration")?)?;
    check::rules(&rules)?;
    change(context, ask)?.lifecycle = Some(Lifecycle { rules, smallest: smallest.to_owned() });
    Ok(with_smallest(empty(200), smallest))
}

fn with_smallest(mut response: http::Response<bytes::Bytes>, smallest: &str) -> http::Response<bytes::Bytes> {
    if let Ok(smallest) = HeaderValue::from_str(smallest) {
        response.headers_mut().insert(SMALLEST_HEADER, smallest);
    }
    response
}

fn delete(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    change(context, ask)?.lifecycle = None;
    Ok(empty(204))
}
