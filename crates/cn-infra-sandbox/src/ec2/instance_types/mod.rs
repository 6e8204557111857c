//! Instance types: those of the common families.

mod describe;
mod families;

use crate::context::Operation;
use families::{FAMILIES, Family};

/// The operations on instance types.
pub const OPERATIONS: &[Operation] = &[
    Operation::new("DescribeInstanceTypeOfferings", &[], describe::offerings),
    Operation::new("DescribeInstanceTypes", &[], describe::describe),
];

/// One instance type.
#[derive(Clone, Copy, Debug)]
pub struct InstanceType {
    family: &'static Family,
    size: &'static str,
    /// How many vCPUs it has.
    pub vcpus: u32,
}

impl InstanceType {
    /// The type of a name, for example `t3.micro`.
    pub fn named(name: &str) -> Option<Self> {
        let (family, size) = name.split_once('.')?;
        let family = FAMILIES.iter().find(|known| known.name == family)?;
        let (size, vcpus) = *family.sizes.iter().find(|(known, _)| *known == size)?;
        Some(Self { family, size, vcpus })
    }

    fn all() -> impl Iterator<Item = Self> {
        let types =
            |family: &'static Family| family.sizes.iter().map(move |&(size, vcpus)| Self { family, size, vcpus });
        FAMILIES.iter().flat_map(types)
    }

    /// Its name.
    pub fn name(&self) -> String {
        format!("{}.{}", self.family.name, self.size)
    }

    /// Its memory in MiB.
    pub fn memory(&self) -> u32 {
        const GIB: u32 = 1024;
        match (self.family.memory, self.size) {
            (Some(gib), _) => self.vcpus * gib * GIB,
            (None, "nano") => GIB / 2,
            (None, "micro") => GIB,
            (None, "small") => 2 * GIB,
            (None, "medium") => 4 * GIB,
            (None, "large") => 8 * GIB,
            (None, "xlarge") => 16 * GIB,
            (None, _) => 32 * GIB,
        }
    }

    /// Whether AWS counts it among the current generation.
    fn is_current(&self) -> bool {
        self.family.name != "m4"
    }

    /// `x86_64` or `arm64`.
    pub fn architecture(&self) -> &'static str {
        self.family.architecture
    }

    /// Whether its performance can burst, by CPU credits: the T families.
    pub fn is_burstable(&self) -> bool {
        self.family.name.starts_with('t')
    }

    /// What it does beyond its credits unless told otherwise. T2 alone is throttled.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode.html>
    pub fn default_credits(&self) -> &'static str {
        if self.family.name == "t2" { "standard" } else { "unlimited" }
    }

    /// `default` where it is EBS-optimized whatever one asks for; else `unsupported`.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ebs-optimized.html>
    pub fn ebs_optimized(&self) -> &'static str {
        if self.family.name == "t2" { "unsupported" } else { "default" }
    }

    /// How many cores it has.
    pub fn cores(&self) -> u32 {
        (self.vcpus / self.threads()).max(1)
    }

    /// Threads of each core: one, where there is but one vCPU.
    pub fn threads(&self) -> u32 {
        self.family.threads.min(self.vcpus)
    }

    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AvailableIpPerENI.html>
    pub fn max_interfaces(&self) -> usize {
        match (self.family.name, self.size) {
            ("t2" | "t3" | "t3a" | "t4g", "small" | "medium") | ("t2", "xlarge" | "2xlarge") => 3,
            ("m4", "large") | (_, "nano" | "micro" | "medium" | "small") => 2,
            (_, "large") => 3,
            (_, "xlarge" | "2xlarge") => 4,
            (_, "4xlarge" | "8xlarge" | "9xlarge" | "10xlarge" | "12xlarge") => 8,
            _ => 15,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_what_aws_tells_of_them() {
        let told = |name: &str| {
            let kind = InstanceType::named(name).expect(name);
            (kind.architecture(), kind.vcpus, kind.memory() / 1024, kind.cores(), kind.max_interfaces())
        };
        assert_eq!(told("t3.micro"), ("x86_64", 2, 1, 1, 2));
        assert_eq!(told("t2.small"), ("x86_64", 1, 2, 1, 3));
        assert_eq!(told("m6g.large"), ("arm64", 2, 8, 2, 3));
        assert_eq!(told("r5.24xlarge"), ("x86_64", 96, 768, 48, 15));
        assert!(InstanceType::named("t3.enormous").is_none() && InstanceType::named("t3").is_none());
    }
}
