//! Pointing elastic IPs at interfaces.

use super::super::instances::{self, State};
use super::super::{Interface, done, interfaces};
use super::{Address, Association, by_ip_alone, find, leave_interface, not_both};
use crate::context::Context;
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;

/// Moves an address in one call: whatever had it loses it, and what was at the target leaves it.
pub(super) fn associate(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let address = asked_for(context, params)?.clone();
    let interface = target(context, params)?;
    let private_ip = params.number("PrivateIpAddress")?.unwrap_or(interface.private_ip);
    if private_ip != interface.private_ip {
        let message = format!("The address {private_ip} is not assigned to interface '{}'", interface.id);
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    let interface = interface.id.clone();
    let may_move = params.flag("AllowReassociation")?.unwrap_or(true);
    let association = match address.association {
        Some(there) if there.interface == interface => there.id,
        Some(there) if !may_move => return Err(already_associated(&address.id, &there.id)),
        _ => point(context, &address.id, Association { id: ids::ec2("eipassoc"), interface, private_ip }),
    };
    let mut xml = Xml::new();
    xml.text("return", true).text("associationId", association);
    Ok(xml)
}

/// AWS guards the address against being moved, not the target's own address against being displaced.
fn already_associated(address: &str, association: &str) -> AwsError {
    let message = format!("resource {address} is already associated with associate-id {association}");
    AwsError::new("Resource.AlreadyAssociated", message)
}

/// The address, by its allocation.
fn asked_for<'a>(context: &'a Context<'_>, params: &Params<'_>) -> Result<&'a Address, AwsError> {
    match (params.get("AllocationId"), params.get("PublicIp")) {
        (Some(id), None) => find(context, id),
        (None, Some(ip)) => {
            let message = "You must specify an allocation id when mapping an address to a VPC instance";
            Err(by_ip_alone(context, ip, AwsError::new("InvalidParameterCombination", message)))
        }
        (Some(_), Some(_)) => Err(not_both("allocation")),
        (None, None) => Err(AwsError::new(
            "MissingParameter",
            "Either public IP or allocation id must be specified in the request.",
        )),
    }
}

/// The interface, itself or by the only one of an instance.
fn target<'a>(context: &'a Context<'_>, params: &Params<'_>) -> Result<&'a Interface, AwsError> {
    match (params.get("NetworkInterfaceId"), params.get("InstanceId")) {
        (Some(id), instance) => given_interface(context, id, instance),
        (None, Some(instance)) => only_interface(context, instance),
        (None, None) => {
            Err(AwsError::new("MissingParameter", "Either instance ID or network interface id must be specified."))
        }
    }
}

/// An interface takes an address unless its instance has not started yet, or is about to go.
fn given_interface<'a>(context: &'a Context<'_>, id: &str, of: Option<&str>) -> Result<&'a Interface, AwsError> {
    let interface = interfaces::find(context, id)?;
    if let Some(instance) = of.filter(|instance| interface.instance() != Some(*instance)) {
        let message = format!("Interface '{id}' is not attached to instance '{instance}'");
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    let instance = interface.instance().and_then(|instance| context.ec2.instances.get(instance));
    match instance.map(|instance| instance.state.at(context.now)) {
        Some(state) if !takes_addresses(state) => {
            let message = format!(
                "The {} instance to which '{id}' is attached is not in a valid state for this operation",
                state.name()
            );
            Err(AwsError::new("IncorrectInstanceState", message))
        }
        _ => Ok(interface),
    }
}

fn takes_addresses(state: State) -> bool {
    state != State::Pending && !state.is_ending()
}

fn only_interface<'a>(context: &'a Context<'_>, id: &str) -> Result<&'a Interface, AwsError> {
    let refuse = |why: String| Err(AwsError::new("InvalidInstanceID", why));
    let state = instances::find(context, id)?.state.at(context.now);
    if !takes_addresses(state) {
        return refuse(format!("The {} instance '{id}' is not in a valid state for this operation.", state.name()));
    }
    match interfaces::of_instance(context.ec2, id)[..] {
        [interface] => Ok(interface),
        _ => refuse(format!(
            "There are multiple interfaces attached to instance '{id}'. Please specify an interface ID for the \
             operation instead."
        )),
    }
}

/// Points an address somewhere and tells the association's id. The interface that loses it may get an address of AWS's
/// again; the one that gets it loses for good the address that AWS assigned.
fn point(context: &mut Context<'_>, address: &str, to: Association) -> String {
    let id = to.id.clone();
    leave_interface(context.ec2, &to.interface);
    if let Some(interface) = context.ec2.interfaces.get_mut(&to.interface) {
        interface.auto_assigned = None;
    }
    let from = context.ec2.addresses.get_mut(address).and_then(|address| address.association.replace(to));
    if let Some(from) = from {
        interfaces::elastic_left(context, &from.interface);
    }
    id
}

pub(super) fn disassociate(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let id = match (params.get("AssociationId"), params.get("PublicIp")) {
        (Some(id), None) => associated(context, id)?.id.clone(),
        (None, Some(ip)) => {
            let message = "You must specify an association id when unmapping an address from a VPC instance";
            return Err(by_ip_alone(context, ip, AwsError::new("InvalidParameterValue", message)));
        }
        (Some(_), Some(_)) => return Err(not_both("association")),
        (None, None) => {
            return Err(AwsError::new("MissingParameter", "Either public IP or association id must be specified."));
        }
    };
    let left = context.ec2.addresses.get_mut(&id).and_then(|address| address.association.take());
    if let Some(left) = left {
        interfaces::elastic_left(context, &left.interface);
    }
    Ok(done())
}

/// The address of an association.
fn associated<'a>(context: &'a Context<'_>, id: &str) -> Result<&'a Address, AwsError> {
    let is_it = |address: &&Address| address.association.as_ref().is_some_and(|there| there.id == id);
    context.ec2.addresses.values().find(is_it).ok_or_else(|| {
        let message = format!("The association ID '{id}' does not exist");
        AwsError::new("InvalidAssociationID.NotFound", message)
    })
}
