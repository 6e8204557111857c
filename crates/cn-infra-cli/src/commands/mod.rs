//! The commands, a file each.

pub mod adopt;
pub mod apply;
pub mod check;
pub mod diff;
pub mod export;
pub mod output;
pub mod plan;
pub mod policy;
pub mod sandbox;
pub mod schema;
pub mod show;
pub mod undo;
