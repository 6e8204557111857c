//! Objects of S3 in bulk: sync, verify, empty, reset ACLs.
//!
//! Where to start: a [`Bucket`](bucket::Bucket) is made of the caller's own S3 client, and a [`Pace`](pace::Pace) is how
//! fast everything that shares it sends: it waits for a place, sends, and sends again what S3 asks to send later. What is
//! done to objects returns a [`Report`](report::Report), and says on the way through a [`Tally`](progress::Tally) how far
//! it is. Nothing is remembered between runs: running a command again goes on from what S3 lists.

pub mod acl;
pub mod attributes;
pub mod bucket;
pub mod compare;
mod copy;
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
