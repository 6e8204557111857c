//! An account in the sandbox, and what is in it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cn_infra::aws::kinds;
use cn_infra::core::environment::Environment;
use cn_infra::core::testing::samples::NOW;
use cn_infra_sandbox::settings::Settings;
use cn_infra_sandbox::{Caller, Granted, Sandbox, SandboxOptions};
use serde_json::Value;

use super::time::Time;

/// The account.
pub struct Account {
    pub sandbox: Sandbox,
    pub time: Time,
    pub synced: Arc<Mutex<Duration>>,
}

impl Account {
    pub fn new(consistency_delay: f64) -> Self {
        let mut settings = Settings { consistency_delay, ..Settings::default() };
        settings.quotas.insert("elastic-ips".to_owned(), 40);
        let options = SandboxOptions { speed: 0.0, start: NOW, settings, ..SandboxOptions::default() };
        let sandbox = Sandbox::new(options);
        let granted = Granted { buckets: [super::LOCKS.to_owned()].into(), ..Granted::default() };
        granted.make(&Caller::new(&sandbox, "123456789012", "us-west-2")).unwrap();
        Self { sandbox, time: Time::default(), synced: Arc::default() }
    }

    /// How many instances, addresses, groups, databases and buckets there are, without those of AWS and the locks.
    pub fn counts(&self) -> [usize; 5] {
        let rows = self.sandbox.rows().unwrap();
        let count = |table: &str, is: &dyn Fn(&str, &Value) -> bool| {
            rows.iter().filter(|(path, key, row)| path.ends_with(table) && is(key, row)).count()
        };
        let any = |_: &str, _: &Value| true;
        [
            count("/instances", &|_, row| !row.to_string().contains("terminated"))
                - count("rds/123456789012/us-west-2/instances", &any),
            count("/addresses", &any),
            count("/groups", &|_, row| row["name"] != "default"),
            count("/databases", &any),
            count("s3/buckets", &|key, _| key != super::LOCKS),
        ]
    }

    /// The paths of the tables that have rows.
    pub fn tables(&self) -> Vec<String> {
        let mut paths: Vec<_> = self.sandbox.rows().unwrap().into_iter().map(|(path, _, _)| path).collect();
        paths.dedup();
        paths
    }
}

/// What is applied: two servers with addresses, one without, groups that know each other, a database, a bucket.
pub fn environment() -> Environment {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("site.toml"), FILE).unwrap();
    Environment::load(directory.path(), "site", &kinds()).unwrap()
}

const FILE: &str = r#"
[environment]
name = "site"
project = "race"
account = "123456789012"
region = "us-west-2"

[defaults.instance]
image = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
type = "t3.micro"

[security_group.web]
description = "web"
[security_group.web.ingress]
http = { port = 80, from = ["0.0.0.0/0"] }
ssh = { port = 22, from = ["198.51.100.7/32"] }

[security_group.db]
description = "db"
[security_group.db.ingress]
app = { port = 5432, from = ["security_group.web"] }

[instance.one]
security_groups = ["security_group.web"]
[instance.two]
security_groups = ["security_group.web"]

[elastic_ip.one]
instance = "instance.one"
[elastic_ip.two]
instance = "instance.two"
[elastic_ip.free]

[db_instance.main]
name = "race-main"
engine = "postgres"
engine_version = "16"
class = "db.t3.micro"
storage = { size_gib = 20, type = "gp3" }
master_username = "race"
master_password = "managed"
security_groups = ["security_group.db"]

[bucket.media]
name = "race-media"
versioning = true

[lock]
bucket = "race-locks"
"#;
