//! Reading: all instances in one paginated call, volumes in another, and what those do not tell, instance by instance.

mod attributes;

use std::collections::{BTreeMap, HashMap};

use aws_sdk_ec2::types::{
    EbsInstanceBlockDevice, HibernationOptions, InstanceNetworkInterface, InstanceStateName, MonitoringState,
    Volume as LiveVolume, VolumeAttachment,
};
use aws_sdk_ec2::{operation, types as ec2};
use cn_infra_core::address::{PhysicalId, Ref};
use cn_infra_core::live::{Observed, Outputs, Readiness};
use cn_infra_core::manager::{ErrorClass, ManageError, Scope};
use cn_infra_core::owner::{NAME, RESTART};
use cn_infra_core::value::OrNone;
use futures_util::future::try_join;

use super::volume::same_device;
use super::{Disk, Instance, Instances, Metadata, State, Volume};
use crate::ec2_filter::of_ids;
use crate::ec2_tags::from_tags;
use crate::error::failed;
use crate::security_group::SecurityGroup;
use crate::session::calls::wave;

/// The largest pages that AWS gives.
const INSTANCES_PER_PAGE: i32 = 1000;
const VOLUMES_PER_PAGE: i32 = 500;

/// Attached volumes by instance id.
type Attached = HashMap<String, Vec<(LiveVolume, VolumeAttachment)>>;

impl Instances {
    pub(super) async fn read(&self, scope: &Scope<'_, Instance>) -> Result<Vec<Observed<Instance>>, ManageError> {
        // Nothing is read of volumes where no declared instance manages one.
        let manages = |instance: &Instance| instance.root_volume.is_some() || instance.volumes.is_some();
        let volumes = scope.declared.iter().any(|wanted| manages(&wanted.resource));
        let mut observed = self.described(scope, volumes).await?;
        wave(3, self.add_attributes(&mut observed, |object| attributes::managed(scope, object))).await?;
        Ok(observed)
    }

    /// All but user data: what is in it may be secret.
    pub(super) async fn read_whole(&self) -> Result<Vec<Observed<Instance>>, ManageError> {
        let mut observed = self.described(&Scope { only: None, declared: &[] }, true).await?;
        wave(3, self.add_attributes(&mut observed, attributes::shown)).await?;
        Ok(observed)
    }

    async fn described(
        &self,
        scope: &Scope<'_, Instance>,
        volumes: bool,
    ) -> Result<Vec<Observed<Instance>>, ManageError> {
        let attached = async { if volumes { self.attached_volumes(scope).await.map(Some) } else { Ok(None) } };
        let (instances, attached) = try_join(self.instances(scope), attached).await?;
        let observed = instances.iter().filter_map(|instance| self::observed(instance, attached.as_ref()));
        Ok(observed.filter(|object| scope.includes(&object.id.0)).collect())
    }

    async fn instances(&self, scope: &Scope<'_, Instance>) -> Result<Vec<ec2::Instance>, ManageError> {
        let call = self.ec2.describe_instances().set_filters(of_ids("instance-id", scope.only));
        let reservations =
            call.into_paginator().page_size(INSTANCES_PER_PAGE).items().send().collect::<Result<Vec<_>, _>>();
        let reservations = reservations.await.map_err(|error| failed("DescribeInstances", error))?;
        Ok(reservations.into_iter().flat_map(|reservation| reservation.instances.unwrap_or_default()).collect())
    }

    /// One instance, for the ids of its volumes and its network interface.
    pub(super) async fn instance(&self, id: &str) -> Result<ec2::Instance, ManageError> {
        let answer = self.ec2.describe_instances().instance_ids(id).send().await;
        let answer = answer.map_err(|error| failed("DescribeInstances", error))?;
        first_instance(answer).ok_or_else(|| ManageError::new(ErrorClass::Gone, format!("{id} is not there")))
    }

    async fn attached_volumes(&self, scope: &Scope<'_, Instance>) -> Result<Attached, ManageError> {
        let call = self.ec2.describe_volumes().set_filters(of_ids("attachment.instance-id", scope.only));
        let volumes = call.into_paginator().page_size(VOLUMES_PER_PAGE).items().send().collect::<Result<Vec<_>, _>>();
        let volumes = volumes.await.map_err(|error| failed("DescribeVolumes", error))?;
        let mut attached = Attached::new();
        for volume in volumes {
            for attachment in volume.attachments() {
                let instance = attachment.instance_id().unwrap_or_default().to_owned();
                attached.entry(instance).or_default().push((volume.clone(), attachment.clone()));
            }
        }
        Ok(attached)
    }
}

fn first_instance(answer: operation::describe_instances::DescribeInstancesOutput) -> Option<ec2::Instance> {
    let reservation = answer.reservations.unwrap_or_default().into_iter().next()?;
    reservation.instances.unwrap_or_default().into_iter().next()
}

/// What AWS tells of an instance, as the engine knows objects.
fn observed(instance: &ec2::Instance, attached: Option<&Attached>) -> Option<Observed<Instance>> {
    let id = instance.instance_id()?;
    let tags = from_tags(instance.tags());
    let mut live = live(instance);
    if let Some(attached) = attached {
        let volumes = attached.get(id).map_or(&[][..], Vec::as_slice);
        (live.root_volume, live.volumes) = volumes_of(instance, volumes);
    }
    Some(Observed {
        id: PhysicalId::from(id),
        aliases: primary_interface(instance)
            .and_then(|interface| interface.network_interface_id())
            .map(PhysicalId::from)
            .into_iter()
            .collect(),
        name: tags.get(NAME).cloned(),
        token: instance.client_token().filter(|token| !token.is_empty()).map(str::to_owned),
        readiness: readiness(instance),
        unfinished: tags.get(RESTART).map(|_| "stopped for a change; it has to be started again".to_owned()),
        outputs: outputs(instance),
        tags,
        live,
    })
}

pub(super) fn status(instance: &ec2::Instance) -> Option<&InstanceStateName> {
    instance.state().and_then(|state| state.name())
}

fn readiness(instance: &ec2::Instance) -> Readiness {
    match status(instance) {
        Some(InstanceStateName::Running | InstanceStateName::Stopped) => Readiness::Ready,
        Some(status @ InstanceStateName::ShuttingDown) => Readiness::Leaving(status.to_string()),
        Some(InstanceStateName::Terminated) => Readiness::Gone,
        other => Readiness::Pending(other.map_or("pending", InstanceStateName::as_str).to_owned()),
    }
}

/// Everything that DescribeInstances tells.
fn live(instance: &ec2::Instance) -> Instance {
    let interface = primary_interface(instance);
    let address = interface.and_then(InstanceNetworkInterface::association);
    Instance {
        instance_type: instance.instance_type().map(ToString::to_string),
        image: text(instance.image_id()),
        instance_profile: Some(OrNone::from_option(profile_name(instance))),
        security_groups: Some(groups(instance, interface)),
        public_ip: address.and_then(|address| address.ip_owner_id()).filter(|owner| *owner == "amazon").map(|_| true),
        availability_zone: text(instance.placement().and_then(|placement| placement.availability_zone())),
        subnet: text(instance.subnet_id()),
        key_pair: text(instance.key_name()),
        state: status(instance).and_then(state),
        monitoring: Some(is_monitored(instance)),
        ebs_optimized: Some(instance.ebs_optimized().unwrap_or_default()),
        hibernation: Some(instance.hibernation_options().and_then(HibernationOptions::configured).unwrap_or_default()),
        metadata: instance.metadata_options().map(Metadata::of),
        termination_protection: None,
        shutdown_behavior: None,
        user_data: None,
        root_volume: None,
        volumes: None,
    }
}

fn text(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A state on its way counts as reached: readiness says that it is not yet.
fn state(status: &InstanceStateName) -> Option<State> {
    match status {
        InstanceStateName::Pending | InstanceStateName::Running => Some(State::Running),
        InstanceStateName::Stopping | InstanceStateName::Stopped => Some(State::Stopped),
        _ => None,
    }
}

fn is_monitored(instance: &ec2::Instance) -> bool {
    let state = instance.monitoring().and_then(|monitoring| monitoring.state());
    matches!(state, Some(MonitoringState::Enabled | MonitoringState::Pending))
}

/// The last part of `arn:aws:iam::123456789012:instance-profile/path/NAME`.
fn profile_name(instance: &ec2::Instance) -> Option<String> {
    let arn = instance.iam_instance_profile().and_then(|profile| profile.arn())?;
    arn.rsplit('/').next().map(str::to_owned)
}

pub(super) fn primary_interface(instance: &ec2::Instance) -> Option<&InstanceNetworkInterface> {
    let is_primary = |interface: &&InstanceNetworkInterface| {
        interface.attachment().is_some_and(|attachment| attachment.device_index() == Some(0))
    };
    let interfaces = instance.network_interfaces();
    interfaces.iter().find(is_primary).or_else(|| interfaces.first())
}

fn groups(instance: &ec2::Instance, interface: Option<&InstanceNetworkInterface>) -> Vec<Ref<SecurityGroup>> {
    let groups = interface.map_or(instance.security_groups(), InstanceNetworkInterface::groups);
    let mut ids: Vec<_> = groups.iter().filter_map(|group| group.group_id()).map(Ref::foreign).collect();
    ids.sort();
    ids
}

/// The volume that the instance starts from, and the others by their device.
fn volumes_of(
    instance: &ec2::Instance,
    volumes: &[(LiveVolume, VolumeAttachment)],
) -> (Option<Disk>, Option<BTreeMap<String, Volume>>) {
    let (mut root, mut others) = (None, BTreeMap::new());
    for (volume, attachment) in volumes {
        let Some(device) = attachment.device() else { continue };
        let disk = Disk::of(volume, mapping(instance, volume));
        if instance.root_device_name().is_some_and(|root| same_device(root, device)) {
            root = Some(disk);
        } else {
            others.insert(device.to_owned(), Volume::at(device, disk));
        }
    }
    (root, Some(others))
}

/// The instance's own entry for a volume: what becomes of the volume with the instance is set there.
fn mapping<'a>(instance: &'a ec2::Instance, volume: &LiveVolume) -> Option<&'a EbsInstanceBlockDevice> {
    let mut mappings = instance.block_device_mappings().iter().filter_map(|mapping| mapping.ebs());
    mappings.find(|ebs| ebs.volume_id() == volume.volume_id())
}

fn outputs(instance: &ec2::Instance) -> Outputs {
    let zone = instance.placement().and_then(|placement| placement.availability_zone());
    [
        ("id", instance.instance_id()),
        ("public_ip", instance.public_ip_address()),
        ("private_ip", instance.private_ip_address()),
        ("public_dns", instance.public_dns_name()),
        ("private_dns", instance.private_dns_name()),
        ("availability_zone", zone),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), text(value)?)))
    .collect()
}
