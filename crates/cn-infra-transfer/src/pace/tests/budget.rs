//! 100,000 requests against a budget: how near the limit they come.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::error::{ErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use cn_infra_core::clock::Clock;
use cn_infra_core::testing::clock::VirtualClock;
use futures_util::StreamExt;
use futures_util::stream;

use super::super::{Pace, PaceOptions, Prefix};

const REQUESTS: usize = 100_000;
const LIMIT: f64 = 3_500.0;

/// S3, as far as its budget goes: tokens that flow in, of which so many are saved.
struct Budget {
    clock: VirtualClock,
    latency: Duration,
    saved: f64,
    level: RefCell<(f64, Duration)>,
    /// From when until when every request is refused.
    storm: (Duration, Duration),
}

type Answer = Result<(), SdkError<ErrorMetadata, HttpResponse>>;

impl Budget {
    fn new(latency: Duration, saved: f64) -> Self {
        let level = RefCell::new((saved, Duration::ZERO));
        Self { clock: VirtualClock::default(), latency, saved, level, storm: (Duration::MAX, Duration::MAX) }
    }

    fn pace(&self, options: &PaceOptions) -> Arc<Pace> {
        Pace::new(PaceOptions { clock: Arc::new(self.clock.clone()), ..options.clone() })
    }

    async fn answer(&self) -> Answer {
        self.clock.sleep(self.latency / 2).await;
        let taken = self.take();
        self.clock.sleep(self.latency / 2).await;
        if taken { Ok(()) } else { Err(slow_down()) }
    }

    fn take(&self) -> bool {
        let now = self.clock.elapsed();
        let (level, since) = &mut *self.level.borrow_mut();
        *level = now.saturating_sub(*since).as_secs_f64().mul_add(LIMIT, *level).min(self.saved);
        *since = now;
        let storms = self.storm.0 <= now && now < self.storm.1;
        if *level < 1.0 || storms {
            return false;
        }
        *level -= 1.0;
        true
    }
}

fn slow_down() -> SdkError<ErrorMetadata, HttpResponse> {
    let error = ErrorMetadata::builder().code("SlowDown").message("Please reduce your request rate.").build();
    SdkError::service_error(error, HttpResponse::new(503.try_into().unwrap(), SdkBody::empty()))
}

/// Sends so many, a thousand at a time; returns how many seconds they took.
async fn send(pace: &Pace, s3: &Budget, requests: usize) -> f64 {
    let prefix = Prefix::of("bucket", "media/images/1.jpg");
    let began = s3.clock.elapsed();
    let sends = stream::iter(0..requests).map(|_| pace.send(&prefix, "CopyObject", 0, || s3.answer()));
    let failed = sends.buffer_unordered(1_000).filter(|result| std::future::ready(result.is_err())).count().await;
    assert_eq!(failed, 0);
    s3.clock.elapsed().checked_sub(began).unwrap().as_secs_f64()
}

fn at_limit(requests: usize) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    let requests = requests as f64;
    requests / LIMIT
}

/// A budget that saves a second of tokens, as the sandbox's, is the lenient case; one that saves a twentieth of a second
/// forgives nothing.
#[tokio::test]
async fn a_hundred_thousand_requests_come_within_a_quarter_of_the_limit() {
    for (millis, saved) in [(20, 3_500.0), (20, 175.0), (100, 350.0)] {
        let s3 = Budget::new(Duration::from_millis(millis), saved);
        let pace = s3.pace(&PaceOptions::default());
        let seconds = send(&pace, &s3, REQUESTS).await;
        let (ratio, slow_downs) = (seconds / at_limit(REQUESTS), pace.speed().slow_downs);
        println!("{millis} ms, {saved} saved: {seconds:.1} s, {ratio:.2} of the limit, {slow_downs} SlowDowns");
        assert!(ratio <= 1.2, "{ratio} at {millis} ms");
        assert!(slow_downs <= 5_000, "{slow_downs} at {millis} ms");
    }
}

#[tokio::test]
async fn a_storm_passes_and_leaves_little_behind() {
    let storm = (Duration::from_secs(5), Duration::from_secs(8));
    let s3 = Budget { storm, ..Budget::new(Duration::from_millis(20), 175.0) };
    let pace = s3.pace(&PaceOptions::default());
    let seconds = send(&pace, &s3, REQUESTS).await;
    let without_storm = seconds - 3.0;
    assert!(without_storm <= 1.25 * at_limit(REQUESTS), "{without_storm}");
}

#[tokio::test]
async fn where_nothing_is_refused_the_window_opens_to_its_maximum() {
    let s3 = Budget::new(Duration::from_millis(100), 1e9);
    let pace = s3.pace(&PaceOptions::default());
    let seconds = send(&pace, &s3, REQUESTS).await;
    // 1,000 at a time would take 10 s, 64 at a time 156 s.
    assert!((10.0..13.0).contains(&seconds), "{seconds}");
    assert_eq!(pace.speed().retries, 0);
}

#[tokio::test]
async fn the_callers_caps_hold() {
    let s3 = Budget::new(Duration::from_millis(20), 1e9);
    let pace = s3.pace(&PaceOptions { requests_per_second: Some(100.0), ..PaceOptions::default() });
    let seconds = send(&pace, &s3, 1_001).await;
    assert!((10.0..10.1).contains(&seconds), "{seconds}");
    let pace = s3.pace(&PaceOptions { bytes_per_second: Some(1_000.0), ..PaceOptions::default() });
    let began = s3.clock.elapsed();
    for _ in 0..3 {
        pace.send(&Prefix::whole("bucket"), "PutObject", 5_000, || s3.answer()).await.unwrap();
    }
    let seconds = s3.clock.elapsed().checked_sub(began).unwrap().as_secs_f64();
    assert!((10.0..10.1).contains(&seconds), "the first goes at once, the next when its bytes are through: {seconds}");
}
