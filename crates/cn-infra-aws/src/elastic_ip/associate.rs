//! Pointing an elastic IP at an instance, and away from it.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Instance, InstanceNetworkInterface, InstanceStateName};
use cn_infra_core::address::PhysicalId;
use cn_infra_core::live::Observed;
use cn_infra_core::manager::{ErrorClass, ManageError};

use super::{ElasticIp, Target, observe};
use crate::error::failed;
use crate::session::ec2_once;

/// Points an address at an instance's interface, in one call: whatever it pointed at before loses it at the same moment.
///
/// Where the address is, its own reading says. The instance is asked for its interface and state alone: what it shows of
/// addresses may be older.
pub(super) async fn associate(ec2: &Client, live: &Observed<ElasticIp>, interface: String) -> Result<(), ManageError> {
    let points_at = live.live.instance.as_ref();
    if points_at.and_then(Target::interface) == Some(&interface) {
        // A reading may name the interface and not its instance. AWS may charge for a remap to where the address is.
        return Ok(());
    }
    // Where the plan says "free", AWS is to refuse if somebody took the address in between.
    let is_in_use = points_at.is_some_and(|target| *target != Target::None);
    let call = ec2.associate_address().allocation_id(&live.id.0).network_interface_id(interface);
    // Sent once: after a lost answer the engine reads the address before it sends again, and so pays for no second remap.
    let answer = call.allow_reassociation(is_in_use).customize().config_override(ec2_once()).send().await;
    answer.map(|_| ()).map_err(|error| {
        let error = failed("AssociateAddress", error);
        match error.code.as_deref() {
            Some("Resource.AlreadyAssociated") => error.hint("it was free when it was read: plan again"),
            _ => error,
        }
    })
}

/// Points an address at nothing.
pub(super) async fn disassociate(ec2: &Client, id: &PhysicalId) -> Result<(), ManageError> {
    let mut addresses = observe::addresses(ec2).await?.into_iter();
    let address = addresses.find(|address| address.allocation_id.as_deref() == Some(&id.0));
    let Some(association) = address.and_then(|address| address.association_id) else { return Ok(()) };
    match ec2.disassociate_address().association_id(association).send().await {
        Ok(_) => Ok(()),
        Err(error) => match failed("DisassociateAddress", error) {
            error if error.code.as_deref() == Some("InvalidAssociationID.NotFound") => Ok(()),
            error => Err(error),
        },
    }
}

/// The id of the interface of an instance that can take an address now: the one with device index 0.
pub(super) async fn primary_interface(ec2: &Client, id: &str) -> Result<String, ManageError> {
    let answer = ec2.describe_instances().instance_ids(id).send().await;
    let reservations = answer.map_err(|error| failed("DescribeInstances", error))?.reservations.unwrap_or_default();
    let instance = reservations.into_iter().flat_map(|reservation| reservation.instances.unwrap_or_default()).next();
    let missing = || ManageError::new(ErrorClass::Gone, format!("{id} is not there"));
    let Instance { state, network_interfaces, .. } = instance.ok_or_else(missing)?;
    let state = state.and_then(|state| state.name);
    match &state {
        Some(InstanceStateName::Running | InstanceStateName::Stopped) => {}
        Some(InstanceStateName::Pending | InstanceStateName::Stopping) | None => {
            let state = state.as_ref().map_or("in an unknown state", InstanceStateName::as_str);
            let message = format!("{id} is {state}: it takes an address once it is running or stopped");
            return Err(ManageError::new(ErrorClass::Busy, message));
        }
        Some(state) => {
            let message = format!("{id} is {state}: it takes no address any more");
            return Err(ManageError::new(ErrorClass::Invalid, message));
        }
    }
    let is_primary = |interface: &InstanceNetworkInterface| {
        interface.attachment.as_ref().and_then(|attachment| attachment.device_index) == Some(0)
    };
    let interface = network_interfaces.into_iter().flatten().find(is_primary);
    let interface = interface.and_then(|interface| interface.network_interface_id).filter(|id| !id.is_empty());
    let missing = || ManageError::new(ErrorClass::Invalid, format!("{id} has no primary network interface"));
    interface.ok_or_else(missing)
}
