//! Instance classes, and what can be ordered with them.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.html>

use super::engines::{Engine, Version};
use super::filter::Filters;
use super::network;
use super::paging::page_up_to;
use super::storage;
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on classes.
pub const OPERATIONS: &[Operation] = &[Operation::new("DescribeOrderableDBInstanceOptions", &["Engine"], describe)];

/// Families of classes, and their sizes.
const FAMILIES: &[(&str, &[&str])] = &[
    ("t3", &["micro", "small", "medium", "large", "xlarge", "2xlarge"]),
    ("t4g", &["micro", "small", "medium", "large", "xlarge", "2xlarge"]),
    ("m5", &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge"]),
    ("m6g", &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    ("m6i", &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge"]),
    ("m7g", &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    ("r5", &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge"]),
    ("r6g", &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    ("r6i", &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge"]),
    ("r7g", &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
];

/// Refuses a class that does not exist. Each is there for every engine of the sandbox.
///
/// # Errors
/// `InvalidParameterValue`.
pub fn check(class: &str) -> Result<(), AwsError> {
    if all().any(|known| known == class) {
        return Ok(());
    }
    Err(AwsError::new("InvalidParameterValue", format!("Invalid DB Instance class: {class}")))
}

fn all() -> impl Iterator<Item = String> {
    FAMILIES.iter().flat_map(|(family, sizes)| sizes.iter().map(move |size| format!("db.{family}.{size}")))
}

fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    Filters::of(params)?.only(&[])?;
    let engine = Engine::named(params.require("Engine")?)?;
    let asked = |name: &str| params.get(name).filter(|text| !text.is_empty());
    let (version, class, license) = (asked("EngineVersion"), asked("DBInstanceClass"), asked("LicenseModel"));
    let zone_group = asked("AvailabilityZoneGroup");
    let here = zone_group.is_none_or(|group| group == context.region) && params.flag("Vpc")? != Some(false);
    let versions = engine.versions().filter(|it| version.is_none_or(|version| it.is(version)));
    let mut found = Vec::new();
    for version in versions.filter(|_| here && license.is_none_or(|license| license == engine.license)) {
        for class in all().filter(|it| class.is_none_or(|class| class == it)) {
            let kinds = storage::KINDS.iter();
            found.extend(kinds.map(|kind| (format!("{class} {version} {}", kind.name), class.clone(), version, kind)));
        }
    }
    let (found, marker) = page_up_to(params, 10_000)?.cut(found, |(key, ..)| key);
    let zones: Vec<_> = network::default_subnets(context).into_iter().map(|subnet| subnet.zone).collect();
    let mut xml = Xml::new();
    xml.list("OrderableDBInstanceOptions", "OrderableDBInstanceOption", found, |xml, (_, class, version, kind)| {
        write(xml, &class, version, kind, &zones);
    });
    xml.some("Marker", marker);
    Ok(xml)
}

fn write(xml: &mut Xml, class: &str, version: Version, kind: &storage::Kind, zones: &[String]) {
    let storage::Kind { name, least, most, iops, .. } = kind;
    xml.text("Engine", version.engine.name).text("EngineVersion", version).text("DBInstanceClass", class);
    xml.text("LicenseModel", version.engine.license).text("StorageType", name).text("Vpc", true);
    xml.list("AvailabilityZones", "AvailabilityZone", zones, |xml, zone| {
        xml.text("Name", zone);
    });
    xml.text("MultiAZCapable", true).text("ReadReplicaCapable", true).text("SupportsStorageEncryption", true);
    xml.text("SupportsIops", iops.is_some()).text("SupportsStorageThroughput", *name == "gp3");
    xml.text("SupportsEnhancedMonitoring", true).text("SupportsIAMDatabaseAuthentication", true);
    xml.text("SupportsPerformanceInsights", true).text("SupportsStorageAutoscaling", *name != "standard");
    xml.text("MinStorageSize", least).text("MaxStorageSize", most);
    xml.some("MinIopsPerDbInstance", iops.map(|(least, _)| least));
    xml.some("MaxIopsPerDbInstance", iops.map(|(_, most)| most));
    xml.element("SupportedEngineModes", |_| {}).element("AvailableProcessorFeatures", |_| {});
    xml.text("SupportsGlobalDatabases", false).text("SupportsKerberosAuthentication", true);
    xml.text("OutpostCapable", false).text("SupportsClusters", false);
}
