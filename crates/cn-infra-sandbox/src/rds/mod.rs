//! RDS: databases, their snapshots and groups.

use jiff::Timestamp;

use crate::context::Operation;
use crate::table::Rows;

/// RDS of one account and region.
#[derive(Debug, Default)]
pub struct Rds {}

impl Rds {
    /// All tables, with the names that the journal has for them.
    pub fn tables(&mut self) -> Vec<(&'static str, &mut dyn Rows)> {
        Vec::new()
    }

    /// Lets happen what is due at `now`: called before every request.
    pub fn settle(&mut self, _now: Timestamp) {}

    /// What every new account has in every region. Called once, before the first request.
    pub fn begin(&mut self, _account: &str, _region: &str, _now: Timestamp) {}
}

/// The operation of a name, if it is modelled.
pub fn operation(_name: &str) -> Option<&'static Operation> {
    None
}
