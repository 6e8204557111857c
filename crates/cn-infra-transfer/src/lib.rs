//! Objects of S3 in bulk: sync, verify, empty, reset ACLs.
//!
//! Where to start: a [`Bucket`](bucket::Bucket) is made of the caller's own S3 client, and a [`Pace`](pace::Pace) is how
//! fast everything that shares it sends: it waits for a place, sends, and sends again what S3 asks to send later. What is
//! done to objects returns a [`Report`](report::Report), and says on the way through a [`Tally`](progress::Tally) how far
//! it is. Nothing is remembered between runs: running a command again goes on from what S3 lists.
//!
//! ```
//! use std::error::Error;
//!
//! use aws_sdk_s3::Client;
//! use aws_sdk_s3::config::{BehaviorVersion, Config, Credentials, Region};
//! use aws_sdk_s3::primitives::ByteStream;
//! use cn_infra_core::apply::Cancellation;
//! use cn_infra_sandbox::{Sandbox, SandboxOptions};
//! use cn_infra_transfer::bucket::Bucket;
//! use cn_infra_transfer::list::Listing;
//! use cn_infra_transfer::pace::{Pace, PaceOptions};
//! use cn_infra_transfer::progress::Tally;
//! use cn_infra_transfer::sync::{Map, Source, SyncOptions, sync};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn Error>> {
//! // Any client will do; this one talks to a simulated account.
//! let client = Client::from_conf(
//!     Config::builder()
//!         .behavior_version(BehaviorVersion::latest())
//!         .region(Region::new("us-east-1"))
//!         .credentials_provider(Credentials::new("testing", "testing", None, None, "example"))
//!         .http_client(Sandbox::new(SandboxOptions::default()).http_client())
//!         .build(),
//! );
//! client.create_bucket().bucket("old-site").send().await?;
//! client.create_bucket().bucket("new-site").send().await?;
//! let photo = ByteStream::from_static(b"a photo");
//! client.put_object().bucket("old-site").key("data/original/reef.jpg").body(photo).send().await?;
//!
//! let map = Map {
//!     from: Source::Bucket(Listing::new(Bucket::new(&client, "old-site"), "data/original/")),
//!     to: Listing::new(Bucket::new(&client, "new-site"), "media/images/"),
//! };
//! let (pace, stop) = (Pace::new(PaceOptions::default()), Cancellation::default());
//! let report = sync(&[map], &SyncOptions::default(), &pace, &Tally::default(), &stop).await?;
//! assert!(report.is_success());
//! assert_eq!(report.counts.copied, 1);
//! client.head_object().bucket("new-site").key("media/images/reef.jpg").send().await?;
//! # Ok(())
//! # }
//! ```

pub mod acl;
pub mod attributes;
pub mod bucket;
pub mod compare;
mod copy;
mod decided;
mod delete;
pub mod empty;
pub mod failure;
pub mod list;
pub mod local;
pub mod location;
mod multipart;
pub mod pace;
pub mod progress;
pub mod report;
mod run;
pub mod scan;
#[cfg(test)]
mod stand_in;
pub mod sync;
mod undone;
mod upload;
pub mod verify;
mod versions;
