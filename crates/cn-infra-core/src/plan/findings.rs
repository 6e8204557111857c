//! The core's own findings: one table of codes, each with a passage in `docs/findings.md`.

use ipnet::IpNet;
use serde_json::Value;

use crate::address::Address;
use crate::check::{Finding, Severity};
use crate::document::DocumentError;
use crate::environment::{Declared, Environment};
use crate::live::{Object, Readiness};
use crate::plan::Difference;
use crate::plan::identity::{Basis, Claim, Refusal};
use crate::resource::Impact;

/// Some of our tags are missing on an object.
const TAGS_MISSING: &str = "CN001";
/// A second object bears a resource's tags.
const COPY: &str = "CN002";
/// `adopt` has done its work.
const ADOPTED: &str = "CN003";
/// `renamed_from` has done its work.
const RENAMED: &str = "CN004";
/// An object needs somebody's help.
const FAILED: &str = "CN005";
/// A resource is not valid, or of no known kind.
const INVALID: &str = "CN010";
/// The keys of the tags do not fit into the tag that remembers them.
const TOO_MANY_TAGS: &str = "CN011";
/// Two resources would have the same name.
const SAME_NAME: &str = "CN012";
/// A CIDR of `[networks]` has bits set beyond its prefix.
const LOOSE_CIDR: &str = "CN013";
/// The lease is in a bucket that the environment itself declares.
const LOCK_BUCKET: &str = "CN019";
/// A field differs and is left as it is.
const IGNORED: &str = "CN020";
/// More objects than an account may have, unless it asked for more.
const QUOTA: &str = "CN021";

/// The codes of the core with their severity.
pub const CODES: &[(&str, Severity)] = &[
    (TAGS_MISSING, Severity::Warning),
    (COPY, Severity::Warning),
    (ADOPTED, Severity::Note),
    (RENAMED, Severity::Note),
    (FAILED, Severity::Warning),
    (INVALID, Severity::Error),
    (TOO_MANY_TAGS, Severity::Error),
    (SAME_NAME, Severity::Error),
    (LOOSE_CIDR, Severity::Warning),
    (LOCK_BUCKET, Severity::Warning),
    (IGNORED, Severity::Note),
    (QUOTA, Severity::Warning),
];

fn finding(code: &'static str, on: &Address, message: String) -> Finding {
    let severity = CODES.iter().find(|(known, _)| *known == code).map_or(Severity::Warning, |(_, severity)| *severity);
    Finding::new(code, severity, message).on(on)
}

/// What there is to say about how an object was found.
pub(super) fn of_claim(declared: &Declared, claim: Claim<'_>) -> impl Iterator<Item = Finding> {
    let (on, object) = (&declared.address, claim.object);
    let missing = (claim.basis == Basis::SomeTags)
        .then(|| finding(TAGS_MISSING, on, format!("{} has lost some of its ownership tags", object.id)));
    let adopted = (claim.basis == Basis::Tags && declared.adopt.is_some()).then(|| {
        finding(ADOPTED, on, format!("{} is under management", object.id)).hint("remove `adopt` from the file")
    });
    let renamed = (claim.basis == Basis::Tags && declared.renamed_from.is_some()).then(|| {
        finding(RENAMED, on, format!("{} bears the new address", object.id)).hint("remove `renamed_from` from the file")
    });
    let failed = match &object.readiness {
        Readiness::Failed(status) => Some(finding(FAILED, on, format!("{} is {status}", object.id))),
        _ => None,
    };
    [missing, adopted, renamed, failed].into_iter().flatten()
}

/// A second object with the tags of a resource.
pub(super) fn copy(address: &Address, copy: &Object) -> Finding {
    let name = copy.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    finding(COPY, address, format!("{}{name} bears the same ownership tags and is not the one meant", copy.id))
        .hint("a restored copy: remove its cn-infra tags, or delete it")
}

/// A field that differs and stays so.
pub(super) fn ignored(address: &Address, difference: &Difference, why: &str) -> Finding {
    finding(IGNORED, address, format!("{}: {why}", change(difference)))
}

/// A resource that is not valid.
pub(crate) fn invalid(address: &Address, error: &DocumentError) -> Finding {
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    finding(INVALID, address, format!("{error}{source}"))
}

/// A resource of a kind that there is not.
pub(crate) fn no_such_kind(address: &Address) -> Finding {
    finding(INVALID, address, format!("there is no kind {:?}", address.kind))
}

/// Keys that do not fit into one tag.
pub(crate) fn too_many_tags(address: &Address, length: usize) -> Finding {
    finding(TOO_MANY_TAGS, address, format!("the keys of its tags take {length} characters; a tag holds 256"))
        .hint("use fewer or shorter keys")
}

/// Two resources whose objects would bear one name.
pub(crate) fn same_name(declared: &Declared, other: &Address) -> Finding {
    finding(SAME_NAME, &declared.address, format!("has the name {:?}, as {other} has", declared.name))
        .hint("give one of them another `name`")
}

/// A CIDR that does not say just what it stands for.
pub(crate) fn loose_cidr(network: &str, cidr: &str) -> Finding {
    let canonical = cidr.parse::<IpNet>().map(|cidr| cidr.trunc().to_string()).unwrap_or_default();
    Finding::new(LOOSE_CIDR, Severity::Warning, format!("{cidr} in the network `{network}` stands for {canonical}"))
        .hint(format!("write {canonical}, or the address alone with /32 or /128"))
}

/// More objects of a kind than AWS allows by default.
pub(super) fn quota(create: &Address, count: usize, quota: usize) -> Finding {
    let kind = &create.kind;
    finding(
        QUOTA,
        create,
        format!(
            "with it there are {count} of kind {kind} in this account and region, and AWS's default quota is {quota}"
        ),
    )
    .hint("look whether the account has a higher quota (console: Service Quotas), or delete what is not needed")
}

/// The lease is in a bucket that depends on it.
pub(crate) fn lock_bucket(declared: &Declared) -> Finding {
    let message = format!("the lease of this environment is in {}, which it declares itself", declared.name);
    Finding::new(LOCK_BUCKET, Severity::Warning, message)
        .hint("name a bucket under [lock] that no environment declares")
        .on(&declared.address)
}

/// Without those that the environment silences, in the order of resources and codes.
pub(crate) fn heard(mut findings: Vec<Finding>, environment: &Environment) -> Vec<Finding> {
    findings.retain(|finding| is_heard(finding, environment));
    findings.sort_by(|a, b| (&a.on, &a.code).cmp(&(&b.on, &b.code)));
    findings
}

/// Whether the environment does not silence a finding.
pub(crate) fn is_heard(finding: &Finding, environment: &Environment) -> bool {
    !environment.silences.iter().any(|silence| silence.covers(finding))
}

/// Findings as the reason for which a change is held back.
pub(super) fn refusal<'a>(findings: impl Iterator<Item = &'a Finding>) -> Option<Refusal> {
    let (mut why, mut hints) = (Vec::new(), Vec::new());
    for finding in findings {
        why.push(format!("{} [{}]", finding.message, finding.code));
        hints.extend(finding.hint.clone());
        hints.push(format!("if it is meant, silence {} in the file, with the reason", finding.code));
    }
    (!why.is_empty()).then(|| Refusal { why: why.join("; "), hint: hints.join("; ") })
}

/// A difference in one line: `storage.size_gib 30 → 20`.
pub(super) fn change(difference: &Difference) -> String {
    let (before, after) = (short(difference.before.as_ref()), short(difference.after.as_ref()));
    match (before, after) {
        (Some(before), Some(after)) => format!("{} {before} → {after}", difference.path),
        _ => difference.path.clone(),
    }
}

/// A value that fits into a line.
fn short(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) if !text.contains('\n') => text.clone(),
        value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
        _ => return None,
    };
    (text.chars().count() <= 60).then_some(text)
}

/// Every difference that cannot be, in one line each.
pub(super) fn impossible(differences: &[Difference]) -> Option<(String, String)> {
    let mut why: Vec<String> = Vec::new();
    let mut hints: Vec<&str> = Vec::new();
    for difference in differences {
        if let Impact::Impossible { why: rule, hint } = &difference.impact {
            why.push(format!("{}: {rule}", change(difference)));
            if !hints.contains(&hint.as_str()) {
                hints.push(hint);
            }
        }
    }
    (!why.is_empty()).then(|| (why.join("; "), hints.join("; ")))
}
