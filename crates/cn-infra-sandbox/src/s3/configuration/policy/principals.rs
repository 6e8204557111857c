//! Principals: who a statement is for.
//!
//! S3 keeps roles by their unique ids, not by their names: of a role that was deleted, the policy tells the id, and a new
//! role of its name is another. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use std::collections::BTreeMap;

use serde_json::Value;

use super::{items, malformed};
use crate::error::AwsError;
use crate::iam::{Iam, Role};

/// Checks the form of a `Principal`.
///
/// # Errors
/// `MalformedPolicy`.
pub fn check(principal: &Value) -> Result<(), AwsError> {
    let Value::Object(kinds) = principal else {
        return if principal == "*" { Ok(()) } else { Err(invalid(&principal.to_string())) };
    };
    if kinds.is_empty() {
        return Err(invalid("{}"));
    }
    for (kind, members) in kinds {
        let is_one: fn(&str) -> bool = match kind.as_str() {
            "AWS" => is_aws,
            "Service" => is_service,
            "CanonicalUser" => is_canonical,
            "Federated" => |provider| !provider.is_empty(),
            _ => return Err(invalid(kind)),
        };
        let is_bad = |member: &&Value| !member.as_str().is_some_and(is_one);
        if let Some(bad) = items(members).iter().find(is_bad) {
            return Err(invalid(&bad.to_string()));
        }
        if items(members).is_empty() {
            return Err(invalid("[]"));
        }
    }
    Ok(())
}

fn invalid(detail: &str) -> AwsError {
    malformed("Invalid principal in policy").detail("Detail", detail)
}

fn is_aws(principal: &str) -> bool {
    principal == "*" || is_account(principal) || is_unique_id(principal) || Arn::of(principal).is_some()
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// IAM's ids of users and roles.
fn is_unique_id(text: &str) -> bool {
    (text.starts_with("AIDA") || text.starts_with("AROA"))
        && text.len() >= 16
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_service(principal: &str) -> bool {
    let suffixes = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"];
    suffixes.iter().any(|suffix| principal.strip_suffix(suffix).is_some_and(|name| !name.is_empty()))
}

fn is_canonical(id: &str) -> bool {
    id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `arn:aws:iam::123456789012:role/name`, taken apart.
#[derive(Debug)]
struct Arn<'a> {
    account: &'a str,
    /// `root`, `role/name`, `user/name`, or of STS `assumed-role/name/session`.
    resource: &'a str,
}

impl<'a> Arn<'a> {
    /// The ARN of a principal; no wildcards.
    fn of(text: &'a str) -> Option<Self> {
        let [arn, partition, service, region, account, resource] =
            text.splitn(6, ':').collect::<Vec<_>>().try_into().ok()?;
        let kinds: &[&str] = match service {
            "iam" => &["user/", "role/"],
            "sts" => &["assumed-role/", "federated-user/"],
            _ => return None,
        };
        let is_known = (service == "iam" && resource == "root")
            || kinds.iter().any(|kind| resource.strip_prefix(kind).is_some_and(|name| !name.is_empty()));
        let is_whole = arn == "arn" && partition.starts_with("aws") && region.is_empty();
        let is_of_account = is_account(account) || (account == "cloudfront" && resource.starts_with("user/"));
        (is_whole && is_of_account && is_known && !text.contains('*')).then_some(Self { account, resource })
    }
}

/// Brings the principals of a policy into the form that is kept: accounts as their roots, roles by their unique ids.
///
/// # Errors
/// `MalformedPolicy` for a principal of a simulated account that does not exist. Of an account that nobody has called
/// as, everything is taken to exist.
pub fn keep(policy: &mut Value, iam: &BTreeMap<String, Iam>) -> Result<(), AwsError> {
    each(policy, |principal| {
        if is_account(principal) {
            *principal = format!("arn:aws:iam::{principal}:root");
        } else if is_unique_id(principal) {
            role_of(principal, iam).ok_or_else(|| invalid(principal))?;
        } else if let Some(Arn { account, resource }) = Arn::of(principal)
            && let Some(iam) = iam.get(account)
            && resource.starts_with("role/")
        {
            let role = iam.roles.values().find(|role| role.resource() == resource);
            *principal = role.ok_or_else(|| invalid(principal))?.id.clone();
        }
        Ok(())
    })
}

/// Brings kept principals into the form that is told: unique ids as the ARNs of what still exists.
pub fn tell(policy: &mut Value, iam: &BTreeMap<String, Iam>) {
    let told = each(policy, |principal| {
        if let Some((account, role)) = role_of(principal, iam) {
            *principal = format!("arn:aws:iam::{account}:{}", role.resource());
        }
        Ok::<_, std::convert::Infallible>(())
    });
    match told {
        Ok(()) => {}
    }
}

/// The role of a unique id, and its account, while it is there.
fn role_of<'a>(id: &str, iam: &'a BTreeMap<String, Iam>) -> Option<(&'a str, &'a Role)> {
    let mut roles = iam.iter().flat_map(|(account, iam)| iam.roles.values().map(move |role| (account.as_str(), role)));
    roles.find(|(_, role)| role.id == id)
}

/// Visits every principal of the kind `AWS`.
fn each<E>(policy: &mut Value, mut visit: impl FnMut(&mut String) -> Result<(), E>) -> Result<(), E> {
    let statements = policy.get_mut("Statement").and_then(Value::as_array_mut);
    for statement in statements.into_iter().flatten() {
        for name in ["Principal", "NotPrincipal"] {
            let members = match statement.get_mut(name).and_then(|principal| principal.get_mut("AWS")) {
                Some(Value::Array(members)) => members.as_mut_slice(),
                Some(single) => std::slice::from_mut(single),
                None => continue,
            };
            for member in members {
                if let Value::String(principal) = member {
                    visit(principal)?;
                }
            }
        }
    }
    Ok(())
}
