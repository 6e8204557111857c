//! Addresses that were allocated twice.
//!
//! `AllocateAddress` knows no client token, and for some seconds no reading shows what it made. An apply that is killed
//! after the call, and another one begun at once, so allocate two addresses for one resource. The tags tell that they
//! belong together: the one that is in use stays, else the one of the lowest id, so that whoever looks decides alike. The
//! others were never used. They count as unfinished work of the one that stays, and the next apply releases them.

use std::collections::{BTreeMap, BTreeSet};

use cn_infra_core::address::PhysicalId;
use cn_infra_core::live::Observed;
use cn_infra_core::manager::Scope;
use cn_infra_core::owner::{ADDRESS, ENVIRONMENT, Owner, PROJECT, PROTECT};

use super::{ElasticIp, Target};

type Address = Observed<ElasticIp>;

/// What a reading tells: doubles are left out, and the address that stays says so.
///
/// Whoever asks for a double by its id still sees it: the apply that has just made it.
pub(super) fn resolve(mut addresses: Vec<Address>, scope: &Scope<'_, ElasticIp>) -> Vec<Address> {
    let (mut hidden, mut unfinished) = (BTreeSet::new(), BTreeMap::new());
    for doubles in doubles(&addresses) {
        let Some(stays) = doubles.that_stays() else { continue };
        let spares = doubles.spares(&stays.id);
        if doubles.may_be_released() {
            let ids: Vec<_> = spares.iter().map(|id| id.0.as_str()).collect();
            let text = format!("an interrupted apply allocated {} too, to be released", ids.join(", "));
            unfinished.insert(stays.id.clone(), text);
        } else if !doubles.will_be_used(scope) {
            continue;
        }
        hidden.extend(spares);
    }
    addresses.retain(|address| match scope.only {
        Some(only) => only.contains(&address.id),
        None => !hidden.contains(&address.id),
    });
    for address in &mut addresses {
        address.unfinished = unfinished.remove(&address.id);
    }
    addresses
}

/// The doubles that an address is to be rid of.
pub(super) fn spares_of(id: &PhysicalId, addresses: &[Address]) -> Vec<PhysicalId> {
    let doubles = doubles(addresses)
        .find(|doubles| doubles.may_be_released() && doubles.that_stays().is_some_and(|stays| stays.id == *id));
    doubles.map(|doubles| doubles.spares(id)).unwrap_or_default()
}

/// The addresses of each resource that has several.
fn doubles(addresses: &[Address]) -> impl Iterator<Item = Doubles<'_>> {
    let mut of: BTreeMap<_, Vec<&Address>> = BTreeMap::new();
    for address in addresses {
        let [project, environment, resource] = [PROJECT, ENVIRONMENT, ADDRESS].map(|key| address.tags.get(key));
        if let (Some(project), Some(environment), Some(resource)) = (project, environment, resource) {
            of.entry((project, environment, resource)).or_default().push(address);
        }
    }
    of.into_values().filter(|addresses| addresses.len() > 1).map(Doubles)
}

/// Several addresses with the tags of one resource.
struct Doubles<'a>(Vec<&'a Address>);

impl<'a> Doubles<'a> {
    /// `None`: several are in use, and a person decides.
    fn that_stays(&self) -> Option<&'a Address> {
        let mut used = self.0.iter().filter(|address| is_used(address)).copied();
        match (used.next(), used.next()) {
            (Some(used), None) => Some(used),
            (None, _) => self.0.iter().min_by_key(|address| &address.id).copied(),
            (Some(_), Some(_)) => None,
        }
    }

    /// A protected address that is out of use for a moment must not be taken for the double: of protected ones, none is
    /// released before another is in use.
    fn may_be_released(&self) -> bool {
        let protected = self.0.iter().any(|address| address.tags.contains_key(PROTECT));
        !protected || self.0.iter().any(|address| is_used(address))
    }

    /// Whether the file has the address point at something.
    fn will_be_used(&self, scope: &Scope<'_, ElasticIp>) -> bool {
        let owner = self.0.first().and_then(|address| Owner::of(&address.tags));
        let mut declared = scope.declared.iter().filter(|wanted| Some(&wanted.owner) == owner.as_ref());
        declared.any(|wanted| matches!(wanted.resource.instance, Some(Target::Instance(_))))
    }

    fn spares(&self, stays: &PhysicalId) -> Vec<PhysicalId> {
        self.0.iter().map(|address| &address.id).filter(|id| *id != stays).cloned().collect()
    }
}

fn is_used(address: &Address) -> bool {
    address.live.instance.as_ref().is_some_and(|target| *target != Target::None)
}
