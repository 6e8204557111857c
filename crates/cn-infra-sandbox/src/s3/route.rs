//! What a request asks S3 for: told by method, path, query, and one header.

use http::Method;
use percent_encoding::percent_decode_str;

use super::{Answer, Context};
use crate::request::Request;

/// One operation of S3.
#[derive(Debug)]
pub struct Operation {
    /// Its name, for example `PutBucketTagging`.
    pub name: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// What the path names.
    pub on: On,
    /// The parameter of the query that tells it from its like, for example `tagging`; empty: none is given.
    pub query: &'static str,
    /// Whether it has the header `x-amz-copy-source`.
    pub copies: bool,
    /// Carries it out.
    pub run: fn(&mut Context<'_>, &Ask<'_>) -> Answer,
}

impl Operation {
    /// A row of a table of operations.
    pub const fn new(
        name: &'static str,
        method: Method,
        on: On,
        query: &'static str,
        run: fn(&mut Context<'_>, &Ask<'_>) -> Answer,
    ) -> Self {
        Self { name, method, on, query, copies: false, run }
    }

    /// The same with a source to copy from.
    pub const fn copying(mut self) -> Self {
        self.copies = true;
        self
    }
}

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// All of S3: the list of buckets.
    Service,
    /// A bucket.
    Bucket,
    /// An object.
    Object,
    /// An account: the operations of S3 Control, whose paths begin with their version.
    Account,
}

/// A request, taken apart.
#[derive(Debug)]
pub struct Ask<'a> {
    /// The request itself.
    pub request: &'a Request,
    /// What the path names.
    pub on: On,
    /// The bucket's name, or empty.
    pub bucket: String,
    /// The object's key, or empty.
    pub key: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
}

impl<'a> Ask<'a> {
    /// Takes a request apart: the bucket is in the host (`bucket.s3.us-west-2.amazonaws.com`) or first in the path.
    pub fn of(request: &'a Request) -> Self {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let path = request.path().trim_start_matches('/');
        let query = request.query();
        if is_control(request) {
            return Self { request, on: On::Account, bucket: String::new(), key: decode(path), query };
        }
        let (bucket, key) = if let Some(bucket) = bucket_of_host(request.host()) {
            (bucket.to_owned(), decode(request.path().strip_prefix('/').unwrap_or_default()))
        } else {
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            (decode(bucket), decode(key))
        };
        let on = match (bucket.is_empty(), key.is_empty()) {
            (true, _) => On::Service,
            (false, true) => On::Bucket,
            (false, false) => On::Object,
        };
        Self { request, on, bucket, key, query }
    }

    /// A parameter of the query.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.header(name)
    }
}

/// Whether a request is for S3 Control: its paths begin with its version.
pub fn is_control(request: &Request) -> bool {
    request.path().starts_with("/v20180820/")
}

/// Whether a host names a bucket.
pub fn names_bucket(host: &str) -> bool {
    bucket_of_host(host).is_some()
}

fn bucket_of_host(host: &str) -> Option<&str> {
    if let Some(bucket) = host.strip_suffix(".localhost") {
        return Some(bucket);
    }
    let before = host.strip_suffix(".amazonaws.com")?;
    let (bucket, service) =
        before.rsplit_once(".s3").filter(|(_, rest)| rest.is_empty() || rest.starts_with(['.', '-']))?;
    (!service.starts_with("-control")).then_some(bucket)
}

/// Parameters of a query that tell one operation from another.
const SELECTORS: &[&str] = &[
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "annotation",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "list-type",
    "location",
    "logging",
    "metadataAnnotationTable",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
];

/// The operation that a request asks for.
pub fn find(tables: &'static [&'static [Operation]], ask: &Ask<'_>) -> Option<&'static Operation> {
    let selector =
        ask.query.iter().map(|(key, _)| key.as_str()).find(|key| SELECTORS.contains(key)).unwrap_or_default();
    let copies = ask.header("x-amz-copy-source").is_some();
    let rows = tables.iter().copied().flatten();
    let mut fitting =
        rows.filter(|row| row.method == ask.request.parts.method && row.on == ask.on && row.query == selector);
    let mut rest = fitting.clone();
    fitting.find(|row| row.copies == copies).or_else(|| rest.find(|row| !row.copies))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn request(host: &str, uri: &str) -> Request {
        let parts = http::Request::get(uri).header("host", host).body(()).expect("a request").into_parts().0;
        Request { parts, body: Bytes::new() }
    }

    #[test]
    fn the_bucket_is_in_the_host_or_in_the_path() {
        for (host, uri, bucket, key, on) in [
            ("127.0.0.1:5000", "/", "", "", On::Service),
            ("127.0.0.1:5000", "/media", "media", "", On::Bucket),
            ("127.0.0.1:5000", "/media/", "media", "", On::Bucket),
            ("127.0.0.1:5000", "/media/a%20b/../c?tagging", "media", "a b/../c", On::Object),
            ("media.s3.us-west-2.amazonaws.com", "/a//b", "media", "a//b", On::Object),
            ("my.media.s3.amazonaws.com", "/?acl", "my.media", "", On::Bucket),
            ("media.localhost:5000", "//a", "media", "/a", On::Object),
            ("s3.us-west-2.amazonaws.com", "/media/a", "media", "a", On::Object),
            (
                "123456789012.s3-control.us-west-2.amazonaws.com",
                "/v20180820/configuration/publicAccessBlock",
                "",
                "v20180820/configuration/publicAccessBlock",
                On::Account,
            ),
        ] {
            let request = request(host, uri);
            let ask = Ask::of(&request);
            assert_eq!((ask.bucket.as_str(), ask.key.as_str(), ask.on), (bucket, key, on), "{host} {uri}");
        }
    }
}
