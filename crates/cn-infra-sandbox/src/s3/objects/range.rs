//! Which bytes of an object a read is for.

use super::version::Version;
use super::{invalid_argument, invalid_request};
use crate::error::AwsError;
use crate::s3::Ask;

/// A run of an object's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first byte.
    pub start: u64,
    /// How many.
    pub length: u64,
}

impl Range {
    /// As in the header `Content-Range`.
    pub fn content_range(self, size: u64) -> String {
        match self.length {
            0 => format!("bytes */{size}"),
            length => format!("bytes {}-{}/{size}", self.start, self.start + length - 1),
        }
    }

    /// Reads `bytes=…`. `None`: it is no range, or several, and S3 answers with the whole object.
    ///
    /// # Errors
    /// `InvalidRange` (416) where there are no such bytes.
    pub fn parse(text: &str, size: u64) -> Result<Option<Self>, AwsError> {
        let bounds = text.strip_prefix("bytes=").and_then(|bounds| bounds.trim().split_once('-'));
        let Some((first, last)) = bounds else { return Ok(None) };
        let number = |text: &str| text.parse::<u64>().ok().filter(|_| text.bytes().all(|digit| digit.is_ascii_digit()));
        let range = match (number(first), number(last)) {
            (Some(first), Some(last)) if last < first => return Ok(None),
            (Some(first), Some(last)) => Self { start: first, length: last.min(size.saturating_sub(1)) + 1 },
            (Some(first), None) if last.is_empty() => Self { start: first, length: size },
            (None, Some(last)) if first.is_empty() => {
                let length = last.min(size);
                return Self { start: size - length, length }.in_range(text, size).map(Some);
            }
            _ => return Ok(None),
        };
        let length = range.length.saturating_sub(range.start);
        Self { length, ..range }.in_range(text, size).map(Some)
    }

    fn in_range(self, text: &str, size: u64) -> Result<Self, AwsError> {
        if self.length > 0 && self.start < size {
            return Ok(self);
        }
        let error = AwsError::new("InvalidRange", "The requested range is not satisfiable").status(416);
        let error = error.detail("RangeRequested", text).detail("ActualObjectSize", size.to_string());
        Err(error.header("content-range", format!("bytes */{size}")))
    }
}

/// The bytes that a request asks for by `Range` or `partNumber`; `None`: all.
///
/// # Errors
/// `InvalidRange` and `InvalidPartNumber` (416); `InvalidRequest` for both at once; `InvalidArgument` for no number.
pub fn of(ask: &Ask<'_>, version: &Version) -> Result<Option<Range>, AwsError> {
    match (ask.header("range"), ask.param("partNumber")) {
        (None, None) => Ok(None),
        (Some(range), None) => Range::parse(range, version.size()),
        (None, Some(part)) => part_of(part, version).map(Some),
        (Some(_), Some(_)) => Err(invalid_request("Cannot specify both Range header and partNumber query parameter")),
    }
}

fn part_of(text: &str, version: &Version) -> Result<Range, AwsError> {
    let number = text.parse::<usize>().ok().filter(|number| (1..=10_000).contains(number)).ok_or_else(|| {
        invalid_argument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", text)
    })?;
    let parts = &version.details().parts;
    if parts.is_empty() && number == 1 {
        return Ok(Range { start: 0, length: version.size() });
    }
    let part = parts.get(number - 1).ok_or_else(|| {
        let error = AwsError::new("InvalidPartNumber", "The requested partnumber is not satisfiable").status(416);
        let actual = if parts.is_empty() { 1 } else { parts.len() };
        error.detail("PartNumberRequested", text).detail("ActualPartCount", actual.to_string())
    })?;
    let start = parts[..number - 1].iter().map(|part| part.size).sum();
    Ok(Range { start, length: part.size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_object_or_refused() {
        let range = |text| Range::parse(text, 10).map(|range| range.map(|range| (range.start, range.length)));
        for (text, expected) in [
            ("bytes=0-4", Some((0, 5))),
            ("bytes=9-", Some((9, 1))),
            ("bytes=-3", Some((7, 3))),
            ("bytes=-30", Some((0, 10))),
            ("bytes=5-99", Some((5, 5))),
            ("bytes=0-18446744073709551615", Some((0, 10))),
            ("bytes=4-0", None),
            ("bytes=0-1,3-4", None),
            ("lines=0-1", None),
            ("bytes=+1-2", None),
        ] {
            assert_eq!(range(text), Ok(expected), "{text}");
        }
        for text in ["bytes=10-", "bytes=10-12", "bytes=-0"] {
            assert_eq!(range(text).expect_err("out of range").code, "InvalidRange", "{text}");
        }
        assert!(Range::parse("bytes=0-0", 0).is_err());
    }
}
