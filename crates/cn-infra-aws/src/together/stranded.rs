//! CN210: a server that nobody can reach.

use std::collections::BTreeSet;

use cn_infra_core::address::{Address, Reference};
use cn_infra_core::check::{Finding, Severity, Whole};
use cn_infra_core::document::DocumentError;
use cn_infra_core::environment::Declared;
use cn_infra_core::resource::Resource;
use ipnet::IpNet;
use serde_json::Value;

use crate::elastic_ip::ElasticIp;
use crate::instance::Instance;
use crate::reach::{Picture, Reach, Target};

/// Addresses that do not come over the internet: RFC 1918, RFC 6598 and RFC 4193.
const PRIVATE: [&str; 5] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

pub(super) fn check(whole: &Whole<'_>) -> Vec<Finding> {
    let suspects = suspects(whole);
    if suspects.is_empty() {
        return Vec::new();
    }
    // A document that is not of its kind is a finding of its own.
    stranded(whole, suspects).unwrap_or_default()
}

/// The servers that ask for no public address, and that no elastic IP of the file points at.
fn suspects<'a>(whole: &Whole<'a>) -> Vec<&'a Declared> {
    let declared = || whole.environment.resources.values();
    let of = |kind: &'static str| declared().filter(move |declared| declared.address.kind == kind);
    let targets: BTreeSet<_> =
        of(ElasticIp::KIND).filter_map(|address| address.document.get("instance")?.as_str()).collect();
    let asks_for_none = |server: &&Declared| server.document.get("public_ip") == Some(&Value::Bool(false));
    of(Instance::KIND).filter(asks_for_none).filter(|server| !targets.contains(&*server.address.local())).collect()
}

fn stranded(whole: &Whole<'_>, suspects: Vec<&Declared>) -> Result<Vec<Finding>, DocumentError> {
    let picture = match whole.live {
        Some(_) => Picture::live(whole)?.applied(whole.environment),
        None => Picture::declared(whole.environment),
    };
    let (addressed, reach) = (picture.addressed()?, Reach::of(&picture, whole.now)?);
    let is_stranded = |address: &Address| {
        let target = reach.targets.get(&address.to_string());
        !addressed.contains(&Reference::Resource(address.clone())) && target.is_some_and(|target| !has_path(target))
    };
    let stranded = suspects.into_iter().filter(|server| is_stranded(&server.address));
    Ok(stranded.map(|server| finding(&server.address)).collect())
}

fn finding(address: &Address) -> Finding {
    let message = "the server has no public address, and no rule lets its own network in: nobody reaches it";
    let hint = "point an elastic IP at it, or let in a group or a private network by which it is reached";
    Finding::new("CN210", Severity::Warning, message).hint(hint).on(address)
}

/// Whether a rule names somebody within the network; what is not known may.
fn has_path(target: &Target) -> bool {
    let private: Vec<IpNet> = PRIVATE.iter().filter_map(|cidr| cidr.parse().ok()).collect();
    let is_private = |cidr: &IpNet| private.iter().any(|net| net.contains(cidr));
    let within = target
        .access
        .lanes()
        .any(|(_, sources)| sources.others().next().is_some() || sources.cidrs().iter().any(is_private));
    within || !target.unknown.is_empty() || target.groups.is_empty()
}
