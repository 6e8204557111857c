//! Creating: one RunInstances with everything in it. Its client token makes it safe to send again.

use std::sync::PoisonError;

use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;
use aws_sdk_ec2::types::{
    BlockDeviceMapping, Filter, HibernationOptionsRequest, IamInstanceProfileSpecification,
    InstanceNetworkInterfaceSpecification, InstanceStateName, Placement, Reservation, ResourceType,
    RunInstancesMonitoringEnabled,
};
use cn_infra_core::address::{PhysicalId, Ref};
use cn_infra_core::manager::{ErrorClass, ManageError, New};

use super::normalize::RESOLVE;
use super::observe::status;
use super::{Instance, Instances, Metadata, UserData};
use crate::ec2_tags::tag_specification;
use crate::error::{failed, made};
use crate::security_group::SecurityGroup;

/// How many terminated predecessors are passed over that a reading no longer showed.
const GENERATIONS: usize = 5;

/// How often an instance is looked for that AWS says was made: one just made may not show at once, as one terminated
/// hours ago does not. The engine's growing pauses make it some twenty seconds.
const LOOKS: u32 = 6;

/// The instance that bears a client token.
enum Bearer {
    /// It is there.
    Living(String),
    /// It is terminated.
    Terminated,
    /// No reading shows it: terminated hours ago, or just made.
    Unseen,
}

impl Instances {
    /// Runs an instance, or finds the one that an earlier attempt with the same token made.
    ///
    /// A token outlives its instance by at least a day, the listing by an hour only: where the token turns out to
    /// belong to a terminated instance, the next generation's is used.
    pub(super) async fn run(&self, new: &New<'_, Instance>) -> Result<PhysicalId, ManageError> {
        let request = self.request(new).await?;
        let mut token = new.token.clone();
        for _ in 0..GENERATIONS {
            match request.clone().client_token(token.text()).send().await {
                Ok(answer) => {
                    let instance = answer.instances.unwrap_or_default().into_iter().next();
                    if !instance.as_ref().is_some_and(|instance| is_leaving(status(instance))) {
                        return made("RunInstances", instance.and_then(|instance| instance.instance_id));
                    }
                }
                Err(error) => {
                    let error = failed("RunInstances", error);
                    match error.code.as_deref() {
                        Some("IdempotentInstanceTerminated") => {}
                        Some("IdempotentParameterMismatch") => match self.bearer(&token.text()).await? {
                            Bearer::Living(id) => return Err(other_than_asked(error, new, &id)),
                            Bearer::Unseen if self.may_show_yet(&token.text()) => return Err(not_shown(error, new)),
                            Bearer::Unseen | Bearer::Terminated => {}
                        },
                        _ => return Err(error),
                    }
                }
            }
            token = token.next();
        }
        Err(ManageError::new(
            ErrorClass::Invalid,
            format!("RunInstances: {} was terminated too often today", new.address),
        )
        .hint("AWS remembers its predecessors for a day; declare it under another address"))
    }

    /// What became of the instance made with a token.
    async fn bearer(&self, token: &str) -> Result<Bearer, ManageError> {
        let by_token = Filter::builder().name("client-token").values(token).build();
        let answer = self.ec2.describe_instances().filters(by_token).send().await;
        let answer = answer.map_err(|error| failed("DescribeInstances", error))?;
        let instances: Vec<_> = answer.reservations().iter().flat_map(Reservation::instances).collect();
        let living = instances.iter().find(|instance| !is_leaving(status(instance)));
        Ok(match living.and_then(|instance| instance.instance_id()) {
            Some(id) => Bearer::Living(id.to_owned()),
            None if instances.is_empty() => Bearer::Unseen,
            None => Bearer::Terminated,
        })
    }

    /// Whether the instance of a token was not looked for often enough to be sure that it is gone for long.
    fn may_show_yet(&self, token: &str) -> bool {
        let mut unseen = self.unseen.lock().unwrap_or_else(PoisonError::into_inner);
        let looks = unseen.entry(token.to_owned()).or_default();
        *looks += 1;
        *looks < LOOKS
    }

    async fn request(&self, new: &New<'_, Instance>) -> Result<RunInstancesFluentBuilder, ManageError> {
        let instance = new.resource;
        let request = self
            .ec2
            .run_instances()
            .min_count(1)
            .max_count(1)
            .tag_specifications(tag_specification(ResourceType::Instance, new.tags))
            .tag_specifications(tag_specification(ResourceType::Volume, new.tags))
            .set_image_id(instance.image.clone())
            .set_instance_type(instance.instance_type.as_deref().map(Into::into))
            .set_key_name(instance.key_pair.clone())
            .set_iam_instance_profile(profile(instance))
            .set_disable_api_termination(instance.termination_protection)
            .set_instance_initiated_shutdown_behavior(instance.shutdown_behavior.map(Into::into))
            .set_monitoring(instance.monitoring.map(monitoring))
            .set_ebs_optimized(instance.ebs_optimized)
            .set_hibernation_options(instance.hibernation.map(hibernation))
            .set_metadata_options(instance.metadata.as_ref().map(Metadata::request))
            .set_user_data(instance.user_data.as_ref().and_then(UserData::encoded))
            .set_block_device_mappings(self.volumes(instance).await?);
        Ok(place(request, instance))
    }

    async fn volumes(&self, instance: &Instance) -> Result<Option<Vec<BlockDeviceMapping>>, ManageError> {
        let mut mappings = Vec::new();
        if let (Some(disk), Some(image)) = (&instance.root_volume, &instance.image) {
            mappings.push(disk.mapping(&self.root_device(image).await?));
        }
        for volume in instance.volumes.iter().flat_map(|volumes| volumes.values()) {
            mappings.push(volume.disk().mapping(volume.device.as_deref().unwrap_or_default()));
        }
        Ok(Some(mappings).filter(|mappings| !mappings.is_empty()))
    }

    /// The device name of an image's root volume. A mapping under another name would add a volume instead of changing it.
    async fn root_device(&self, image: &str) -> Result<String, ManageError> {
        if image.starts_with(RESOLVE) {
            return Ok(usual_root_device(image).to_owned());
        }
        let answer = self.ec2.describe_images().image_ids(image).send().await;
        match answer.map_err(|error| failed("DescribeImages", error)) {
            Ok(answer) => {
                let device = answer.images().first().and_then(|image| image.root_device_name());
                Ok(device.unwrap_or_else(|| usual_root_device(image)).to_owned())
            }
            // RunInstances says better what is wrong with the image.
            Err(error) if error.code.as_deref() == Some("InvalidAMIID.NotFound") => {
                Ok(usual_root_device(image).to_owned())
            }
            Err(error) => Err(error),
        }
    }
}

/// No Describe call resolves a parameter, so its name has to tell the distribution: Amazon's (also those made for ECS and
/// EKS), Bottlerocket's and Debian's images start from `/dev/xvda`, Ubuntu's and most others from `/dev/sda1`.
fn usual_root_device(image: &str) -> &'static str {
    if ["amazon-linux", "al20", "amzn", "/bottlerocket/", "/debian/"].iter().any(|part| image.contains(part)) {
        "/dev/xvda"
    } else {
        "/dev/sda1"
    }
}

/// Zone, subnet, groups and public address. AWS refuses groups beside a network interface that has its own.
fn place(request: RunInstancesFluentBuilder, instance: &Instance) -> RunInstancesFluentBuilder {
    let zone = instance.availability_zone.as_ref().map(|zone| Placement::builder().availability_zone(zone).build());
    let request = request.set_placement(zone);
    let groups = instance.security_groups.as_deref().map(group_ids);
    if instance.public_ip.is_none() && instance.subnet.is_none() {
        return request.set_security_group_ids(groups);
    }
    // Without a subnet it is the default one of the zone.
    let interface = InstanceNetworkInterfaceSpecification::builder()
        .device_index(0)
        .set_associate_public_ip_address(instance.public_ip)
        .set_subnet_id(instance.subnet.clone())
        .set_groups(groups);
    request.network_interfaces(interface.build())
}

pub(super) fn group_ids(groups: &[Ref<SecurityGroup>]) -> Vec<String> {
    groups.iter().filter_map(|group| group.id()).map(str::to_owned).collect()
}

fn profile(instance: &Instance) -> Option<IamInstanceProfileSpecification> {
    let name = instance.instance_profile.as_ref()?.some()?;
    Some(IamInstanceProfileSpecification::builder().name(name).build())
}

fn monitoring(enabled: bool) -> RunInstancesMonitoringEnabled {
    RunInstancesMonitoringEnabled::builder().enabled(enabled).build()
}

fn hibernation(configured: bool) -> HibernationOptionsRequest {
    HibernationOptionsRequest::builder().configured(configured).build()
}

fn is_leaving(status: Option<&InstanceStateName>) -> bool {
    matches!(status, Some(InstanceStateName::ShuttingDown | InstanceStateName::Terminated))
}

/// "Not found" has the engine try again, for as long as something just made may stay unseen.
fn not_shown(error: ManageError, new: &New<'_, Instance>) -> ManageError {
    let message = format!("RunInstances: {} was created before, and no reading shows it", new.address);
    ManageError { class: ErrorClass::Gone, message, ..error }.hint("plan again")
}

fn other_than_asked(error: ManageError, new: &New<'_, Instance>, id: &str) -> ManageError {
    let address = new.address;
    let message = format!("RunInstances: {id} was created for {address} before, by a file that said something else");
    ManageError { message, ..error }.hint(format!("plan again; if {id} has lost its tags, `cn-infra adopt` it"))
}
