//! Requests made of bytes: the bytes choose the operation, its parameters and their values, among them what earlier
//! answers told.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use cn_infra_sandbox::{Reply, Request, Sandbox};
use jiff::SignedDuration;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::model::{Asked, Element, Rest, model};
use super::sound;

/// Bytes as decisions. When they run out, every decision is 0.
pub struct Choices<'a>(pub &'a [u8]);

impl Choices<'_> {
    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        let (taken, rest) = self.0.split_at(self.0.len().min(2));
        self.0 = rest;
        taken.iter().fold(0, |number, byte| number * 256 + usize::from(*byte)) % end.max(1)
    }

    fn one_in(&mut self, end: usize) -> bool {
        self.below(end) == end - 1
    }

    fn of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }
}

/// What earlier answers told, by the names of the elements in lower case.
#[derive(Default)]
struct Seen(BTreeMap<String, Vec<String>>);

impl Seen {
    fn learn(&mut self, reply: &Reply) {
        for (name, text) in sound::document(reply).unwrap_or_default() {
            let known = self.0.entry(name.to_lowercase()).or_default();
            if !text.trim().is_empty() && text.len() < 200 && known.len() < 50 && !known.contains(&text) {
                known.push(text);
            }
        }
    }

    /// A text that an element of such a name had.
    fn like(&self, choices: &mut Choices<'_>, parameter: &str) -> Option<String> {
        let name = parameter.rsplit('.').find(|part| !part.bytes().all(|byte| byte.is_ascii_digit()))?.to_lowercase();
        let akin = |known: &&String| name.ends_with(*known) || known.ends_with(&name);
        let near = self.0.keys().filter(akin).flat_map(|known| &self.0[known]);
        let all: Vec<_> = near.collect();
        (!all.is_empty()).then(|| (*choices.of(&all)).clone())
    }
}

/// Values that some parameters take, by the ends of their names.
#[rustfmt::skip]
const USUAL: &[(&str, &[&str])] = &[
    ("AllocatedStorage", &["20", "100", "400"]),
    ("AssumeRolePolicyDocument", &[r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#]),
    ("Attribute", &["instanceType", "disableApiTermination", "userData", "groupSet", "description", "sourceDestCheck"]),
    ("BackupRetentionPeriod", &["0", "1", "7", "35"]),
    ("Body", &["text", r#"{"Version":"2012-10-17","Statement":[]}"#]),
    ("CidrBlock", &["10.1.0.0/16", "10.1.2.0/24", "172.31.200.0/24"]),
    ("CidrIp", &["192.0.2.0/24", "0.0.0.0/0"]),
    ("CidrIpv6", &["2001:db8::/32", "::/0"]),
    ("DBInstanceClass", &["db.t3.micro", "db.m6g.large"]),
    ("DBInstanceIdentifier", &["web", "db"]),
    ("DBParameterGroupFamily", &["postgres16"]),
    ("DBParameterGroupName", &["own", "default.postgres16"]),
    ("DBSnapshotIdentifier", &["snap", "snap-2"]),
    ("DBSubnetGroupName", &["nets"]),
    ("DryRun", &["true", "false"]),
    ("Encrypted", &["true"]),
    ("Engine", &["postgres", "mysql"]),
    ("Filter.1.Name", &["vpc-id", "group-id", "instance-state-name", "tag:Name", "tag-key", "owner-id", "state", "status"]),
    ("FromPort", &["22", "443"]),
    ("GroupDescription", &["of a test"]),
    ("InstanceType", &["t3.micro", "t3.large", "m6i.large"]),
    ("InstanceProfileName", &["profile"]),
    ("Iops", &["3000", "4000"]),
    ("IpProtocol", &["tcp", "udp", "icmp", "-1"]),
    ("Key", &["Name", "web", "a/b", "a/"]),
    ("MasterUserPassword", &["Secret-123456"]),
    ("MasterUsername", &["root1"]),
    ("MaxCount", &["1", "2"]),
    ("MaxRecords", &["20", "100"]),
    ("MaxResults", &["5", "1000"]),
    ("MinCount", &["1"]),
    ("PartNumber", &["1", "2"]),
    ("PublicKeyMaterial", &["c3NoLWVkMjU1MTkgQUFBQUMzTnphQzFsWkRJMU5URTVBQUFBSUJiL2d4Y1dHYnZZVkVBVXhrV2U3N0lQMUJyY2pHOGxzU0Z6MEVsUw=="]),
    ("ResourceType", &["instance", "volume", "security-group", "key-pair", "elastic-ip"]),
    ("RoleName", &["role"]),
    ("Size", &["8", "20"]),
    ("Status", &["Enabled", "Disabled", "Suspended"]),
    ("StorageType", &["gp2", "gp3", "io1"]),
    ("TargetDBSnapshotIdentifier", &["copy"]),
    ("ToPort", &["22", "443"]),
    ("UserData", &["IyEvYmluL3NoCg=="]),
    ("Value", &["true", "web", "10"]),
    ("VolumeSize", &["8", "16"]),
    ("VolumeType", &["gp3", "io2", "gp2", "standard"]),
    ("versioning", &["Enabled"]),
    ("x-amz-acl", &["private", "public-read"]),
    ("x-amz-copy-source", &["media/web", "/media/a%2Fb"]),
    ("x-amz-storage-class", &["GLACIER", "STANDARD"]),
    ("x-amz-tagging", &["a=b", "a=b&c=d"]),
    ("Range", &["bytes=0-1", "bytes=1-", "bytes=-1"]),
    ("prefix", &["a/", "w"]),
    ("delimiter", &["/"]),
    ("", &["1", "true", "false", "web", "default"]),
];

/// Values that nothing should be upset by.
const NASTY: &[&str] = &[
    "",
    " ",
    "0",
    "-0",
    "-1",
    "1.5",
    "1e400",
    "NaN",
    "2147483648",
    "-2147483649",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "99999999999999999999999999",
    "\u{0}",
    "\u{1}",
    "\r\n",
    "a\rb",
    "\u{fffe}",
    "\u{feff}",
    "\u{202e}",
    "ü",
    "日本語",
    "😀",
    "é\u{301}",
    "<a>&amp;</a>",
    "]]>",
    "'\"",
    "../../etc/passwd",
    "//",
    "%",
    "%zz",
    "*",
    "?",
    "\\",
    "i-",
    "i-0123456789abcdef0",
    "vol-ffffffff",
    "arn:aws:iam::1:role/x",
    "0.0.0.0/33",
    "10.0.0.0/0",
    "256.1.1.1",
    "::ffff:0/129",
    "9999-12-31T23:59:59Z",
    "0000-00-00",
    "-2026-01-01T00:00:00Z",
    "2026-02-30T25:61:61Z",
    "{}",
    "[[[[",
    "null",
    "bytes=0-",
    "bytes=-0",
    "bytes=9-1,5-",
    "MTA=",
    "====",
    "TRUE",
    "None",
];

/// One account that is played with.
pub struct Game<'a> {
    sandbox: &'a Sandbox,
    seen: Seen,
    mood: Mood,
}

impl<'a> Game<'a> {
    /// Begins with a few answers, so that there are ids to use.
    pub fn new(sandbox: &'a Sandbox) -> Self {
        let mut game = Self { sandbox, seen: Seen::default(), mood: Mood::Sane };
        for (service, form) in [
            ("ec2", "DescribeImages&Owner.1=amazon&Filter.1.Name=architecture&Filter.1.Value.1=x86_64"),
            ("ec2", "DescribeSubnets"),
            ("ec2", "DescribeSecurityGroups"),
            ("ec2", "CreateKeyPair&KeyName=web"),
            ("ec2", "CreateVolume&AvailabilityZone=us-west-2a&Size=1"),
            ("ec2", "AllocateAddress"),
            (
                "rds",
                "CreateDBInstance&DBInstanceIdentifier=db&DBInstanceClass=db.t3.micro&Engine=postgres&\
                     AllocatedStorage=20&MasterUsername=root1&MasterUserPassword=Secret-123456",
            ),
        ] {
            game.begin(&signed(service, "POST", "/", &[], format!("Action={form}").into_bytes()));
        }
        let image = game.seen.0["imageid"][0].clone();
        let form = format!("Action=RunInstances&ImageId={image}&InstanceType=t3.micro&MinCount=1&MaxCount=1");
        game.begin(&signed("ec2", "POST", "/", &[], form.into_bytes()));
        let region =
            "<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>";
        game.begin(&signed("s3", "PUT", "/media", &[], region.into()));
        game.begin(&signed("s3", "PUT", "/media/web", &[], b"text".to_vec()));
        game
    }

    fn begin(&mut self, request: &Request) {
        self.send(request).expect("an answer");
        let call = self.sandbox.calls().pop().expect("a call");
        assert_eq!(call.code, None, "{}", call.operation);
    }

    /// Plays on as the choices say; tells what was wrong with an answer, and the requests up to there.
    pub fn play(&mut self, mut choices: Choices<'_>) -> Result<(), String> {
        let mut story = String::new();
        while !choices.is_over() {
            if choices.one_in(8) {
                let time = *choices.of(&[1, 60, 900, 86_400, 30 * 86_400, 1 << 40]);
                self.sandbox.advance(SignedDuration::from_secs(time)).map_err(|error| error.to_string())?;
                writeln!(story, "{time} seconds later").expect("a string can be written");
                // What became due meanwhile is not the doing of the next request.
                self.send(&signed("ec2", "POST", "/", &[], b"Action=DescribeRegions".to_vec()))?;
            }
            self.mood = *choices.of(&[Mood::Sane, Mood::Slipping, Mood::Wild]);
            let Some(request) = self.request(&mut choices) else { continue };
            let body = String::from_utf8_lossy(&request.body[..request.body.len().min(1_000)]);
            let http::request::Parts { method, uri, headers, .. } = &request.parts;
            writeln!(story, "{method} {uri} {headers:?} {body}").expect("a string can be written");
            self.send(&request).map_err(|why| format!("{why}\nafter\n{story}"))?;
        }
        Ok(())
    }

    fn send(&mut self, request: &Request) -> Result<(), String> {
        let reply = sound::send(self.sandbox, request)?;
        self.seen.learn(&reply);
        Ok(())
    }

    fn request(&self, choices: &mut Choices<'_>) -> Option<Request> {
        let asked = choices.of(model());
        match &asked.rest {
            Some(rest) => self.s3(choices, rest),
            None if asked.service == "ssm" => Some(self.ssm(choices, asked)),
            None => Some(self.query(choices, asked)),
        }
    }

    fn query(&self, choices: &mut Choices<'_>, asked: &Asked) -> Request {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", &asked.operation);
        for name in &asked.needed {
            if matches!(self.mood, Mood::Sane) || !choices.one_in(8) {
                form.append_pair(&numbered(self.mood, choices, name), &self.value(choices, name));
            }
        }
        let most = if matches!(self.mood, Mood::Sane) { 3 } else { 6 };
        for _ in 0..choices.below(most).min(asked.optional.len()) {
            let name = choices.of(&asked.optional);
            form.append_pair(&numbered(self.mood, choices, name), &self.value(choices, name));
        }
        signed(&asked.service, "POST", "/", &[], form.finish().into_bytes())
    }

    fn ssm(&self, choices: &mut Choices<'_>, asked: &Asked) -> Request {
        let value = self.value(choices, "Name");
        let body = match choices.below(4) {
            0 => serde_json::json!({ "Name": value, "Names": [value] }),
            1 => serde_json::json!({ "Name": value }),
            2 => serde_json::json!({ "Names": [value, 7, null] }),
            _ => serde_json::json!([value]),
        };
        let target = format!("AmazonSSM.{}", asked.operation);
        signed("ssm", "POST", "/", &[("x-amz-target", &target)], body.to_string().into_bytes())
    }

    fn s3(&self, choices: &mut Choices<'_>, rest: &Rest) -> Option<Request> {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let bucket = if choices.one_in(4) { encoded(&self.value(choices, "Name")) } else { "media".to_owned() };
        let key = if choices.one_in(2) { encoded(&self.value(choices, "Key")) } else { "web".to_owned() };
        let mut uri = rest.uri.replace("{Bucket}", &bucket).replace("{Key+}", &key);
        for name in &rest.query {
            if choices.one_in(3) {
                uri.push(if uri.contains('?') { '&' } else { '?' });
                write!(uri, "{name}={}", encoded(&self.value(choices, name))).expect("a string can be written");
            }
        }
        let mut headers = Vec::new();
        for name in &rest.headers {
            if choices.one_in(8) {
                headers.push((name.as_str(), self.value(choices, name)));
            }
        }
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let body = match &rest.document {
            Some(document) if !choices.one_in(16) => self.element(choices, document),
            _ => self.value(choices, "Body"),
        };
        let body = if rest.method == "PUT" || rest.method == "POST" { body } else { String::new() };
        try_signed("s3", &rest.method, &uri, &headers, body.into_bytes())
    }

    fn element(&self, choices: &mut Choices<'_>, Element(name, children): &Element) -> String {
        let mut content = String::new();
        for child in children {
            let sane = matches!(self.mood, Mood::Sane);
            for _ in 0..*choices.of(if sane { &[1, 1, 1, 0] } else { &[1, 1, 0, 2] }) {
                content += &self.element(choices, child);
            }
        }
        if children.is_empty() {
            content = self.value(choices, name).replace('&', "&amp;").replace('<', "&lt;");
        }
        format!("<{name}>{content}</{name}>")
    }

    fn value(&self, choices: &mut Choices<'_>, name: &str) -> String {
        let nasty = match self.mood {
            Mood::Sane => false,
            Mood::Slipping => choices.one_in(8),
            Mood::Wild => choices.one_in(2),
        };
        if nasty {
            return match choices.below(16) {
                0 if choices.one_in(32) => "x".repeat(10 << 20),
                0 | 1 => "é".repeat(choices.below(2_000)),
                _ => (*choices.of(NASTY)).to_owned(),
            };
        }
        let (_, usual) = USUAL.iter().find(|(end, _)| name.ends_with(end)).expect("the last fits all");
        match self.seen.like(choices, name) {
            Some(seen) if name_is_id(name) || choices.one_in(2) => seen,
            _ => (*choices.of(usual)).to_owned(),
        }
    }
}

/// Whether a parameter most likely takes an id that was told before.
fn name_is_id(name: &str) -> bool {
    name.trim_end_matches(".1").ends_with("Id")
}

/// How the values of a request are chosen.
#[derive(Clone, Copy)]
enum Mood {
    /// As a client would.
    Sane,
    /// The same, but for a few.
    Slipping,
    /// Any.
    Wild,
}

/// A name with other numbers in it.
fn numbered(mood: Mood, choices: &mut Choices<'_>, name: &str) -> String {
    if matches!(mood, Mood::Sane) || !choices.one_in(8) {
        return name.to_owned();
    }
    let number = *choices.of(&["2", "0", "01", "-1", "4294967296", "99999999999", "x", "", "1.1"]);
    name.replacen(".1", &format!(".{number}"), 1)
}

/// A request that bears a signature.
pub fn signed(service: &str, method: &str, uri: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Request {
    try_signed(service, method, uri, headers, body).expect("a request")
}

/// The same; `None` where HTTP has no such request.
fn try_signed(
    service: &str,
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Option<Request> {
    let credential =
        format!("AWS4-HMAC-SHA256 Credential=AKID/20261130/us-west-2/{service}/aws4_request, SignedHeaders=host");
    let request = http::Request::builder().method(method).uri(uri);
    let mut request = request.header("authorization", credential).header("host", "127.0.0.1");
    for (name, value) in headers {
        request = request.header(*name, http::HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    Some(Request { parts: request.body(()).ok()?.into_parts().0, body: body.into() })
}
