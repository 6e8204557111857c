//! Prefix lists: the account's own, and those of AWS's services.

mod change;
mod describe;

use std::collections::BTreeMap;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ClientToken, Ec2, tags};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::xml::Xml;

/// The operations on prefix lists.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("CreateManagedPrefixList", &["AddressFamily", "MaxEntries", "PrefixListName"], change::create),
    Operation::new("DeleteManagedPrefixList", &["PrefixListId"], change::delete),
    Operation::new("DescribeManagedPrefixLists", &[], describe::describe),
    Operation::new("DescribePrefixLists", &[], describe::describe_of_services),
    Operation::new("GetManagedPrefixListEntries", &["PrefixListId"], describe::entries),
    Operation::new("ModifyManagedPrefixList", &["PrefixListId"], change::modify),
];

/// A row of the prefix lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrefixList {
    /// `pl-…`
    pub id: String,
    /// When it was made.
    pub made: Timestamp,
    /// The account, or [`AWS`].
    pub owner: String,
    /// Its name. Several lists may have one name.
    pub name: String,
    /// Whether its entries are IPv6 networks.
    pub is_ipv6: bool,
    /// How many entries it may have: as many rules it counts as where a rule names it. AWS tells none of its own lists.
    pub max_entries: Option<u64>,
    /// The entries of each version, the first version first: network and description.
    pub versions: Vec<BTreeMap<IpNet, Option<String>>>,
    /// What it was asked for with.
    pub token: Option<ClientToken>,
}

impl PrefixList {
    /// The entries now.
    fn entries(&self) -> impl Iterator<Item = (&IpNet, &Option<String>)> {
        self.versions.last().into_iter().flatten()
    }

    fn family(&self) -> &'static str {
        if self.is_ipv6 { "IPv6" } else { "IPv4" }
    }

    /// As how many rules it counts, where a rule names it. S3's and DynamoDB's lists have weight 1.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html>
    pub fn weight(&self) -> u64 {
        self.max_entries.unwrap_or(1)
    }
}

/// The owner of the lists of AWS's services.
const AWS: &str = "AWS";

/// The lists of services, with networks that they have in us-west-2.
const OF_SERVICES: &[(&str, &[&str])] =
    &[("dynamodb", &["35.71.64.0/22", "52.119.252.0/22"]), ("s3", &["3.5.76.0/22", "18.34.48.0/20", "52.92.128.0/17"])];

/// Makes the lists of AWS's services.
pub fn begin(ec2: &mut Ec2, region: &str) {
    for (service, networks) in OF_SERVICES {
        let list = PrefixList {
            id: format!("pl-{:08x}", fastrand::u32(..)),
            made: Timestamp::UNIX_EPOCH,
            owner: AWS.to_owned(),
            name: format!("com.amazonaws.{region}.{service}"),
            is_ipv6: false,
            max_entries: None,
            versions: vec![networks.iter().filter_map(|text| Some((text.parse().ok()?, None))).collect()],
            token: None,
        };
        ec2.prefix_lists.insert(list.id.clone(), list);
    }
}

fn not_found(id: &str) -> AwsError {
    AwsError::new("InvalidPrefixListID.NotFound", format!("The prefix list ID '{id}' does not exist"))
}

/// A list that can be seen.
pub fn find<'a>(context: &'a Context<'_>, id: &str) -> Result<&'a PrefixList, AwsError> {
    context.ec2.prefix_lists.get(id).filter(|list| context.can_see(list.made)).ok_or_else(|| not_found(id))
}

fn invalid(why: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValue", why)
}

fn write(xml: &mut Xml, context: &Context<'_>, list: &PrefixList, state: &str) {
    let account = if list.owner == AWS { "aws" } else { &list.owner };
    xml.text("prefixListId", &list.id).text("prefixListName", &list.name).text("addressFamily", list.family());
    xml.text("prefixListArn", format!("arn:aws:ec2:{}:{account}:prefix-list/{}", context.region, list.id));
    xml.text("state", state).text("ownerId", &list.owner);
    if let Some(max) = list.max_entries {
        xml.text("maxEntries", max).text("version", list.versions.len());
    }
    tags::write(xml, context.ec2.tags.get(&list.id));
}
