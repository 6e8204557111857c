//! DescribeInstanceTypes and DescribeInstanceTypeOfferings.

use std::borrow::Cow;

use super::super::filter::{any, one};
use super::super::{Filters, Page, zones};
use super::InstanceType;
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// Of several hundred types of AWS the table has the common ones.
fn unknown(name: &str) -> AwsError {
    AwsError::new("InvalidInstanceType", format!("The following supplied instance types do not exist: [{name}]"))
}

pub fn describe(_context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
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

fn property_of(kind: &InstanceType, property: &str) -> Option<Vec<Cow<'static, str>>> {
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
pub fn offerings(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
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
