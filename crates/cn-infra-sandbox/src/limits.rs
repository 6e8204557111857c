//! Request budgets: token buckets that refill in virtual time.
//!
//! EC2 has one for each action, account and region
//! (<https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>), S3 for each prefix
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>). RDS publishes none.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::request::Request;
use crate::s3;
use crate::service::Service;
use crate::world::Ask;

/// A bucket's size and what flows in per second.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Budget {
    size: f64,
    refill: f64,
}

const fn budget(size: f64, refill: f64) -> Budget {
    Budget { size, refill }
}

/// The budgets of EC2 that differ from those of their verb.
const EC2_ACTIONS: &[(&str, Budget)] =
    &[("RunInstances", budget(5.0, 2.0)), ("CreateTags", budget(100.0, 10.0)), ("DeleteTags", budget(100.0, 10.0))];
/// The instances that RunInstances starts.
const INSTANCES: Budget = budget(1_000.0, 2.0);
const EC2_READS: Budget = budget(100.0, 20.0);
/// Reads of these without page size, filter or ids are dear.
const EC2_WHOLE: (&[&str], Budget) = (
    &["DescribeInstances", "DescribeNetworkInterfaces", "DescribeSecurityGroups", "DescribeVolumes"],
    budget(50.0, 10.0),
);
const EC2_WRITES: Budget = budget(50.0, 5.0);
const S3_READS: Budget = budget(5_500.0, 5_500.0);
const S3_WRITES: Budget = budget(3_500.0, 3_500.0);

/// All buckets that were drawn from.
#[derive(Debug, Default)]
pub struct Limits {
    levels: HashMap<String, (f64, Timestamp)>,
}

impl Limits {
    /// Takes a token for a request, and one for each instance that it asks for; false: there are too few left.
    pub fn take(&mut self, ask: &Ask, request: &Request, account: &str, now: Timestamp) -> bool {
        let Some((name, budget)) = bucket_of(ask, request) else { return true };
        let place = format!("{account} {} {}", ask.scope.region, ask.service.name());
        let starts = ask.service == Service::Ec2 && ask.operation == "RunInstances";
        self.draw(format!("{place} {name}"), budget, 1.0, now)
            && (!starts || self.draw(format!("{place} instances"), INSTANCES, f64::from(ask.instances()), now))
    }

    /// Takes tokens from a bucket, all or none.
    fn draw(&mut self, bucket: String, Budget { size, refill }: Budget, tokens: f64, now: Timestamp) -> bool {
        let (level, since) = self.levels.entry(bucket).or_insert((size, now));
        let passed = now.duration_since(*since).as_secs_f64().max(0.0);
        *level = (*level + passed * refill).min(size);
        *since = now;
        let enough = *level >= tokens;
        if enough {
            *level -= tokens;
        }
        enough
    }
}

/// The bucket that a request draws from.
fn bucket_of(ask: &Ask, request: &Request) -> Option<(String, Budget)> {
    match ask.service {
        Service::Ec2 => Some(ec2(ask)),
        Service::S3 => {
            let path = s3::Ask::of(request);
            let prefix = path.key.rsplit_once('/').map_or("", |(prefix, _)| prefix);
            let (kind, budget) =
                if request.parts.method.is_safe() { ("reads", S3_READS) } else { ("writes", S3_WRITES) };
            Some((format!("{kind} {}/{prefix}", path.bucket), budget))
        }
        Service::Rds | Service::Sts | Service::Iam | Service::S3Control | Service::Ssm => None,
    }
}

fn ec2(ask: &Ask) -> (String, Budget) {
    let name = ask.operation.as_str();
    let own = EC2_ACTIONS.iter().find(|(action, _)| *action == name).map(|(_, budget)| *budget);
    let reads = ["Describe", "Get"].iter().any(|verb| name.starts_with(verb));
    let (whole, dear) = EC2_WHOLE;
    if reads && whole.contains(&name) && ask.asks_for_everything() {
        return (format!("{name} whole"), dear);
    }
    (name.to_owned(), own.unwrap_or(if reads { EC2_READS } else { EC2_WRITES }))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use jiff::SignedDuration;

    use super::*;

    fn request(body: &'static str) -> Request {
        let authorization = "AWS4-HMAC-SHA256 Credential=A/20261130/us-west-2/ec2/aws4_request";
        let request = http::Request::post("/").header("authorization", authorization).body(()).expect("a request");
        Request { parts: request.into_parts().0, body: Bytes::from_static(body.as_bytes()) }
    }

    /// How many calls of a kind are let through at once.
    fn burst(limits: &mut Limits, body: &'static str, now: Timestamp) -> usize {
        let request = request(body);
        let ask = Ask::of(&request).expect("an ask");
        (0..1_000).take_while(|_| limits.take(&ask, &request, "1", now)).count()
    }

    #[test]
    fn each_action_of_ec2_has_its_own_bucket_that_refills() {
        let (mut limits, now) = (Limits::default(), Timestamp::UNIX_EPOCH);
        for (body, size) in [
            ("Action=DescribeInstances", 50),
            ("Action=DescribeInstances&MaxResults=1000", 100),
            ("Action=DescribeAddresses", 100),
            ("Action=AllocateAddress", 50),
            ("Action=CreateTags", 100),
            ("Action=RunInstances&MaxCount=1", 5),
        ] {
            assert_eq!(burst(&mut limits, body, now), size, "{body}");
        }
        let later = now + SignedDuration::from_secs(2);
        assert_eq!(burst(&mut limits, "Action=AllocateAddress", later), 10);
        assert_eq!(burst(&mut limits, "Action=DescribeInstances", later), 20);
    }

    /// How many requests of S3 are let through at once.
    fn burst_of_s3(limits: &mut Limits, method: &str, path: &str, now: Timestamp) -> usize {
        let authorization = "AWS4-HMAC-SHA256 Credential=A/20261130/us-west-2/s3/aws4_request";
        let request = http::Request::builder().method(method).uri(path).header("authorization", authorization);
        let request = request.header("host", "localhost").body(()).expect("a request");
        let request = Request { parts: request.into_parts().0, body: Bytes::new() };
        let ask = Ask::of(&request).expect("an ask");
        (0..10_000).take_while(|_| limits.take(&ask, &request, "1", now)).count()
    }

    #[test]
    fn each_prefix_of_s3_has_a_bucket_for_reads_and_one_for_writes() {
        let (mut limits, now) = (Limits::default(), Timestamp::UNIX_EPOCH);
        for (method, path, size) in [
            ("PUT", "/media/a/1", 3_500),
            ("DELETE", "/media/a/2", 0),
            ("GET", "/media/a/1", 5_500),
            ("HEAD", "/media/a/1", 0),
            ("PUT", "/media/b/1", 3_500),
            ("POST", "/other/a/1?uploads", 3_500),
        ] {
            assert_eq!(burst_of_s3(&mut limits, method, path, now), size, "{method} {path}");
        }
        assert_eq!(burst_of_s3(&mut limits, "PUT", "/media/a/3", now + SignedDuration::from_millis(100)), 350);
    }
}
