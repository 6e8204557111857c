//! A live account that has what an environment declares.

use std::collections::BTreeMap;

use cn_infra_core::address::{Address, PhysicalId, Reference};
use cn_infra_core::environment::{Declared, Environment};
use cn_infra_core::live::{Live, Object, Observed, Readiness};
use jiff::Timestamp;

use super::environment::KINDS;

/// The account.
pub fn live(environment: &Environment) -> Live {
    let ids: BTreeMap<_, _> =
        environment.resources.values().enumerate().map(|(n, it)| (&it.address, id(n, it))).collect();
    let mut live = Live::new(Timestamp::UNIX_EPOCH);
    for kind in KINDS.iter() {
        let declared = environment.resources.values().filter(|declared| declared.address.kind == kind.name);
        live.insert(kind.name, declared.map(|declared| object(environment, declared, &ids)).collect());
    }
    live
}

/// Ids as AWS gives them; a bucket's is its name.
fn id(number: usize, declared: &Declared) -> PhysicalId {
    let prefix = match declared.address.kind.as_str() {
        "bucket" => return PhysicalId(declared.name.clone()),
        "db_instance" => return PhysicalId(format!("db-{number:026}")),
        "elastic_ip" => "eipalloc",
        "security_group" => "sg",
        _ => "i",
    };
    PhysicalId(format!("{prefix}-{number:017x}"))
}

fn object(environment: &Environment, declared: &Declared, ids: &BTreeMap<&Address, PhysicalId>) -> Object {
    let kind = KINDS.get(&declared.address.kind).expect("a kind that was loaded");
    let mut document = declared.document.clone();
    let mut resolve = |_: &str, reference: &mut Reference| {
        if let Reference::Resource(address) = reference
            && let Some(id) = ids.get(address)
        {
            *reference = Reference::Foreign(id.clone());
        }
    };
    (kind.references)(&mut document, &mut resolve).expect("a document that was loaded");
    let mut tags = declared.tags.clone();
    tags.extend(environment.owner(&declared.address).tags());
    Observed {
        id: ids[&declared.address].clone(),
        aliases: Vec::new(),
        name: Some(declared.name.clone()),
        token: None,
        tags,
        live: document,
        readiness: Readiness::Ready,
        unfinished: None,
        outputs: kind.outputs.iter().map(|output| (output.name.to_owned(), "198.51.100.7".to_owned())).collect(),
    }
}
