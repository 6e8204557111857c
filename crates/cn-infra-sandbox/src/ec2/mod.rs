//! EC2: servers, their disks, networks and addresses.
//!
//! One file or folder for each kind of object: what a row is, the rules, the operations as a table.

mod filter;
mod images;
mod instances;
mod interfaces;
mod paging;
mod tags;
mod vpc;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use filter::Filters;
pub use instances::Instance;
pub use interfaces::Interface;
pub use paging::Page;

use crate::context::Operation;
use crate::table::{Rows, Table};

/// EC2 of one account and region.
#[derive(Debug, Default)]
pub struct Ec2 {
    /// By instance id.
    pub instances: Table<Instance>,
    /// Network interfaces, by id.
    pub interfaces: Table<Interface>,
    /// The tags of every kind of object, by its id.
    pub tags: Table<BTreeMap<String, String>>,
}

impl Ec2 {
    /// All tables, with the names that the journal has for them.
    pub fn tables(&mut self) -> Vec<(&'static str, &mut dyn Rows)> {
        let Self { instances, interfaces, tags } = self;
        vec![("instances", instances), ("interfaces", interfaces), ("tags", tags)]
    }

    /// Lets happen what is due at `now`: called before every request.
    pub fn settle(&mut self, now: Timestamp) {
        instances::settle(self, now);
    }

    /// What every new account has in every region: a default VPC. Called once, before the first request.
    pub fn begin(&mut self, account: &str, region: &str, now: Timestamp) {
        vpc::begin(self, account, region, now);
    }
}

/// The operation of a name, if it is modelled.
pub fn operation(name: &str) -> Option<&'static Operation> {
    let tables = [images::OPERATIONS, instances::OPERATIONS, interfaces::OPERATIONS, tags::OPERATIONS, vpc::OPERATIONS];
    tables.into_iter().flatten().find(|operation| operation.name == name)
}

/// The answer `<return>true</return>`.
fn done() -> crate::xml::Xml {
    let mut xml = crate::xml::Xml::new();
    xml.text("return", true);
    xml
}
