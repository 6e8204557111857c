//! What the tags of all services have in common.

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// Tags: key and value.
pub type Tags = BTreeMap<String, String>;

/// Whether a key is one of AWS's own: they begin with `aws:`, in upper or lower case.
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html#tag-conventions>
pub fn is_reserved(key: &str) -> bool {
    key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
}

/// Whether a key or a value has at most so many characters, all of them letters, digits and spaces of any language, or
/// of `_.:/=+-@`. EC2 alone takes others too.
pub fn fits(text: &str, most: usize) -> bool {
    let is_space = |character: char| character.is_whitespace() && !character.is_control();
    let is_allowed =
        |character: char| character.is_alphanumeric() || is_space(character) || "_.:/=+-@".contains(character);
    text.chars().count() <= most && text.chars().all(is_allowed)
}

/// Reads a list of tags; one without a value has an empty one.
///
/// # Errors
/// `InvalidParameterValue` for a key given twice; what `check` says of a key and its value.
pub fn read(list: Vec<Params<'_>>, check: impl Fn(&str, &str) -> Result<(), AwsError>) -> Result<Tags, AwsError> {
    let mut tags = Tags::new();
    for tag in list {
        let (key, value) = (tag.require("Key")?, tag.get("Value").unwrap_or_default());
        check(key, value)?;
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(AwsError::new("InvalidParameterValue", format!("Duplicate tag key '{key}' specified.")));
        }
    }
    Ok(tags)
}

/// Writes tags as RDS and S3 tell them.
pub fn write<T: Display>(xml: &mut Xml, list: &str, tags: impl IntoIterator<Item = (T, T)>) {
    xml.list(list, "Tag", tags, |xml, (key, value)| {
        xml.text("Key", key).text("Value", value);
    });
}
