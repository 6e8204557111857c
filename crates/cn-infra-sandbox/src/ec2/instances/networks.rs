//! The network interfaces of new instances: one from the request's subnet and groups, or those that it lists.

use super::super::interfaces::{self, Attachment, NewInterface};
use super::launch::Model;
use crate::context::Context;
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;

/// An interface that each new instance gets.
#[derive(Clone, Debug)]
pub struct Network<'a> {
    device_index: u32,
    delete_on_termination: bool,
    source: Source<'a>,
}

#[derive(Clone, Debug)]
enum Source<'a> {
    /// One that is there already.
    Existing(&'a str),
    New(NewInterface<'a>),
}

/// Reads and checks the interfaces; whether subnets and groups are there shows when they are made.
pub fn read<'a>(params: &Params<'a>, model: &'a Model) -> Result<Vec<Network<'a>>, AwsError> {
    let zone = model.zone.as_deref();
    let listed = params.structures("NetworkInterface");
    if listed.is_empty() {
        return Ok(vec![Network {
            device_index: 0,
            delete_on_termination: true,
            source: Source::New(single(params, zone)?),
        }]);
    }
    check_combination(params)?;
    if listed.len() > model.max_interfaces {
        let kind = &model.instance.kind;
        let message = format!("Interface count {} exceeds the limit for {kind}", listed.len());
        return Err(AwsError::new("AttachmentLimitExceeded", message));
    }
    let several = listed.len() > 1;
    let mut networks: Vec<_> =
        listed.iter().map(|params| one_of(params, zone, several)).collect::<Result<_, AwsError>>()?;
    networks.sort_by_key(|network| network.device_index);
    let is_numbered = networks.windows(2).all(|pair| pair[0].device_index != pair[1].device_index);
    if networks.first().is_none_or(|first| first.device_index != 0) || !is_numbered {
        let message = "The network interfaces must have distinct device indexes, one of them 0.";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    Ok(networks)
}

fn private_ip(params: &Params<'_>) -> Result<Option<std::net::Ipv4Addr>, AwsError> {
    params.number("PrivateIpAddress")
}

fn single<'a>(params: &Params<'a>, zone: Option<&'a str>) -> Result<NewInterface<'a>, AwsError> {
    let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let (groups, group_names) = (owned(params.list("SecurityGroupId")), owned(params.list("SecurityGroup")));
    Ok(NewInterface {
        subnet: params.get("SubnetId").filter(|subnet| !subnet.is_empty()),
        zone,
        groups,
        group_names,
        private_ip: private_ip(params)?,
        ..NewInterface::default()
    })
}

/// What stands in an interface does not stand beside it.
fn check_combination(params: &Params<'_>) -> Result<(), AwsError> {
    for (parameter, what) in [
        ("SecurityGroupId", "security groups"),
        ("SecurityGroup", "security groups"),
        ("SubnetId", "subnet ID"),
        ("PrivateIpAddress", "private address"),
    ] {
        if params.has(parameter) {
            let message =
                format!("Network interfaces and an instance-level {what} may not be specified on the same request");
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
    }
    Ok(())
}

fn one_of<'a>(params: &Params<'a>, zone: Option<&'a str>, several: bool) -> Result<Network<'a>, AwsError> {
    let device_index = params.require("DeviceIndex").and_then(|_| params.number("DeviceIndex"))?.unwrap_or_default();
    if let Some(id) = params.get("NetworkInterfaceId") {
        let source = Source::Existing(id);
        return Ok(Network { device_index, delete_on_termination: false, source });
    }
    let public = params.flag("AssociatePublicIpAddress")?;
    if public.is_some() && several {
        let message = "The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    let new = NewInterface {
        subnet: params.get("SubnetId").filter(|subnet| !subnet.is_empty()),
        zone,
        groups: params.list("SecurityGroupId").into_iter().map(str::to_owned).collect(),
        group_names: Vec::new(),
        // Beside a second interface AWS assigns none.
        public: if several { Some(false) } else { public },
        private_ip: private_ip(params)?,
        description: params.get("Description").unwrap_or_default().to_owned(),
    };
    let delete_on_termination = params.flag("DeleteOnTermination")?.unwrap_or(true);
    Ok(Network { device_index, delete_on_termination, source: Source::New(new) })
}

/// Makes the interfaces of an instance; tells their zone and the ids of the new ones.
pub fn attach(
    context: &mut Context<'_>,
    networks: &[Network<'_>],
    instance: &str,
) -> Result<(String, Vec<String>), AwsError> {
    let (mut zone, mut made) = (None, Vec::new());
    for Network { device_index, delete_on_termination, source } in networks {
        let id = match source {
            Source::Existing(id) => free(context, id)?,
            Source::New(new) => {
                // All lie in the zone of the first.
                let new = NewInterface { zone: zone.as_deref().or(new.zone), ..new.clone() };
                let id = interfaces::create(context, &new)?;
                made.push(id.clone());
                id
            }
        };
        let now = context.now;
        let Some(interface) = context.ec2.interfaces.get_mut(&id) else { continue };
        interface.attachment = Some(Attachment {
            id: ids::ec2("eni-attach"),
            instance: instance.to_owned(),
            device_index: *device_index,
            since: now,
            delete_on_termination: *delete_on_termination,
        });
        zone.get_or_insert_with(|| interface.zone.clone());
    }
    Ok((zone.unwrap_or_default(), made))
}

/// An interface that nothing has.
fn free(context: &Context<'_>, id: &str) -> Result<String, AwsError> {
    let interface = interfaces::find(context, id)?;
    if interface.attachment.is_some() {
        let message = format!("Interface: [{id}] in use.");
        return Err(AwsError::new("InvalidNetworkInterface.InUse", message));
    }
    Ok(interface.id.clone())
}
