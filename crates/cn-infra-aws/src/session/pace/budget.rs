//! What AWS allows, and which budget a request draws from.
//!
//! EC2 has a bucket for each action, account and region:
//! <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>. S3 has one for each prefix, for reads and
//! for writes: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>. RDS and STS publish
//! none.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use crate::error::is_read;

/// How many requests there may be at once, and how many more in a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    pub size: f64,
    pub refill: f64,
}

const fn budget(size: f64, refill: f64) -> Budget {
    Budget { size, refill }
}

const EC2_READS: Budget = budget(100.0, 20.0);
const EC2_WRITES: Budget = budget(50.0, 5.0);
/// Actions of EC2 that differ from others of their verb. Those of `RunInstances` for instances are never reached: a
/// request makes one.
const EC2_ACTIONS: [(&str, Budget); 3] =
    [("RunInstances", budget(5.0, 2.0)), ("CreateTags", budget(100.0, 10.0)), ("DeleteTags", budget(100.0, 10.0))];
/// Without page size, filter and ids these cost more.
const EC2_WHOLE: ([&str; 4], Budget) = (
    ["DescribeInstances", "DescribeNetworkInterfaces", "DescribeSecurityGroups", "DescribeVolumes"],
    budget(50.0, 10.0),
);
const S3_READS: Budget = budget(5_500.0, 5_500.0);
const S3_WRITES: Budget = budget(3_500.0, 3_500.0);
/// Where AWS publishes nothing: what EC2 allows for reading, more than an apply needs. It matters as that from which the
/// rate falls when AWS asks to slow down.
const UNPUBLISHED: Budget = EC2_READS;

impl Budget {
    /// A share of it, of which one request is always possible.
    pub fn share(self, share: f64) -> Self {
        budget((self.size * share).max(1.0), self.refill * share)
    }
}

/// The budget that a request draws from, and its name; `None` for what is no signed request to a service of AWS, such as
/// one for credentials.
pub fn of(request: &HttpRequest) -> Option<(String, Budget)> {
    let service = service(request)?;
    if service == "s3" {
        return Some(s3(request));
    }
    let form = request.body().bytes().map(String::from_utf8_lossy)?;
    let action = form.split('&').find_map(|pair| pair.strip_prefix("Action="))?;
    Some(match service {
        "ec2" if is_whole(action, &form) => (format!("ec2 {action} whole"), EC2_WHOLE.1),
        "ec2" => (format!("ec2 {action}"), ec2(action)),
        _ => (format!("{service} {action}"), UNPUBLISHED),
    })
}

/// The service, of the signature's `Credential=ID/date/region/service/aws4_request`.
fn service(request: &HttpRequest) -> Option<&str> {
    request.headers().get("authorization")?.split_once("Credential=")?.1.split('/').nth(3)
}

fn ec2(action: &str) -> Budget {
    let own = EC2_ACTIONS.iter().find(|(name, _)| *name == action).map(|(_, budget)| *budget);
    own.unwrap_or(if is_read(action) { EC2_READS } else { EC2_WRITES })
}

/// Whether a reading asks for everything at once.
fn is_whole(action: &str, form: &str) -> bool {
    let mut names = form.split('&').filter_map(|pair| pair.split('=').next());
    EC2_WHOLE.0.contains(&action) && names.all(|name| matches!(name, "Action" | "Version" | "DryRun"))
}

/// S3 decides by itself how it cuts a bucket into prefixes; a folder is as small as a request can tell.
fn s3(request: &HttpRequest) -> (String, Budget) {
    let (kind, budget) =
        if matches!(request.method(), "GET" | "HEAD") { ("reads", S3_READS) } else { ("writes", S3_WRITES) };
    let address = request.uri().split_once("://").map_or(request.uri(), |(_, rest)| rest);
    let path = address.split('?').next().unwrap_or_default();
    let folder = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
    (format!("s3 {kind} {folder}"), budget)
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn request(service: &str, method: &str, uri: &str, body: &str) -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(method).unwrap();
        request.set_uri(uri).unwrap();
        let authorization = format!("AWS4-HMAC-SHA256 Credential=AKID/20261130/us-west-2/{service}/aws4_request, S=1");
        request.headers_mut().insert("authorization", authorization);
        request
    }

    fn form(service: &str, body: &str) -> (String, f64, f64) {
        let (name, Budget { size, refill }) = of(&request(service, "POST", "https://a.example/", body)).unwrap();
        (name, size, refill)
    }

    #[test]
    fn each_action_of_ec2_has_the_budget_that_aws_documents() {
        for (body, size, refill) in [
            ("Action=DescribeInstances&Version=2016-11-15", 50.0, 10.0),
            ("Action=DescribeInstances&Version=2016-11-15&MaxResults=1000", 100.0, 20.0),
            ("Action=DescribeSecurityGroups&Version=1&Filter.1.Name=group-id", 100.0, 20.0),
            ("Action=DescribeAddresses&Version=1", 100.0, 20.0),
            ("Action=GetConsoleOutput&Version=1", 100.0, 20.0),
            ("Action=AuthorizeSecurityGroupIngress&Version=1", 50.0, 5.0),
            ("Action=CreateSecurityGroup&Version=1", 50.0, 5.0),
            ("Action=CreateTags&Version=1", 100.0, 10.0),
            ("Action=RunInstances&Version=1", 5.0, 2.0),
        ] {
            let (name, ..) = form("ec2", body);
            assert_eq!(form("ec2", body), (name, size, refill), "{body}");
        }
        assert_ne!(form("ec2", "Action=CreateVolume").0, form("ec2", "Action=CreateSecurityGroup").0);
        assert_eq!(form("rds", "Action=DescribeDBInstances").0, "rds DescribeDBInstances");
    }

    #[test]
    fn s3_has_budgets_for_each_prefix() {
        let name =
            |method, path: &str| of(&request("s3", method, &format!("https://media.s3.example{path}"), "")).unwrap().0;
        assert_eq!(name("PUT", "/?policy"), "s3 writes media.s3.example");
        assert_eq!(name("GET", "/a/b/c.jpg"), "s3 reads media.s3.example/a/b");
        assert_eq!(name("HEAD", "/a/b/d.jpg?versionId=1"), name("GET", "/a/b/c.jpg"));
    }

    #[test]
    fn what_is_not_signed_for_a_service_has_none() {
        let mut request = request("ec2", "GET", "http://169.254.169.254/latest/meta-data", "");
        request.headers_mut().remove("authorization");
        assert!(of(&request).is_none());
    }

    #[test]
    fn of_a_share_one_request_is_left() {
        assert_eq!(budget(5.0, 2.0).share(0.1), budget(1.0, 0.2));
    }
}
