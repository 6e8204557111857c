//! A bucket is emptied in a sandbox: what goes, what stays, and what faults do to it.

mod faults;
mod kinds;
mod limits;

use cn_infra_core::apply::Cancellation;

use super::{EmptyOptions, What, empty};
use crate::bucket::Bucket;
use crate::progress::Tally;
use crate::report::Report;
use crate::stand_in::Account;

/// A run with options.
async fn run(account: &Account, bucket: &Bucket, options: EmptyOptions) -> Report {
    empty(bucket, &options, &account.pace, &Tally::default(), &Cancellation::default()).await
}

fn prefix(prefix: &str) -> EmptyOptions {
    EmptyOptions { what: What::Prefix(prefix.to_owned()), ..EmptyOptions::default() }
}

/// Puts so many objects of five bytes: `bucket/PREFIX00001`.
fn fill(account: &Account, bucket: &str, prefix: &str, number: usize) {
    for n in 0..number {
        account.put(&format!("/{bucket}/{prefix}{n:05}"), &[]);
    }
}
