//! The families of instance types, and their sizes.

/// What all types of a family have in common. <https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-types.html>
#[derive(Debug)]
pub struct Family {
    /// For example `t3`.
    pub name: &'static str,
    /// `x86_64` or `arm64`.
    pub architecture: &'static str,
    /// Threads of a core: 2 with hyper-threading.
    pub threads: u32,
    /// `nitro` or `xen`.
    pub hypervisor: &'static str,
    /// GiB for each vCPU; `None` for the T families, where the size decides.
    pub memory: Option<u32>,
    /// In rising order.
    pub sizes: Sizes,
}

/// The sizes of a family with their vCPUs.
pub type Sizes = &'static [(&'static str, u32)];

#[rustfmt::skip]
mod sizes {
    use super::Sizes;

    pub const T2: Sizes = &[("nano", 1), ("micro", 1), ("small", 1), ("medium", 2), ("large", 2), ("xlarge", 4), ("2xlarge", 8)];
    pub const T3: Sizes = &[("nano", 2), ("micro", 2), ("small", 2), ("medium", 2), ("large", 2), ("xlarge", 4), ("2xlarge", 8)];
    pub const M4: Sizes = &[("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16), ("10xlarge", 40), ("16xlarge", 64)];
    pub const FIFTH: Sizes = &[
        ("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16), ("8xlarge", 32), ("12xlarge", 48), ("16xlarge", 64), ("24xlarge", 96),
    ];
    pub const C5: Sizes = &[
        ("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16), ("9xlarge", 36), ("12xlarge", 48), ("18xlarge", 72), ("24xlarge", 96),
    ];
    pub const SIXTH: Sizes = &[
        ("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16), ("8xlarge", 32), ("12xlarge", 48), ("16xlarge", 64), ("24xlarge", 96),
        ("32xlarge", 128),
    ];
    pub const SEVENTH: Sizes = &[
        ("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16), ("8xlarge", 32), ("12xlarge", 48), ("16xlarge", 64), ("24xlarge", 96),
        ("48xlarge", 192),
    ];
    pub const ARM: Sizes = &[
        ("medium", 1), ("large", 2), ("xlarge", 4), ("2xlarge", 8), ("4xlarge", 16), ("8xlarge", 32), ("12xlarge", 48), ("16xlarge", 64),
    ];
}

/// The families of the table.
pub const FAMILIES: &[Family] = &[
    Family::intel("c5", Some(2), sizes::C5),
    Family::intel("c6i", Some(2), sizes::SIXTH),
    Family::graviton("c6g", Some(2), sizes::ARM),
    Family::graviton("c7g", Some(2), sizes::ARM),
    Family::xen("m4", Some(4), sizes::M4),
    Family::intel("m5", Some(4), sizes::FIFTH),
    Family::intel("m5a", Some(4), sizes::FIFTH),
    Family::intel("m6i", Some(4), sizes::SIXTH),
    Family::graviton("m6g", Some(4), sizes::ARM),
    Family::intel("m7i", Some(4), sizes::SEVENTH),
    Family::graviton("m7g", Some(4), sizes::ARM),
    Family::intel("r5", Some(8), sizes::FIFTH),
    Family::intel("r6i", Some(8), sizes::SIXTH),
    Family::graviton("r6g", Some(8), sizes::ARM),
    Family::graviton("r7g", Some(8), sizes::ARM),
    Family::xen("t2", None, sizes::T2),
    Family::intel("t3", None, sizes::T3),
    Family::intel("t3a", None, sizes::T3),
    Family::graviton("t4g", None, sizes::T3),
];

impl Family {
    /// x86 on Nitro, of Intel or AMD.
    const fn intel(name: &'static str, memory: Option<u32>, sizes: Sizes) -> Self {
        Self { name, architecture: "x86_64", threads: 2, hypervisor: "nitro", memory, sizes }
    }

    const fn graviton(name: &'static str, memory: Option<u32>, sizes: Sizes) -> Self {
        Self { name, architecture: "arm64", threads: 1, hypervisor: "nitro", memory, sizes }
    }

    /// x86 of the generation before Nitro.
    const fn xen(name: &'static str, memory: Option<u32>, sizes: Sizes) -> Self {
        Self { name, architecture: "x86_64", threads: 2, hypervisor: "xen", memory, sizes }
    }
}
