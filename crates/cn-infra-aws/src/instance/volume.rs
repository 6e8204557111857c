//! EBS volumes of a server: the one that it starts from, and further ones.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
