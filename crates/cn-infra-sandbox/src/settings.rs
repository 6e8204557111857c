//! What can be switched and set while the sandbox runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The settings of an account. The control door and `cn-infra sandbox` change them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether AWS's request budgets hold (EC2's per action, S3's per prefix), in virtual time. Off unless set.
    pub limits: bool,
    /// For how many virtual seconds an object that was just made answers NotFound. 0 unless set.
    pub consistency_delay: f64,
    /// How many real seconds each answer takes. 0 unless set.
    pub latency: f64,
    /// Quotas that differ from AWS's defaults, by name.
    pub quotas: BTreeMap<String, u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { limits: false, consistency_delay: 0.0, latency: 0.0, quotas: BTreeMap::new() }
    }
}

/// AWS's default quotas that the sandbox holds to, by the names of `quotas`.
pub const QUOTAS: &[(&str, u64)] = &[
    // Elastic IPs of a region. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html
    ("elastic-ips", 5),
    // Rules of a group per direction, IPv4 and IPv6 apart; groups of an interface; groups and VPCs of a region.
    // https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
    ("rules-per-group", 60),
    ("groups-per-interface", 5),
    ("groups-per-region", 2500),
    ("vpcs", 5),
    // Databases and manual snapshots of a region. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
    // Also their storage together, in GiB, and parameter groups.
    ("databases", 40),
    ("database-snapshots", 100),
    ("database-storage-gib", 100_000),
    ("database-parameter-groups", 150),
    // vCPUs of instances that are not stopped. AWS's own differs from account to account and grows with use: none unless
    // set. https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
    ("vcpus", u64::MAX),
    // Buckets of an account. https://docs.aws.amazon.com/AmazonS3/latest/userguide/BucketRestrictions.html
    ("buckets", 10_000),
];

impl Settings {
    /// A quota: as set, else AWS's default; a name without either is unlimited.
    pub fn quota(&self, name: &str) -> u64 {
        let default = || QUOTAS.iter().find(|(known, _)| *known == name).map(|(_, quota)| *quota);
        self.quotas.get(name).copied().or_else(default).unwrap_or(u64::MAX)
    }
}
