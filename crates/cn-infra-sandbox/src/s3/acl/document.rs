//! Lists as documents.

use super::{Acl, Grant, Grantee, MAX_GRANTS, Permission, canonical_id};
use crate::error::AwsError;
use crate::s3::{Ask, body};
use crate::xml::{Element, Xml};

/// The list in a request's body, for something that the account `owner` owns.
///
/// # Errors
/// `MalformedACLError` for what is no such document, `AccessDenied` where it names another owner.
pub fn read(ask: &Ask<'_>, owner: &str) -> Result<Acl, AwsError> {
    let document = body::read(ask, "AccessControlPolicy").map_err(|error| match error.code.as_ref() {
        "MalformedXML" => malformed(),
        _ => error,
    })?;
    let (Some(of), Some(list)) = (document.child("Owner"), document.child("AccessControlList")) else {
        return Err(malformed());
    };
    if of.get("ID") != Some(&canonical_id(owner)) {
        return Err(AwsError::new("AccessDenied", "Access Denied").status(403));
    }
    Ok(Acl { grants: written_grants(list)? })
}

/// The grants of a list.
///
/// # Errors
/// `MalformedACLError`, and `InvalidArgument` for grantees that cannot be.
pub fn written_grants(list: &Element) -> Result<Vec<Grant>, AwsError> {
    if list.children.len() > MAX_GRANTS || list.children.iter().any(|child| child.name != "Grant") {
        return Err(malformed());
    }
    list.children.iter().map(grant).collect()
}

fn grant(element: &Element) -> Result<Grant, AwsError> {
    let grantee = element.child("Grantee").ok_or_else(malformed)?;
    let kind = grantee.attributes.iter().find(|(name, _)| name == "type").map(|(_, value)| value.as_str());
    let invalid = |message: &str| AwsError::new("InvalidArgument", message);
    let grantee = match (kind, grantee.get("ID"), grantee.get("URI")) {
        (Some("CanonicalUser"), Some(id), None) => Grantee::account(id).ok_or_else(|| invalid("Invalid id"))?,
        (Some("Group"), None, Some(uri)) => Grantee::group(uri).ok_or_else(|| invalid("Invalid group uri"))?,
        (Some("AmazonCustomerByEmail"), ..) => return Err(AwsError::not_modelled("grants to mail addresses")),
        _ => return Err(malformed()),
    };
    let permission = element.get("Permission").and_then(Permission::named).ok_or_else(malformed)?;
    Ok(Grant::of(grantee, permission))
}

/// Writes an `AccessControlPolicy`'s content; `owner` is an account.
pub fn write(xml: &mut Xml, acl: &Acl, owner: &str) {
    xml.element("Owner", |xml| {
        xml.text("ID", canonical_id(owner));
    });
    write_grants(xml, "AccessControlList", &acl.grants);
}

/// Writes a list of grants.
pub fn write_grants(xml: &mut Xml, name: &str, grants: &[Grant]) {
    xml.list(name, "Grant", grants, |xml, Grant { grantee, permission }| {
        let kind = if grantee.uri().is_some() { "Group" } else { "CanonicalUser" };
        let namespace = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
        xml.element(&format!("Grantee {namespace} xsi:type=\"{kind}\""), |xml| {
            match grantee {
                Grantee::Account(id) => xml.text("ID", id),
                group => xml.some("URI", group.uri()),
            };
        });
        xml.text("Permission", permission.name());
    });
}

fn malformed() -> AwsError {
    let message = "The XML you provided was not well-formed or did not validate against our published schema";
    AwsError::new("MalformedACLError", message)
}
