//! Regions, their zones as DescribeAvailabilityZones tells them, and what holds for the account in a region.

use super::filter::one;
use super::{Filters, subnets, vpc, zones};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on regions.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("DescribeAccountAttributes", &[], describe_account_attributes),
    Operation::new("DescribeAvailabilityZones", &[], describe_availability_zones),
    Operation::new("DescribeRegions", &[], describe_regions),
];

/// The regions that need no opting in. https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
const REGIONS: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

fn describe_regions(_context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, names) = (Filters::of(params)?, params.list("RegionName"));
    params.flag("AllRegions")?;
    if let Some(unknown) = names.iter().find(|name| !REGIONS.contains(name)) {
        return Err(AwsError::new("InvalidParameterValue", format!("Invalid region: {unknown}")));
    }
    let mut told = Vec::new();
    for name in REGIONS.iter().filter(|name| names.is_empty() || names.contains(name)) {
        let endpoint = format!("ec2.{name}.amazonaws.com");
        let property = |property: &str| match property {
            "region-name" => one(*name),
            "endpoint" => one(&*endpoint),
            "opt-in-status" => one("opt-in-not-required"),
            _ => None,
        };
        if filters.keep(None, property)? {
            told.push((name, endpoint));
        }
    }
    let mut xml = Xml::new();
    xml.items("regionInfo", told, |xml, (name, endpoint)| {
        xml.text("regionName", name).text("regionEndpoint", endpoint).text("optInStatus", "opt-in-not-required");
    });
    Ok(xml)
}

fn describe_availability_zones(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let (filters, region) = (Filters::of(params)?, context.region);
    let (names, ids) = (params.list("ZoneName"), params.list("ZoneId"));
    params.flag("AllAvailabilityZones")?;
    names.iter().try_for_each(|name| subnets::check_zone(context, name))?;
    let mut told = Vec::new();
    for zone in zones::of(region) {
        let id = zones::id(&zone);
        let property = |property: &str| match property {
            "zone-name" => one(&*zone),
            "zone-id" => one(&*id),
            "region-name" | "group-name" => one(region),
            "state" => one("available"),
            "zone-type" => one("availability-zone"),
            "opt-in-status" => one("opt-in-not-required"),
            _ => None,
        };
        let is_wanted = (names.is_empty() && ids.is_empty()) || names.contains(&&*zone) || ids.contains(&&*id);
        if is_wanted && filters.keep(None, property)? {
            told.push((zone, id));
        }
    }
    let mut xml = Xml::new();
    xml.items("availabilityZoneInfo", told, |xml, (zone, id)| {
        xml.text("zoneName", zone).text("zoneId", id).text("zoneState", "available");
        xml.text("regionName", region).text("groupName", region).text("networkBorderGroup", region);
        xml.text("zoneType", "availability-zone").text("optInStatus", "opt-in-not-required");
        xml.items("messageSet", None::<()>, |_, ()| {});
    });
    Ok(xml)
}

fn describe_account_attributes(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let default_vpc = vpc::default_id(context.ec2).unwrap_or("none").to_owned();
    let attributes = [
        ("supported-platforms", "VPC".to_owned()),
        ("default-vpc", default_vpc),
        ("vpc-max-elastic-ips", context.settings.quota("elastic-ips").to_string()),
        ("vpc-max-security-groups-per-interface", context.settings.quota("groups-per-interface").to_string()),
    ];
    let wanted = params.list("AttributeName");
    if let Some(unknown) = wanted.iter().find(|name| !attributes.iter().any(|(known, _)| known == *name)) {
        return Err(AwsError::not_modelled(format!("the account attribute {unknown}")));
    }
    let told = attributes.iter().filter(|(name, _)| wanted.is_empty() || wanted.contains(name));
    let mut xml = Xml::new();
    xml.items("accountAttributeSet", told, |xml, (name, value)| {
        xml.text("attributeName", name).items("attributeValueSet", [value], |xml, value| {
            xml.text("attributeValue", value);
        });
    });
    Ok(xml)
}
