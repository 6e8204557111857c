//! Instance types: those of the common families.

use super::filter::{any, one};
use super::{Filters, Page, zones};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on instance types.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("DescribeInstanceTypeOfferings", &[], describe_offerings),
    Operation::new("DescribeInstanceTypes", &[], describe),
];

/// What all types of a family have in common. <https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html>
#[derive(Debug)]
struct Family {
    name: &'static str,
    /// `x86_64` or `arm64`.
    architecture: &'static str,
    /// Threads of a core: 2 with hyper-threading.
    threads: u32,
    /// `nitro` or `xen`.
    hypervisor: &'static str,
    /// GiB for each vCPU; `None` for the T families, where the size decides.
    memory: Option<u32>,
    sizes: Sizes,
}

/// The sizes of a family with their vCPUs.
type Sizes = &'static [(&'static str, u32)];

#[rustfmt::skip]
mod sizes {
    use super::Sizes;

    pub const T2: Sizes = &[("nano", 1), ("micro", 1), ("small", 1), ("medium", 2), ("large", 2), ("xlarge", 4), ("2xlarge", 8)];
    pub const T3: Sizes = &[("nano", 2), ("micro", 2), ("small", 2), ("medium", 2), ("large", 2), ("xlarge", 4), ("2xlarge", 8)];
    pub const M4: Sizes = &[("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16), ("10xlarge", 40), ("16xlarge", 64)];
    pub const FIFTH: Sizes = &[
        ("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16), ("8xlarge", 32), ("12xlarge", 48), ("16xlarge", 64), ("24xlarge", 96),
    ];
    pub const C5: Sizes = &[
        ("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16), ("9xlarge", 36), ("12xlarge", 48), ("18xlarge", 72), ("24xlarge", 96),
    ];
    pub const SIXTH: Sizes = &[
        ("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16), ("8xlarge", 32), ("12xlarge", 48), ("16xlarge", 64), ("24xlarge", 96),
        ("32xlarge", 128),
    ];
    pub const SEVENTH: Sizes = &[
        ("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16), ("8xlarge", 32), ("12xlarge", 48), ("16xlarge", 64), ("24xlarge", 96),
        ("48xlarge", 192),
    ];
    pub const ARM: Sizes = &[
        ("medium", 1), ("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16), ("8xlarge", 32), ("12xlarge", 48), ("16xlarge", 64),
    ];
}

const FAMILIES: &[Family] = &[
    Family::intel("c5", Some(2), sizes::C5),
    Family::intel("c6i", Some(2), sizes::SIXTH),
    Family::graviton("c6g", Some(2), sizes::ARM),
    Family::graviton("c7g", Some(2), sizes::ARM),
    Family::xen("m4", Some(4), sizes::M4),
    Family::intel("m5", Some(4), sizes::FIFTH),
    Family::intel("m5a", Some(4), sizes::FIFTH),
    Family::intel("m6i", Some(4), sizes::SIXTH),
    Family::graviton("m6g", Some(4), sizes::ARM),
    Family::intel("m7i", Some(4), sizes::SEVENTH),
    Family::graviton("m7g", Some(4), sizes::ARM),
    Family::intel("r5", Some(8), sizes::FIFTH),
    Family::intel("r6i", Some(8), sizes::SIXTH),
    Family::graviton("r6g", Some(8), sizes::ARM),
    Family::graviton("r7g", Some(8), sizes::ARM),
    Family::xen("t2", None, sizes::T2),
    Family::intel("t3", None, sizes::T3),
    Family::intel("t3a", None, sizes::T3),
    Family::graviton("t4g", None, sizes::T3),
];

impl Family {
    /// x86 on Nitro, of Intel or AMD.
    const fn intel(name: &'static str, memory: Option<u32>, sizes: Sizes) -> Self {
        Self { name, architecture: "x86_64", threads: 2, hypervisor: "nitro", memory, sizes }
    }

    const fn graviton(name: &'static str, memory: Option<u32>, sizes: Sizes) -> Self {
        Self { name, architecture: "arm64", threads: 1, hypervisor: "nitro", memory, sizes }
    }

    /// x86 of the generation before Nitro.
    const fn xen(name: &'static str, memory: Option<u32>, sizes: Sizes) -> Self {
        Self { name, architecture: "x86_64", threads: 2, hypervisor: "xen", memory, sizes }
    }
}

/// One instance type.
#[derive(Clone, Copy, Debug)]
pub struct InstanceType {
    family: &'static Family,
    size: &'static str,
    /// How many vCPUs it has.
    pub vcpus: u32,
}

impl InstanceType {
    /// The type of a name, for example `t3.micro`.
    pub fn named(name: &str) -> Option<Self> {
        let (family, size) = name.split_once('.')?;
        let family = FAMILIES.iter().find(|known| known.name == family)?;
        let (size, vcpus) = *family.sizes.iter().find(|(known, _)| *known == size)?;
        Some(Self { family, size, vcpus })
    }

    fn all() -> impl Iterator<Item = Self> {
        let types =
            |family: &'static Family| family.sizes.iter().map(move |&(size, vcpus)| Self { family, size, vcpus });
        FAMILIES.iter().flat_map(types)
    }

    /// Its name.
    pub fn name(&self) -> String {
        format!("{}.{}", self.family.name, self.size)
    }

    /// Its memory in MiB.
    pub fn memory(&self) -> u32 {
        const GIB: u32 = 1024;
        match (self.family.memory, self.size) {
            (Some(gib), _) => self.vcpus * gib * GIB,
            (None, "nano") => GIB / 2,
            (None, "micro") => GIB,
            (None, "small") => 2 * GIB,
            (None, "medium") => 4 * GIB,
            (None, "large") => 8 * GIB,
            (None, "xlarge") => 16 * GIB,
            (None, _) => 32 * GIB,
        }
    }

    /// Whether AWS counts it among the current generation.
    fn is_current(&self) -> bool {
        self.family.name != "m4"
    }

    /// `x86_64` or `arm64`.
    pub fn architecture(&self) -> &'static str {
        self.family.architecture
    }

    /// Whether its performance can burst, by CPU credits: the T families.
    pub fn is_burstable(&self) -> bool {
        self.family.name.starts_with('t')
    }

    /// What it does beyond its credits unless told otherwise. T2 alone is throttled.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode.html>
    pub fn default_credits(&self) -> &'static str {
        if self.family.name == "t2" { "standard" } else { "unlimited" }
    }

    /// `default` where it is EBS-optimized whatever one asks for; else `unsupported`.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ebs-optimized.html>
    pub fn ebs_optimized(&self) -> &'static str {
        if self.family.name == "t2" { "unsupported" } else { "default" }
    }

    /// How many cores it has.
    pub fn cores(&self) -> u32 {
        (self.vcpus / self.threads()).max(1)
    }

    /// Threads of each core: one, where there is but one vCPU.
    pub fn threads(&self) -> u32 {
        self.family.threads.min(self.vcpus)
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html>
    pub fn max_interfaces(&self) -> usize {
        match (self.family.name, self.size) {
            ("t2" | "t3" | "t3a" | "t4g", "small" | "medium" | "large") => 3,
            ("t2", "xlarge" | "2xlarge") => 3,
            ("m4", "large") | (_, "nano" | "micro" | "medium") => 2,
            (_, "large") => 3,
            (_, "xlarge" | "2xlarge") => 4,
            (_, "4xlarge" | "8xlarge" | "9xlarge" | "10xlarge" | "12xlarge") => 8,
            _ => 15,
        }
    }
}

/// Of several hundred types of AWS the table has the common ones.
fn unknown(name: &str) -> AwsError {
    AwsError::new("InvalidInstanceType", format!("The following supplied instance types do not exist: [{name}]"))
}

fn describe(_context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?.only(FILTERS)?, Page::of(params, 5..=100)?);
    let wanted = params.list("InstanceType");
    if let Some(name) = wanted.iter().find(|name| InstanceType::named(name).is_none()) {
        return Err(unknown(name));
    }
    let mut found = Vec::new();
    for (kind, name) in InstanceType::all().map(|kind| (kind, kind.name())) {
        let named = wanted.is_empty() || wanted.contains(&&*name);
        if named && filters.keep(None, |property| property_of(&kind, property))? {
            found.push((name, kind));
        }
    }
    let (found, token) = page.cut(found, |(name, _)| name);
    let mut xml = Xml::new();
    xml.items("instanceTypeSet", found, |xml, (name, kind)| write(xml, &name, &kind)).some("nextToken", token);
    Ok(xml)
}

/// The names that [`property_of`] knows.
const FILTERS: &[&str] = &[
    "bare-metal",
    "burstable-performance-supported",
    "current-generation",
    "ebs-info.ebs-optimized-support",
    "hypervisor",
    "instance-storage-supported",
    "instance-type",
    "memory-info.size-in-mib",
    "processor-info.supported-architecture",
    "supported-root-device-type",
    "supported-usage-class",
    "supported-virtualization-type",
    "vcpu-info.default-cores",
    "vcpu-info.default-threads-per-core",
    "vcpu-info.default-vcpus",
];

fn property_of(kind: &InstanceType, property: &str) -> Option<Vec<std::borrow::Cow<'static, str>>> {
    match property {
        "instance-type" => one(kind.name()),
        "processor-info.supported-architecture" => one(kind.architecture()),
        "vcpu-info.default-vcpus" => one(kind.vcpus.to_string()),
        "vcpu-info.default-cores" => one(kind.cores().to_string()),
        "vcpu-info.default-threads-per-core" => one(kind.threads().to_string()),
        "memory-info.size-in-mib" => one(kind.memory().to_string()),
        "hypervisor" => one(kind.family.hypervisor),
        "burstable-performance-supported" => one(kind.is_burstable().to_string()),
        "ebs-info.ebs-optimized-support" => one(kind.ebs_optimized()),
        "current-generation" => one(kind.is_current().to_string()),
        "bare-metal" | "instance-storage-supported" => one("false"),
        "supported-usage-class" => any(["on-demand", "spot"]),
        "supported-virtualization-type" => one("hvm"),
        "supported-root-device-type" => one("ebs"),
        _ => None,
    }
}

/// A list of plain texts.
fn texts(xml: &mut Xml, name: &str, values: &[&str]) {
    xml.element(name, |xml| {
        for value in values {
            xml.text("item", value);
        }
    });
}

fn write(xml: &mut Xml, name: &str, kind: &InstanceType) {
    xml.text("instanceType", name);
    xml.text("currentGeneration", kind.is_current());
    texts(xml, "supportedUsageClasses", &["on-demand", "spot"]);
    texts(xml, "supportedRootDeviceTypes", &["ebs"]);
    texts(xml, "supportedVirtualizationTypes", &["hvm"]);
    xml.text("bareMetal", false).text("hypervisor", kind.family.hypervisor);
    xml.element("processorInfo", |xml| {
        texts(xml, "supportedArchitectures", &[kind.architecture()]);
    });
    xml.element("vCpuInfo", |xml| {
        xml.text("defaultVCpus", kind.vcpus).text("defaultCores", kind.cores());
        xml.text("defaultThreadsPerCore", kind.threads());
    });
    xml.element("memoryInfo", |xml| {
        xml.text("sizeInMiB", kind.memory());
    });
    xml.text("instanceStorageSupported", false);
    xml.element("ebsInfo", |xml| {
        xml.text("ebsOptimizedSupport", kind.ebs_optimized()).text("encryptionSupport", "supported");
        xml.text("nvmeSupport", if kind.family.hypervisor == "nitro" { "required" } else { "unsupported" });
    });
    xml.element("networkInfo", |xml| {
        xml.text("maximumNetworkInterfaces", kind.max_interfaces()).text("maximumNetworkCards", 1);
    });
    xml.text("burstablePerformanceSupported", kind.is_burstable()).text("autoRecoverySupported", true);
}

/// Every zone offers every type of the table.
fn describe_offerings(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, page) = (Filters::of(params)?, Page::of(params, 5..=1000)?);
    let location_type = params.get("LocationType").unwrap_or("region");
    let locations = match location_type {
        "region" => vec![context.region.to_owned()],
        "availability-zone" => zones::of(context.region),
        "availability-zone-id" => zones::of(context.region).iter().map(|zone| zones::id(zone)).collect(),
        other => return Err(AwsError::not_modelled(format!("the location type {other}"))),
    };
    let mut found = Vec::new();
    for name in InstanceType::all().map(|kind| kind.name()) {
        for location in &locations {
            let property = |property: &str| match property {
                "instance-type" => one(&*name),
                "location" => one(&**location),
                _ => None,
            };
            if filters.keep(None, property)? {
                found.push((format!("{name} {location}"), name.clone(), location));
            }
        }
    }
    let (found, token) = page.cut(found, |(key, _, _)| key);
    let mut xml = Xml::new();
    xml.items("instanceTypeOfferingSet", found, |xml, (_, name, location)| {
        xml.text("instanceType", name).text("locationType", location_type).text("location", location);
    });
    xml.some("nextToken", token);
    Ok(xml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_what_aws_tells_of_them() {
        let told = |name: &str| {
            let kind = InstanceType::named(name).expect(name);
            (kind.architecture(), kind.vcpus, kind.memory() / 1024, kind.cores(), kind.max_interfaces())
        };
        assert_eq!(told("t3.micro"), ("x86_64", 2, 1, 1, 2));
        assert_eq!(told("t2.small"), ("x86_64", 1, 2, 1, 3));
        assert_eq!(told("m6g.large"), ("arm64", 2, 8, 2, 3));
        assert_eq!(told("r5.24xlarge"), ("x86_64", 96, 768, 48, 15));
        assert!(InstanceType::named("t3.enormous").is_none() && InstanceType::named("t3").is_none());
    }
}
