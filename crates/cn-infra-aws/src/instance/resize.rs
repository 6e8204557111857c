//! Changing volumes while they are in use.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    self as ec2, EbsInstanceBlockDeviceSpecification, Filter, InstanceBlockDeviceMappingSpecification,
    VolumeModification, VolumeModificationState,
};
use cn_infra_core::manager::{Change, ErrorClass, ManageError, Progress};

use super::volume::{VolumeType, same_device};
use super::{Disk, Instance, Instances};
use crate::error::failed;

/// One volume whose declared settings differ from what is there.
struct Resize {
    device: String,
    volume: String,
    /// Only what differs, and what AWS wants to hear together with it.
    disk: Disk,
}

impl Instances {
    /// Changes size, type, iops and throughput, one call per volume.
    ///
    /// AWS shows the new values only after a while and refuses a second modification meanwhile, so what is under way is
    /// waited for and not sent again.
    pub(super) async fn resize_volumes(
        &self,
        instance: &ec2::Instance,
        change: &Change<'_, Instance>,
    ) -> Result<Progress, ManageError> {
        let resizes = resizes(instance, change);
        let modifications = self.modifications(&resizes).await?;
        let mut progress = Progress::Done;
        for Resize { volume, disk, .. } in &resizes {
            if !disk.is_modified() {
                continue;
            }
            match modifications.get(volume).filter(|modification| aims_at(modification, disk)) {
                Some(under_way) if under_way.modification_state() == Some(&VolumeModificationState::Modifying) => {
                    return Err(ManageError::new(ErrorClass::Busy, format!("{volume} is still being modified")));
                }
                Some(_) => {}
                None => {
                    self.modify(volume, disk).await?;
                    progress = Progress::Again;
                }
            }
        }
        Ok(progress)
    }

    /// Whether volumes are deleted with the instance: one call for all of them.
    pub(super) async fn set_delete_on_termination(
        &self,
        id: &str,
        instance: &ec2::Instance,
        change: &Change<'_, Instance>,
    ) -> Result<(), ManageError> {
        let mappings: Vec<_> = resizes(instance, change)
            .into_iter()
            .filter_map(|resize| Some(delete_on_termination(&resize.device, resize.disk.delete_on_termination?)))
            .collect();
        if mappings.is_empty() {
            return Ok(());
        }
        let call = self.ec2.modify_instance_attribute().instance_id(id).set_block_device_mappings(Some(mappings));
        call.send().await.map_err(|error| failed("ModifyInstanceAttribute", error))?;
        Ok(())
    }

    /// The latest modification of each volume that had one.
    async fn modifications(&self, of: &[Resize]) -> Result<BTreeMap<String, VolumeModification>, ManageError> {
        let ids: Vec<_> = of.iter().filter(|resize| resize.disk.is_modified()).map(|of| of.volume.clone()).collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        // By filter: asked for by id, a volume that never had one is an error.
        let by_volume = Filter::builder().name("volume-id").set_values(Some(ids)).build();
        let answer = self.ec2.describe_volumes_modifications().filters(by_volume).send().await;
        let answer = answer.map_err(|error| failed("DescribeVolumesModifications", error))?;
        let modifications = answer.volumes_modifications.unwrap_or_default().into_iter();
        Ok(modifications.filter_map(|modification| Some((modification.volume_id.clone()?, modification))).collect())
    }

    async fn modify(&self, volume: &str, disk: &Disk) -> Result<(), ManageError> {
        let call = self.ec2.modify_volume().volume_id(volume);
        let call = call
            .set_size(disk.size_gib)
            .set_volume_type(disk.volume_type.map(VolumeType::request))
            .set_iops(disk.iops)
            .set_throughput(disk.throughput);
        call.send().await.map_err(|error| failed("ModifyVolume", error))?;
        Ok(())
    }
}

impl Disk {
    /// Whether it needs a modification of the volume itself.
    fn is_modified(&self) -> bool {
        self.size_gib.is_some() || self.volume_type.is_some() || self.iops.is_some() || self.throughput.is_some()
    }
}

/// The declared volumes that differ and are there.
fn resizes(instance: &ec2::Instance, change: &Change<'_, Instance>) -> Vec<Resize> {
    let root = change.desired.root_volume.clone().zip(instance.root_device_name.clone());
    let root = root.map(|(disk, device)| ("root_volume".to_owned(), device, disk));
    let volumes = change.desired.volumes.iter().flatten();
    let others =
        volumes.filter_map(|(name, volume)| Some((format!("volumes.{name}"), volume.device.clone()?, volume.disk())));
    root.into_iter()
        .chain(others)
        .filter_map(|(path, device, disk)| {
            let (device, volume) = attached_at(instance, &device)?;
            let disk = differing(&path, &disk, change);
            Some(Resize { device, volume, disk })
        })
        .collect()
}

/// The device as AWS spells it, and the volume attached there.
fn attached_at(instance: &ec2::Instance, device: &str) -> Option<(String, String)> {
    let mut attached = instance
        .block_device_mappings()
        .iter()
        .filter_map(|mapping| Some((mapping.device_name.clone()?, mapping.ebs()?.volume_id.clone()?)));
    attached.find(|(spelling, _)| same_device(spelling, device))
}

/// The settings that differ. A new type takes iops and throughput of its own, so those go with it.
fn differing(path: &str, disk: &Disk, change: &Change<'_, Instance>) -> Disk {
    let differs = |field: &str| change.touches(&format!("{path}.{field}"));
    let new_type = differs("type");
    Disk {
        size_gib: disk.size_gib.filter(|_| differs("size_gib")),
        volume_type: disk.volume_type.filter(|_| new_type),
        iops: disk.iops.filter(|_| new_type || differs("iops")),
        throughput: disk.throughput.filter(|_| new_type || differs("throughput")),
        delete_on_termination: disk.delete_on_termination.filter(|_| differs("delete_on_termination")),
        encrypted: None,
        kms_key: None,
    }
}

/// Whether a modification brings a volume to just these settings, unless it failed.
fn aims_at(modification: &VolumeModification, disk: &Disk) -> bool {
    let number = |wanted: Option<i32>, target| wanted.is_none() || wanted == target;
    let of = disk.volume_type.map(VolumeType::request);
    modification.modification_state() != Some(&VolumeModificationState::Failed)
        && (of.is_none() || of.as_ref() == modification.target_volume_type())
        && number(disk.size_gib, modification.target_size())
        && number(disk.iops, modification.target_iops())
        && number(disk.throughput, modification.target_throughput())
}

fn delete_on_termination(device: &str, delete: bool) -> InstanceBlockDeviceMappingSpecification {
    let volume = EbsInstanceBlockDeviceSpecification::builder().delete_on_termination(delete).build();
    InstanceBlockDeviceMappingSpecification::builder().device_name(device).ebs(volume).build()
}
