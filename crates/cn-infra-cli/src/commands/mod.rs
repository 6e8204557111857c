//! The commands, a file each.

pub mod adopt;
pub mod apply;
pub mod bucket;
pub mod check;
pub mod diff;
pub mod export;
pub mod ingress;
pub mod ip;
pub mod network;
pub mod output;
pub mod plan;
pub mod policy;
pub mod reach;
pub mod sandbox;
pub mod schema;
pub mod show;
pub mod snapshot;
pub mod undo;
