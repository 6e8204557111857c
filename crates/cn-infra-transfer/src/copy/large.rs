//! Copies of objects that are too large for one request: part by part. Unlike CopyObject, that takes nothing over but
//! the bytes, so that headers, metadata and tags are read first.

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedPart, CopyPartResult};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Copy, Source};
use crate::attributes::{Headers, tagging, with_headers};
use crate::failure::Failure;
use crate::multipart::{Multipart, parts};
use crate::pace::Prefix;
use crate::undone::Undone;

/// So many parts of one object are copied at once.
const PARALLEL: usize = 16;

impl Copy<'_> {
    pub(super) async fn copy_large(&self, source: &Source<'_>, named: &str, key: &str) -> Result<(), Undone> {
        let headers = match &self.attributes.headers {
            Some(headers) => headers.clone(),
            None => self.headers(source).await.map_err(Undone::at("HeadObject"))?,
        };
        let tags = self.tags(source).await.map_err(Undone::at("GetObjectTagging"))?;
        let upload = self.begin(source, key, headers, tags).await.map_err(Undone::at("CreateMultipartUpload"))?;
        let all = parts(source.size, self.limits.part).map(|part| self.copy_part(source, named, &upload, part));
        let copied = stream::iter(all).buffer_unordered(PARALLEL).try_collect().await;
        let operation = if copied.is_err() { "UploadPartCopy" } else { "CompleteMultipartUpload" };
        upload.end(copied, source.size).await.map_err(Undone::at(operation))
    }

    async fn headers(&self, source: &Source<'_>) -> Result<Headers, Failure> {
        let (from, key) = (&self.from.bucket, format!("{}{}", self.from.prefix, source.key));
        let limit = Prefix::of(from.name(), &key);
        let head = self.pace.send(&limit, "HeadObject", 0, || {
            let head = from.client().head_object().bucket(from.name()).key(&key);
            head.set_if_match(source.tag.clone()).set_expected_bucket_owner(from.owner()).send()
        });
        head.await.map(Headers::told)
    }

    async fn tags(&self, source: &Source<'_>) -> Result<Option<String>, Failure> {
        if let Some(tags) = self.attributes.tagging() {
            return Ok(some(tags));
        }
        let (from, key) = (&self.from.bucket, format!("{}{}", self.from.prefix, source.key));
        let limit = Prefix::of(from.name(), &key);
        let answer = self.pace.send(&limit, "GetObjectTagging", 0, || {
            let get = from.client().get_object_tagging().bucket(from.name()).key(&key);
            get.set_expected_bucket_owner(from.owner()).send()
        });
        let answer = answer.await?;
        Ok(some(tagging(answer.tag_set().iter().map(|tag| (tag.key(), tag.value())))))
    }

    async fn begin<'k>(
        &'k self,
        source: &Source<'_>,
        key: &'k str,
        headers: Headers,
        tags: Option<String>,
    ) -> Result<Multipart<'k>, Failure> {
        let (to, attributes) = (&self.to.bucket, self.attributes);
        let limit = Prefix::of(to.name(), key);
        let begun = self.pace.send(&limit, "CreateMultipartUpload", 0, || {
            let begin = to.client().create_multipart_upload().bucket(to.name()).key(key).set_tagging(tags.clone());
            let begin = begin.set_acl(attributes.acl.clone()).set_expected_bucket_owner(to.owner());
            let begin = begin.set_storage_class(attributes.class.of(source.class.as_ref()));
            let begin = begin.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme).checksum_type(ChecksumType::FullObject);
            with_headers!(begin, headers.clone()).send()
        });
        Multipart::begun(self.pace, to, key, begun.await?.upload_id)
    }

    async fn copy_part(
        &self,
        source: &Source<'_>,
        named: &str,
        upload: &Multipart<'_>,
        (number, start, length): (i32, u64, u64),
    ) -> Result<CompletedPart, Failure> {
        let to = upload.bucket;
        let range = format!("bytes={start}-{}", start + length - 1);
        let answer = self.pace.send(&upload.limit, "UploadPartCopy", 0, || {
            let copy = to.client().upload_part_copy().bucket(to.name()).key(upload.key).upload_id(&upload.id);
            let copy = copy.part_number(number).copy_source(named).copy_source_range(&range);
            let copy = copy.set_copy_source_if_match(source.tag.clone()).set_expected_bucket_owner(to.owner());
            copy.set_expected_source_bucket_owner(self.from.bucket.owner()).send()
        });
        let result = answer.await?.copy_part_result.unwrap_or_else(|| CopyPartResult::builder().build());
        Multipart::part(number, result.e_tag, result.checksum_crc64_nvme)
    }
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
