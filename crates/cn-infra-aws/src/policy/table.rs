//! What each kind of work calls, as IAM names it, and on what.
//!
//! Names, resources and condition keys are those of the "Service Authorization Reference":
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.

/// When calls are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// In every plan, whatever is declared.
    Read,
    /// In every plan of an environment that declares the kind.
    ReadDeclared,
    /// When an object is made.
    Create,
    /// When one changes, also to finish what a create began.
    Update,
    /// When one is deleted.
    Delete,
}

/// What the calls act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum On {
    /// Everything: AWS does not narrow it, or what is read is not known before.
    All,
    /// Everything of the environment's region.
    Region,
    /// What bears the project's tag, in the region.
    Owned,
    /// Databases, their snapshots and groups, in the account and region.
    Databases,
    /// The buckets that the environment declares.
    Buckets,
    /// The lease of the environment.
    Lease,
    /// The bucket that the lease is in.
    LeaseBucket,
}

/// Calls of one kind of work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant {
    pub kind: &'static str,
    pub when: When,
    pub on: On,
    pub actions: &'static [&'static str],
}

const fn grant(kind: &'static str, when: When, on: On, actions: &'static [&'static str]) -> Grant {
    Grant { kind, when, on, actions }
}

pub(super) const GRANTS: &[Grant] = &[
    grant(
        "instance",
        When::Read,
        On::Region,
        &["ec2:DescribeInstances", "ec2:DescribeVolumes", "ec2:DescribeInstanceAttribute"],
    ),
    grant("instance", When::Create, On::Region, &["ec2:RunInstances", "ec2:CreateTags", "ec2:DescribeImages"]),
    grant(
        "instance",
        When::Update,
        On::Region,
        &[
            "ec2:AssociateIamInstanceProfile",
            "ec2:CreateTags",
            "ec2:DeleteTags",
            "ec2:DescribeIamInstanceProfileAssociations",
            "ec2:DescribeVolumesModifications",
            "ec2:DisassociateIamInstanceProfile",
            "ec2:ModifyInstanceAttribute",
            "ec2:ModifyInstanceMetadataOptions",
            "ec2:ModifyNetworkInterfaceAttribute",
            "ec2:ModifyVolume",
            "ec2:MonitorInstances",
            "ec2:ReplaceIamInstanceProfileAssociation",
            "ec2:StartInstances",
            "ec2:StopInstances",
            "ec2:UnmonitorInstances",
        ],
    ),
    grant("instance", When::Delete, On::Region, &["ec2:ModifyInstanceAttribute"]),
    grant("instance", When::Delete, On::Owned, &["ec2:TerminateInstances"]),
    grant("elastic_ip", When::Read, On::Region, &["ec2:DescribeAddresses"]),
    grant("elastic_ip", When::Create, On::Region, &["ec2:AllocateAddress", "ec2:CreateTags"]),
    // Of two that were allocated at once, one goes.
    grant("elastic_ip", When::Create, On::Owned, &["ec2:ReleaseAddress"]),
    grant(
        "elastic_ip",
        When::Update,
        On::Region,
        &[
            "ec2:AssociateAddress",
            "ec2:CreateTags",
            "ec2:DeleteTags",
            "ec2:DescribeInstances",
            "ec2:DisassociateAddress",
        ],
    ),
    grant("elastic_ip", When::Delete, On::Owned, &["ec2:ReleaseAddress"]),
    grant(
        "security_group",
        When::Read,
        On::Region,
        &["ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules", "ec2:DescribeVpcs"],
    ),
    grant("security_group", When::Create, On::Region, &["ec2:CreateSecurityGroup", "ec2:CreateTags"]),
    grant(
        "security_group",
        When::Update,
        On::Region,
        &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateTags",
            "ec2:DeleteTags",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
            "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
            "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        ],
    ),
    grant("security_group", When::Delete, On::Owned, &["ec2:DeleteSecurityGroup"]),
    grant(
        "security_group",
        When::Delete,
        On::Region,
        &["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"],
    ),
    grant("db_instance", When::Read, On::Databases, &["rds:DescribeDBInstances"]),
    grant(
        "db_instance",
        When::Create,
        On::Databases,
        &["rds:AddTagsToResource", "rds:CreateDBInstance", "rds:RestoreDBInstanceFromDBSnapshot"],
    ),
    grant(
        "db_instance",
        When::Update,
        On::Databases,
        &[
            "rds:AddTagsToResource",
            "rds:CreateDBSnapshot",
            "rds:DescribeDBSnapshots",
            "rds:ModifyDBInstance",
            "rds:RemoveTagsFromResource",
        ],
    ),
    grant(
        "db_instance",
        When::Delete,
        On::Databases,
        &["rds:AddTagsToResource", "rds:CreateDBSnapshot", "rds:DeleteDBInstance"],
    ),
    // What left the file is looked for by the tags of every bucket; and whether it is empty, before a plan deletes it.
    grant("bucket", When::Read, On::All, &["s3:GetBucketTagging", "s3:ListAllMyBuckets", "s3:ListBucketVersions"]),
    grant(
        "bucket",
        When::ReadDeclared,
        On::Buckets,
        &[
            "s3:GetBucketAcl",
            "s3:GetBucketCORS",
            "s3:GetBucketLogging",
            "s3:GetBucketOwnershipControls",
            "s3:GetBucketPolicy",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketTagging",
            "s3:GetBucketVersioning",
            "s3:GetBucketWebsite",
            "s3:GetEncryptionConfiguration",
            "s3:GetLifecycleConfiguration",
            "s3:ListBucket",
        ],
    ),
    // A bucket is made with its tags:
    // <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>.
    grant("bucket", When::Create, On::Buckets, &["s3:CreateBucket", "s3:TagResource"]),
    grant(
        "bucket",
        When::Update,
        On::Buckets,
        &[
            "s3:DeleteBucketPolicy",
            "s3:DeleteBucketWebsite",
            "s3:PutBucketAcl",
            "s3:PutBucketCORS",
            "s3:PutBucketLogging",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketTagging",
            "s3:PutBucketVersioning",
            "s3:PutBucketWebsite",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
        ],
    ),
    grant("bucket", When::Delete, On::Buckets, &["s3:DeleteBucket", "s3:ListBucket"]),
];

/// The lease, where the file has `[lock]`. Who may not list a bucket is told 403 of an object that is not there, so that a
/// lease just released would read as a refusal: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>.
pub(super) const LEASE: &[Grant] = &[
    grant("", When::Update, On::Lease, &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]),
    grant("", When::Update, On::LeaseBucket, &["s3:ListBucket"]),
];
