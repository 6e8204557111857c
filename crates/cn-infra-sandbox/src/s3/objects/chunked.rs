//! Bodies in chunks, `aws-chunked`, with signatures or without, and with trailers or without.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>
//!
//! As everywhere in the sandbox, signatures are not checked.

use bytes::{Bytes, BytesMut};

/// A body without its framing.
#[derive(Debug, Default, PartialEq)]
pub struct Dechunked {
    /// The bytes.
    pub bytes: Bytes,
    /// What came after them: names in lower case, and values.
    pub trailers: Vec<(String, String)>,
}

/// Takes the framing off; `None` where it is not one: cut off, a chunk shorter or longer than it says.
pub fn dechunk(body: &[u8]) -> Option<Dechunked> {
    let mut rest = body;
    let mut bytes = BytesMut::with_capacity(body.len());
    loop {
        let head = line(&mut rest)?;
        let size = head.split(';').next().unwrap_or(head);
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            break;
        }
        let (chunk, after) = rest.split_at_checked(size)?;
        bytes.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n")?;
    }
    let mut trailers = Vec::new();
    while !rest.is_empty() {
        // AWS's own SDKs end the trailers with a line of their own, or with a mere line feed.
        let text = line(&mut rest)?;
        if let Some((name, value)) = text.trim_end_matches(['\r', '\n']).split_once(':') {
            trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    Some(Dechunked { bytes: bytes.freeze(), trailers })
}

/// The next line, without its end.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let end = rest.windows(2).position(|two| two == b"\r\n")?;
    let (line, after) = rest.split_at(end);
    *rest = &after[2..];
    std::str::from_utf8(line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_framing_is_taken_off() {
        let plain = b"5\r\ncoral\r\n4\r\nreef\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
        let signed = b"9;chunk-signature=0f\r\ncoralreef\r\n0;chunk-signature=0f\r\n\r\n";
        let read = dechunk(plain).expect("chunks");
        assert_eq!(read.bytes, "coralreef");
        assert_eq!(read.trailers, [("x-amz-checksum-crc32".to_owned(), "AAAAAA==".to_owned())]);
        assert_eq!(dechunk(signed).expect("chunks"), Dechunked { bytes: read.bytes, trailers: Vec::new() });
        for cut in 0..22 {
            assert_eq!(dechunk(&plain[..cut]), None, "cut at {cut}");
        }
        assert_eq!(dechunk(b"6\r\ncoral\r\n0\r\n\r\n"), None);
        assert_eq!(dechunk(b"ffffffffffffffff\r\n"), None);
    }
}
