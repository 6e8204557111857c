//! Objects that are put together from parts: they appear as a whole, once all parts are there.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>

use aws_sdk_s3::types::{ChecksumType, CompletedMultipartUpload, CompletedPart};
use md5::{Digest as _, Md5};

use crate::bucket::Bucket;
use crate::failure::{Class, Failure};
use crate::list::ETag;
use crate::pace::{Pace, Prefix};

/// No object has more parts. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>
const MOST_PARTS: u64 = 10_000;
const MIB: u64 = 1 << 20;

/// The number, the beginning and the length of each part of so many bytes. Parts have `usual` bytes, in whole MiB more
/// where there would be too many.
pub(crate) fn parts(size: u64, usual: u64) -> impl Iterator<Item = (i32, u64, u64)> {
    let needed = size.div_ceil(MOST_PARTS);
    let each = if needed <= usual { usual } else { needed.div_ceil(MIB) * MIB };
    (0..size.div_ceil(each)).zip(1..).map(move |(part, number)| {
        let start = part * each;
        (number, start, each.min(size - start))
    })
}

/// An upload that was begun.
#[derive(Debug)]
pub(crate) struct Multipart<'a> {
    pub pace: &'a Pace,
    pub bucket: &'a Bucket,
    pub key: &'a str,
    pub id: String,
    /// Which limit its requests fall under.
    pub limit: Prefix<'a>,
}

impl<'a> Multipart<'a> {
    /// An upload that S3 says was begun.
    pub fn begun(pace: &'a Pace, bucket: &'a Bucket, key: &'a str, id: Option<String>) -> Result<Self, Failure> {
        let id = id.ok_or_else(|| Failure::local("S3 says that it began an upload, and not which"))?;
        Ok(Self { pace, bucket, key, id, limit: Prefix::of(bucket.name(), key) })
    }

    /// A part that S3 says is there.
    pub fn part(number: i32, tag: Option<String>, checksum: Option<String>) -> Result<CompletedPart, Failure> {
        let tag =
            tag.ok_or_else(|| Failure::local(format!("S3 says that it has part {number}, without entity tag")))?;
        Ok(CompletedPart::builder().part_number(number).e_tag(tag).set_checksum_crc64_nvme(checksum).build())
    }

    /// Makes the object of all its parts, or aborts the upload if one has failed.
    ///
    /// # Errors
    /// That of the part; that of the last request.
    pub async fn end(&self, parts: Result<Vec<CompletedPart>, Failure>, size: u64) -> Result<(), Failure> {
        let completed = match parts {
            Ok(parts) => self.complete(parts, size).await,
            Err(failure) => Err(failure),
        };
        if completed.is_err() {
            self.abort().await;
        }
        completed
    }

    async fn complete(&self, mut parts: Vec<CompletedPart>, size: u64) -> Result<(), Failure> {
        parts.sort_unstable_by_key(CompletedPart::part_number);
        let tag = joined(parts.iter().filter_map(|part| ETag::parse(part.e_tag()?).md5()));
        let length = i64::try_from(size).ok();
        let upload = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let completed = self.pace.send(&self.limit, "CompleteMultipartUpload", 0, || {
            let request = self.bucket.client().complete_multipart_upload().bucket(self.bucket.name()).key(self.key);
            let request = request.upload_id(&self.id).checksum_type(ChecksumType::FullObject);
            let request = request.set_mpu_object_size(length).set_expected_bucket_owner(self.bucket.owner());
            request.multipart_upload(upload.clone()).send()
        });
        match completed.await {
            Ok(_) => Ok(()),
            // The answer to the first sending may have been lost, and the upload be completed.
            Err(failure) if failure.code.as_deref() == Some("NoSuchUpload") => {
                if self.is_there(&tag, length).await? {
                    Ok(())
                } else {
                    Err(failure)
                }
            }
            Err(failure) => Err(failure),
        }
    }

    async fn is_there(&self, tag: &ETag, length: Option<i64>) -> Result<bool, Failure> {
        let head = self.pace.send(&self.limit, "HeadObject", 0, || {
            let request = self.bucket.client().head_object().bucket(self.bucket.name()).key(self.key);
            request.set_expected_bucket_owner(self.bucket.owner()).send()
        });
        match head.await {
            Ok(head) => {
                Ok(head.content_length == length && head.e_tag.as_deref().map(ETag::parse).as_ref() == Some(tag))
            }
            Err(failure) if failure.class == Class::Gone => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Gives up; parts that stay cost storage. If that fails too, `empty` or a rule of the bucket's lifecycle removes
    /// them.
    async fn abort(&self) {
        let aborted = self.pace.send(&self.limit, "AbortMultipartUpload", 0, || {
            let request = self.bucket.client().abort_multipart_upload().bucket(self.bucket.name()).key(self.key);
            request.upload_id(&self.id).set_expected_bucket_owner(self.bucket.owner()).send()
        });
        if let Err(failure) = aborted.await
            && failure.class != Class::Gone
        {
            tracing::warn!(key = self.key, id = self.id, %failure, "an unfinished upload stays");
        }
    }
}

/// The tag that an object of parts with these MD5s has: the MD5 of them, and how many. Where KMS encrypts, S3 gives
/// another one.
pub(crate) fn joined(md5s: impl IntoIterator<Item = [u8; 16]>) -> ETag {
    let (joined, number) = md5s
        .into_iter()
        .fold((Md5::new(), 0_u16), |(joined, number), md5| (joined.chain_update(md5), number.saturating_add(1)));
    ETag::Parts(joined.finalize().into(), number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_are_the_whole_and_never_too_many(size in 1..=5 * MIB * MIB, usual in 5 * MIB..64 * MIB) {
            let parts: Vec<_> = parts(size, usual).collect();
            prop_assert!(parts.len() <= 10_000);
            let mut end = 0;
            for (place, (number, start, length)) in parts.iter().enumerate() {
                prop_assert_eq!((*number, *start), (i32::try_from(place).unwrap() + 1, end));
                prop_assert!(*length >= usual || place + 1 == parts.len());
                end += length;
            }
            prop_assert_eq!(end, size);
        }
    }
}
