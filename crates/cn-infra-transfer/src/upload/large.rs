//! Uploads in parts, each of which is sent again on its own.

use std::path::PathBuf;
use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedPart};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::read::{Stamp, read};
use super::{PART, Upload};
use crate::attributes::with_headers;
use crate::failure::Failure;
use crate::multipart::{Multipart, parts};
use crate::pace::Prefix;
use crate::undone::Undone;

/// So many parts of one file are uploaded at once, if the budget has room for them.
const PARALLEL: usize = 8;

impl Upload<'_> {
    pub(super) async fn upload_large(&self, path: &Arc<PathBuf>, key: &str, stamp: Stamp) -> Result<(), Undone> {
        let upload = self.begin(key).await.map_err(Undone::at("CreateMultipartUpload"))?;
        let all = parts(stamp.size, PART).map(|part| self.put_part(path, stamp, &upload, part));
        let put = stream::iter(all).buffer_unordered(PARALLEL).try_collect().await;
        let operation = if put.is_err() { "UploadPart" } else { "CompleteMultipartUpload" };
        upload.end(put, stamp.size).await.map_err(Undone::at(operation))
    }

    async fn begin<'k>(&'k self, key: &'k str) -> Result<Multipart<'k>, Failure> {
        let (to, attributes) = (&self.to.bucket, self.attributes);
        let limit = Prefix::of(to.name(), key);
        let begun = self.pace.send(&limit, "CreateMultipartUpload", 0, || {
            let begin = to.client().create_multipart_upload().bucket(to.name()).key(key);
            let begin = begin.set_acl(attributes.acl.clone()).set_expected_bucket_owner(to.owner());
            let begin = begin.set_storage_class(attributes.class.of(None)).set_tagging(attributes.tagging());
            let begin = begin.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme).checksum_type(ChecksumType::FullObject);
            with_headers!(begin, self.headers(key)).send()
        });
        Multipart::begun(self.pace, to, key, begun.await?.upload_id)
    }

    async fn put_part(
        &self,
        path: &Arc<PathBuf>,
        stamp: Stamp,
        upload: &Multipart<'_>,
        (number, start, length): (i32, u64, u64),
    ) -> Result<CompletedPart, Failure> {
        let _room = self.budget.room(length).await;
        let path = Arc::clone(path);
        let bytes = self.budget.blocking(move || read(&path, stamp, start, length)).await?;
        let to = upload.bucket;
        let answer = self.pace.send(&upload.limit, "UploadPart", length, || {
            let put = to.client().upload_part().bucket(to.name()).key(upload.key).upload_id(&upload.id);
            let put = put.part_number(number).body(ByteStream::from(bytes.clone()));
            let put = put.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme);
            put.set_expected_bucket_owner(to.owner()).send()
        });
        let answer = answer.await?;
        Multipart::part(number, answer.e_tag, answer.checksum_crc64_nvme)
    }
}
