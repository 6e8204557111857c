//! RDS: databases, their snapshots and groups.
//!
//! A database is a row ([`database`]) that goes through phases ([`phases`]). Calls make it ([`create`]), change it
//! ([`modify`], by the table in [`settings`]) or begin other phases ([`lifecycle`]); [`describe`] tells it.

mod certificates;
mod classes;
mod create;
mod database;
mod describe;
mod engines;
mod filter;
mod lifecycle;
mod modify;
mod names;
mod network;
mod options;
mod paging;
mod parameter_groups;
mod parameters;
mod password;
mod phases;
mod settings;
mod snapshots;
mod storage;
mod subnet_groups;
mod tags;
mod windows;

use jiff::Timestamp;

pub use database::Database;
pub use parameter_groups::ParameterGroup;
pub use snapshots::Snapshot;
pub use subnet_groups::SubnetGroup;

use crate::context::Operation;
use crate::table::{Rows, Table};

/// RDS of one account and region.
#[derive(Debug, Default)]
pub struct Rds {
    /// By identifier, which a rename changes.
    pub databases: Table<Database>,
    /// Manual and automated ones, by name.
    pub snapshots: Table<Snapshot>,
    /// By name; default groups are there from their first use on.
    pub parameter_groups: Table<ParameterGroup>,
    /// By name; `default` is there from its first use on.
    pub subnet_groups: Table<SubnetGroup>,
}

impl Rds {
    /// All tables, with the names that the journal has for them.
    pub fn tables(&mut self) -> Vec<(&'static str, &mut dyn Rows)> {
        let Self { databases, snapshots, parameter_groups, subnet_groups } = self;
        vec![
            ("databases", databases),
            ("snapshots", snapshots),
            ("parameter-groups", parameter_groups),
            ("subnet-groups", subnet_groups),
        ]
    }

    /// Lets happen what is due at `now`: called before every request.
    pub fn settle(&mut self, now: Timestamp) {
        phases::settle(self, now);
    }

    /// Whether a database has a security group: EC2 refuses to delete such a one.
    pub fn has_security_group(&self, id: &str) -> bool {
        self.databases.values().any(|database| database.groups.iter().any(|group| group == id))
    }
}

/// The operations that are modelled.
pub const TABLES: &[&[Operation]] = &[
    certificates::OPERATIONS,
    classes::OPERATIONS,
    create::OPERATIONS,
    describe::OPERATIONS,
    engines::OPERATIONS,
    lifecycle::OPERATIONS,
    modify::OPERATIONS,
    parameter_groups::OPERATIONS,
    snapshots::OPERATIONS,
    subnet_groups::OPERATIONS,
    tags::OPERATIONS,
];
