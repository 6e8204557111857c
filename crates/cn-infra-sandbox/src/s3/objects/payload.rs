//! The body of a put: what is stored of it, and whether it is what the client says it is.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::checksum::{Algorithm, Digest};
use super::chunked::{Dechunked, dechunk};
use super::invalid_request;
use crate::error::AwsError;
use crate::s3::Ask;

/// A body that is what its request says.
#[derive(Debug)]
pub struct Payload {
    /// The bytes, without framing.
    pub bytes: Bytes,
    /// Their MD5.
    pub md5: [u8; 16],
    /// The checksum that the client sent, if it sent one.
    pub digest: Option<Digest>,
}

impl Payload {
    /// Takes a body out of its framing, and checks it.
    ///
    /// # Errors
    /// `IncompleteBody`, `XAmzContentSHA256Mismatch`, `InvalidDigest` (an MD5 that is none), `BadDigest` (an MD5 or a
    /// checksum of other bytes), `InvalidRequest` (two checksums, or one that is announced and not there).
    pub fn of(ask: &Ask<'_>) -> Result<Self, AwsError> {
        let Dechunked { bytes, trailers } = unframed(ask)?;
        let md5: [u8; 16] = Md5::digest(&bytes).into();
        check_md5(ask, md5)?;
        let digest = sent(ask, &trailers)?;
        if let Some(digest) = &digest
            && digest.algorithm().of(&bytes) != *digest
        {
            let name = digest.algorithm().name();
            let message = format!("The {name} you specified did not match the calculated checksum.");
            return Err(AwsError::new("BadDigest", message));
        }
        Ok(Self { bytes, md5, digest })
    }

    /// The checksum that S3 keeps of it: what the client sent, else CRC64NVME.
    pub fn kept(&self) -> Digest {
        self.digest.clone().unwrap_or_else(|| Algorithm::Crc64Nvme.of(&self.bytes))
    }
}

fn unframed(ask: &Ask<'_>) -> Result<Dechunked, AwsError> {
    let body = &ask.request.body;
    let declared = ask.header("x-amz-content-sha256").unwrap_or_default();
    if declared.starts_with("STREAMING-") {
        let incomplete = || {
            let message = "You did not provide the number of bytes specified by the Content-Length HTTP header";
            AwsError::new("IncompleteBody", message)
        };
        let length = ask.header("x-amz-decoded-content-length").and_then(|length| length.parse::<usize>().ok());
        let missing = || AwsError::new("MissingContentLength", "You must provide the Content-Length HTTP header.");
        let length = length.ok_or_else(|| missing().status(411))?;
        return dechunk(body).filter(|read| read.bytes.len() == length).ok_or_else(incomplete);
    }
    let is_hash = declared.len() == 64 && declared.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_hash && !declared.eq_ignore_ascii_case(&hex(&Sha256::digest(body))) {
        let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        let error = AwsError::new("XAmzContentSHA256Mismatch", message);
        return Err(error
            .detail("ClientComputedContentSHA256", declared)
            .detail("S3ComputedContentSHA256", hex(&Sha256::digest(body))));
    }
    Ok(Dechunked { bytes: body.clone(), trailers: Vec::new() })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn check_md5(ask: &Ask<'_>, md5: [u8; 16]) -> Result<(), AwsError> {
    let Some(text) = ask.header("content-md5") else { return Ok(()) };
    let expected: [u8; 16] = STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| AwsError::new("InvalidDigest", "The Content-MD5 you specified was invalid."))?;
    if expected == md5 {
        return Ok(());
    }
    Err(AwsError::new("BadDigest", "The Content-MD5 you specified did not match what we received.")
        .detail("ExpectedDigest", text)
        .detail("CalculatedDigest", STANDARD.encode(md5)))
}

/// The checksum that came as a header, or as a trailer.
fn sent(ask: &Ask<'_>, trailers: &[(String, String)]) -> Result<Option<Digest>, AwsError> {
    let trailer = |name: &str| trailers.iter().find(|(trailer, _)| trailer == name).map(|(_, value)| value.as_str());
    let given = |algorithm: Algorithm| ask.header(algorithm.header()).or_else(|| trailer(algorithm.header()));
    let mut all = Algorithm::all().filter_map(|algorithm| Some((algorithm, given(algorithm)?)));
    let first = all.next();
    if all.next().is_some() {
        let message = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
        return Err(invalid_request(message));
    }
    if let Some(name) = ask.header("x-amz-sdk-checksum-algorithm") {
        let named = Algorithm::named(name)?;
        match first {
            None => {
                return Err(invalid_request(
                    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer \
                     headers were found.",
                ));
            }
            Some((algorithm, _)) if algorithm != named => {
                return Err(invalid_request("Value for x-amz-sdk-checksum-algorithm header is invalid."));
            }
            Some(_) => {}
        }
    }
    if let Some(name) = ask.header("x-amz-trailer")
        && trailer(&name.to_ascii_lowercase()).is_none()
    {
        return Err(AwsError::new(
            "MalformedTrailerError",
            "The request contained trailing data that was not well-formed.",
        ));
    }
    let Some((algorithm, text)) = first else { return Ok(None) };
    let invalid = || invalid_request(format!("Value for {} header is invalid.", algorithm.header()));
    Digest::parse(algorithm, text).map(Some).ok_or_else(invalid)
}
