//! Elastic IPs: addresses that stay while the servers behind them change.
//!
//! An address and its association are two steps: the address may be needed before its instance is there. AWS:
//! "Elastic IP addresses" in the EC2 User Guide.

mod associate;
mod doubled;
mod observe;
mod settle;
mod target;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_sdk_ec2::types::{DomainType, ResourceType};
use cn_infra_core::address::{Address, PhysicalId, Reference};
use cn_infra_core::live::Observed;
use cn_infra_core::manager::{Change, Delete, ErrorClass, ManageError, Manager, New, Progress, Scope};
use cn_infra_core::resource::{Field, FieldChange, Impact, Naming, Output, Part, Problem, Resource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Session;
use crate::ec2_id::is_id;
use crate::ec2_tags;
use crate::error::{failed, made};
use crate::session::ec2_once;
use settle::{Bid, Verdict};

pub use target::Target;

/// A public IPv4 address of the account's, and what it points at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ElasticIp {
    /// The instance that it points at, or `"none"`. It arrives at the primary network interface, where it takes the
    /// place of any other public address; moving it is one call, without a gap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<Target>,
}

impl Resource for ElasticIp {
    const KIND: &'static str = "elastic_ip";
    const FIELDS: &'static [Field] = &[Field::managed("instance").exclusive()];
    const PARTS: &'static [Part] = &[Part { name: "association", fields: &["instance"] }];
    const OUTPUTS: &'static [Output] = &[
        Output { name: "public_ip", doc: "The address." },
        Output { name: "allocation_id", doc: "Its id: eipalloc-0123456789abcdef0." },
        Output { name: "private_ip", doc: "The private address that it points at, while it points at one." },
    ];
    const NAMING: Naming = Naming { tag: true, required: false, unique: false };
    /// "Elastic IP addresses" in the EC2 User Guide.
    const QUOTA: Option<usize> = Some(5);
    const ID_FORM: &'static str = "eipalloc-0123456789abcdef0 or the address, 198.51.100.7";

    fn is_physical_id(text: &str) -> bool {
        is_id("eipalloc-", text) || text.parse::<Ipv4Addr>().is_ok()
    }

    fn references(&mut self, each: &mut dyn FnMut(&str, &mut Reference)) {
        if let Some(Target::Instance(instance)) = &mut self.instance {
            each("instance", instance.get_mut());
        }
    }

    fn impact(change: &FieldChange<'_, Self>) -> Impact {
        let before = change.before.and_then(|before| before.as_str()).filter(|before| *before != "none");
        match before {
            Some(before) if change.path == "instance" => {
                Impact::noted(format!("{before} loses this address and has none then"))
            }
            _ => Impact::in_place(),
        }
    }

    fn validate(&self, each: &mut dyn FnMut(Problem)) {
        if let Some(id) = self.instance.as_ref().and_then(Target::interface) {
            let message = format!("{id} is a network interface: an address is given to an instance");
            each(Problem::new("instance", message).hint("write instance.NAME or i-0123456789abcdef0"));
        }
    }

    fn after_delete(&self, _: &str) -> Option<String> {
        Some(
            "with another address. The old one is to be had as long as nobody else has it: \
             `aws ec2 allocate-address --address ADDRESS`, then `cn-infra adopt`"
                .to_owned(),
        )
    }
}

/// Reads and changes elastic IPs.
#[derive(Debug)]
pub struct ElasticIps {
    ec2: aws_sdk_ec2::Client,
    /// What was allocated by this apply and may have to give way.
    bids: Mutex<BTreeMap<Address, Bid>>,
    /// The interfaces that addresses go to, read just before they are sent together.
    prepared: Mutex<BTreeMap<PhysicalId, String>>,
}

impl ElasticIps {
    /// Over the EC2 client of a session.
    pub fn new(session: &Session) -> Self {
        Self { ec2: session.ec2.clone(), bids: Mutex::default(), prepared: Mutex::default() }
    }

    /// AWS knows no client token here, so the call goes out once.
    async fn allocate(&self, new: &New<'_, ElasticIp>) -> Result<PhysicalId, ManageError> {
        let call = self
            .ec2
            .allocate_address()
            .domain(DomainType::Vpc)
            .tag_specifications(ec2_tags::tag_specification(ResourceType::ElasticIp, new.tags));
        let answer = call.customize().config_override(ec2_once()).send().await;
        let answer = answer.map_err(|error| failed("AllocateAddress", error))?;
        made("AllocateAddress", answer.allocation_id)
    }

    /// The address of a resource, once no other apply has one for it.
    async fn settle(&self, new: &New<'_, ElasticIp>, mut bid: Bid) -> Result<PhysicalId, ManageError> {
        loop {
            match settle::verdict(&settle::owned(&self.ec2, new.tags).await.map_err(again)?, &bid) {
                Verdict::Keep(id) => {
                    self.bids().remove(new.address);
                    return Ok(id);
                }
                Verdict::Release => {
                    self.release(&bid.id).await.map_err(again)?;
                    bid = Bid { released: true, waits: 0, ..bid };
                    self.bids().insert(new.address.clone(), bid.clone());
                }
                Verdict::Wait => {
                    bid.waits += 1;
                    self.bids().insert(new.address.clone(), bid);
                    let message = format!("looking whether another apply allocated an address for {}", new.address);
                    return Err(ManageError::new(ErrorClass::Busy, message));
                }
                Verdict::Allocate => {
                    self.bids().remove(new.address);
                    let message = format!("another apply gave {} up at the same moment", new.address);
                    return Err(ManageError::new(ErrorClass::Busy, message));
                }
            }
        }
    }

    fn bids(&self) -> MutexGuard<'_, BTreeMap<Address, Bid>> {
        self.bids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn prepared(&self) -> MutexGuard<'_, BTreeMap<PhysicalId, String>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn all(&self) -> Result<Vec<Observed<ElasticIp>>, ManageError> {
        Ok(observe::addresses(&self.ec2).await?.into_iter().filter_map(observe::observed).collect())
    }

    /// Releases what a reading made just now still shows as doubles of an address. One that points somewhere by then is
    /// refused by AWS.
    async fn release_spares_of(&self, id: &PhysicalId) -> Result<(), ManageError> {
        for spare in doubled::spares_of(id, &self.all().await?) {
            self.release(&spare).await?;
        }
        Ok(())
    }

    async fn release(&self, id: &PhysicalId) -> Result<(), ManageError> {
        let answer = self.ec2.release_address().allocation_id(&id.0).send().await;
        let Err(error) = answer else { return Ok(()) };
        let error = failed("ReleaseAddress", error);
        match error.code.as_deref() {
            Some("InvalidAllocationID.NotFound") => Ok(()),
            // A disassociation needs a moment to be seen.
            Some("InvalidIPAddress.InUse") => Err(ManageError { class: ErrorClass::Busy, ..error }),
            _ => Err(error),
        }
    }
}

/// What is allocated is known: after an answer that did not come the settling goes on, and nothing is looked for.
fn again(error: ManageError) -> ManageError {
    match error.class {
        ErrorClass::Unknown => ManageError { class: ErrorClass::Busy, ..error },
        _ => error,
    }
}

impl Manager for ElasticIps {
    type Resource = ElasticIp;

    async fn observe(&self, scope: &Scope<'_, ElasticIp>) -> Result<Vec<Observed<ElasticIp>>, ManageError> {
        Ok(doubled::resolve(self.all().await?, scope))
    }

    /// Allocates once, however often it is called until the address is settled.
    async fn create(&self, new: New<'_, ElasticIp>) -> Result<PhysicalId, ManageError> {
        let ElasticIp { instance: _ } = new.resource;
        let before = self.bids().get(new.address).cloned();
        let bid = match before {
            Some(bid) => bid,
            None => Bid::of(self.allocate(&new).await?),
        };
        self.bids().insert(new.address.clone(), bid.clone());
        self.settle(&new, bid).await
    }

    async fn prepare(&self, id: &PhysicalId, change: Change<'_, ElasticIp>) -> Result<(), ManageError> {
        if let (Some(_), Some(Target::Instance(instance))) = (change.part, &change.desired.instance) {
            let interface = associate::primary_interface(&self.ec2, instance.id().unwrap_or_default()).await?;
            self.prepared().insert(id.clone(), interface);
        }
        Ok(())
    }

    async fn update(&self, id: &PhysicalId, change: Change<'_, ElasticIp>) -> Result<Progress, ManageError> {
        if change.part.is_none() {
            ec2_tags::apply(&self.ec2, &id.0, change.tags).await?;
            if change.live.unfinished.is_some() {
                self.release_spares_of(id).await?;
            }
            return Ok(Progress::Done);
        }
        let wanted =
            change.desired.instance.as_ref().filter(|wanted| change.live.live.instance.as_ref() != Some(*wanted));
        match wanted {
            None => {}
            Some(Target::None) => associate::disassociate(&self.ec2, id).await?,
            Some(Target::Instance(instance)) => {
                let prepared = self.prepared().remove(id);
                let interface = match prepared {
                    Some(interface) => interface,
                    None => associate::primary_interface(&self.ec2, instance.id().unwrap_or_default()).await?,
                };
                associate::associate(&self.ec2, change.live, interface).await?;
            }
        }
        Ok(Progress::Done)
    }

    async fn delete(&self, id: &PhysicalId, what: Delete<'_, ElasticIp>) -> Result<Progress, ManageError> {
        match what.part {
            Some(_) => associate::disassociate(&self.ec2, id).await?,
            None => self.release(id).await?,
        }
        Ok(Progress::Done)
    }
}
