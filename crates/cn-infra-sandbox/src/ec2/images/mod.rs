//! Images: those that Canonical and Amazon publish of Ubuntu and Amazon Linux. They are the same in every account, and
//! have ids of their own in every region.

mod published;

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::filter::one;
use super::identifier::IMAGE;
use super::{Filters, Page};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::ids;
use crate::query::Params;
use crate::xml::Xml;
use published::{Distribution, PUBLISHED, Release};

/// The operations on images.
pub const OPERATIONS: &[Operation] = &[Operation::new("DescribeImages", &[], describe)];

/// An image in a region.
#[derive(Clone, Debug)]
pub struct Image {
    /// `ami-…`
    pub id: String,
    /// The snapshot that its root volume is made from.
    pub snapshot: String,
    distribution: &'static Distribution,
    release: &'static Release,
    /// `x86_64` or `arm64`.
    pub architecture: &'static str,
}

impl Image {
    fn new(
        distribution: &'static Distribution,
        release: &'static Release,
        architecture: &'static str,
        region: &str,
    ) -> Self {
        let mut image = Self { id: String::new(), snapshot: String::new(), distribution, release, architecture };
        let name = image.name();
        image.id = stable_id("ami", region, &name);
        image.snapshot = stable_id("snap", region, &name);
        image
    }

    /// The name that it is published under.
    pub fn name(&self) -> String {
        let architecture = self.distribution.spelling(self.architecture);
        self.distribution.name.replace("{release}", self.release.version).replace("{arch}", architecture)
    }

    /// What the root volume is attached as.
    pub fn root_device(&self) -> &'static str {
        self.distribution.root_device
    }

    /// The size of its root volume in GiB.
    pub fn size(&self) -> u32 {
        self.distribution.size
    }

    /// The type of its root volume.
    pub fn volume_type(&self) -> &'static str {
        self.distribution.volume_type
    }

    /// Whether servers from it answer IMDSv2 only, unless told otherwise.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-IMDS-new-instances.html>
    pub fn requires_imds_tokens(&self) -> bool {
        self.distribution.imds_v2
    }

    /// `2025-07-12T04:16:30.000Z`
    fn created(&self) -> String {
        format!("{}T04:16:30.000Z", self.release.date)
    }

    /// The same in seconds since 1970.
    pub fn published_at(&self) -> i64 {
        self.created().parse().map_or(0, |at: jiff::Timestamp| at.as_second())
    }

    fn is_deprecated(&self) -> bool {
        self.distribution.deprecated.is_some()
    }
}

/// An id that depends on region and name alone.
fn stable_id(prefix: &str, region: &str, name: &str) -> String {
    let digest = Sha256::digest(format!("{prefix} {region} {name}"));
    format!("{prefix}-0{}", ids::hex(&digest[..8]))
}

/// All images of a region.
fn all(region: &str) -> impl Iterator<Item = Image> {
    PUBLISHED.iter().flat_map(move |distribution| {
        let releases = distribution.releases.iter();
        releases.flat_map(move |release| {
            ["x86_64", "arm64"].into_iter().map(move |arch| Image::new(distribution, release, arch, region))
        })
    })
}

/// The image of an id.
///
/// # Errors
/// `InvalidAMIID.Malformed`, `InvalidAMIID.NotFound`.
pub fn find(region: &str, id: &str) -> Result<Image, AwsError> {
    IMAGE.check(id)?;
    all(region).find(|image| image.id == id).ok_or_else(|| IMAGE.missing(&format!("[{id}]")))
}

/// The size in GiB of an image's snapshot.
pub fn snapshot_size(region: &str, snapshot: &str) -> Option<u32> {
    all(region).find(|image| image.snapshot == snapshot).map(|image| image.size())
}

/// The image that a public SSM parameter names: the newest of its kind, or the one of a release.
pub fn of_parameter(region: &str, name: &str) -> Option<Image> {
    PUBLISHED.iter().find_map(|distribution| {
        ["x86_64", "arm64"].into_iter().find_map(|architecture| {
            let release = distribution.release_of_parameter(name, architecture)?;
            Some(Image::new(distribution, release, architecture, region))
        })
    })
}

/// The image that RunInstances is told: an id, or `resolve:ssm:` and a parameter's name.
pub fn resolve(region: &str, given: &str) -> Result<Image, AwsError> {
    let Some(parameter) = given.strip_prefix("resolve:ssm:") else { return find(region, given) };
    let message = || format!("The SSM parameter '{parameter}' of the image ID does not exist or holds no image ID.");
    of_parameter(region, parameter).ok_or_else(|| AwsError::new("InvalidParameterValue", message()))
}

fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?.only(FILTERS)?, Page::of(params, 1..=1000)?);
    let (wanted, owners) = (params.list("ImageId"), params.list("Owner"));
    let users = params.list("ExecutableBy");
    let include_deprecated = params.flag("IncludeDeprecated")?.unwrap_or_default() || !wanted.is_empty();
    params.flag("IncludeDisabled")?;
    wanted.iter().try_for_each(|id| find(context.region, id).map(drop))?;
    let mut found = Vec::new();
    for image in all(context.region) {
        let told = (wanted.is_empty() || wanted.contains(&&*image.id))
            && (owners.is_empty() || owners.iter().any(|owner| image.distribution.is_owned_by(owner)))
            && (users.is_empty() || users.contains(&"all"))
            && (include_deprecated || !image.is_deprecated());
        if told && filters.keep(None, |name| property(&image, name))? {
            found.push(image);
        }
    }
    let (found, token) = page.cut(found, |image| &image.id);
    let mut xml = Xml::new();
    xml.items("imagesSet", found, |xml, image| write(xml, &image)).some("nextToken", token);
    Ok(xml)
}

/// The names that [`property`] knows.
const FILTERS: &[&str] = &[
    "architecture",
    "block-device-mapping.delete-on-termination",
    "block-device-mapping.device-name",
    "block-device-mapping.encrypted",
    "block-device-mapping.snapshot-id",
    "block-device-mapping.volume-size",
    "block-device-mapping.volume-type",
    "creation-date",
    "description",
    "ena-support",
    "hypervisor",
    "image-id",
    "image-type",
    "is-public",
    "kernel-id",
    "name",
    "owner-alias",
    "owner-id",
    "platform",
    "platform-details",
    "product-code",
    "ramdisk-id",
    "root-device-name",
    "root-device-type",
    "state",
    "state-reason-code",
    "virtualization-type",
];

fn property<'a>(image: &'a Image, name: &str) -> Option<Vec<Cow<'a, str>>> {
    match name {
        "image-id" => one(&*image.id),
        "name" => one(image.name()),
        "description" => one(image.distribution.describe(image.release, image.architecture)),
        "architecture" => one(image.architecture),
        "owner-id" => one(image.distribution.owner),
        "owner-alias" => Some(image.distribution.alias.into_iter().map(Cow::from).collect()),
        "creation-date" => one(image.created()),
        "root-device-name" | "block-device-mapping.device-name" => one(image.root_device()),
        "block-device-mapping.snapshot-id" => one(&*image.snapshot),
        "block-device-mapping.volume-size" => one(image.size().to_string()),
        "block-device-mapping.volume-type" => one(image.volume_type()),
        "block-device-mapping.delete-on-termination" | "ena-support" | "is-public" => one("true"),
        "block-device-mapping.encrypted" => one("false"),
        "root-device-type" => one("ebs"),
        "virtualization-type" => one("hvm"),
        "hypervisor" => one("xen"),
        "image-type" => one("machine"),
        "state" => one("available"),
        "platform-details" => one("Linux/UNIX"),
        "platform" | "product-code" | "kernel-id" | "ramdisk-id" | "state-reason-code" => Some(Vec::new()),
        _ => None,
    }
}

fn write(xml: &mut Xml, image: &Image) {
    let Distribution { owner, alias, boot_mode, ephemeral, deprecated, .. } = image.distribution;
    let name = image.name();
    xml.text("imageId", &image.id).text("imageLocation", format_args!("{}/{name}", alias.unwrap_or(owner)));
    xml.text("imageState", "available").text("imageOwnerId", owner).some("imageOwnerAlias", *alias);
    xml.text("creationDate", image.created()).text("isPublic", true).text("architecture", image.architecture);
    xml.text("imageType", "machine").text("platformDetails", "Linux/UNIX").text("usageOperation", "RunInstances");
    xml.text("name", name);
    xml.text("description", image.distribution.describe(image.release, image.architecture));
    xml.text("rootDeviceType", "ebs").text("rootDeviceName", image.root_device());
    xml.element("blockDeviceMapping", |xml| {
        xml.element("item", |xml| write_root(xml, image));
        for (device, number) in [("/dev/sdb", 0), ("/dev/sdc", 1)].iter().filter(|_| *ephemeral) {
            xml.element("item", |xml| {
                xml.text("deviceName", device).text("virtualName", format_args!("ephemeral{number}"));
            });
        }
    });
    xml.text("virtualizationType", "hvm").text("hypervisor", "xen").text("enaSupport", true);
    xml.text("sriovNetSupport", "simple");
    xml.some("bootMode", if image.architecture == "arm64" { Some("uefi") } else { *boot_mode });
    xml.some("imdsSupport", image.requires_imds_tokens().then_some("v2.0")).some("deprecationTime", *deprecated);
}

fn write_root(xml: &mut Xml, image: &Image) {
    xml.text("deviceName", image.root_device());
    xml.element("ebs", |xml| {
        xml.text("snapshotId", &image.snapshot).text("volumeSize", image.size());
        xml.text("deleteOnTermination", true).text("volumeType", image.volume_type()).text("encrypted", false);
        if image.volume_type() == "gp3" {
            xml.text("iops", 3000).text("throughput", 125);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_stable_and_differ() {
        let mut ids: Vec<_> = all("us-west-2").chain(all("eu-central-1")).map(|image| image.id).collect();
        let again: Vec<_> = all("us-west-2").chain(all("eu-central-1")).map(|image| image.id).collect();
        assert_eq!(ids, again);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), again.len());
    }

    #[test]
    fn parameters_name_the_newest_image_of_their_kind() {
        for (parameter, name) in [
            (
                "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
                "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20250821",
            ),
            (
                "/aws/service/canonical/ubuntu/server/jammy/stable/20250516/amd64/hvm/ebs-gp2/ami-id",
                "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20250516",
            ),
            (
                "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
                "al2023-ami-2023.8.20250818.0-kernel-6.1-x86_64",
            ),
            ("/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-arm64-gp2", "amzn2-ami-hvm-2.0.20250818.2-arm64-gp2"),
        ] {
            assert_eq!(of_parameter("us-west-2", parameter).map(|image| image.name()).as_deref(), Some(name));
        }
        assert!(of_parameter("us-west-2", "/aws/service/canonical/ubuntu/server/24.04/stable/current").is_none());
    }
}
