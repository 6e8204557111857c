//! ListParts and ListMultipartUploads.

use std::ops::Bound;

use super::{Upload, parts, row, upload};
use crate::s3::acl::canonical_id;
use crate::s3::objects::conditions::iso_date;
use crate::s3::objects::list::write_owner;
use crate::s3::objects::page::{Page, most};
use crate::s3::objects::walk::{Entry, From, Walk};
use crate::s3::objects::{Objects, invalid_argument, place};
use crate::s3::{Answer, Ask, Context, document};
use crate::xml::Xml;

/// ListParts.
pub fn list_parts(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let owner = canonical_id(&place(context, ask, "s3:ListMultipartUploadParts")?.owner);
    let upload = upload(context, ask)?;
    let max = most(ask, "max-parts")?;
    let marker = ask.param("part-number-marker").filter(|text| !text.is_empty()).unwrap_or("0");
    let after: u16 = marker.parse().map_err(|_| {
        let message = "Provided part-number-marker not an integer or within integer range";
        invalid_argument(message, "part-number-marker", marker)
    })?;
    let mut left = parts(&context.s3.objects, &upload.id).filter(|part| part.number > after).peekable();
    let shown: Vec<_> = left.by_ref().take(max).collect();
    Ok(document("ListPartsResult", |xml| {
        xml.text("Bucket", &ask.bucket).text("Key", &ask.key).text("UploadId", &upload.id);
        write_people(xml, &owner);
        write_kind(xml, upload);
        xml.text("PartNumberMarker", after).text("MaxParts", max);
        xml.text("NextPartNumberMarker", shown.last().map_or(0, |part| part.number));
        xml.text("IsTruncated", left.peek().is_some() && max > 0);
        for part in shown {
            xml.element("Part", |xml| {
                let modified = jiff::Timestamp::from_second(part.modified).unwrap_or_default();
                xml.text("PartNumber", part.number).text("LastModified", iso_date(modified));
                xml.text("ETag", part.etag.quoted()).text("Size", part.content.size());
                if upload.checksum.is_some() {
                    xml.text(part.digest.algorithm().element(), &part.digest);
                }
            });
        }
    }))
}

fn write_people(xml: &mut Xml, owner: &str) {
    xml.element("Initiator", |xml| {
        xml.text("ID", owner);
    });
    write_owner(xml, owner);
}

fn write_kind(xml: &mut Xml, upload: &Upload) {
    xml.text("StorageClass", upload.class.name());
    if let Some((algorithm, kind)) = upload.checksum {
        xml.text("ChecksumAlgorithm", algorithm.name()).text("ChecksumType", kind.name());
    }
}

/// ListMultipartUploads: by key, those of one key by the time they were begun.
pub fn list_uploads(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let owner = canonical_id(&place(context, ask, "s3:ListBucketMultipartUploads")?.owner);
    let page = Page::of(ask, "max-uploads")?;
    let marker = ask.param("key-marker").unwrap_or_default();
    // Without a key marker, AWS ignores the other.
    let id = ask.param("upload-id-marker").filter(|_| !marker.is_empty()).unwrap_or_default();
    let from = From::marker(&page.scope, Some(marker).filter(|marker| !marker.is_empty()), !id.is_empty());
    let walk = Walk::new(page.scope, &from, |bound| range(&context.s3.objects, &ask.bucket, bound));
    let is_left =
        |entry: &Entry<'_, &Upload>| !matches!(entry, Entry::Key(key, of) if *key == marker && of.id.as_str() <= id);
    let mut left = walk.filter(is_left).peekable();
    let shown: Vec<_> = left.by_ref().take(page.max).collect();
    let truncated = left.peek().is_some() && page.max > 0;
    Ok(document("ListMultipartUploadsResult", |xml| {
        xml.text("Bucket", &ask.bucket).text("KeyMarker", page.key(marker)).text("UploadIdMarker", id);
        page.write(xml, "MaxUploads");
        xml.text("IsTruncated", truncated);
        if let Some(last) = shown.last().filter(|_| truncated) {
            let (key, id) = match last {
                Entry::Key(key, upload) => (*key, upload.id.as_str()),
                Entry::Prefix(prefix) => (*prefix, ""),
            };
            xml.text("NextKeyMarker", page.key(key)).text("NextUploadIdMarker", id);
        }
        for entry in &shown {
            match entry {
                Entry::Key(key, upload) => write_upload(xml, &page.key(key), upload, &owner),
                Entry::Prefix(prefix) => page.write_prefix(xml, prefix),
            }
        }
    }))
}

/// The uploads of a bucket from a key on. All rows of a key are before `key` and U+0001.
fn range<'a>(
    objects: &'a Objects,
    bucket: &str,
    from: Bound<&str>,
) -> Box<dyn Iterator<Item = (&'a str, &'a Upload)> + 'a> {
    let first = match from {
        Bound::Included(key) => row(bucket, key, ""),
        Bound::Excluded(key) => format!("{bucket}/{key}\u{1}"),
        Bound::Unbounded => format!("{bucket}/"),
    };
    let prefix = format!("{bucket}/");
    let rows = objects.uploads.from(&first).take_while(move |(row, _)| row.starts_with(&prefix));
    Box::new(rows.map(|(_, upload)| (upload.key.as_str(), upload)))
}

fn write_upload(xml: &mut Xml, key: &str, upload: &Upload, owner: &str) {
    xml.element("Upload", |xml| {
        xml.text("Key", key).text("UploadId", &upload.id);
        write_people(xml, owner);
        write_kind(xml, upload);
        let initiated = jiff::Timestamp::from_second(upload.initiated).unwrap_or_default();
        xml.text("Initiated", iso_date(initiated));
    });
}
