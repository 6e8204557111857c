//! A request as it came in, and what its signature says of it: who calls which service in which region.

use bytes::Bytes;
use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::error::AwsError;

/// A request whose body is whole.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method, URI and headers.
    pub parts: Parts,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// A header as text, if it is given and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    /// The query's parameters, decoded, in their order.
    pub fn query(&self) -> Vec<(String, String)> {
        let query = self.parts.uri.query().unwrap_or_default().as_bytes();
        form_urlencoded::parse(query).map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
    }

    /// The path without its query, as it was sent.
    pub fn path(&self) -> &str {
        self.parts.uri.path()
    }

    /// The host that was called, without its port.
    pub fn host(&self) -> &str {
        let host = self.parts.uri.host().or_else(|| self.header("host")).unwrap_or_default();
        host.rsplit_once(':')
            .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
            .map_or(host, |(host, _)| host)
    }
}

/// The scope of a Signature Version 4: the credential's `AKID/date/region/service/aws4_request`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The access key id.
    pub access_key: String,
    /// For example `us-west-2`.
    pub region: String,
    /// For example `ec2`.
    pub service: String,
}

impl Scope {
    /// Reads the scope from the header `authorization`, or from a presigned query.
    ///
    /// # Errors
    /// `MissingAuthenticationToken` without a signature, `IncompleteSignature` where its credential has another shape.
    pub fn of(request: &Request) -> Result<Self, AwsError> {
        let presigned =
            || request.query().into_iter().find(|(key, _)| key == "X-Amz-Credential").map(|(_, value)| value);
        let header = request.header("authorization");
        let credential = match header {
            Some(header) => {
                header.split("Credential=").nth(1).map(|rest| rest.split([',', ' ']).next().unwrap_or(rest).to_owned())
            }
            None => presigned(),
        };
        let Some(credential) = credential else {
            return Err(match header {
                Some(_) => {
                    AwsError::new("IncompleteSignature", "Authorization header requires 'Credential' parameter.")
                }
                None => AwsError::new("MissingAuthenticationToken", "Request is missing Authentication Token"),
            }
            .status(403));
        };
        let decoded = percent_decode_str(&credential).decode_utf8_lossy();
        let mut fields = decoded.rsplit('/');
        let (end, service, region, _date) = (fields.next(), fields.next(), fields.next(), fields.next());
        let access_key = fields.rev().collect::<Vec<_>>().join("/");
        match (end, service, region) {
            (Some("aws4_request"), Some(_), Some(region)) if !is_region(region) => {
                Err(AwsError::new("SignatureDoesNotMatch", "Credential should be scoped to a valid region.")
                    .status(403))
            }
            (Some("aws4_request"), Some(service), Some(region)) if !access_key.is_empty() => {
                Ok(Self { access_key, region: region.to_owned(), service: service.to_owned() })
            }
            _ => Err(AwsError::new(
                "IncompleteSignature",
                format!("Credential must have the form AKID/date/region/service/aws4_request: {decoded}"),
            )
            .status(403)),
        }
    }

    /// The account that the credentials belong to: an access key id of twelve digits is the account itself.
    pub fn account<'a>(&'a self, default: &'a str) -> &'a str {
        let is_account = self.access_key.len() == 12 && self.access_key.bytes().all(|byte| byte.is_ascii_digit());
        if is_account { &self.access_key } else { default }
    }
}

/// Whether a region could have this name.
fn is_region(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(authorization: Option<&str>, uri: &str) -> Request {
        let mut request = http::Request::builder().uri(uri);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        Request { parts: request.body(()).expect("a request").into_parts().0, body: Bytes::new() }
    }

    #[test]
    fn the_scope_is_in_the_header_or_in_the_query() {
        let header = "AWS4-HMAC-SHA256 Credential=000000000001/20261130/us-west-2/ec2/aws4_request, SignedHeaders=host, Signature=0";
        let scope = Scope::of(&signed(Some(header), "/")).expect("a scope");
        assert_eq!((scope.service.as_str(), scope.region.as_str()), ("ec2", "us-west-2"));
        assert_eq!(
            (scope.account("1"), Scope { access_key: "AKID".to_owned(), ..scope.clone() }.account("1")),
            ("000000000001", "1")
        );
        let presigned = "/b/k?X-Amz-Credential=AKID%2F20261130%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Signature=0";
        assert_eq!(Scope::of(&signed(None, presigned)).expect("a scope").service, "s3");
        for (header, code) in [
            (None, "MissingAuthenticationToken"),
            (Some("x"), "IncompleteSignature"),
            (Some("Credential=a/b"), "IncompleteSignature"),
            (Some("Credential=a/b//ec2/aws4_request"), "SignatureDoesNotMatch"),
            (Some("Credential=a/b/US_West/ec2/aws4_request"), "SignatureDoesNotMatch"),
        ] {
            assert_eq!(Scope::of(&signed(header, "/")).expect_err("no scope").code, code);
        }
    }
}
