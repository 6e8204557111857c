//! What an ACL grants to others than the owner.

use aws_sdk_s3::operation::get_object_acl::GetObjectAclOutput;
use aws_sdk_s3::types::{Grant, Grantee};

/// The groups that are the public, and how a report names them.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#specifying-grantee-predefined-groups>
const PUBLIC: &[(&str, &str)] = &[
    ("http://acs.amazonaws.com/groups/global/AllUsers", "everyone"),
    ("http://acs.amazonaws.com/groups/global/AuthenticatedUsers", "every AWS account"),
];

/// What others than the owner may do.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Others {
    /// Whether the public is among them.
    pub is_public: bool,
    /// `everyone: READ`, in the ACL's order.
    pub grants: Vec<String>,
}

impl Others {
    /// Whether there are none.
    pub fn is_nobody(&self) -> bool {
        self.grants.is_empty()
    }
}

/// What an ACL grants to others than the owner.
pub fn others(acl: &GetObjectAclOutput) -> Others {
    let owner = acl.owner().and_then(|owner| owner.id());
    let is_owner = |grantee: &Grantee| grantee.id().is_some() && grantee.id() == owner;
    let grants = acl.grants().iter().filter(|grant| !grant.grantee().is_some_and(is_owner));
    grants.fold(Others::default(), Others::with)
}

impl Others {
    fn with(mut self, grant: &Grant) -> Self {
        let uri = grant.grantee().and_then(Grantee::uri);
        let public = PUBLIC.iter().find(|(group, _)| Some(*group) == uri).map(|(_, name)| *name);
        self.is_public |= public.is_some();
        let permission = grant.permission().map_or("an unknown permission", |permission| permission.as_str());
        self.grants.push(format!("{}: {permission}", public.unwrap_or_else(|| name(grant.grantee()))));
        self
    }
}

fn name(grantee: Option<&Grantee>) -> &str {
    let grantee = grantee.map(|grantee| grantee.uri().or(grantee.id()).or(grantee.email_address()));
    grantee.flatten().unwrap_or("an unknown grantee")
}
