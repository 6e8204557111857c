//! Creating buckets. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>

use http::{HeaderValue, header};

use super::{Bucket, name};
use crate::error::AwsError;
use crate::s3::acl::{self, Acl};
use crate::s3::configuration::ownership::acl_with_enforced_ownership;
use crate::s3::configuration::{Configuration, Ownership, blocked, tagging};
use crate::s3::{Answer, Ask, Context, body, empty};
use crate::tags::Tags;
use crate::xml::Element;

/// The region that takes no location constraint.
pub const FIRST_REGION: &str = "us-east-1";

/// In us-east-1 one's own bucket of us-east-1 is answered as if it were new: its ACL is reset, the rest stays.
pub fn create(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    unmodelled(ask)?;
    if !name::is_valid(&ask.bucket) {
        let error = AwsError::new("InvalidBucketName", "The specified bucket is not valid.");
        return Err(error.detail("BucketName", &ask.bucket));
    }
    let wanted = wanted(context, ask)?;
    let acl = acl::given(ask, context.account, context.account)?;
    let new = match context.s3.buckets.get(&ask.bucket) {
        Some(there) if there.owner != context.account => return Err(taken(&ask.bucket)),
        Some(there) if there.region == FIRST_REGION && context.region == FIRST_REGION => {
            let mut again = there.clone();
            again.configuration.acl = Acl::private(&again.owner);
            again
        }
        Some(_) => return Err(owned(&ask.bucket)),
        None => new(context, ask, wanted)?,
    };
    let new = with_acl(context, new, acl)?;
    let answer = created(&new);
    context.s3.buckets.insert(&ask.bucket, new);
    Ok(answer)
}

fn unmodelled(ask: &Ask<'_>) -> Result<(), AwsError> {
    for (header, usual) in [("x-amz-bucket-object-lock-enabled", "false"), ("x-amz-bucket-namespace", "global")] {
        if ask.header(header).is_some_and(|value| !value.eq_ignore_ascii_case(usual)) {
            return Err(AwsError::not_modelled(header));
        }
    }
    Ok(())
}

/// What the request's document asks for.
struct Wanted {
    region: String,
    tags: Tags,
}

fn wanted(context: &Context<'_>, ask: &Ask<'_>) -> Result<Wanted, AwsError> {
    let document = match ask.request.body.as_ref() {
        [] => Element::default(),
        body => body::parse(body, "CreateBucketConfiguration")?,
    };
    document.without("Location")?;
    document.without("Bucket")?;
    document.only(&["LocationConstraint", "Tags"], &[])?;
    let tags = document.child("Tags").map(tagging::tag_set).transpose()?.unwrap_or_default();
    tagging::check(&tags, &Tags::new())?;
    Ok(Wanted { region: region(context.region, document.get("LocationConstraint").unwrap_or_default())?, tags })
}

/// The region of a new bucket: that which is called; only us-east-1 makes buckets in others.
fn region(called: &str, constraint: &str) -> Result<String, AwsError> {
    let incompatible = |what: String| {
        let message = format!(
            "The {what} location constraint is incompatible for the region specific endpoint this request was sent to."
        );
        Err(AwsError::new("IllegalLocationConstraintException", message))
    };
    let wanted = if constraint == "EU" { "eu-west-1" } else { constraint };
    match (called, wanted) {
        (FIRST_REGION, "") => Ok(FIRST_REGION.to_owned()),
        (_, FIRST_REGION) | (FIRST_REGION, _) if wanted == FIRST_REGION || !is_region(wanted) => {
            let error = AwsError::new("InvalidLocationConstraint", "The specified location-constraint is not valid");
            Err(error.detail("LocationConstraint", constraint))
        }
        (FIRST_REGION, _) => Ok(wanted.to_owned()),
        (_, "") => incompatible("unspecified".to_owned()),
        _ if wanted == called => Ok(wanted.to_owned()),
        _ => incompatible(wanted.to_owned()),
    }
}

/// `us-west-2`, `ap-southeast-1`, `us-gov-east-1`: letters, letters, a digit.
fn is_region(name: &str) -> bool {
    let parts: Vec<_> = name.split('-').collect();
    let is_number = |text: &&str| text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_digit());
    matches!(parts.len(), 3 | 4)
        && parts.last().is_some_and(is_number)
        && parts[..parts.len() - 1].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_lowercase()))
}

fn new(context: &Context<'_>, ask: &Ask<'_>, wanted: Wanted) -> Result<Bucket, AwsError> {
    let owned = context.s3.buckets.values().filter(|bucket| bucket.owner == context.account).count();
    if u64::try_from(owned).unwrap_or(u64::MAX) >= context.settings.quota("buckets") {
        return Err(AwsError::new("TooManyBuckets", "You have attempted to create more buckets than allowed"));
    }
    let mut configuration = Configuration::new(context.account);
    configuration.tags = wanted.tags;
    if let Some(name) = ask.header("x-amz-object-ownership") {
        let invalid = || {
            let error = AwsError::new("InvalidArgument", "Invalid x-amz-object-ownership header");
            error.detail("ArgumentName", "x-amz-object-ownership").detail("ArgumentValue", name)
        };
        configuration.ownership = Some(Ownership::named(name).ok_or_else(invalid)?);
    }
    Ok(Bucket {
        name: ask.bucket.clone(),
        owner: context.account.to_owned(),
        region: wanted.region,
        made: context.now,
        configuration,
        former: Vec::new(),
    })
}

/// A bucket that disables ACLs, or blocks public ones, is not made with one.
fn with_acl(context: &Context<'_>, mut bucket: Bucket, acl: Option<Acl>) -> Result<Bucket, AwsError> {
    let Some(acl) = acl else { return Ok(bucket) };
    if bucket.configuration.ownership == Some(Ownership::BucketOwnerEnforced) && acl.grants_others(&bucket.owner) {
        return Err(acl_with_enforced_ownership());
    }
    if acl.is_public() && blocked(context, &bucket).block_public_acls {
        let message = "Bucket cannot have public ACLs set with BlockPublicAccess enabled";
        return Err(AwsError::new("InvalidBucketAclWithBlockPublicAccessError", message));
    }
    bucket.configuration.acl = acl;
    Ok(bucket)
}

fn created(bucket: &Bucket) -> http::Response<bytes::Bytes> {
    let Bucket { name, region, .. } = bucket;
    let is_first = region == FIRST_REGION;
    let location = if is_first { format!("/{name}") } else { format!("http://{name}.s3.amazonaws.com/") };
    let mut response = empty(200);
    for (header, value) in [(header::LOCATION.as_str(), location), ("x-amz-bucket-arn", bucket.arn())] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(header, value);
        }
    }
    response
}

fn taken(name: &str) -> AwsError {
    let message = "The requested bucket name is not available. The bucket namespace is shared by all users of the \
                   system. Please select a different name and try again.";
    AwsError::new("BucketAlreadyExists", message).status(409).detail("BucketName", name)
}

fn owned(name: &str) -> AwsError {
    let message = "Your previous request to create the named bucket succeeded and you already own it.";
    AwsError::new("BucketAlreadyOwnedByYou", message).status(409).detail("BucketName", name)
}
