//! Bodies of requests: documents that keep to S3's schema, and nothing that the sandbox would have to drop.

use std::str::FromStr;

use bytes::Bytes;

use super::Ask;
use super::objects::Payload;
use crate::error::AwsError;
use crate::xml::Element;

/// The document in a request's body, which must come with a digest, and whose root has this name.
///
/// # Errors
/// As [`bytes`] and [`parse`].
pub fn read(ask: &Ask<'_>, root: &str) -> Result<Element, AwsError> {
    parse(&bytes(ask)?, root)
}

/// The document of a body whose root has this name.
///
/// # Errors
/// `MalformedXML` for what is no such document.
pub fn parse(body: &[u8], root: &str) -> Result<Element, AwsError> {
    Element::parse(body).filter(|document| document.name == root).ok_or_else(malformed)
}

/// A request's body, which must come with a digest.
///
/// # Errors
/// `MissingRequestBodyError` without a body; `InvalidRequest` where nothing says what its digest is; what [`Payload::of`]
/// says of a wrong one.
pub fn bytes(ask: &Ask<'_>) -> Result<Bytes, AwsError> {
    if ask.request.body.is_empty() {
        return Err(AwsError::new("MissingRequestBodyError", "Request Body is empty"));
    }
    let has_checksum = ask.request.parts.headers.keys().any(|name| {
        let name = name.as_str();
        name.starts_with("x-amz-checksum-") || name == "content-md5" || name == "x-amz-trailer"
    });
    if !has_checksum {
        let message = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*";
        return Err(AwsError::new("InvalidRequest", message));
    }
    Ok(Payload::of(ask)?.bytes)
}

/// `MalformedXML`.
pub fn malformed() -> AwsError {
    let message = "The XML you provided was not well-formed or did not validate against our published schema";
    AwsError::new("MalformedXML", message)
}

/// Members of documents, by S3's schema.
impl Element {
    /// Refuses members that S3 has not: `single` may be there once, `lists` any number of times.
    ///
    /// # Errors
    /// `MalformedXML`.
    pub fn only(&self, single: &[&str], lists: &[&str]) -> Result<(), AwsError> {
        for (index, child) in self.children.iter().enumerate() {
            let name = child.name.as_str();
            let is_again = || self.children[..index].iter().any(|former| former.name == name);
            if !lists.contains(&name) && (!single.contains(&name) || is_again()) {
                return Err(malformed());
            }
        }
        Ok(())
    }

    /// Refuses a member that S3 has and the sandbox does not model.
    ///
    /// # Errors
    /// `NotImplemented`.
    pub fn without(&self, name: &str) -> Result<(), AwsError> {
        match self.child(name) {
            Some(_) => Err(AwsError::not_modelled(format!("{name} in {}", self.name))),
            None => Ok(()),
        }
    }

    /// A member's text, which must be there.
    ///
    /// # Errors
    /// `MalformedXML`.
    pub fn require(&self, name: &str) -> Result<&str, AwsError> {
        self.get(name).ok_or_else(malformed)
    }

    /// A member's value.
    ///
    /// # Errors
    /// `MalformedXML` where its text is no such value.
    pub fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, AwsError> {
        self.get(name).map(|text| text.trim().parse().map_err(|_| malformed())).transpose()
    }

    /// A switch.
    ///
    /// # Errors
    /// `MalformedXML` where its text is neither `true` nor `false`.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, AwsError> {
        let flag = |text: &str| match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(malformed()),
        };
        self.get(name).map(flag).transpose()
    }

    /// The texts of all members of a name.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.all(name).map(|child| child.text.clone()).collect()
    }
}
