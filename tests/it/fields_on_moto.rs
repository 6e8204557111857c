//! The field matrix, second half: what is sent for every field, through the real engine, managers and SDK to moto.
//!
//! Beside each sample stand the exact requests: `[create]` what a create sends for a field and does not send without
//! it, `[requests]` the writing calls that its change makes and no others, `[elsewhere]` the program by which another
//! client changes it. What moto does not model is exempt in `docs/fields.md`, and has to be: an exemption that exempts
//! nothing fails too.

use std::collections::{BTreeMap, BTreeSet};

use cn_infra::aws::kinds;
use cn_infra::core::environment::Environment;
use cn_infra::core::kinds::Kind;
use cn_infra::core::plan::Plan;
use cn_infra::core::resource::Role;
use toml::Value;

use crate::account::Account;
use crate::fields::{Sample, can_be_left_out, exempt, is_about, mentioned, pattern};
use crate::recorder::Request;

#[tokio::test]
async fn bucket() {
    prove("bucket").await;
}

#[tokio::test]
async fn db_instance() {
    prove("db_instance").await;
}

#[tokio::test]
async fn elastic_ip() {
    prove("elastic_ip").await;
}

#[tokio::test]
async fn instance() {
    prove("instance").await;
}

#[tokio::test]
async fn security_group() {
    prove("security_group").await;
}

/// What the samples refer to and no environment declares; printed: the text in the sample, and what stands for it.
const PREPARATION: &str = "
iam = boto3.client('iam')
for name in ('server', 'worker'):
    iam.create_instance_profile(InstanceProfileName=name)
for name in ('operators', 'others'):
    ec2.create_key_pair(KeyName=name)
vpc = ec2.describe_vpcs()['Vpcs'][0]['VpcId']
subnets = {subnet['AvailabilityZone']: subnet['SubnetId'] for subnet in ec2.describe_subnets()['Subnets']}
for name in ('first', 'second'):
    rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription=name, SubnetIds=list(subnets.values()))
rds.create_db_parameter_group(DBParameterGroupName='custom', DBParameterGroupFamily='postgres16', Description='custom')
rds.create_db_instance(DBInstanceIdentifier='former', Engine='postgres', DBInstanceClass='db.t3.medium',
                       AllocatedStorage=30, MasterUsername='site', MasterUserPassword='of no use')
rds.create_db_snapshot(DBInstanceIdentifier='former', DBSnapshotIdentifier='before-the-move')
images = sorted(image['ImageId'] for image in ec2.describe_images(Owners=['amazon'])['Images'])
print('ami-0123456789abcdef0', images[0])
print('ami-0fedcba9876543210', images[1])
print('subnet-0123456789abcdef0', subnets['us-west-2a'])
print('subnet-0fedcba9876543210', subnets['us-west-2b'])
print('vpc-0123456789abcdef0', ec2.create_vpc(CidrBlock='10.9.0.0/16')['Vpc']['VpcId'])
";

async fn prove(kind: &str) {
    let account = Account::start();
    let prepared = account.boto3(PREPARATION);
    let words = |line: &str| line.split_once(' ').map(|(written, real)| (written.to_owned(), real.to_owned()));
    let mut real: Vec<_> = prepared.lines().filter_map(words).collect();
    // A password has to come from a variable that is set, and a test cannot set one.
    real.push(("CN_DB_PASSWORD".to_owned(), "CARGO_PKG_NAME".to_owned()));
    let samples = Sample::all().into_iter().filter(|sample| sample.kind == kind);
    let mut proof = Proof { account, real, environments: 0, wrong: Vec::new(), exempt: Vec::new() };
    let mut proved = BTreeSet::new();
    for sample in samples {
        proof.sample(&sample).await;
        proved.extend(sample.requests.keys().map(|path| pattern(kinds().get(kind).unwrap(), path)));
    }
    let kinds = kinds();
    let kind = kinds.get(kind).unwrap();
    proof.wrong.extend(unproved(kind, &proved));
    assert!(proof.wrong.is_empty(), "{}", proof.wrong.join("\n"));
}

/// Managed fields whose change no sample states the requests of.
fn unproved(kind: &Kind, proved: &BTreeSet<String>) -> Vec<String> {
    let (moto, sample) = (exempt("moto"), exempt("sample"));
    let managed = kind.fields.iter().filter(|field| field.role == Role::Managed);
    managed
        .filter(|field| !proved.contains(field.path))
        .map(|field| format!("{}.{}", kind.name, field.path))
        .filter(|name| !moto.contains(name) && !sample.contains(name))
        .map(|name| format!("{name}: no sample states the requests of its change"))
        .collect()
}

/// Samples of one kind, one after the other in one account.
struct Proof {
    account: Account,
    /// Texts of samples, and what stands for them in the account.
    real: Vec<(String, String)>,
    environments: usize,
    exempt: Vec<String>,
    wrong: Vec<String>,
}

impl Proof {
    async fn sample(&mut self, whole: &Sample) {
        let kinds = kinds();
        let kind = kinds.get(&whole.kind).unwrap();
        let mut sample = self.new_environment(whole);
        if let Err(error) = self.create(&sample).await {
            return self.wrong.push(format!("{}: {error}", sample.file_name));
        }
        let managed = |path: &str| {
            let path = pattern(kind, path);
            kind.fields.iter().any(|field| field.path == path && field.role == Role::Managed)
        };
        for (path, value) in sample.changes.clone() {
            if managed(&path) {
                let changed = self.change(kind, &mut sample, &path, &value).await;
                self.wrong.extend(changed.err().map(|error| format!("{}.{path}: {error}", sample.file_name)));
            }
        }
        for (path, program) in sample.elsewhere.clone() {
            let shown = self.changed_elsewhere(&sample, &path, &program).await;
            self.wrong
                .extend(shown.err().map(|error| format!("{}.{path} changed elsewhere: {error}", sample.file_name)));
        }
        for (path, expected) in &whole.create {
            let sent = self.create_without(kind, whole, path, expected).await;
            self.wrong.extend(sent.err().map(|error| format!("{}.{path} at creation: {error}", sample.file_name)));
        }
    }

    /// The sample in an environment of its own.
    fn new_environment(&mut self, sample: &Sample) -> Sample {
        self.environments += 1;
        let mut replacements = self.real.clone();
        replacements.push(("matrix".to_owned(), format!("matrix-{:03}", self.environments)));
        Sample { replacements, ..sample.clone() }
    }

    /// From nothing to an empty plan.
    async fn create(&self, sample: &Sample) -> Result<Vec<String>, String> {
        let environment = sample.environment(None);
        let plan = self.account.plan(&environment).await?;
        let sent = self.apply(sample, &environment, &plan).await?;
        is_empty(&self.account.plan(&environment).await?)?;
        Ok(sent.iter().flat_map(Request::lines).collect())
    }

    /// Changes a field in the file; then, as another client did, in the account; and puts it back.
    async fn change(&self, kind: &Kind, sample: &mut Sample, path: &str, value: &Value) -> Result<(), String> {
        let (unchanged, changed) = (sample.environment(None), sample.environment(Some((path, Some(value)))));
        let expected = sample.requests.get(path).map_or(&[][..], Vec::as_slice);

        let plan = self.account.plan(&changed).await?;
        is_only_about(&plan, sample, path)?;
        if !plan.blocked.is_empty() {
            return if expected.is_empty() { Ok(()) } else { Err("is blocked".to_owned()) };
        }
        let sent = self.apply(sample, &changed, &plan).await?;
        let sent: Vec<_> = sent.iter().map(Request::to_string).collect();
        if sent != expected {
            return Err(format!("sends other requests:\n{path:?} = {}", Value::from(sent)));
        }
        is_empty(&self.account.plan(&changed).await?)?;

        if can_be_left_out(kind, path) {
            is_empty(&self.account.plan(&sample.environment(Some((path, None)))).await?)?;
        }

        let plan = self.account.plan(&unchanged).await?;
        is_only_about(&plan, sample, path)?;
        if !plan.blocked.is_empty() {
            sample.set(path, Some(value));
            return Ok(());
        }
        self.apply(sample, &unchanged, &plan).await?;
        is_empty(&self.account.plan(&unchanged).await?)
    }

    async fn changed_elsewhere(&self, sample: &Sample, path: &str, program: &str) -> Result<(), String> {
        let environment = sample.environment(None);
        let ids = self.account.ids(&environment).await;
        let name = &environment.resources[&sample.address()].name;
        let program = program.replace("SUBJECT", &format!("{:?}", ids[&sample.address()].0));
        self.account.boto3(&program.replace("NAME", &format!("{name:?}")));

        let plan = self.account.plan(&environment).await?;
        if path == "tags" {
            let tags = plan.steps.iter().filter(|step| !step.tags.is_empty() && step.differences.is_empty()).count();
            if tags != 1 || plan.steps.len() != 1 {
                return Err(format!("not only tags differ: {:#?}", plan.steps));
            }
        } else {
            is_only_about(&plan, sample, path)?;
        }
        self.apply(sample, &environment, &plan).await?;
        is_empty(&self.account.plan(&environment).await?)
    }

    /// What a create sends for a field is what one without it does not send.
    async fn create_without(
        &mut self,
        kind: &Kind,
        whole: &Sample,
        path: &str,
        expected: &[String],
    ) -> Result<(), String> {
        let with = self.creates(whole).await?;
        let missing: Vec<_> =
            expected.iter().filter(|line| !with.contains(line) && !line.starts_with("without: ")).collect();
        if !missing.is_empty() {
            return Err(format!("a create does not send {missing:#?}"));
        }
        if !can_be_left_out(kind, path) {
            return Ok(());
        }
        let mut sample = whole.clone();
        sample.set(path, None);
        let without = self.creates(&sample).await?;
        let only = |of: &[String], in_which: &[String]| -> Vec<String> {
            of.iter().filter(|line| !in_which.contains(line)).cloned().collect()
        };
        let mut difference = only(&with, &without);
        difference.extend(only(&without, &with).iter().map(|line| format!("without: {line}")));
        if difference != expected {
            return Err(format!("other requests differ:\n{path:?} = {}", Value::from(difference)));
        }
        Ok(())
    }

    async fn creates(&mut self, sample: &Sample) -> Result<Vec<String>, String> {
        let sample = self.new_environment(sample);
        self.create(&sample).await
    }

    /// Applies, and tells what was sent in the words of the sample.
    async fn apply(&self, sample: &Sample, environment: &Environment, plan: &Plan) -> Result<Vec<Request>, String> {
        let mut sent = self.account.apply(plan).await?;
        let ids = self.account.ids(environment).await;
        let names: BTreeMap<_, _> = ids.into_iter().map(|(address, id)| (id.0, address.to_string())).collect();
        for request in &mut sent {
            request.call = written(&request.call, sample);
            for (name, value) in &mut request.parameters {
                *value = names.get(value).cloned().unwrap_or_else(|| in_general(name, &written(value, sample)));
            }
        }
        Ok(sent)
    }
}

/// A text with what stands in the sample in the place of what stands for it in the account.
fn written(text: &str, sample: &Sample) -> String {
    sample.replacements.iter().fold(text.to_owned(), |text, (written, real)| text.replace(real, written))
}

/// A value as every run of the test has it: `vol-0abc…` is `vol`.
fn in_general(name: &str, value: &str) -> String {
    let prefix = value.rsplit_once('-').filter(|(_, id)| id.len() == 17 && id.bytes().all(|c| c.is_ascii_hexdigit()));
    match prefix {
        _ if name == "ClientToken" => "…".to_owned(),
        Some((prefix, _)) if !value.ends_with("123456789abcdef0") && !value.ends_with("fedcba9876543210") => {
            prefix.to_owned()
        }
        _ => value.to_owned(),
    }
}

fn is_empty(plan: &Plan) -> Result<(), String> {
    if plan.steps.is_empty() && plan.blocked.is_empty() {
        return Ok(());
    }
    let all = plan
        .steps
        .iter()
        .flat_map(|step| &step.differences)
        .chain(plan.blocked.iter().flat_map(|held| &held.differences));
    let all: Vec<_> = all.map(|it| format!("{}: {:?} → {:?}", it.path, it.before, it.after)).collect();
    Err(format!("the plan is not empty: {all:#?}"))
}

fn is_only_about(plan: &Plan, sample: &Sample, path: &str) -> Result<(), String> {
    let paths = mentioned(plan, &sample.address());
    if paths.is_empty() || !paths.iter().all(|difference| is_about(difference, path)) {
        return Err(format!("the plan is about {paths:?}"));
    }
    if plan.blocked.iter().any(|held| held.hint.is_empty()) {
        return Err("is blocked without a way out".to_owned());
    }
    Ok(())
}
