//! The AWS kinds of cn-infra, one file or folder each, and the session they share.
//!
//! [`kinds`] is what environments may declare; [`managers`] is how it is read and changed. Both are plain lists: a
//! new kind is one file or folder, and one line in each.

pub mod bucket;
pub mod db_instance;
mod ec2_filter;
mod ec2_id;
mod ec2_tags;
pub mod elastic_ip;
mod error;
mod generation;
pub mod instance;
pub mod lease;
pub mod my_ip;
pub mod policy;
pub mod preflight;
pub mod reach;
pub mod security_group;
pub mod session;
#[cfg(test)]
mod testing;
mod text_form;
mod together;
#[cfg(feature = "who")]
pub mod who;

use cn_infra_core::kinds::Kinds;
use cn_infra_core::manager::Managers;

pub use session::Session;

/// Every kind of this crate.
pub fn kinds() -> Kinds {
    Kinds::new()
        .with::<bucket::Bucket>()
        .with::<db_instance::DbInstance>()
        .with::<elastic_ip::ElasticIp>()
        .with::<instance::Instance>()
        .with::<security_group::SecurityGroup>()
        .checking(together::check)
}

/// The managers of every kind of this crate.
pub fn managers(session: &Session) -> Managers {
    Managers::new()
        .with(bucket::Buckets::new(session))
        .with(db_instance::DbInstances::new(session))
        .with(elastic_ip::ElasticIps::new(session))
        .with(instance::Instances::new(session))
        .with(security_group::SecurityGroups::new(session))
}
