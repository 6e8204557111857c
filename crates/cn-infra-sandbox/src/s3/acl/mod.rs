//! Access control lists of buckets and objects: who is granted what.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>

mod canned;
mod document;
mod headers;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use document::{read, write, write_grants, written_grants};
pub use headers::given;

use super::Ask;
use crate::error::AwsError;

/// A list of grants. The owner is beside it: the owner may read and write it whatever it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acl {
    /// The grants, in their order.
    pub grants: Vec<Grant>,
}

/// One grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// To whom.
    pub grantee: Grantee,
    /// What.
    pub permission: Permission,
}

/// To whom a grant is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grantee {
    /// An account, by its canonical user id.
    Account(String),
    /// Everybody, signed in or not.
    AllUsers,
    /// Everybody with an account of AWS.
    AuthenticatedUsers,
    /// S3's delivery of access logs.
    LogDelivery,
}

/// What a grant permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Permission {
    /// All of the others.
    FullControl,
    /// To list a bucket, or read an object.
    Read,
    /// To put objects into a bucket.
    Write,
    /// To read the list.
    ReadAcp,
    /// To write the list.
    WriteAcp,
}

/// No list has more. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>
const MAX_GRANTS: usize = 100;

impl Acl {
    /// The owner, and nobody else; `owner` is an account.
    pub fn private(owner: &str) -> Self {
        Self { grants: vec![Grant::of(Grantee::Account(canonical_id(owner)), Permission::FullControl)] }
    }

    /// Whether anybody at all is granted anything.
    pub fn is_public(&self) -> bool {
        self.grants.iter().any(|grant| matches!(grant.grantee, Grantee::AllUsers | Grantee::AuthenticatedUsers))
    }

    /// Whether anybody but the owner, an account, is granted anything.
    pub fn grants_others(&self, owner: &str) -> bool {
        let owner = Grantee::Account(canonical_id(owner));
        self.grants.iter().any(|grant| grant.grantee != owner)
    }
}

impl Grant {
    const fn of(grantee: Grantee, permission: Permission) -> Self {
        Self { grantee, permission }
    }
}

impl Grantee {
    const GROUPS: [Self; 3] = [Self::AllUsers, Self::AuthenticatedUsers, Self::LogDelivery];

    /// The URI of a group.
    const fn uri(&self) -> Option<&'static str> {
        match self {
            Self::Account(_) => None,
            Self::AllUsers => Some("http://acs.amazonaws.com/groups/global/AllUsers"),
            Self::AuthenticatedUsers => Some("http://acs.amazonaws.com/groups/global/AuthenticatedUsers"),
            Self::LogDelivery => Some("http://acs.amazonaws.com/groups/s3/LogDelivery"),
        }
    }

    /// The group of a URI.
    fn group(uri: &str) -> Option<Self> {
        Self::GROUPS.into_iter().find(|group| group.uri() == Some(uri))
    }

    /// The account of a canonical user id: 64 hexadecimal digits.
    fn account(id: &str) -> Option<Self> {
        let is_id = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        is_id.then(|| Self::Account(id.to_owned()))
    }
}

impl Permission {
    const ALL: [Self; 5] = [Self::FullControl, Self::Read, Self::Write, Self::ReadAcp, Self::WriteAcp];

    /// As it is in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FullControl => "FULL_CONTROL",
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::ReadAcp => "READ_ACP",
            Self::WriteAcp => "WRITE_ACP",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }
}

/// The canonical user id of an account: opaque, and the same at all times.
pub fn canonical_id(account: &str) -> String {
    format!("{:x}", Bytes::copy_from_slice(&Sha256::digest(account)))
}

/// The list that a put of a list gives: by its headers, or by a document.
///
/// # Errors
/// `UnexpectedContent` for both, `MissingSecurityHeader` for neither; what is wrong with it.
pub fn wanted(ask: &Ask<'_>, owner: &str) -> Result<Acl, AwsError> {
    match (given(ask, owner, owner)?, ask.request.body.is_empty()) {
        (Some(acl), true) => Ok(acl),
        (None, false) => read(ask, owner),
        (Some(_), false) => Err(AwsError::new("UnexpectedContent", "This request does not support content")),
        (None, true) => {
            let error = AwsError::new("MissingSecurityHeader", "Your request was missing a required header");
            Err(error.detail("MissingHeaderName", "x-amz-acl"))
        }
    }
}
