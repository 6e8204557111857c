//! What the lists of keys, versions and uploads have in common: the parameters, and how keys are written.

use std::borrow::Cow;

use super::invalid_argument;
use super::walk::Scope;
use crate::error::AwsError;
use crate::s3::Ask;
use crate::xml::Xml;

/// No page has more. <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>
pub const MAX: usize = 1000;

/// The parameters of a list.
#[derive(Debug)]
pub struct Page<'a> {
    /// Which keys are listed, and how they are grouped.
    pub scope: Scope<'a>,
    /// How many entries there may be.
    pub max: usize,
    /// Whether keys are URL-encoded, since XML cannot have all characters.
    url: bool,
}

impl<'a> Page<'a> {
    /// Reads `prefix`, `delimiter`, `encoding-type`, and the maximum, which has this name.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn of(ask: &'a Ask<'_>, max: &'static str) -> Result<Self, AwsError> {
        let scope = Scope {
            prefix: ask.param("prefix").unwrap_or_default(),
            delimiter: ask.param("delimiter").unwrap_or_default(),
        };
        let url = match ask.param("encoding-type") {
            None | Some("") => false,
            Some("url") => true,
            Some(other) => {
                return Err(invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", other));
            }
        };
        Ok(Self { scope, max: most(ask, max)?, url })
    }

    /// A key, or what is compared with keys, as this list writes it.
    pub fn key<'b>(&self, text: &'b str) -> Cow<'b, str> {
        if !self.url {
            return Cow::Borrowed(text);
        }
        let pieces = text.split('/').map(|piece| form_urlencoded::byte_serialize(piece.as_bytes()).collect::<String>());
        Cow::Owned(pieces.collect::<Vec<_>>().join("/"))
    }

    /// Writes the parameters as they were given.
    pub fn write(&self, xml: &mut Xml, max: &str) {
        xml.text("Prefix", self.key(self.scope.prefix));
        if !self.scope.delimiter.is_empty() {
            xml.text("Delimiter", self.key(self.scope.delimiter));
        }
        xml.text(max, self.max);
        if self.url {
            xml.text("EncodingType", "url");
        }
    }

    /// Writes a common prefix.
    pub fn write_prefix(&self, xml: &mut Xml, prefix: &str) {
        xml.element("CommonPrefixes", |xml| {
            xml.text("Prefix", self.key(prefix));
        });
    }
}

/// The greatest number of entries that a request wants, at most 1,000.
///
/// # Errors
/// `InvalidArgument` where it is no number, or negative.
pub fn most(ask: &Ask<'_>, name: &'static str) -> Result<usize, AwsError> {
    let Some(text) = ask.param(name).filter(|text| !text.is_empty()) else { return Ok(MAX) };
    match text.parse::<i32>() {
        Ok(number) => usize::try_from(number).map(|number| number.min(MAX)).map_err(|_| {
            invalid_argument(format!("Argument {name} must be an integer between 0 and 2147483647"), name, text)
        }),
        Err(_) => Err(invalid_argument(format!("Provided {name} not an integer or within integer range"), name, text)),
    }
}
