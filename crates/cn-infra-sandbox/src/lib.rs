//! A simulated AWS account: EC2, RDS, S3 and STS as `cn-infra` uses them, with the semantics that it relies on.
//!
//! Requests are AWS's own wire formats. There are two doors to one handler: [`Sandbox::http_client`], an HTTP client for
//! the AWS SDK that needs no socket, and [`serve()`], on loopback, for every other client. Time is virtual ([`clock`]),
//! requests change all or nothing ([`table`]), and faults come on demand ([`faults`]).
//!
//! What is not modelled is refused; nothing answers success without doing what it says.

pub mod faults;
pub mod seed;
pub mod settings;
pub mod xml;

mod caller;
mod calls;
mod client;
mod clock;
mod contents;
mod context;
mod control;
mod ec2;
mod error;
mod granted;
mod iam;
mod ids;
mod limits;
mod query;
mod rds;
mod request;
mod s3;
mod sandbox;
mod serve;
mod service;
mod ssm;
mod state;
mod store;
mod sts;
mod table;
mod tags;
mod world;

pub use caller::{CallError, Caller};
pub use calls::Call;
pub use contents::Contents;
pub use granted::Granted;
pub use request::Request;
pub use sandbox::{Fate, InFlight, Reply, Sandbox, SandboxOptions};
pub use serve::{Server, serve};
pub use service::operations;
pub use store::{StateError, kept_account};
