//! CN211: an elastic IP that takes the place of another one.

use std::collections::BTreeMap;

use cn_infra_core::address::{Address, Reference};
use cn_infra_core::check::{Finding, Severity, Whole};
use cn_infra_core::document::DocumentError;
use cn_infra_core::resource::Resource;

use crate::elastic_ip::{ElasticIp, Target};
use crate::reach::Picture;

/// What points where, by the names of elastic IPs.
type Targets = BTreeMap<Reference, Reference>;

pub(super) fn check(whole: &Whole<'_>) -> Vec<Finding> {
    let points = |address: &Address| whole.environment.resources[address].document.get("instance").is_some();
    let declared = whole.environment.resources.keys().filter(|address| address.kind == ElasticIp::KIND);
    let declared: Vec<_> = declared.filter(|address| points(address)).collect();
    if declared.is_empty() { Vec::new() } else { displaced(whole, &declared).unwrap_or_default() }
}

fn displaced(whole: &Whole<'_>, declared: &[&Address]) -> Result<Vec<Finding>, DocumentError> {
    let before = Picture::live(whole)?;
    let (before, after) = (targets(&before)?, targets(&before.applied(whole.environment))?);
    let of = |address: &&Address| {
        let name = Reference::Resource((*address).clone());
        let target = after.get(&name)?;
        let comes = |name: &Reference| before.get(name) != Some(target);
        // Of two that both come the later one is told of.
        let gives_way =
            |other: &&Reference| **other != name && after[*other] == *target && (!comes(other) || **other < name);
        let other = after.keys().find(gives_way).filter(|_| comes(&name))?;
        Some(finding(address, target, other))
    };
    Ok(declared.iter().filter_map(of).collect())
}

fn targets(picture: &Picture) -> Result<Targets, DocumentError> {
    let addresses = picture.all::<ElasticIp>()?.into_iter();
    Ok(addresses
        .filter_map(|(name, address)| match address.instance? {
            Target::Instance(instance) => Some((name, instance.get().clone())),
            Target::None => None,
        })
        .collect())
}

fn finding(address: &Address, target: &Reference, other: &Reference) -> Finding {
    let message = format!("it takes the place of {other} at {target}, and {other} then points at nothing");
    let hint = "a server has one elastic IP: point the other one elsewhere, or at \"none\"";
    Finding::new("CN211", Severity::Warning, message).hint(hint).on(address)
}
