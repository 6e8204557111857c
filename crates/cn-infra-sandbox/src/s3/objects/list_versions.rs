//! ListObjectVersions: all versions and delete markers, the newest of each key first.

use std::ops::Bound;

use super::conditions::iso_date;
use super::index::Index;
use super::list::{write_owner, write_version};
use super::lookup::parse_id;
use super::page::Page;
use super::version::{Version, VersionId};
use super::walk::{Entry, From, Walk};
use super::{invalid_argument, place};
use crate::s3::acl::canonical_id;
use crate::s3::{Answer, Ask, Context, document};
use crate::xml::Xml;

/// One page: the entries, and the last of them where there are more.
#[derive(Default)]
struct Listed {
    versions: Xml,
    prefixes: Xml,
    next: Option<(String, Option<String>)>,
}

/// ListObjectVersions.
pub fn list(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let owner = canonical_id(&place(context, ask, "s3:ListBucketVersions")?.owner);
    let page = Page::of(ask, "max-keys")?;
    let (marker, id) =
        (ask.param("key-marker").unwrap_or_default(), ask.param("version-id-marker").unwrap_or_default());
    if !id.is_empty() && marker.is_empty() {
        let message = "A version-id marker cannot be specified without a key marker.";
        return Err(invalid_argument(message, "version-id-marker", id));
    }
    let after = Some(id).filter(|id| !id.is_empty()).map(parse_id).transpose()?;
    let listed = listed(context.s3.objects.index(&ask.bucket), &page, marker, after, &owner);
    Ok(document("ListVersionsResult", |xml| {
        xml.text("Name", &ask.bucket);
        page.write(xml, "MaxKeys");
        xml.text("KeyMarker", page.key(marker)).text("VersionIdMarker", id);
        xml.text("IsTruncated", listed.next.is_some());
        if let Some((key, id)) = &listed.next {
            xml.text("NextKeyMarker", page.key(key)).some("NextVersionIdMarker", id.as_deref());
        }
        xml.append(&listed.versions).append(&listed.prefixes);
    }))
}

fn all<'a>(index: &'a Index, bound: Bound<&str>) -> Box<dyn Iterator<Item = (&'a str, &'a [Version])> + 'a> {
    Box::new(index.from(bound))
}

/// `after`: the version of the key `marker` that the page before ended with.
fn listed(index: &Index, page: &Page<'_>, marker: &str, after: Option<VersionId>, owner: &str) -> Listed {
    let from = From::marker(&page.scope, Some(marker).filter(|marker| !marker.is_empty()), after.is_some());
    let (mut listed, mut count) = (Listed::default(), 0);
    let mut last = None;
    for entry in Walk::new(page.scope, &from, |bound: Bound<&str>| all(index, bound)) {
        let (key, versions) = match entry {
            Entry::Key(key, versions) => (key, versions),
            Entry::Prefix(prefix) => {
                if count == page.max {
                    listed.next = last;
                    return listed;
                }
                count += 1;
                page.write_prefix(&mut listed.prefixes, prefix);
                last = Some((prefix.to_owned(), None));
                continue;
            }
        };
        for version in left(versions, after.filter(|_| key == marker)) {
            if count == page.max {
                listed.next = last;
                return listed;
            }
            count += 1;
            let is_latest = versions.last().is_some_and(|latest| latest.seq == version.seq);
            write(&mut listed.versions, &page.key(key), version, is_latest, owner);
            if count == page.max {
                last = Some((key.to_owned(), Some(version.id())));
            }
        }
    }
    listed
}

/// The versions of a key that are to be listed, the newest first.
fn left(versions: &[Version], after: Option<VersionId>) -> impl Iterator<Item = &Version> {
    let place = after.and_then(|id| versions.iter().position(|version| id.is_of(version)));
    // A version that was deleted since: its number tells what is older.
    let end = place.or(match after {
        Some(VersionId::Of { seq, .. }) => Some(versions.partition_point(|version| version.seq < seq)),
        _ => None,
    });
    versions[..end.unwrap_or(versions.len())].iter().rev()
}

fn write(xml: &mut Xml, key: &str, version: &Version, is_latest: bool, owner: &str) {
    xml.element(if version.marker { "DeleteMarker" } else { "Version" }, |xml| {
        xml.text("Key", key).text("VersionId", version.id()).text("IsLatest", is_latest);
        if version.marker {
            xml.text("LastModified", iso_date(version.modified()));
        } else {
            write_version(xml, version);
        }
        write_owner(xml, owner);
    });
}
