//! GetObjectAttributes: what a head tells, and the parts, as a document.

use super::checksum::Checksum;
use super::metadata::set;
use super::version::{PartOf, Version};
use super::{conditions, invalid_argument, invalid_request, lookup, page, place};
use crate::error::AwsError;
use crate::s3::{Answer, Ask, Context, document};
use crate::xml::Xml;

const ATTRIBUTES: &[&str] = &["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

/// GetObjectAttributes.
pub fn get(context: &mut Context<'_>, ask: &Ask<'_>) -> Answer {
    let versioning = place(context, ask, "s3:GetObjectAttributes")?.configuration.versioning;
    let wanted = wanted(ask)?;
    let parts = Parts::of(ask)?;
    let version = lookup::version(context.s3.objects.index(&ask.bucket), &ask.key, ask.param("versionId"))?;
    let mut response = document("GetObjectAttributesResponse", |xml| {
        for attribute in ATTRIBUTES.iter().filter(|attribute| wanted.contains(attribute)) {
            write(xml, attribute, version, &parts);
        }
    });
    set(&mut response, "last-modified", &conditions::http_date(version.modified()));
    if versioning.is_some() {
        set(&mut response, "x-amz-version-id", &version.id());
    }
    Ok(response)
}

fn wanted<'a>(ask: &'a Ask<'_>) -> Result<Vec<&'a str>, AwsError> {
    let headers = ask.request.parts.headers.get_all("x-amz-object-attributes");
    let all: Vec<_> = headers.iter().filter_map(|value| value.to_str().ok()).collect();
    let all: Vec<_> = all.into_iter().flat_map(|list| list.split(',')).map(str::trim).collect();
    if all.is_empty() {
        return Err(invalid_request(
            "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
        ));
    }
    match all.iter().find(|name| !ATTRIBUTES.contains(name)) {
        Some(name) => Err(invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes", name)),
        None => Ok(all),
    }
}

fn write(xml: &mut Xml, attribute: &str, version: &Version, parts: &Parts) {
    match attribute {
        "ETag" => xml.text("ETag", version.etag),
        "Checksum" => match &version.checksum {
            Some(checksum) => xml.element("Checksum", |xml| checksum.write(xml)),
            None => xml,
        },
        "ObjectParts" => parts.write(xml, version),
        "StorageClass" => xml.text("StorageClass", version.class.name()),
        _ => xml.text("ObjectSize", version.size()),
    };
}

/// Which page of the parts is wanted.
struct Parts {
    max: usize,
    after: u16,
}

impl Parts {
    fn of(ask: &Ask<'_>) -> Result<Self, AwsError> {
        let number = |name| {
            let invalid =
                |text| invalid_argument(format!("Provided {name} not an integer or within integer range"), name, text);
            ask.header(name).map(|text| text.parse().map_err(|_| invalid(text))).transpose()
        };
        let max = number("x-amz-max-parts")?.map_or(page::MAX, usize::from).min(page::MAX);
        Ok(Self { max, after: number("x-amz-part-number-marker")?.unwrap_or_default() })
    }

    /// Single parts are told only where each has a checksum of its own.
    fn write<'x>(&self, xml: &'x mut Xml, version: &Version) -> &'x mut Xml {
        let parts = &version.details().parts;
        if parts.is_empty() {
            return xml;
        }
        xml.element("ObjectParts", |xml| {
            xml.text("PartsCount", parts.len());
            if version.checksum.as_ref().is_none_or(|Checksum { parts, .. }| *parts == 0) {
                return;
            }
            let left: Vec<_> = parts.iter().filter(|part| part.number > self.after).collect();
            let shown = &left[..left.len().min(self.max)];
            xml.text("PartNumberMarker", self.after).text("MaxParts", self.max);
            xml.text("IsTruncated", shown.len() < left.len());
            xml.text("NextPartNumberMarker", shown.last().map_or(0, |part| part.number));
            for PartOf { number, size, digest } in shown {
                xml.element("Part", |xml| {
                    xml.text("PartNumber", number).text("Size", size);
                    if let Some(digest) = digest {
                        xml.text(digest.algorithm().element(), digest);
                    }
                });
            }
        })
    }
}
