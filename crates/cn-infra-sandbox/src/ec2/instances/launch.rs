//! What RunInstances is told of the instances themselves: all but disks and networks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::images::{self, Image};
use super::super::instance_types::InstanceType;
use super::super::passing::Passing;
use super::super::{key_pairs, profile_associations};
use super::disks::Disk;
use super::{Instance, MetadataOptions, Monitoring, State, lifecycle, metadata};
use crate::context::Context;
use crate::error::AwsError;
use crate::iam::Profile;
use crate::query::Params;

/// What all instances of a request have in common.
#[derive(Debug)]
pub struct Model {
    /// The row, without id and zone.
    pub instance: Instance,
    /// The image.
    pub image: Image,
    /// The zone asked for.
    pub zone: Option<String>,
    /// How many vCPUs each has.
    pub vcpus: u32,
    /// How many interfaces each may have.
    pub max_interfaces: usize,
    profile: Option<Profile>,
}

/// The type of an instance where none is named: of a generation that starts no image of today.
const DEFAULT_TYPE: &str = "m1.small";

/// Reads and checks a request.
pub fn read(context: &Context<'_>, params: &Params<'_>, token: Option<&str>) -> Result<Model, AwsError> {
    let image = images::resolve(context.region, params.require("ImageId")?)?;
    let kind = chosen_type(params, &image)?;
    let key = params.get("KeyName");
    key.map_or(Ok(()), |key| key_pairs::check(context, key))?;
    let profile = params.has("IamInstanceProfile").then(|| params.structure("IamInstanceProfile"));
    let profile = profile.map(|given| context.iam.chosen(&given, context.account).cloned()).transpose()?;
    let is_monitored = params.flag("Monitoring.Enabled")?.unwrap_or_default();
    let instance = Instance {
        id: String::new(),
        reservation: String::new(),
        launch_index: 0,
        made: context.now,
        launched: context.now,
        image: image.id.clone(),
        architecture: image.architecture.to_owned(),
        root_device: image.root_device().to_owned(),
        kind: kind.name(),
        key: key.map(str::to_owned),
        zone: String::new(),
        state: Passing::new(State::Pending, State::Running, context.now, lifecycle::STARTING),
        reason: None,
        ended: None,
        token: token.map(str::to_owned),
        user_data: user_data(params.get("UserData").unwrap_or_default())?,
        termination_protection: params.flag("DisableApiTermination")?.unwrap_or_default(),
        stop_protection: params.flag("DisableApiStop")?.unwrap_or_default(),
        shutdown_behavior: shutdown_behavior(params.get("InstanceInitiatedShutdownBehavior").unwrap_or("stop"))?,
        monitoring: Monitoring::at_launch(is_monitored, context.now),
        ebs_optimized: ebs_optimized(params, &kind)?,
        hibernation: params.flag("HibernationOptions.Configured")?.unwrap_or_default(),
        metadata: metadata::read(
            &params.structure("MetadataOptions"),
            &MetadataOptions::of_image(&image, context.now),
        )?,
        credits: credits(params, &kind)?,
    };
    let zone = placement(params)?;
    let (vcpus, max_interfaces) = (kind.vcpus, kind.max_interfaces());
    Ok(Model { instance, image, zone, vcpus, max_interfaces, profile })
}

fn chosen_type(params: &Params<'_>, image: &Image) -> Result<InstanceType, AwsError> {
    let name = params.get("InstanceType").unwrap_or(DEFAULT_TYPE);
    if name == DEFAULT_TYPE {
        let message = format!(
            "Non-Windows instances with a virtualization type of 'hvm' are currently not supported for this instance \
             type: {name}"
        );
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    let invalid = || AwsError::new("InvalidParameterValue", format!("Invalid value '{name}' for InstanceType."));
    let kind = InstanceType::named(name).ok_or_else(invalid)?;
    check_architecture(&kind, image.architecture)?;
    Ok(kind)
}

/// A type starts images of its own architecture only.
pub fn check_architecture(kind: &InstanceType, architecture: &str) -> Result<(), AwsError> {
    let of_type = kind.architecture();
    if of_type == architecture {
        return Ok(());
    }
    let message = format!(
        "The architecture '{of_type}' of the specified instance type does not match the architecture '{architecture}' \
         of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. \
         You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type \
         or AMI."
    );
    Err(AwsError::new("InvalidParameterValue", message))
}

/// Checks user data: base64 of at most 16 KiB. `None` for none.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html>
pub fn user_data(encoded: &str) -> Result<Option<String>, AwsError> {
    const MAX: usize = 16_384;
    let invalid = |message: &str| AwsError::new("InvalidParameterValue", message);
    let malformed = |_| AwsError::new("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
    let decoded = STANDARD.decode(encoded).map_err(malformed)?;
    if decoded.len() > MAX {
        return Err(invalid("User data is limited to 16384 bytes"));
    }
    Ok((!encoded.is_empty()).then(|| encoded.to_owned()))
}

/// Checks what a shutdown from within does.
pub fn shutdown_behavior(value: &str) -> Result<String, AwsError> {
    match value {
        "stop" | "terminate" => Ok(value.to_owned()),
        _ => {
            let message = format!("Value ({value}) for parameter instanceInitiatedShutdownBehavior is invalid.");
            Err(AwsError::new("InvalidParameterValue", message))
        }
    }
}

fn ebs_optimized(params: &Params<'_>, kind: &InstanceType) -> Result<bool, AwsError> {
    let wanted = params.flag("EbsOptimized")?.unwrap_or_default();
    check_ebs_optimized(kind, wanted)?;
    Ok(wanted)
}

/// Not every type can be EBS-optimized.
pub fn check_ebs_optimized(kind: &InstanceType, wanted: bool) -> Result<(), AwsError> {
    if !wanted || kind.ebs_optimized() != "unsupported" {
        return Ok(());
    }
    let message = "EBS-optimized instances are not supported for your requested configuration. Please check the \
                   documentation for supported configurations.";
    Err(AwsError::new("Unsupported", message))
}

fn credits(params: &Params<'_>, kind: &InstanceType) -> Result<Option<String>, AwsError> {
    match params.get("CreditSpecification.CpuCredits") {
        None => Ok(kind.is_burstable().then(|| kind.default_credits().to_owned())),
        Some(_) if !kind.is_burstable() => {
            let message = format!("The T2/T3/T4g CPU credit option is not supported for {}", kind.name());
            Err(AwsError::new("InvalidParameterCombination", message))
        }
        Some(value @ ("standard" | "unlimited")) => Ok(Some(value.to_owned())),
        Some(value) => Err(AwsError::new("InvalidParameterValue", format!("Invalid value '{value}' for CpuCredits"))),
    }
}

fn placement(params: &Params<'_>) -> Result<Option<String>, AwsError> {
    if let Some(tenancy) = params.get("Placement.Tenancy").filter(|tenancy| *tenancy != "default") {
        return Err(AwsError::not_modelled(format_args!("the tenancy {tenancy}")));
    }
    Ok(params.get("Placement.AvailabilityZone").filter(|zone| !zone.is_empty()).map(str::to_owned))
}

/// The memory of a hibernating instance goes to its root volume, which has to be encrypted.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hibernating-prerequisites.html>
pub fn check_hibernation(model: &Model, disks: &[Disk]) -> Result<(), AwsError> {
    let root = disks.iter().find(|disk| disk.device == model.instance.root_device);
    if model.instance.hibernation && root.is_none_or(|root| root.volume.key.is_none()) {
        let message = "Hibernation requires an encrypted root volume.";
        return Err(AwsError::new("UnsupportedHibernationConfiguration", message));
    }
    Ok(())
}

/// Gives a new instance its profile.
pub fn associate_profile(context: &mut Context<'_>, model: &Model, instance: &str) {
    if let Some(profile) = &model.profile {
        profile_associations::at_launch(context, instance, profile);
    }
}

/// The vCPUs of all instances that are not stopped: what counts against the quota.
pub fn vcpus_in_use(context: &Context<'_>) -> u64 {
    let counts = |state| matches!(state, State::Pending | State::Running | State::Stopping);
    let running = context.ec2.instances.values().filter(|instance| counts(instance.state.at(context.now)));
    running.filter_map(|instance| InstanceType::named(&instance.kind)).map(|kind| u64::from(kind.vcpus)).sum()
}

/// Refuses what exceeds the quota of vCPUs.
pub fn check_vcpus(context: &Context<'_>) -> Result<(), AwsError> {
    let quota = context.settings.quota("vcpus");
    if vcpus_in_use(context) > quota { Err(too_many_vcpus(quota)) } else { Ok(()) }
}

/// What AWS says where vCPUs would exceed the quota.
pub fn too_many_vcpus(quota: u64) -> AwsError {
    let message = format!(
        "You have requested more vCPU capacity than your current vCPU limit of {quota} allows for the instance bucket \
         that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to \
         request an adjustment to this limit."
    );
    AwsError::new("VcpuLimitExceeded", message)
}
