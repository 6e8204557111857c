//! Entity tags, as small as they can be: a listing has millions.

use std::fmt::{self, Write};

/// An entity tag, without its quotes. AWS calls them opaque; what can be read from one is in
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ETag {
    /// Of an object that was written at once. The MD5 of its bytes, unless KMS or the customer encrypts it.
    Whole([u8; 16]),
    /// Of an object that was put together from so many parts: it depends on how it was cut.
    Parts([u8; 16], u16),
    /// Anything else.
    Other(Box<str>),
}

impl ETag {
    /// Reads a tag, in quotes or not.
    pub fn parse(text: &str) -> Self {
        let text = text.trim_matches('"');
        let (digits, parts) = text.split_once('-').map_or((text, None), |(digits, parts)| (digits, Some(parts)));
        let tag = match (md5(digits), parts.map(str::parse)) {
            (Some(md5), None) => Self::Whole(md5),
            (Some(md5), Some(Ok(parts))) => Self::Parts(md5, parts),
            _ => return Self::Other(text.into()),
        };
        // A condition must send it as it came.
        if tag.to_string() == text { tag } else { Self::Other(text.into()) }
    }

    /// The MD5 of the bytes, where the tag can be one.
    pub fn md5(&self) -> Option<[u8; 16]> {
        match self {
            Self::Whole(md5) => Some(*md5),
            Self::Parts(..) | Self::Other(_) => None,
        }
    }
}

fn md5(digits: &str) -> Option<[u8; 16]> {
    let is_hex = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes)).flatten()
}

impl fmt::Display for ETag {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(md5) => write!(out, "{:032x}", u128::from_be_bytes(*md5)),
            Self::Parts(md5, parts) => write!(out, "{:032x}-{parts}", u128::from_be_bytes(*md5)),
            Self::Other(text) => out.write_str(text),
        }
    }
}

impl ETag {
    /// With its quotes, as a condition has it.
    pub fn quoted(&self) -> String {
        let mut text = String::with_capacity(40);
        // Writing into a string does not fail.
        let _ = write!(text, "\"{self}\"");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_sent_as_it_came() {
        let md5 = "0cc175b9c0f1b6a831c399e269772661";
        assert!(matches!(ETag::parse(&format!("\"{md5}\"")), ETag::Whole(_)));
        assert!(matches!(ETag::parse(&format!("{md5}-12")), ETag::Parts(_, 12)));
        for text in
            [md5, &format!("{md5}-12"), &format!("{md5}-012"), &md5.to_uppercase(), "", "a-b", &format!("{md5}-")]
        {
            assert_eq!(ETag::parse(text).to_string(), text);
        }
        assert_eq!(ETag::parse(md5).quoted(), format!("\"{md5}\""));
        assert_eq!(size_of::<ETag>(), 24);
    }
}
