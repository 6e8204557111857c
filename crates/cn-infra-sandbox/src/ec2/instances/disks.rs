//! The disks of new instances: what the image has, as `BlockDeviceMapping` changes it, and further ones.

use super::super::images::Image;
use super::super::volumes::{self, Attachment, Defaults, NewVolume, VolumeType};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::{Form, Params};

/// A volume that each new instance gets.
#[derive(Clone, Debug)]
pub struct Disk {
    /// What it is attached as.
    pub device: String,
    /// What it is like.
    pub volume: NewVolume,
    /// Whether it goes with the instance: true unless told otherwise.
    delete_on_termination: bool,
}

fn invalid(message: String) -> AwsError {
    AwsError::new("InvalidBlockDeviceMapping", message)
}

/// Reads and checks all disks; the root first.
pub fn read(context: &Context<'_>, params: &Params<'_>, image: &Image) -> Result<Vec<Disk>, AwsError> {
    let mut disks = Vec::<Disk>::new();
    let mut devices = Vec::new();
    for mapping in params.structures("BlockDeviceMapping") {
        let device = mapping.require("DeviceName")?;
        if devices.contains(&device) {
            return Err(invalid(format!("The device '{device}' is used in more than one block-device mapping")));
        }
        devices.push(device);
        if mapping.get("NoDevice").is_some() {
            if device == image.root_device() {
                return Err(invalid("The root device cannot be left out.".to_owned()));
            }
            continue;
        }
        if let Some(name) = mapping.get("VirtualName") {
            return Err(AwsError::not_modelled(format_args!("disks of the host such as {name}")));
        }
        disks.push(disk(context, device, &mapping.structure("Ebs"), image)?);
    }
    if !devices.contains(&image.root_device()) {
        disks.push(disk(context, image.root_device(), &Form::default().params(), image)?);
    }
    disks.sort_by_key(|disk| disk.device != image.root_device());
    Ok(disks)
}

fn disk(context: &Context<'_>, device: &str, ebs: &Params<'_>, image: &Image) -> Result<Disk, AwsError> {
    let is_root = device == image.root_device();
    let of_image = VolumeType::named(image.volume_type()).unwrap_or(VolumeType::Gp2);
    let defaults = Defaults {
        kind: if is_root { of_image } else { VolumeType::Gp2 },
        snapshot: is_root.then_some(image.snapshot.as_str()),
        too_small: "InvalidBlockDeviceMapping",
        size_parameter: "VolumeSize",
    };
    let delete_on_termination = ebs.flag("DeleteOnTermination")?.unwrap_or(true);
    let volume = NewVolume::read(context, ebs, defaults)?;
    if is_root && !volume.spec.kind.boots() {
        let message = format!("The volume type {} is not supported for a root volume.", volume.spec.kind.name());
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    Ok(Disk { device: device.to_owned(), volume, delete_on_termination })
}

/// Makes the disks of an instance, and tells their ids.
pub fn attach(context: &mut Context<'_>, disks: &[Disk], instance: &str, zone: &str) -> Vec<String> {
    let mut made = Vec::new();
    for Disk { device, volume, delete_on_termination } in disks {
        let attachment = Attachment::new(context, instance, device, *delete_on_termination);
        made.push(volumes::make(context, volume.clone(), zone, Some(attachment)));
    }
    made
}
