//! The bucket policy: read and written as text, compared by meaning.

mod arrange;
pub(super) mod audit;
mod layout;
mod normal;
#[cfg(test)]
mod tests;

use cn_infra_core::manager::ManageError;
use cn_infra_core::value::{FileText, OrNone};
use serde_json::Value;

use super::target::Target;
use layout::Layout;
use normal::normal_form;

/// The policy of a text; the error names line and column.
pub(super) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text)
}

/// Whether a policy gives access to anybody at all.
pub(super) fn is_public(text: &str) -> bool {
    parse(text).is_ok_and(|policy| audit::public_statement(&policy).is_some())
}

/// Brings a live policy into the words of the file.
///
/// If both mean the same it becomes the file's text. If not, it is written as the user would have written it, so that
/// a comparison line by line shows what differs in meaning, and not how AWS orders things.
pub(super) fn liken(live: &mut FileText, desired: &FileText) {
    let (Ok(is), Ok(wanted)) = (parse(live.as_str()), parse(desired.as_str())) else { return };
    if normal_form(&is) == normal_form(&wanted) {
        *live = desired.clone();
    } else {
        let text = Layout::of(desired.as_str()).write(&arrange::like(&is, &wanted));
        *live = FileText::Text(text);
    }
}

impl Target<'_> {
    pub async fn read_policy(&self) -> Result<OrNone<FileText>, ManageError> {
        let call = self.s3().get_bucket_policy().bucket(self.name).expected_bucket_owner(self.account());
        let answer = self.configured("GetBucketPolicy", "NoSuchBucketPolicy", call.send().await)?;
        Ok(OrNone::from_option(answer.and_then(|answer| answer.policy).map(FileText::Text)))
    }

    /// Sends the user's own text.
    pub async fn write_policy(&self, policy: &OrNone<FileText>) -> Result<(), ManageError> {
        let OrNone::Some(policy) = policy else { return self.delete_policy().await };
        let call = self.s3().put_bucket_policy().bucket(self.name).expected_bucket_owner(self.account());
        let answer = call.policy(policy.as_str()).send().await;
        answer.map_err(|error| hint_policy(self.failed("PutBucketPolicy", error)))?;
        Ok(())
    }

    async fn delete_policy(&self) -> Result<(), ManageError> {
        let call = self.s3().delete_bucket_policy().bucket(self.name).expected_bucket_owner(self.account());
        call.send().await.map_err(|error| self.failed("DeleteBucketPolicy", error))?;
        Ok(())
    }
}

fn hint_policy(failure: ManageError) -> ManageError {
    match failure.code.as_deref() {
        Some("AccessDenied") => failure.hint(
            "a public policy is refused while `block_public_policy` is on, for the bucket or for the whole account \
             (S3 console, \"Block Public Access settings for this account\"); otherwise the credentials lack \
             s3:PutBucketPolicy",
        ),
        Some("MalformedPolicy") => failure.hint(
            "every principal must exist, and every resource must be this bucket or its objects: \
             arn:aws:s3:::NAME or arn:aws:s3:::NAME/*",
        ),
        _ => failure,
    }
}
