//! EC2: servers, their disks, networks and addresses.
//!
//! One file or folder for each kind of object: what a row is, the rules, the operations as a table.

mod addresses;
mod client_token;
mod filter;
mod identifier;
pub mod images;
mod instance_types;
mod instances;
mod interfaces;
mod key_pairs;
mod paging;
mod passing;
mod prefix_lists;
mod profile_associations;
mod regions;
mod security_groups;
mod snapshots;
mod subnets;
mod tags;
mod volume_modifications;
mod volumes;
mod vpc;
mod zones;

use jiff::Timestamp;

pub use addresses::Address;
pub use client_token::ClientToken;
pub use filter::Filters;
pub use instances::{Instance, Launch};
pub use interfaces::Interface;
pub use key_pairs::KeyPair;
pub use paging::Page;
pub use prefix_lists::PrefixList;
pub use profile_associations::ProfileAssociation;
pub use security_groups::{Group, Rule, default_of as default_group};
pub use snapshots::Snapshot;
pub use subnets::Subnet;
pub use volume_modifications::VolumeModification;
pub use volumes::Volume;
pub use vpc::Vpc;

use crate::context::Operation;
use crate::error::AwsError;
use crate::table::{Rows, Table};
use crate::tags::Tags;

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
    /// By id; their names are unique too.
    pub key_pairs: Table<KeyPair>,
    /// What the client tokens of RunInstances stand for, by the token.
    pub launches: Table<Launch>,
    /// Which instance has which profile, by association id.
    pub profile_associations: Table<ProfileAssociation>,
    /// The rules of all security groups, by id.
    pub rules: Table<Rule>,
    /// Of volumes, by id.
    pub snapshots: Table<Snapshot>,
    /// By subnet id.
    pub subnets: Table<Subnet>,
    /// The tags of every kind of object, by its id.
    pub tags: Table<Tags>,
    /// The latest of each volume, by the volume's id.
    pub volume_modifications: Table<VolumeModification>,
    /// By volume id.
    pub volumes: Table<Volume>,
    /// By VPC id.
    pub vpcs: Table<Vpc>,
}

impl Ec2 {
    /// All tables, with the names that the journal has for them.
    pub fn tables(&mut self) -> Vec<(&'static str, &mut dyn Rows)> {
        let Self {
            addresses,
            groups,
            instances,
            interfaces,
            prefix_lists,
            key_pairs,
            launches,
            profile_associations,
            rules,
            snapshots,
            subnets,
            tags,
            volume_modifications,
            volumes,
            vpcs,
        } = self;
        vec![
            ("addresses", addresses),
            ("groups", groups),
            ("instances", instances),
            ("interfaces", interfaces),
            ("prefix-lists", prefix_lists),
            ("key-pairs", key_pairs),
            ("launches", launches),
            ("profile-associations", profile_associations),
            ("rules", rules),
            ("snapshots", snapshots),
            ("subnets", subnets),
            ("tags", tags),
            ("volume-modifications", volume_modifications),
            ("volumes", volumes),
            ("vpcs", vpcs),
        ]
    }

    /// Lets happen what is due at `now`: called before every request.
    pub fn settle(&mut self, now: Timestamp) {
        volume_modifications::settle(self, now);
        instances::settle(self, now);
    }

    /// What every new account has in every region: a default VPC, and AWS's prefix lists. Called once, before the first request.
    pub fn begin(&mut self, account: &str, region: &str, now: Timestamp) {
        prefix_lists::begin(self, region);
        vpc::begin(self, account, region, now);
    }
}

/// The operations that are modelled.
pub const TABLES: &[&[Operation]] = &[
    addresses::OPERATIONS,
    images::OPERATIONS,
    instance_types::OPERATIONS,
    instances::OPERATIONS,
    interfaces::OPERATIONS,
    key_pairs::OPERATIONS,
    prefix_lists::OPERATIONS,
    profile_associations::OPERATIONS,
    regions::OPERATIONS,
    security_groups::OPERATIONS,
    snapshots::OPERATIONS,
    subnets::OPERATIONS,
    tags::OPERATIONS,
    volume_modifications::OPERATIONS,
    volumes::OPERATIONS,
    vpc::OPERATIONS,
];

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
