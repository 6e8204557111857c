//! Creating a bucket: the bucket with its tags, then its aspects one after the other.
//!
//! A create that broke off goes on where it stopped when it is called again: a bucket that bears our tags is ours. Since
//! its name is its key, and writing an aspect twice is writing it once, calling again never makes anything twice.

use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use cn_infra_core::address::PhysicalId;
use cn_infra_core::manager::{ErrorClass, ManageError, New, TagChange};
use cn_infra_core::owner::{Owner, Tags};

use super::Bucket;
use super::aspect::Aspect;
use super::tagging::tag;
use super::target::Target;
use crate::session::s3_once;

/// The region that takes no location, and answers 200 when one's own bucket is created again, resetting its ACL.
const FIRST_REGION: &str = "us-east-1";

pub(super) async fn bucket(target: &Target<'_>, new: &New<'_, Bucket>) -> Result<PhysicalId, ManageError> {
    attempt(target, new).await.map_err(repeatable)?;
    Ok(PhysicalId(target.name.to_owned()))
}

async fn attempt(target: &Target<'_>, new: &New<'_, Bucket>) -> Result<(), ManageError> {
    if target.session.region == FIRST_REGION && exists(target).await? {
        ours(target, new.tags, None).await?;
    } else {
        make(target, new.tags).await?;
    }
    configure(target, new).await
}

async fn make(target: &Target<'_>, tags: &Tags) -> Result<(), ManageError> {
    let region = target.session.region.as_str();
    let location = (region != FIRST_REGION).then(|| BucketLocationConstraint::from(region));
    let configuration = CreateBucketConfiguration::builder()
        .set_location_constraint(location)
        .set_tags(Some(tags.iter().map(tag).collect::<Result<_, _>>()?))
        .build();
    let call = target.s3().create_bucket().bucket(target.name).create_bucket_configuration(configuration);
    let Err(error) = call.customize().config_override(s3_once()).send().await else { return Ok(()) };
    let owned = error.as_service_error().is_some_and(CreateBucketError::is_bucket_already_owned_by_you);
    let taken = error.code() == Some("BucketAlreadyExists");
    let failure = target.failed("CreateBucket", error);
    if owned {
        return ours(target, tags, Some(failure)).await;
    }
    if taken {
        let hint = "another account has a bucket of this name, and names are unique in the world: choose another";
        return Err(ManageError { class: ErrorClass::Invalid, ..failure.hint(hint) });
    }
    Err(failure)
}

/// Tags that the create call ignored are the first write, so that the next plan knows the bucket.
async fn configure(target: &Target<'_>, new: &New<'_, Bucket>) -> Result<(), ManageError> {
    let tags = TagChange { set: new.tags.clone(), ..TagChange::default() };
    target.write_tags(&tags).await?;
    target.write(Aspect::managed_by(new.resource), new.resource).await
}

/// Whether the account has a bucket of this name. That another account may have one is for the create to say.
async fn exists(target: &Target<'_>) -> Result<bool, ManageError> {
    let answer = target.s3().head_bucket().bucket(target.name).expected_bucket_owner(target.account()).send().await;
    let Err(error) = answer else { return Ok(true) };
    // An answer to HEAD has no body, so its status is all there is.
    match error.raw_response().map(|response| response.status().as_u16()) {
        Some(403 | 404) => Ok(false),
        _ => Err(target.failed("HeadBucket", error)),
    }
}

/// Whether a bucket that exists in our account was made by an earlier attempt at this create.
async fn ours(target: &Target<'_>, tags: &Tags, failure: Option<ManageError>) -> Result<(), ManageError> {
    let owner = Owner::of(&target.read_tags().await?);
    if owner.is_some() && owner == Owner::of(tags) {
        return Ok(());
    }
    let message = format!("bucket {} exists already, without the tags of this resource", target.name);
    Err(match failure {
        Some(failure) => ManageError { class: ErrorClass::Exists, message, ..failure },
        None => ManageError::new(ErrorClass::Exists, message),
    })
}

/// A call whose effect is not known is sent again like one that was throttled.
///
/// As an ambiguous end it would have the engine look for the bucket, find it, and take it for complete.
fn repeatable(failure: ManageError) -> ManageError {
    match failure.class {
        ErrorClass::Unknown => ManageError { class: ErrorClass::Throttled, ..failure },
        _ => failure,
    }
}
