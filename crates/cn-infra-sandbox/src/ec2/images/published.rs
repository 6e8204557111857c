//! What is published: a table of distributions and their releases.

/// A line of images.
#[derive(Debug)]
pub struct Distribution {
    /// The account that publishes it.
    pub owner: &'static str,
    /// The name that this account may be given by, if it has one.
    pub alias: Option<&'static str>,
    /// Its images' names: `{release}` and `{arch}` stand for those.
    pub name: &'static str,
    /// What it calls itself in the description.
    title: &'static str,
    /// Its public SSM parameters, likewise; `{release}` is also `current`.
    /// <https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/>,
    /// <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html>
    parameters: &'static [&'static str],
    /// What the root volume is attached as.
    pub root_device: &'static str,
    /// The root volume's size in GiB.
    pub size: u32,
    /// The root volume's type.
    pub volume_type: &'static str,
    /// Whether it maps the disks that some types have in their host.
    pub ephemeral: bool,
    /// How x86 servers start, where the image says so.
    pub boot_mode: Option<&'static str>,
    /// Whether it says that its servers answer IMDSv2 only.
    pub imds_v2: bool,
    /// Since when it is listed only when asked for.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deprecate.html>
    pub deprecated: Option<&'static str>,
    /// Its releases, the newest last.
    pub releases: &'static [Release],
}

/// One build.
#[derive(Debug)]
pub struct Release {
    /// As it stands in the name.
    pub version: &'static str,
    /// The day that it was made.
    pub date: &'static str,
}

const fn release(version: &'static str, date: &'static str) -> Release {
    Release { version, date }
}

const CANONICAL: Distribution = Distribution {
    owner: "099720109477",
    alias: None,
    name: "",
    title: "",
    parameters: &[],
    root_device: "/dev/sda1",
    size: 8,
    volume_type: "gp2",
    ephemeral: true,
    boot_mode: Some("uefi-preferred"),
    imds_v2: false,
    deprecated: None,
    releases: &[],
};

const AMAZON: Distribution = Distribution {
    owner: "137112412989",
    alias: Some("amazon"),
    root_device: "/dev/xvda",
    ephemeral: false,
    boot_mode: None,
    ..CANONICAL
};

/// Everything that is published.
pub const PUBLISHED: &[Distribution] = &[
    Distribution {
        name: "ubuntu/images/hvm-ssd/ubuntu-xenial-16.04-{arch}-server-{release}",
        title: "Canonical, Ubuntu, 16.04 LTS, {arch} xenial image build on {date}",
        parameters: &[
            "/aws/service/canonical/ubuntu/server/16.04/stable/{release}/{arch}/hvm/ebs-gp2/ami-id",
            "/aws/service/canonical/ubuntu/server/xenial/stable/{release}/{arch}/hvm/ebs-gp2/ami-id",
        ],
        boot_mode: None,
        deprecated: Some("2023-09-28T04:16:30.000Z"),
        releases: &[release("20210928", "2021-09-28")],
        ..CANONICAL
    },
    Distribution {
        name: "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-{arch}-server-{release}",
        title: "Canonical, Ubuntu, 22.04 LTS, {arch} jammy image build on {date}",
        parameters: &[
            "/aws/service/canonical/ubuntu/server/22.04/stable/{release}/{arch}/hvm/ebs-gp2/ami-id",
            "/aws/service/canonical/ubuntu/server/jammy/stable/{release}/{arch}/hvm/ebs-gp2/ami-id",
        ],
        releases: &[release("20250516", "2025-05-16"), release("20250822", "2025-08-22")],
        ..CANONICAL
    },
    Distribution {
        name: "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{arch}-server-{release}",
        title: "Canonical, Ubuntu, 24.04, {arch} noble image",
        parameters: &[
            "/aws/service/canonical/ubuntu/server/24.04/stable/{release}/{arch}/hvm/ebs-gp3/ami-id",
            "/aws/service/canonical/ubuntu/server/noble/stable/{release}/{arch}/hvm/ebs-gp3/ami-id",
        ],
        volume_type: "gp3",
        imds_v2: true,
        releases: &[release("20250516", "2025-05-16"), release("20250821", "2025-08-21")],
        ..CANONICAL
    },
    Distribution {
        name: "amzn2-ami-hvm-2.0.{release}-{arch}-gp2",
        title: "Amazon Linux 2 AMI 2.0.{release} {arch} HVM gp2",
        parameters: &["/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-{arch}-gp2"],
        releases: &[release("20250523.0", "2025-05-23"), release("20250818.2", "2025-08-18")],
        ..AMAZON
    },
    Distribution {
        name: "amzn2-ami-kernel-5.10-hvm-2.0.{release}-{arch}-gp2",
        title: "Amazon Linux 2 Kernel 5.10 AMI 2.0.{release} {arch} HVM gp2",
        parameters: &["/aws/service/ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-{arch}-gp2"],
        releases: &[release("20250523.0", "2025-05-23"), release("20250818.2", "2025-08-18")],
        ..AMAZON
    },
    Distribution {
        name: "al2023-ami-2023.{release}-kernel-6.1-{arch}",
        title: "Amazon Linux 2023 AMI 2023.{release} {arch} HVM kernel-6.1",
        parameters: &[
            "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{arch}",
            "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-{arch}",
        ],
        volume_type: "gp3",
        boot_mode: Some("uefi-preferred"),
        imds_v2: true,
        releases: &[release("7.20250527.1", "2025-05-27"), release("8.20250818.0", "2025-08-18")],
        ..AMAZON
    },
    Distribution {
        name: "al2023-ami-minimal-2023.{release}-kernel-6.1-{arch}",
        title: "Amazon Linux 2023 AMI 2023.{release} {arch} Minimal HVM kernel-6.1",
        parameters: &[
            "/aws/service/ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-{arch}",
            "/aws/service/ami-amazon-linux-latest/al2023-ami-minimal-kernel-6.1-{arch}",
        ],
        size: 2,
        volume_type: "gp3",
        boot_mode: Some("uefi-preferred"),
        imds_v2: true,
        releases: &[release("7.20250527.1", "2025-05-27"), release("8.20250818.0", "2025-08-18")],
        ..AMAZON
    },
];

impl Distribution {
    /// How it spells an architecture: Canonical says `amd64`.
    pub fn spelling(&self, architecture: &'static str) -> &'static str {
        if self.owner == CANONICAL.owner && architecture == "x86_64" { "amd64" } else { architecture }
    }

    /// Whether an owner in a request, an account or an alias, is its owner.
    pub fn is_owned_by(&self, owner: &str) -> bool {
        owner == self.owner || self.alias == Some(owner)
    }

    /// An image's description.
    pub fn describe(&self, release: &Release, architecture: &'static str) -> String {
        let title = self.title.replace("{release}", release.version).replace("{date}", release.date);
        title.replace("{arch}", self.spelling(architecture))
    }

    /// The release that a parameter stands for, if the parameter is one of this distribution and architecture.
    pub fn release_of_parameter(&self, name: &str, architecture: &'static str) -> Option<&'static Release>
    where
        Self: 'static,
    {
        let spelled = |pattern: &str, release: &str| {
            pattern.replace("{arch}", self.spelling(architecture)).replace("{release}", release)
        };
        let names = |release: &str| self.parameters.iter().any(|pattern| spelled(pattern, release) == name);
        if names("current") {
            return self.releases.last();
        }
        self.releases.iter().find(|release| names(release.version))
    }
}
