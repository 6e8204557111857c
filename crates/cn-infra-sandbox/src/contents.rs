//! What is in an account, counted: what somebody made, not what AWS gives everyone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::ec2::Ec2;
use crate::iam::Iam;
use crate::rds::Rds;
use crate::s3::S3;

/// What an account has in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contents {
    /// The account.
    pub account: String,
    /// The region; `None`: what belongs to no region, and buckets, whose names are global.
    pub region: Option<String>,
    /// How many of each kind, of the kinds that there are any of: `instances`, `elastic IPs`.
    pub counts: BTreeMap<&'static str, usize>,
}

impl Contents {
    /// A region's; `None`: it has nothing but what every region begins with.
    pub(crate) fn of_region(account: &str, region: &str, (ec2, rds): (&Ec2, &Rds), now: Timestamp) -> Option<Self> {
        let of_aws = |name: &str| name == "default" || name.starts_with("default.");
        let (gone, there): (Vec<_>, Vec<_>) = ec2.instances.values().partition(|row| row.state.at(now).is_ending());
        let groups: BTreeSet<_> =
            ec2.groups.values().filter(|group| !of_aws(&group.name)).map(|group| &group.id).collect();
        let counts = [
            ("instances", there.len()),
            ("terminated instances", gone.len()),
            ("volumes", ec2.volumes.len()),
            ("volume snapshots", ec2.snapshots.len()),
            ("elastic IPs", ec2.addresses.len()),
            ("security groups", groups.len()),
            ("rules", ec2.rules.values().filter(|rule| groups.contains(&rule.group)).count()),
            ("key pairs", ec2.key_pairs.len()),
            ("VPCs", ec2.vpcs.values().filter(|vpc| !vpc.is_default).count()),
            ("subnets", ec2.subnets.values().filter(|subnet| !subnet.is_default).count()),
            ("prefix lists", ec2.prefix_lists.values().filter(|list| list.owner == account).count()),
            ("databases", rds.databases.len()),
            ("database snapshots", rds.snapshots.len()),
            ("parameter groups", rds.parameter_groups.values().filter(|group| !of_aws(&group.name)).count()),
            ("subnet groups", rds.subnet_groups.iter().filter(|(name, _)| !of_aws(name)).count()),
        ];
        Self::some(account, Some(region), &counts)
    }

    /// What an account has in no region.
    pub(crate) fn of_account(account: &str, iam: Option<&Iam>, s3: &S3) -> Option<Self> {
        let (buckets, objects) = s3.count(account);
        let iam = iam.map_or((0, 0), |iam| (iam.profiles.len(), iam.roles.len()));
        let counts =
            [("buckets", buckets), ("objects and versions", objects), ("instance profiles", iam.0), ("roles", iam.1)];
        Self::some(account, None, &counts)
    }

    fn some(account: &str, region: Option<&str>, counts: &[(&'static str, usize)]) -> Option<Self> {
        let counts: BTreeMap<_, _> = counts.iter().copied().filter(|(_, count)| *count > 0).collect();
        let region = region.map(str::to_owned);
        (!counts.is_empty()).then(|| Self { account: account.to_owned(), region, counts })
    }
}
