//! The least IAM policy with which an environment can be read, a plan carried out, or a whole file applied.
//!
//! EC2's calls are narrowed to the environment's region, and its deletes to what bears the project's tag; RDS to the account
//! and region; S3 to the declared buckets. Listing needs everything, as AWS narrows no `Describe`.

mod table;

use std::collections::{BTreeMap, BTreeSet};

use cn_infra_core::address::Address;
use cn_infra_core::document::Document;
use cn_infra_core::environment::Environment;
use cn_infra_core::owner;
use cn_infra_core::plan::{Action, Plan};
use serde::Serialize;
use serde_json::{Value, json};

use table::{GRANTS, Grant, LEASE, On, When};

/// What the policy is for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// `plan`, `show`, `output`: nothing is written.
    Read,
    /// One plan, and reading.
    Plan(&'a Plan),
    /// Whatever a plan of the file may hold, `--prune` included.
    File,
}

/// An IAM policy document.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    version: &'static str,
    /// What is allowed.
    pub statement: Vec<Statement>,
}

/// One statement of a policy: all its actions on all its resources.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Its name, letters and digits.
    pub sid: String,
    effect: &'static str,
    /// The actions: `ec2:RunInstances`.
    pub action: BTreeSet<String>,
    /// ARNs, or `*`.
    pub resource: Vec<String>,
    /// Conditions: operator, key, value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
}

/// The least policy for a purpose. Pure: nothing is called.
pub fn policy(environment: &Environment, purpose: Purpose<'_>) -> Policy {
    let place = Place { environment, partition: partition(&environment.region) };
    let work = Work::of(environment, purpose);
    let mut actions: BTreeMap<On, BTreeSet<String>> = BTreeMap::new();
    let lease = LEASE.iter().filter(|_| environment.lock_bucket.is_some() && work.writes);
    for grant in GRANTS.iter().filter(|grant| work.needs(grant)).chain(lease) {
        actions.entry(grant.on).or_default().extend(grant.actions.iter().map(ToString::to_string));
    }
    let statements = actions.into_iter().map(|(on, actions)| place.statement(on, actions, &work.buckets));
    let statement = statements.chain(for_others(&place, &work)).filter(|statement| !statement.resource.is_empty());
    Policy { version: "2012-10-17", statement: statement.collect() }
}

/// The part of AWS that a region is in, as ARNs name it.
fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// What is to be done.
struct Work<'a> {
    declared: BTreeSet<&'a str>,
    does: BTreeSet<(&'a str, u8)>,
    writes: bool,
    buckets: BTreeSet<&'a str>,
    /// The desired fields of all that is made or changed.
    documents: Vec<(&'a Address, &'a Document)>,
}

impl<'a> Work<'a> {
    fn of(environment: &'a Environment, purpose: Purpose<'a>) -> Self {
        let declared = environment.resources.keys().map(|address| address.kind.as_str()).collect();
        let of_file = environment.resources.values().map(|declared| (&declared.address, &declared.document));
        let buckets = environment.resources.values().filter(|declared| declared.address.kind == "bucket");
        let mut buckets: BTreeSet<_> = buckets.map(|declared| declared.name.as_str()).collect();
        let (mut does, mut documents) = (BTreeSet::new(), Vec::new());
        match purpose {
            Purpose::Read => {}
            Purpose::File => {
                documents = of_file.collect();
                let all = [When::Create, When::Update, When::Delete];
                does.extend(all.into_iter().flat_map(|when| kinds(environment).map(move |kind| (kind, when as u8))));
            }
            Purpose::Plan(plan) => {
                for step in &plan.steps {
                    let kind = step.id.address.kind.as_str();
                    does.extend(whens(step.action, step.id.part.is_some()).iter().map(|when| (kind, *when as u8)));
                    documents.extend(step.after.as_ref().map(|after| (&step.id.address, after)));
                    buckets.extend((kind == "bucket").then_some(step.name.as_str()));
                }
            }
        }
        Self { declared, writes: !does.is_empty(), does, buckets, documents }
    }

    fn needs(&self, grant: &Grant) -> bool {
        match grant.when {
            When::Read => true,
            When::ReadDeclared => {
                self.declared.contains(grant.kind) || self.does.iter().any(|(kind, _)| *kind == grant.kind)
            }
            when => self.does.contains(&(grant.kind, when as u8)),
        }
    }

    /// The values of a field over all resources of a kind.
    fn texts(&self, kind: &str, field: &str) -> impl Iterator<Item = &'a str> {
        let of_kind = self.documents.iter().filter(move |(address, _)| address.kind == kind);
        of_kind.filter_map(move |(_, document)| document.get(field)?.as_str())
    }
}

fn kinds(environment: &Environment) -> impl Iterator<Item = &str> {
    environment.resources.keys().map(|address| address.kind.as_str())
}

/// A create goes on as an update until all is as wanted; a part is changed, whatever happens to it.
fn whens(action: Action, part: bool) -> &'static [When] {
    match action {
        Action::Create if !part => &[When::Create, When::Update],
        Action::Create | Action::Update => &[When::Update],
        Action::Delete => &[When::Delete, When::Update],
    }
}

/// Where the environment is.
struct Place<'a> {
    environment: &'a Environment,
    partition: &'static str,
}

impl Place<'_> {
    /// `arn:aws:rds:us-west-2:123456789012:*`.
    fn arn(&self, service: &str, rest: &str) -> String {
        let Environment { region, account, .. } = self.environment;
        format!("arn:{}:{service}:{region}:{account}:{rest}", self.partition)
    }

    fn statement(&self, on: On, action: BTreeSet<String>, buckets: &BTreeSet<&str>) -> Statement {
        let Environment { region, project, name, lock_bucket, .. } = self.environment;
        let partition = self.partition;
        let in_region = json!({ "StringEquals": { "aws:RequestedRegion": region } });
        let owned = json!({ "StringEquals": { "aws:RequestedRegion": region, format!("aws:ResourceTag/{}", owner::PROJECT): project } });
        let all = vec!["*".to_owned()];
        let (sid, resource, condition) = match on {
            On::All => ("FindBuckets", all, None),
            On::Region => ("Servers", all, Some(in_region)),
            On::Owned => ("DeleteOwnServers", all, Some(owned)),
            On::Databases => ("Databases", vec![self.arn("rds", "*")], None),
            On::Buckets => {
                ("Buckets", buckets.iter().map(|name| format!("arn:{partition}:s3:::{name}")).collect(), None)
            }
            On::Lease => {
                let object = |bucket| format!("arn:{partition}:s3:::{bucket}/cn-infra/{project}/{name}.lock");
                ("Lease", lock_bucket.iter().map(object).collect(), None)
            }
            On::LeaseBucket => {
                let arn = |bucket| format!("arn:{partition}:s3:::{bucket}");
                ("LeaseBucket", lock_bucket.iter().map(arn).collect(), None)
            }
        };
        Statement { sid: sid.to_owned(), effect: "Allow", action, resource, condition }
    }
}

/// What AWS does in the caller's name: it reads images' parameters, hands on roles, makes secrets, uses keys.
fn for_others(place: &Place<'_>, work: &Work<'_>) -> Vec<Statement> {
    let allow = |sid: &str, actions: &[&str], resource: Vec<String>, condition: Option<Value>| Statement {
        sid: sid.to_owned(),
        effect: "Allow",
        action: actions.iter().map(ToString::to_string).collect(),
        resource,
        condition,
    };
    let Environment { region, account, .. } = place.environment;
    let partition = place.partition;
    let parameters: BTreeSet<_> =
        work.texts("instance", "image").filter_map(|image| image.strip_prefix("resolve:ssm:")).collect();
    let parameter = |name: &&str| {
        // Those of AWS belong to no account. A version or label behind a colon is no part of the name.
        let name = name.split(':').next().unwrap_or(name).trim_start_matches('/');
        let account = if name.starts_with("aws/") { "" } else { account.as_str() };
        format!("arn:{partition}:ssm:{region}:{account}:parameter/{name}")
    };
    let passes = |service: &str| Some(json!({ "StringEquals": { "iam:PassedToService": service } }));
    let profiles = work.texts("instance", "instance_profile").any(|profile| profile != "none");
    let roles = |any: bool| if any { vec![format!("arn:{partition}:iam::{account}:role/*")] } else { Vec::new() };
    let monitoring: BTreeSet<_> = work.texts("db_instance", "monitoring_role").map(str::to_owned).collect();
    let secrets = work.texts("db_instance", "master_password").any(|password| password == "managed");
    let secrets = if secrets { vec![place.arn("secretsmanager", "secret:rds!*")] } else { Vec::new() };
    let keys = uses_keys(work) || !secrets.is_empty();
    let keys = if keys { vec![place.arn("kms", "key/*")] } else { Vec::new() };
    vec![
        allow("ImageParameters", &["ssm:GetParameters"], parameters.iter().map(parameter).collect(), None),
        allow("ServerRoles", &["iam:PassRole"], roles(profiles), passes("ec2.amazonaws.com")),
        allow(
            "MonitoringRoles",
            &["iam:PassRole"],
            monitoring.into_iter().collect(),
            passes("monitoring.rds.amazonaws.com"),
        ),
        allow("ManagedPasswords", &["secretsmanager:CreateSecret", "secretsmanager:TagResource"], secrets, None),
        allow("Keys", &["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], keys, None),
    ]
}

fn uses_keys(work: &Work<'_>) -> bool {
    let names_key = |document: &Document| document.0.values().any(|value| value.to_string().contains("kms"));
    work.documents.iter().any(|(_, document)| names_key(document) || document.0.keys().any(|field| field == "kms_key"))
}
