//! EC2: servers, their disks, networks and addresses.
//!
//! One file or folder for each kind of object: what a row is, the rules, the operations as a table.

mod addresses;
mod client_token;
mod filter;
mod images;
mod instances;
mod interfaces;
mod paging;
mod prefix_lists;
mod security_groups;
mod subnets;
mod tags;
mod vpc;
mod zones;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use addresses::Address;
pub use client_token::ClientToken;
pub use filter::Filters;
pub use instances::Instance;
pub use interfaces::Interface;
pub use paging::Page;
pub use prefix_lists::PrefixList;
pub use security_groups::{Group, Rule, default_of as default_group};
pub use subnets::Subnet;
pub use vpc::Vpc;

use crate::context::Operation;
use crate::error::AwsError;
use crate::table::{Rows, Table};

/// EC2 of one account and region.
#[derive(Debug, Default)]
pub struct Ec2 {
    /// Elastic IPs, by allocation id.
    pub addresses: Table<Address>,
    /// Security groups, by id.
    pub groups: Table<Group>,
    /// By instance id.
    pub instances: Table<Instance>,
    /// Network interfaces, by id.
    pub interfaces: Table<Interface>,
    /// By id.
    pub prefix_lists: Table<PrefixList>,
    /// The rules of all security groups, by id.
    pub rules: Table<Rule>,
    /// By subnet id.
    pub subnets: Table<Subnet>,
    /// The tags of every kind of object, by its id.
    pub tags: Table<BTreeMap<String, String>>,
    /// By VPC id.
    pub vpcs: Table<Vpc>,
}

impl Ec2 {
    /// All tables, with the names that the journal has for them.
    pub fn tables(&mut self) -> Vec<(&'static str, &mut dyn Rows)> {
        let Self { addresses, groups, instances, interfaces, prefix_lists, rules, subnets, tags, vpcs } = self;
        vec![
            ("addresses", addresses),
            ("groups", groups),
            ("instances", instances),
            ("interfaces", interfaces),
            ("prefix-lists", prefix_lists),
            ("rules", rules),
            ("subnets", subnets),
            ("tags", tags),
            ("vpcs", vpcs),
        ]
    }

    /// Lets happen what is due at `now`: called before every request.
    pub fn settle(&mut self, now: Timestamp) {
        instances::settle(self, now);
    }

    /// What every new account has in every region: a default VPC, and AWS's prefix lists. Called once, before the first request.
    pub fn begin(&mut self, account: &str, region: &str, now: Timestamp) {
        prefix_lists::begin(self, region);
        vpc::begin(self, account, region, now);
    }
}

/// The operation of a name, if it is modelled.
pub fn operation(name: &str) -> Option<&'static Operation> {
    let tables = [
        addresses::OPERATIONS,
        images::OPERATIONS,
        instances::OPERATIONS,
        interfaces::OPERATIONS,
        prefix_lists::OPERATIONS,
        security_groups::OPERATIONS,
        subnets::OPERATIONS,
        tags::OPERATIONS,
        vpc::OPERATIONS,
    ];
    tables.into_iter().flatten().find(|operation| operation.name == name)
}

/// The rows of the given ids, each once, or all rows if none are given; of those that are there.
fn chosen<'a, T: Clone>(
    table: &'a Table<T>,
    ids: &[&str],
    is_there: impl Fn(&T) -> bool,
    not_found: impl Fn(&str) -> AwsError,
) -> Result<Vec<&'a T>, AwsError> {
    if ids.is_empty() {
        return Ok(table.values().filter(|row| is_there(row)).collect());
    }
    let ids: std::collections::BTreeSet<_> = ids.iter().collect();
    let row = |id: &str| table.get(id).filter(|row| is_there(row)).ok_or_else(|| not_found(id));
    ids.into_iter().map(|id| row(id)).collect()
}

/// The answer `<return>true</return>`.
fn done() -> crate::xml::Xml {
    let mut xml = crate::xml::Xml::new();
    xml.text("return", true);
    xml
}
