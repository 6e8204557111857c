//! A bare parallel lister, the floor that `benches/peers.py` measures listing against: it is told the prefixes, lists all
//! of them at once and drops the answers. `cargo run --release -p cn-infra-transfer --example list -- ENDPOINT PREFIXES
//! BUCKET…`; prefixes are `images/00/` and so on.

use std::error::Error;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use futures_util::{StreamExt, TryStreamExt, stream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let endpoint = arguments.next().ok_or("an endpoint is missing")?;
    let prefixes: usize = arguments.next().ok_or("a number of prefixes is missing")?.parse()?;
    let buckets: Vec<_> = arguments.collect();
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-west-2"))
        .credentials_provider(Credentials::new("123456789012", "any", None, None, "bench"))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let client = Client::from_conf(config);
    let all = buckets.iter().flat_map(|bucket| (0..prefixes).map(move |number| (bucket, number)));
    let counts = all.map(|(bucket, number)| count(&client, bucket, format!("images/{number:02}/")));
    let counts: Vec<usize> = stream::iter(counts).buffer_unordered(256).try_collect().await?;
    println!("{} objects", counts.iter().sum::<usize>());
    Ok(())
}

async fn count(client: &Client, bucket: &str, prefix: String) -> Result<usize, Box<dyn Error>> {
    let mut pages = client.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
    let mut count = 0;
    while let Some(page) = pages.next().await {
        count += page?.contents().len();
    }
    Ok(count)
}
