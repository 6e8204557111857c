//! ListObjects and ListObjectsV2: the current objects of a bucket, written straight from its index.

use std::ops::Bound;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::conditions::iso_date;
use super::index::Index;
use super::page::Page;
use super::version::Version;
use super::walk::{Entry, From, Walk};
use super::{invalid_argument, place};
use crate::error::AwsError;
use crate::s3::acl::canonical_id;
use crate::s3::{Answer, Ask, Context, document};
use crate::xml::Xml;

/// One page.
struct Listed {
    contents: Xml,
    prefixes: Xml,
    /// How many keys and common prefixes.
    count: usize,
    /// The last entry, where there are more.
    next: Option<String>,
}

/// The keys that are there: those whose current version is no delete marker.
fn visible<'a>(index: &'a Index, bound: Bound<&str>) -> Box<dyn Iterator<Item = (&'a str, &'a Version)> + 'a> {
    let current = |(key, versions): (&'a str, &'a [Version])| Some((key, versions.last()?));
    Box::new(index.from(bound).filter_map(current).filter(|(_, version)| !version.marker))
}

fn listed(index: &Index, page: &Page<'_>, from: &From, owner: Option<&str>) -> Listed {
    let mut listed = Listed { contents: Xml::new(), prefixes: Xml::new(), count: 0, next: None };
    let mut walk = Walk::new(page.scope, from, |bound: Bound<&str>| visible(index, bound)).peekable();
    while listed.count < page.max
        && let Some(entry) = walk.next()
    {
        listed.count += 1;
        let last = match entry {
            Entry::Key(key, version) => {
                write_object(&mut listed.contents, &page.key(key), version, owner);
                key
            }
            Entry::Prefix(prefix) => {
                page.write_prefix(&mut listed.prefixes, prefix);
                prefix
            }
        };
        if listed.count == page.max && walk.peek().is_some() {
            listed.next = Some(last.to_owned());
        }
    }
    listed
}

fn write_object(xml: &mut Xml, key: &str, version: &Version, owner: Option<&str>) {
    xml.element("Contents", |xml| {
        xml.text("Key", key);
        write_version(xml, version);
        if let Some(owner) = owner {
            write_owner(xml, owner);
        }
    });
}

/// What lists of objects and of versions tell of each.
pub fn write_version(xml: &mut Xml, version: &Version) {
    xml.text("LastModified", iso_date(version.modified())).text("ETag", version.etag.quoted());
    if let Some(checksum) = &version.checksum {
        xml.text("ChecksumAlgorithm", checksum.algorithm().name()).text("ChecksumType", checksum.kind());
    }
    xml.text("Size", version.size()).text("StorageClass", version.class.name());
}

/// Writes an owner; `id` is canonical.
pub fn write_owner(xml: &mut Xml, id: &str) {
    xml.element("Owner", |xml| {
        xml.text("ID", id);
    });
}

/// ListObjectsV2.
pub fn list_v2(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    if ask.param("list-type") != Some("2") {
        return Err(invalid_argument(
            "Invalid List Type specified in Request",
            "list-type",
            ask.param("list-type").unwrap_or_default(),
        ));
    }
    let owner = canonical_id(&place(context, ask, "s3:ListBucket")?.owner);
    let owner = Some(owner.as_str()).filter(|_| ask.param("fetch-owner") == Some("true"));
    let page = Page::of(ask, "max-keys")?;
    let token = ask.param("continuation-token");
    let after = token.map(|token| read_token(token).ok_or_else(|| incorrect(token))).transpose()?;
    let start_after = ask.param("start-after").filter(|text| !text.is_empty());
    let from = From::marker(&page.scope, after.as_deref().or(start_after), false);
    let listed = listed(context.s3.objects.index(&ask.bucket), &page, &from, owner);
    Ok(document("ListBucketResult", |xml| {
        xml.text("Name", &ask.bucket);
        page.write(xml, "MaxKeys");
        xml.some("StartAfter", start_after.map(|text| page.key(text))).some("ContinuationToken", token);
        xml.text("KeyCount", listed.count).text("IsTruncated", listed.next.is_some());
        xml.some("NextContinuationToken", listed.next.map(|last| URL_SAFE_NO_PAD.encode(last)));
        xml.append(&listed.contents).append(&listed.prefixes);
    }))
}

fn read_token(token: &str) -> Option<String> {
    URL_SAFE_NO_PAD.decode(token).ok().and_then(|key| String::from_utf8(key).ok()).filter(|key| !key.is_empty())
}

fn incorrect(token: &str) -> AwsError {
    invalid_argument("The continuation token provided is incorrect", "continuation-token", token)
}

/// ListObjects, the first version.
pub fn list(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let owner = canonical_id(&place(context, ask, "s3:ListBucket")?.owner);
    let page = Page::of(ask, "max-keys")?;
    let marker = ask.param("marker").unwrap_or_default();
    let from = From::marker(&page.scope, Some(marker).filter(|marker| !marker.is_empty()), false);
    let listed = listed(context.s3.objects.index(&ask.bucket), &page, &from, Some(&owner));
    Ok(document("ListBucketResult", |xml| {
        xml.text("Name", &ask.bucket).text("Marker", page.key(marker));
        page.write(xml, "MaxKeys");
        xml.text("IsTruncated", listed.next.is_some());
        // Without a delimiter, the last key is the marker of the next page, and is not told again.
        let next = listed.next.as_deref().filter(|_| !page.scope.delimiter.is_empty());
        xml.some("NextMarker", next.map(|last| page.key(last)));
        xml.append(&listed.contents).append(&listed.prefixes);
    }))
}
