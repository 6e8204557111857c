//! What requests cost.

use std::collections::BTreeMap;

/// Where and when the prices are from.
pub const PRICES_OF: &str = "us-west-2";

/// S3's list prices in US dollars per 1,000 requests on standard storage, in US East (N. Virginia), US East (Ohio) and US
/// West (Oregon): PUT, COPY, POST and LIST are of the first class, DELETE and CANCEL are free, GET and all others are of
/// the second. <https://aws.amazon.com/s3/pricing/>; which operation is in which class:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/aws-usage-report-understand.html>
const FIRST: f64 = 0.005;
const SECOND: f64 = 0.0004;
const FREE: f64 = 0.0;

/// By what an operation's name begins with; what is not here is of the first class, the dearest.
const CLASSES: &[(&str, f64)] = &[("Delete", FREE), ("Abort", FREE), ("Get", SECOND), ("Head", SECOND)];

/// The price of so many requests by operation, in US dollars.
pub fn list_price(requests: &BTreeMap<String, u64>) -> f64 {
    requests.iter().map(|(operation, count)| per_thousand(operation) * thousands(*count)).sum()
}

fn per_thousand(operation: &str) -> f64 {
    CLASSES.iter().find(|(begins, _)| operation.starts_with(begins)).map_or(FIRST, |(_, price)| *price)
}

fn thousands(count: u64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "a price needs no more than 53 bits")]
    let count = count as f64;
    count / 1_000.0
}
