//! A little IAM: the instance profiles that servers are started with.

use crate::context::Operation;
use crate::table::Rows;

/// IAM of one account.
#[derive(Debug, Default)]
pub struct Iam {}

impl Iam {
    /// All tables, with the names that the journal has for them.
    pub fn tables(&mut self) -> Vec<(&'static str, &mut dyn Rows)> {
        Vec::new()
    }

    /// The unique id of `role/name`, by which other services keep a role.
    pub fn unique_id_of(&self, _resource: &str) -> Option<String> {
        None
    }

    /// `role/name` of a unique id, while the role is there.
    pub fn principal_of(&self, _unique_id: &str) -> Option<String> {
        None
    }
}

/// The operation of a name, if it is modelled.
pub fn operation(_name: &str) -> Option<&'static Operation> {
    None
}
