//! The bucket's tags. One call replaces them all, so each write reads first and leaves those of others alone.

use aws_sdk_s3::types::{Tag, Tagging};
use cn_infra_core::manager::{ErrorClass, ManageError, TagChange};
use cn_infra_core::owner::Tags;

use super::target::{Target, incomplete};

impl Target<'_> {
    /// Every tag, AWS's own included.
    pub async fn read_tags(&self) -> Result<Tags, ManageError> {
        let call = self.s3().get_bucket_tagging().bucket(self.name).expected_bucket_owner(self.account());
        let answer = self.configured("GetBucketTagging", "NoSuchTagSet", call.send().await);
        let answer = answer.map_err(|failure| self.unreadable(failure))?;
        let tags = answer.map(|answer| answer.tag_set).unwrap_or_default();
        Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    /// Sets and removes tags; sends nothing where they are so already.
    pub async fn write_tags(&self, change: &TagChange) -> Result<(), ManageError> {
        let live = self.read_tags().await?;
        let mut tags = live.clone();
        tags.retain(|key, _| !change.remove.contains(key));
        tags.extend(change.set.clone());
        if tags == live {
            return Ok(());
        }
        let tags = tags.iter().map(tag).collect::<Result<_, _>>()?;
        let tagging = Tagging::builder().set_tag_set(Some(tags)).build().map_err(incomplete)?;
        let call = self.s3().put_bucket_tagging().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.tagging(tagging).send().await;
        answer.map_err(|error| self.failed("PutBucketTagging", error))?;
        Ok(())
    }

    /// A refusal of the first reading of a bucket never means that the bucket is not there.
    fn unreadable(&self, failure: ManageError) -> ManageError {
        if !matches!(failure.code.as_deref(), Some("AccessDenied" | "AllAccessDisabled")) {
            return failure;
        }
        let message = format!(
            "bucket {} belongs to another account or you may not read it ({})",
            self.name,
            failure.message.trim_start_matches(&format!("bucket {}: ", self.name))
        );
        let hint = "bucket names are unique in the world: choose another name; if the bucket is yours, the credentials \
                    lack s3:GetBucketTagging";
        ManageError { class: ErrorClass::Denied, message, hint: Some(hint.to_owned()), ..failure }
    }
}

/// One tag in S3's form.
pub(super) fn tag((key, value): (&String, &String)) -> Result<Tag, ManageError> {
    Tag::builder().key(key).value(value).build().map_err(incomplete)
}
