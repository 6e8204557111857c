//! Certificate authorities of databases.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>

use super::filter::Filters;
use super::paging::page;
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on certificates.
pub const OPERATIONS: &[Operation] = &[Operation::new("DescribeCertificates", &[], describe)];

/// The authorities; the first is the default.
pub const AUTHORITIES: [&str; 3] = ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"];

/// When the authorities' certificates end.
pub const VALID_TILL: &str = "2061-05-19T18:03:31Z";

/// The authority asked for; `None`: the default.
///
/// # Errors
/// `CertificateNotFound`.
pub fn authority(asked: Option<&str>) -> Result<String, AwsError> {
    let unknown =
        |name: &str| AwsError::new("CertificateNotFound", format!("Certificate not found: {name}")).status(404);
    match asked {
        None => Ok(AUTHORITIES[0].to_owned()),
        Some(name) if AUTHORITIES.contains(&name) => Ok(name.to_owned()),
        Some(name) => Err(unknown(name)),
    }
}

fn describe(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    Filters::of(params)?.only(&[])?;
    let only = params.get("CertificateIdentifier").map(|name| authority(Some(name))).transpose()?;
    let found = AUTHORITIES.iter().filter(|name| only.as_deref().is_none_or(|only| only == **name)).collect();
    let (found, marker) = page(params)?.cut(found, |name| name);
    let mut xml = Xml::new();
    xml.list("Certificates", "Certificate", found, |xml, name| {
        xml.text("CertificateIdentifier", name).text("CertificateType", "CA").text("ValidTill", VALID_TILL);
        xml.text("CertificateArn", format!("arn:aws:rds:{}::cert:{name}", context.region));
        xml.text("CustomerOverride", false);
    });
    xml.text("DefaultCertificateForNewLaunches", AUTHORITIES[0]).some("Marker", marker);
    Ok(xml)
}
