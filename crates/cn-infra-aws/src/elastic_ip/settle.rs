//! Two applies at once may each allocate an address for one resource: AWS knows no client token here. Both read what there
//! is once they allocated, and one of them gives way.
//!
//! The one that allocated last sees both, so it can tell. Where both see both, the lowest allocation id stays. Where the
//! other one does not give way although it should, it was there before, or its maker is gone: then it stays. An apply
//! releases only what it allocated itself and nobody uses.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Address, Filter};
use cn_infra_core::address::PhysicalId;
use cn_infra_core::manager::ManageError;
use cn_infra_core::owner::{ADDRESS, ENVIRONMENT, PROJECT, Tags};

use crate::error::failed;

/// How often an apply waits for the other one to give way. The engine's pauses between grow from 2 to 16 seconds.
const PATIENCE: u32 = 3;

/// What an apply knows of the address that it allocates for a resource.
#[derive(Clone, Debug)]
pub(super) struct Bid {
    /// What it allocated.
    pub id: PhysicalId,
    /// Whether it released that again.
    pub released: bool,
    /// How often it waited.
    pub waits: u32,
}

impl Bid {
    pub fn of(id: PhysicalId) -> Self {
        Self { id, released: false, waits: 0 }
    }
}

/// What is to be done about the addresses of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// This one is the resource's.
    Keep(PhysicalId),
    /// The one that this apply allocated gives way.
    Release,
    /// It is for another apply to give way, or for a reading to show more.
    Wait,
    /// None is left.
    Allocate,
}

/// The addresses that bear a resource's ownership tags, and whether each points at something.
pub(super) type Owned = BTreeMap<PhysicalId, bool>;

/// Decides by what bears the resource's tags.
pub(super) fn verdict(owned: &Owned, bid: &Bid) -> Verdict {
    let is_patient = bid.waits < PATIENCE;
    // A reading may show for a while what is released.
    let owned: BTreeMap<_, _> = owned.iter().filter(|(id, _)| !(bid.released && **id == bid.id)).collect();
    let in_use = owned.iter().find(|(_, is_used)| ***is_used).map(|(id, _)| *id);
    match in_use.or_else(|| owned.keys().next().copied()) {
        None if bid.released => Verdict::Allocate,
        Some(first) if bid.released && (owned.len() == 1 || !is_patient) => Verdict::Keep(first.clone()),
        Some(_) if bid.released => Verdict::Wait,
        // The reading is older than the address.
        _ if !owned.contains_key(&bid.id) => {
            if is_patient {
                Verdict::Wait
            } else {
                Verdict::Keep(bid.id.clone())
            }
        }
        Some(first) if *first != bid.id => Verdict::Release,
        Some(_) if owned.len() == 1 || in_use.is_some() => Verdict::Keep(bid.id.clone()),
        _ => {
            if is_patient {
                Verdict::Wait
            } else {
                Verdict::Release
            }
        }
    }
}

/// Reads the addresses that bear the ownership tags among `tags`.
pub(super) async fn owned(ec2: &aws_sdk_ec2::Client, tags: &Tags) -> Result<Owned, ManageError> {
    let filters = [PROJECT, ENVIRONMENT, ADDRESS].into_iter().filter_map(|key| {
        let value = tags.get(key)?;
        Some(Filter::builder().name(format!("tag:{key}")).values(value).build())
    });
    let answer = ec2.describe_addresses().set_filters(Some(filters.collect())).send().await;
    let addresses = answer.map_err(|error| failed("DescribeAddresses", error))?.addresses.unwrap_or_default();
    let is_used = |address: &Address| address.association_id.as_ref().is_some_and(|id| !id.is_empty());
    Ok(addresses
        .into_iter()
        .filter_map(|address| Some((PhysicalId(address.allocation_id.clone()?), is_used(&address))))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(ids: &[(&str, bool)]) -> Owned {
        ids.iter().map(|(id, in_use)| (PhysicalId((*id).to_owned()), *in_use)).collect()
    }

    fn bid(id: &str, released: bool, waits: u32) -> Bid {
        Bid { id: id.into(), released, waits }
    }

    #[test]
    fn the_lowest_stays_and_one_that_does_not_give_way_was_there_before() {
        let both = owned(&[("a", false), ("b", false)]);
        assert_eq!(verdict(&owned(&[("a", false)]), &bid("a", false, 0)), Verdict::Keep("a".into()));
        assert_eq!(verdict(&both, &bid("b", false, 0)), Verdict::Release);
        assert_eq!(verdict(&both, &bid("a", false, 0)), Verdict::Wait);
        assert_eq!(verdict(&both, &bid("a", false, PATIENCE)), Verdict::Release);
        assert_eq!(verdict(&both, &bid("a", true, PATIENCE)), Verdict::Keep("b".into()), "the reading is old");
    }

    #[test]
    fn what_is_in_use_stays() {
        assert_eq!(verdict(&owned(&[("a", false), ("b", true)]), &bid("a", false, 0)), Verdict::Release);
        assert_eq!(verdict(&owned(&[("a", false), ("b", true)]), &bid("b", false, 0)), Verdict::Keep("b".into()));
    }

    #[test]
    fn a_reading_that_is_too_old_is_waited_for() {
        assert_eq!(verdict(&owned(&[]), &bid("a", false, 0)), Verdict::Wait);
        assert_eq!(verdict(&owned(&[("b", false)]), &bid("a", false, 0)), Verdict::Wait);
        assert_eq!(verdict(&owned(&[]), &bid("a", false, PATIENCE)), Verdict::Keep("a".into()));
    }

    #[test]
    fn where_both_gave_way_one_is_allocated_anew() {
        assert_eq!(verdict(&owned(&[]), &bid("a", true, 0)), Verdict::Allocate);
        assert_eq!(verdict(&owned(&[("b", false), ("c", false)]), &bid("a", true, 0)), Verdict::Wait);
    }
}
