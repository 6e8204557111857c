//! Declare, plan and apply resources of any kind, without a state file. No cloud, no terminal.
//!
//! Where to start: [`environment`] reads what a TOML file declares, [`observe`] what the cloud has, [`plan`] makes a
//! plan of the difference, [`apply`] carries it out and tells a [`Reporter`](event::Reporter). A kind is a
//! [`Resource`](resource::Resource), what is said and compared, and a [`Manager`](manager::Manager), what is called.

pub mod address;
pub mod apply;
pub mod check;
pub mod clock;
pub mod document;
pub mod environment;
pub mod event;
pub mod export;
pub mod field_tree;
pub mod journal;
pub mod kinds;
pub mod live;
pub mod manager;
pub mod observe;
pub mod owner;
pub mod plan;
mod replace;
pub mod resource;
pub mod slow_down;
pub mod testing;
pub mod token;
pub mod value;
