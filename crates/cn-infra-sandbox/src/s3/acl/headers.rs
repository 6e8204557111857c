//! Lists that come in headers: `x-amz-acl`, or `x-amz-grant-*`.

use super::{Acl, Grant, Grantee, MAX_GRANTS, Permission};
use crate::error::AwsError;
use crate::s3::Ask;

const GRANTS: &[(&str, Permission)] = &[
    ("x-amz-grant-full-control", Permission::FullControl),
    ("x-amz-grant-read", Permission::Read),
    ("x-amz-grant-write", Permission::Write),
    ("x-amz-grant-read-acp", Permission::ReadAcp),
    ("x-amz-grant-write-acp", Permission::WriteAcp),
];

/// The list that a request's headers have, if they have one. `owner` owns what it is for, `bucket_owner` the bucket.
///
/// # Errors
/// `InvalidRequest` where both kinds of headers are given; `InvalidArgument` for what they cannot say.
pub fn given(ask: &Ask<'_>, owner: &str, bucket_owner: &str) -> Result<Option<Acl>, AwsError> {
    let canned = ask.header("x-amz-acl");
    let grants: Vec<_> =
        GRANTS.iter().filter_map(|(header, permission)| Some((ask.header(header)?, *permission))).collect();
    match (canned, grants.is_empty()) {
        (None, true) => Ok(None),
        (Some(_), false) => {
            let message = "Specifying both Canned ACLs and Header Grants is not allowed";
            Err(AwsError::new("InvalidRequest", message))
        }
        (Some(name), true) => {
            let unknown = || {
                let error = AwsError::new("InvalidArgument", format!("The canned ACL {name} does not exist"));
                error.detail("ArgumentName", "x-amz-acl").detail("ArgumentValue", name)
            };
            Acl::canned(name, owner, bucket_owner).map(Some).ok_or_else(unknown)
        }
        (None, false) => granted(&grants).map(Some),
    }
}

fn granted(headers: &[(&str, Permission)]) -> Result<Acl, AwsError> {
    let mut grants = Vec::new();
    for (header, permission) in headers {
        for grantee in header.split(',') {
            grants.push(Grant::of(grantee_of(grantee.trim())?, *permission));
        }
    }
    if grants.len() > MAX_GRANTS {
        return Err(invalid(&format!("A list has at most {MAX_GRANTS} grants")));
    }
    Ok(Acl { grants })
}

/// `id="…"` or `uri="…"`. Grants by mail address ended in 2025.
fn grantee_of(text: &str) -> Result<Grantee, AwsError> {
    let (kind, value) = text.split_once('=').ok_or_else(|| invalid("Argument format not recognized"))?;
    let value = value.trim().trim_matches('"');
    match kind.trim() {
        "id" => Grantee::account(value).ok_or_else(|| invalid("Invalid id")),
        "uri" => Grantee::group(value).ok_or_else(|| invalid("Invalid group uri")),
        "emailAddress" => Err(AwsError::not_modelled("grants to mail addresses")),
        _ => Err(invalid("Argument format not recognized")),
    }
}

fn invalid(message: &str) -> AwsError {
    AwsError::new("InvalidArgument", message)
}
