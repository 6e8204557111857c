//! A wide account in the process: many groups, addresses and buckets that are as their file wants them.
//!
//! It answers the reading calls from memory after a fixed delay, so calls, memory and time are those of the tool.
//! Shared with the benchmark, which includes this file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

/// The account; clones share the log of calls.
#[derive(Clone, Debug)]
pub struct Wide {
    objects: usize,
    delay: Duration,
    calls: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Wide {
    /// As many objects of each of three kinds, and a delay for each call.
    pub fn new(objects: usize, delay: Duration) -> Self {
        Self { objects, delay, calls: Arc::default() }
    }

    /// The environment file that declares just these objects.
    pub fn environment(&self) -> String {
        let mut file =
            "[environment]\nname = \"wide\"\nproject = \"scale\"\naccount = \"123456789012\"\nregion = \"us-west-2\"\n"
                .to_owned();
        for n in 0..self.objects {
            let _ = write!(
                file,
                "[security_group.g{n}]\ndescription = \"group {n}\"\n[security_group.g{n}.ingress]\n\
                 ssh = {{ port = 22, from = [\"198.51.100.7/32\"] }}\nhttp = {{ port = 80, from = [\"0.0.0.0/0\"] }}\n\
                 https = {{ port = 443, from = [\"0.0.0.0/0\"] }}\n\
                 [elastic_ip.a{n}]\n\
                 [bucket.b{n}]\nname = \"wide-bucket-{n}\"\npublic_access_block = true\npolicy_file = \"policy-{n}.json\"\n"
            );
        }
        file
    }

    /// The policy of one bucket, as the file has it.
    pub fn policy(n: usize) -> String {
        format!(
            "{{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Sid\": \"Read\", \"Effect\": \"Allow\", \
             \"Principal\": {{\"AWS\": \"arn:aws:iam::123456789012:root\"}}, \"Action\": \"s3:GetObject\", \
             \"Resource\": \"arn:aws:s3:::wide-bucket-{n}/*\"}}]}}"
        )
    }

    /// Configuration of a client that talks to it.
    pub fn config(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-west-2"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "AKID", "secret", None, None, "test",
            )))
            .http_client(self.clone())
            .build()
    }

    /// How often each call was made, by action, or by query for S3.
    pub fn calls(&self) -> BTreeMap<String, usize> {
        self.calls.lock().expect("no call panics while it counts").clone()
    }

    fn answer(&self, request: &HttpRequest) -> String {
        let (call, body) = if request.method() == "POST" {
            let form = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
            let action = form.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default().to_owned();
            let body = self.ec2(&action);
            (action, body)
        } else {
            let uri = request.uri();
            let host = uri.split("://").nth(1).unwrap_or_default();
            let bucket = host.split('.').next().unwrap_or_default();
            let query = uri.split_once('?').map_or("", |(_, query)| query.split(['&', '=']).next().unwrap_or_default());
            (format!("GET ?{query}"), s3(bucket, query))
        };
        *self.calls.lock().expect("no call panics while it counts").entry(call).or_default() += 1;
        body
    }

    fn ec2(&self, action: &str) -> String {
        let content = match action {
            "DescribeSecurityGroups" => set("securityGroupInfo", (0..self.objects).map(group)),
            "DescribeAddresses" => set("addressesSet", (0..self.objects).map(address)),
            "DescribeVpcs" => {
                "<vpcSet><item><vpcId>vpc-1</vpcId><isDefault>true</isDefault></item></vpcSet>".to_owned()
            }
            _ => String::new(),
        };
        if action == "DescribeDBInstances" {
            return format!("<{action}Response><{action}Result>{content}</{action}Result></{action}Response>");
        }
        format!("<{action}Response>{content}</{action}Response>")
    }
}

fn set(name: &str, items: impl Iterator<Item = String>) -> String {
    let items = items.map(|item| format!("<item>{item}</item>")).collect::<Vec<_>>().concat();
    format!("<{name}>{items}</{name}>")
}

fn tags(address: &str, name: &str) -> [(&'static str, String); 4] {
    [
        ("cn-infra:project", "scale".into()),
        ("cn-infra:environment", "wide".into()),
        ("cn-infra:address", address.into()),
        ("Name", name.into()),
    ]
}

fn ec2_tags(address: &str, name: &str) -> String {
    set("tagSet", tags(address, name).into_iter().map(|(key, value)| format!("<key>{key}</key><value>{value}</value>")))
}

/// Port and source of a group's three rules.
const OPEN: [(u16, &str); 3] = [(22, "198.51.100.7/32"), (80, "0.0.0.0/0"), (443, "0.0.0.0/0")];

fn group(n: usize) -> String {
    let rules = set("ipPermissions", OPEN.iter().map(|(port, cidr)| {
        format!("<ipProtocol>tcp</ipProtocol><fromPort>{port}</fromPort><toPort>{port}</toPort><ipRanges><item><cidrIp>{cidr}</cidrIp></item></ipRanges>")
    }));
    let tags = ec2_tags(&format!("security_group.g{n}"), &format!("scale-wide-g{n}"));
    format!(
        "<ownerId>123456789012</ownerId><groupId>sg-{n:017x}</groupId><groupName>scale-wide-g{n}</groupName>\
         <groupDescription>group {n}</groupDescription><vpcId>vpc-1</vpcId>{rules}{tags}"
    )
}

fn address(n: usize) -> String {
    let tags = ec2_tags(&format!("elastic_ip.a{n}"), &format!("scale-wide-a{n}"));
    format!(
        "<publicIp>203.0.{}.{}</publicIp><allocationId>eipalloc-{n:017x}</allocationId><domain>vpc</domain>{tags}",
        n / 256,
        n % 256
    )
}

fn s3(bucket: &str, query: &str) -> String {
    let n: usize = bucket.trim_start_matches("wide-bucket-").parse().expect("a bucket of ours");
    match query {
        "tagging" => {
            let tags = tags(&format!("bucket.b{n}"), "").into_iter().filter(|(key, _)| *key != "Name");
            let tags = tags.map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"));
            let tags = tags.collect::<Vec<_>>().concat();
            format!("<Tagging><TagSet>{tags}</TagSet></Tagging>")
        }
        // Rewritten, as S3 does.
        "policy" => Wide::policy(n).replace("\"s3:GetObject\"", "[\"s3:GetObject\"]"),
        "publicAccessBlock" => "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
             <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
             <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
            .to_owned(),
        other => panic!("the aspect {other} is not managed and must not be read"),
    }
}

impl HttpConnector for Wide {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (body, delay) = (self.answer(&request), self.delay);
        HttpConnectorFuture::new(async move {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            let mut response = HttpResponse::new(200.try_into().expect("a valid status"), SdkBody::from(body));
            response.headers_mut().insert("x-amzn-requestid", "request-1");
            Ok(response)
        })
    }
}

impl HttpClient for Wide {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
