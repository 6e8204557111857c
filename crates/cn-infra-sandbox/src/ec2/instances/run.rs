//! RunInstances.

use super::super::tags;
use super::view::{Attached, write_reservation};
use super::{disks, launch, networks, tokens};
use crate::context::Context;
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::tags::Tags;
use crate::xml::Xml;

/// The tags that the request has for what it makes.
#[derive(Clone, Debug)]
struct LaunchTags {
    instance: Tags,
    volume: Tags,
    interface: Tags,
}

const TAGGED: [&str; 3] = ["instance", "volume", "network-interface"];

impl LaunchTags {
    fn of(params: &Params<'_>) -> Result<Self, AwsError> {
        let [instance, volume, interface] = TAGGED.map(|kind| tags::specified(params, kind, &TAGGED));
        Ok(Self { instance: instance?, volume: volume?, interface: interface? })
    }
}

/// Starts as many instances as it may, at least `MinCount`, at most `MaxCount`.
pub fn run(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let token = tokens::given(params)?;
    if let Some(token) = &token
        && let Some(reservation) = tokens::made_before(context, token)?
    {
        params.accept_all();
        return Ok(answer(context, &reservation));
    }
    let model = launch::read(context, params, token.as_ref().map(|token| token.token))?;
    let count = counted(context, params, model.vcpus)?;
    let (disks, networks) = (disks::read(context, params, &model.image)?, networks::read(params, &model)?);
    launch::check_hibernation(&model, &disks)?;
    let tags = LaunchTags::of(params)?;
    let reservation = ids::ec2("r");
    let mut made = Vec::new();
    for index in 0..count {
        let mut instance = model.instance.clone();
        (instance.id, instance.reservation, instance.launch_index) = (ids::ec2("i"), reservation.clone(), index);
        let id = instance.id.clone();
        let (zone, interfaces) = networks::attach(context, &networks, &id)?;
        instance.zone.clone_from(&zone);
        context.ec2.instances.insert(id.clone(), instance);
        for interface in interfaces {
            tags::set(context.ec2, &interface, tags.interface.clone())?;
        }
        for volume in disks::attach(context, &disks, &id, &zone) {
            tags::set(context.ec2, &volume, tags.volume.clone())?;
        }
        launch::associate_profile(context, &model, &id);
        tags::set(context.ec2, &id, tags.instance.clone())?;
        made.push(id);
    }
    if let Some(token) = &token {
        tokens::keep(context.ec2, token, &reservation, made);
    }
    Ok(answer(context, &reservation))
}

/// How many instances to start.
///
/// # Errors
/// `InvalidParameterValue`; `VcpuLimitExceeded` where not even `MinCount` are within the quota.
fn counted(context: &Context<'_>, params: &Params<'_>, vcpus: u32) -> Result<u32, AwsError> {
    let number = |name: &str| params.require(name).and_then(|_| params.number::<i64>(name));
    let (min, max) = (number("MinCount")?.unwrap_or_default(), number("MaxCount")?.unwrap_or_default());
    for (name, count) in [("minCount", min), ("maxCount", max)] {
        if count < 1 {
            let message = format!("Value ({count}) for parameter {name} is invalid. Expecting a positive number.");
            return Err(AwsError::new("InvalidParameterValue", message));
        }
    }
    if min > max {
        let message = format!("Value ({min}) for parameter minCount is invalid. It must not exceed maxCount ({max}).");
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    let quota = context.settings.quota("vcpus");
    let free = quota.saturating_sub(launch::vcpus_in_use(context)) / u64::from(vcpus);
    let count = u64::try_from(max).unwrap_or_default().min(free);
    if count < u64::try_from(min).unwrap_or_default() {
        return Err(launch::too_many_vcpus(quota));
    }
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Volumes and public addresses are on their way yet, so AWS's answer does not tell them.
fn answer(context: &Context<'_>, reservation: &str) -> Xml {
    let instances = context.ec2.instances.values().filter(|instance| instance.reservation == reservation);
    let mut instances: Vec<_> = instances.collect();
    instances.sort_by_key(|instance| instance.launch_index);
    let attached = Attached::at_launch(context);
    let mut xml = Xml::new();
    write_reservation(&mut xml, context, &attached, reservation, &instances);
    xml
}
