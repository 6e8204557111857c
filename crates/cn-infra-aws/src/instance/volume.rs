//! EBS volumes of a server: the one that it starts from, and further ones.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{self as ec2, BlockDeviceMapping, EbsBlockDevice};
use cn_infra_core::resource::{FieldChange, Impact, Problem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Instance;

/// An EBS volume. Size, type, iops and throughput change while it is in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Disk {
    /// Size in GiB. It can grow, never shrink; the file system has to be grown from within.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_gib: Option<i32>,
    /// The volume type; left out at creation: the image's for a root volume, else `gp2`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub volume_type: Option<VolumeType>,
    /// Input and output operations per second; `gp3`, `io1` and `io2` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iops: Option<i32>,
    /// Throughput in MiB/s; `gp3` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<i32>,
    /// Whether the volume is deleted with the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_on_termination: Option<bool>,
    /// Whether it is encrypted. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
    /// The KMS key it is encrypted with: id, ARN or `alias/…`; left out: the account's default key. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
}

/// A further EBS volume: a [`Disk`] at a device name.
// The fields stand here again because serde cannot flatten and refuse unknown fields at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Volume {
    /// The device name: `/dev/sdf`; required. The server may see it under another name, such as `/dev/nvme1n1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Size in GiB. It can grow, never shrink; the file system has to be grown from within.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_gib: Option<i32>,
    /// The volume type; left out at creation: `gp2`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub volume_type: Option<VolumeType>,
    /// Input and output operations per second; `gp3`, `io1` and `io2` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iops: Option<i32>,
    /// Throughput in MiB/s; `gp3` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<i32>,
    /// Whether the volume is deleted with the instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_on_termination: Option<bool>,
    /// Whether it is encrypted. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
    /// The KMS key it is encrypted with: id, ARN or `alias/…`; left out: the account's default key. Cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
}

/// The type of an EBS volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VolumeType {
    /// General purpose SSD: iops and throughput of their own.
    Gp3,
    /// General purpose SSD of the former generation: iops grow with the size.
    Gp2,
    /// Provisioned iops SSD.
    Io1,
    /// Provisioned iops SSD, more durable.
    Io2,
    /// Throughput optimized HDD.
    St1,
    /// Cold HDD.
    Sc1,
    /// Magnetic, of the first generation.
    Standard,
}

impl Disk {
    /// What AWS tells of a volume, and of it as the instance's.
    pub(super) fn of(volume: &ec2::Volume, mapping: Option<&ec2::EbsInstanceBlockDevice>) -> Self {
        Self {
            size_gib: volume.size(),
            volume_type: volume.volume_type().and_then(VolumeType::of),
            iops: volume.iops(),
            throughput: volume.throughput(),
            delete_on_termination: mapping.and_then(ec2::EbsInstanceBlockDevice::delete_on_termination),
            encrypted: volume.encrypted(),
            kms_key: volume.kms_key_id().map(str::to_owned),
        }
    }

    /// A key can be named in three ways; AWS tells its ARN. What an alias stands for, EC2 does not tell: it counts as equal.
    pub(super) fn normalize(&self, live: &mut Self) {
        if let (Some(wanted), Some(key)) = (&self.kms_key, &mut live.kms_key)
            && (wanted.contains("alias/") || key.rsplit('/').next() == Some(wanted))
        {
            wanted.clone_into(key);
        }
    }

    pub(super) fn validate(&self, path: &str, each: &mut dyn FnMut(Problem)) {
        let Self { size_gib, volume_type, iops, throughput, delete_on_termination: _, encrypted, kms_key } = self;
        if size_gib.is_some_and(|size| size < 1) {
            each(Problem::new(format!("{path}.size_gib"), "a volume has at least 1 GiB"));
        }
        if let Some(of) = volume_type {
            let name = of.name();
            if iops.is_some() && !of.takes_iops() {
                let problem = format!("the iops of a {name} volume cannot be chosen");
                each(Problem::new(format!("{path}.iops"), problem).hint("leave it out, or use gp3, io1 or io2"));
            }
            if iops.is_none() && matches!(of, VolumeType::Io1 | VolumeType::Io2) {
                each(Problem::new(format!("{path}.type"), format!("{name} needs `iops`")));
            }
            if throughput.is_some() && *of != VolumeType::Gp3 {
                let problem = format!("the throughput of a {name} volume cannot be chosen");
                each(Problem::new(format!("{path}.throughput"), problem).hint("leave it out, or use gp3"));
            }
        }
        if kms_key.is_some() && *encrypted == Some(false) {
            each(Problem::new(format!("{path}.kms_key"), "a volume that is not encrypted has no key"));
        }
    }

    /// The volume as a create call takes it. A key asks for encryption.
    pub(super) fn mapping(&self, device: &str) -> BlockDeviceMapping {
        let Self { size_gib, volume_type, iops, throughput, delete_on_termination, encrypted, kms_key } = self;
        let volume = EbsBlockDevice::builder()
            .set_volume_size(*size_gib)
            .set_volume_type(volume_type.map(VolumeType::request))
            .set_iops(*iops)
            .set_throughput(*throughput)
            .set_delete_on_termination(*delete_on_termination)
            // AWS refuses a key without it.
            .set_encrypted(encrypted.or(kms_key.as_ref().map(|_| true)))
            .set_kms_key_id(kms_key.clone())
            .build();
        BlockDeviceMapping::builder().device_name(device).ebs(volume).build()
    }
}

impl Volume {
    /// A volume at a device.
    pub(super) fn at(device: &str, disk: Disk) -> Self {
        let Disk { size_gib, volume_type, iops, throughput, delete_on_termination, encrypted, kms_key } = disk;
        let device = Some(device.to_owned());
        Self { device, size_gib, volume_type, iops, throughput, delete_on_termination, encrypted, kms_key }
    }

    /// The volume without its device.
    pub(super) fn disk(&self) -> Disk {
        let Self { device: _, size_gib, volume_type, iops, throughput, delete_on_termination, encrypted, kms_key } =
            self.clone();
        Disk { size_gib, volume_type, iops, throughput, delete_on_termination, encrypted, kms_key }
    }
}

impl VolumeType {
    pub(super) fn takes_iops(self) -> bool {
        matches!(self, Self::Gp3 | Self::Io1 | Self::Io2)
    }

    fn of(of: &ec2::VolumeType) -> Option<Self> {
        Self::deserialize(Value::from(of.as_str())).ok()
    }

    /// AWS's name of the type.
    fn name(self) -> &'static str {
        match self {
            Self::Gp3 => "gp3",
            Self::Gp2 => "gp2",
            Self::Io1 => "io1",
            Self::Io2 => "io2",
            Self::St1 => "st1",
            Self::Sc1 => "sc1",
            Self::Standard => "standard",
        }
    }

    pub(super) fn request(self) -> ec2::VolumeType {
        self.name().into()
    }
}

/// Whether two device names mean the same: `sdf`, `/dev/sdf` and `/dev/xvdf`.
pub(super) fn same_device(one: &str, other: &str) -> bool {
    fn letters(device: &str) -> &str {
        let name = device.strip_prefix("/dev/").unwrap_or(device);
        name.strip_prefix("xvd").or_else(|| name.strip_prefix("sd")).unwrap_or(name)
    }
    letters(one) == letters(other)
}

/// Gives live volumes the file's names and spelling of devices; one that the file does not know is named by its device.
pub(super) fn join(wanted: &BTreeMap<String, Volume>, live: &mut BTreeMap<String, Volume>) {
    let name_of = |device: &str| {
        wanted.iter().find(|(_, volume)| volume.device.as_deref().is_some_and(|wanted| same_device(wanted, device)))
    };
    *live = std::mem::take(live)
        .into_iter()
        .map(|(key, mut volume)| {
            let device = volume.device.clone().unwrap_or(key);
            let Some((name, wanted)) = name_of(&device) else { return (device, volume) };
            let mut disk = volume.disk();
            wanted.disk().normalize(&mut disk);
            volume = Volume::at(wanted.device.as_deref().unwrap_or(&device), disk);
            (name.clone(), volume)
        })
        .collect();
}

/// Every volume needs a device, and none can share one.
pub(super) fn validate(volumes: &BTreeMap<String, Volume>, each: &mut dyn FnMut(Problem)) {
    let mut before: Vec<(&str, &str)> = Vec::new();
    for (name, volume) in volumes {
        let path = format!("volumes.{name}");
        volume.disk().validate(&path, each);
        let Some(device) = volume.device.as_deref() else {
            each(Problem::new(path, "the volume has no `device`").hint("write, for example, device = \"/dev/sdf\""));
            continue;
        };
        if let Some((other, _)) = before.iter().find(|(_, used)| same_device(used, device)) {
            each(Problem::new(format!("{path}.device"), format!("{device} is the device of `{other}` already")));
        }
        before.push((name, device));
    }
}

/// What a change of one field of a volume costs.
pub(super) fn impact(field: &str, change: &FieldChange<'_, Instance>) -> Impact {
    let number = |value: Option<&Value>| value.and_then(Value::as_i64);
    match field {
        "size_gib" if number(change.before) > number(change.after) => Impact::impossible(
            "an EBS volume never shrinks",
            "attach a smaller volume and copy the data, or write the size that it has",
        ),
        "size_gib" => Impact::noted("the volume grows while in use; the file system has to be grown from within"),
        "type" | "iops" | "throughput" => {
            Impact::noted("changes while in use, over hours; AWS takes at most four such changes in 24 hours")
        }
        "encrypted" | "kms_key" => Impact::impossible(
            "the encryption of a volume is chosen when it is made",
            "make an encrypted copy of a snapshot and attach that, or write what it has",
        ),
        "device" => Impact::impossible("a volume keeps its device while attached", "detach it and attach it anew"),
        _ => Impact::in_place(),
    }
}

/// What it costs that a volume is declared and not there, or there and not declared.
pub(super) fn impact_of_entry(name: &str, change: &FieldChange<'_, Instance>) -> Option<Impact> {
    let entry = |of: &Instance| of.volumes.as_ref().and_then(|volumes| volumes.get(name)).cloned();
    match (entry(change.desired), entry(change.live)) {
        (Some(wanted), None) => {
            let device = wanted.device.unwrap_or_default();
            Some(Impact::impossible(
                "volumes are made together with the server only",
                format!("make it with `aws ec2 create-volume` and attach it as {device}: it is then found there"),
            ))
        }
        (None, Some(_)) => {
            Some(Impact::ignored("data is never deleted: detach the volume by hand, or declare it under `volumes`"))
        }
        _ => None,
    }
}
