//! Public keys in OpenSSH's form, and the fingerprints that AWS tells of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use sha2::Sha256;

/// A public key that was read.
#[derive(Debug)]
pub enum PublicKey {
    /// Exponent and modulus, as big-endian numbers.
    Rsa { exponent: Vec<u8>, modulus: Vec<u8> },
    /// The whole, as it is encoded.
    Ed25519(Vec<u8>),
}

impl PublicKey {
    /// Reads `ssh-rsa AAAA… comment` or `ssh-ed25519 AAAA… comment`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let (kind, blob) = (words.next()?, STANDARD.decode(words.next()?).ok()?);
        let mut rest = blob.as_slice();
        if field(&mut rest)? != kind.as_bytes() {
            return None;
        }
        match kind {
            "ssh-rsa" => {
                let (exponent, modulus) = (field(&mut rest)?.to_vec(), field(&mut rest)?.to_vec());
                (rest.is_empty() && modulus.len() >= 128).then_some(Self::Rsa { exponent, modulus })
            }
            "ssh-ed25519" if field(&mut rest)?.len() == 32 && rest.is_empty() => Some(Self::Ed25519(blob)),
            _ => None,
        }
    }

    /// `rsa` or `ed25519`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Rsa { .. } => "rsa",
            Self::Ed25519(_) => "ed25519",
        }
    }

    /// Of an imported RSA key the MD5 of its DER form; of an ED25519 key OpenSSH's SHA-256.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html>
    pub fn fingerprint(&self) -> String {
        match self {
            Self::Rsa { exponent, modulus } => colons(&Md5::digest(rsa_der(exponent, modulus))),
            Self::Ed25519(blob) => sha256(blob),
        }
    }
}

/// A length in four bytes, and so many bytes.
fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let (field, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *rest = after;
    Some(field)
}

/// `SubjectPublicKeyInfo` of an RSA key (RFC 5280, RFC 8017). OpenSSH's numbers have DER's form already.
fn rsa_der(exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
    const RSA_ENCRYPTION: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let key = der(0x30, &[der(0x02, modulus), der(0x02, exponent)].concat());
    let bits = der(0x03, &[&[0], key.as_slice()].concat());
    der(0x30, &[der(0x30, RSA_ENCRYPTION), bits].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut out = vec![tag];
    match (significant.as_slice(), u8::try_from(significant.len())) {
        ([], _) => out.push(0),
        ([short], _) if *short < 0x80 => out.push(*short),
        (long, Ok(count)) => {
            out.push(0x80 | count);
            out.extend(long);
        }
        (_, Err(_)) => {}
    }
    out.extend(content);
    out
}

/// `1f:51:ae:…`
pub fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// As AWS and OpenSSH write it, in base64.
pub fn sha256(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fingerprint is what `openssl rsa -pubout -outform DER | openssl md5 -c` says of this key.
    #[test]
    fn an_rsa_key_is_known_by_the_md5_of_its_der_form() {
        let text = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDDHqTe3eF0ULPjyoTf/Z94tpEcmw+e4DBHdYrTSCOjrbVRWwP+hk1brtOpATo1poFZ\
                    niWfMH7nRBD94vTc3Nnn90mDmnYVgYYqMM62ulGYLEjLJHzt7DSWuV6mzTX1RxEWzIwDC/Qr1HCL4IEgRD2N1uze+f5d7S66r9AU2NlxzQ== me";
        let key = PublicKey::parse(text).expect("a key");
        assert_eq!(
            (key.kind(), key.fingerprint().as_str()),
            ("rsa", "3f:83:6c:59:43:d1:d9:89:1c:ca:bd:17:60:3d:0f:e1")
        );
        for other in ["", "ssh-rsa", "ssh-rsa AAAA", &text.replacen("ssh-rsa", "ssh-ed25519", 1), &text[..200]] {
            assert!(PublicKey::parse(other).is_none(), "{other}");
        }
    }
}
