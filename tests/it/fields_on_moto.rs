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
    let kinds = kinds();
    let kind = kinds.get(kind).unwrap();
    let mut proof = Proof { account, kind, real, environments: 0, lost: BTreeSet::new(), wrong: Vec::new() };
    for sample in samples {
        proof.sample(&sample).await;
    }
    proof.wrong.extend(unused(kind, "lost at creation", &proof.lost));
    assert!(proof.wrong.is_empty(), "{}", proof.wrong.join("\n"));
}

/// Exemptions from a check that were not needed.
fn unused(kind: &Kind, check: &str, used: &BTreeSet<String>) -> Vec<String> {
    let of_kind = format!("{}.", kind.name);
    let exempt = exempt(check).into_iter().filter(|name| name.starts_with(&of_kind) && !used.contains(name));
    exempt.map(|name| format!("docs/fields.md exempts {name} from \"{check}\", which it need not be")).collect()
}

/// Samples of one kind, one after the other in one account.
struct Proof<'a> {
    account: Account,
    kind: &'a Kind,
    /// Texts of samples, and what stands for them in the account.
    real: Vec<(String, String)>,
    environments: usize,
    /// Fields that a create sent and moto lost.
    lost: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Proof<'_> {
    async fn sample(&mut self, file: &Sample) {
        let whole = self.without_exempt(file).await;
        let mut sample = self.new_environment(&whole);
        if let Err(error) = self.create(&sample).await {
            return self.wrong.push(format!("{}: {error}", sample.file_name));
        }
        for (path, value) in whole.changes.clone() {
            if self.is_managed(&path) {
                let changed = self.change(&mut sample, &path, &value).await;
                self.wrong.extend(changed.err().map(|error| format!("{}.{path}: {error}", sample.file_name)));
            }
        }
        for (path, program) in sample.elsewhere.clone() {
            let shown = self.changed_elsewhere(&sample, &path, &program).await;
            self.wrong
                .extend(shown.err().map(|error| format!("{}.{path} changed elsewhere: {error}", sample.file_name)));
        }
        for (path, expected) in &whole.create {
            let sent = self.create_without(&whole, path, expected).await;
            self.wrong.extend(sent.err().map(|error| format!("{}.{path} at creation: {error}", sample.file_name)));
        }
    }

    fn is_managed(&self, path: &str) -> bool {
        let path = pattern(self.kind, path);
        self.kind.fields.iter().any(|field| field.path == path && field.role == Role::Managed)
    }

    fn name(&self, path: &str) -> String {
        format!("{}.{}", self.kind.name, pattern(self.kind, path))
    }

    /// The sample without what moto does not model, once each such field has failed alone.
    async fn without_exempt(&mut self, file: &Sample) -> Sample {
        let moto = exempt("moto");
        let (exempt, proved): (Vec<_>, Vec<_>) =
            file.changes.iter().cloned().partition(|(path, _)| moto.contains(&self.name(path)));
        let mut whole = Sample { changes: proved, ..file.clone() };
        for (path, _) in &exempt {
            whole.set(path, None);
        }
        for (path, value) in &exempt {
            let mut alone = self.new_environment(&whole);
            alone.restore(path, file);
            let proved = match self.create(&alone).await {
                Ok(_) => self.change(&mut alone, path, value).await,
                Err(error) => Err(error),
            };
            if proved.is_ok() {
                self.wrong.push(format!("docs/fields.md exempts {} from \"moto\", which models it", self.name(path)));
            }
        }
        whole
    }

    /// The sample in an environment of its own.
    fn new_environment(&mut self, sample: &Sample) -> Sample {
        self.environments += 1;
        let mut replacements = self.real.clone();
        replacements.push(("matrix".to_owned(), format!("matrix-{:03}", self.environments)));
        Sample { replacements, ..sample.clone() }
    }

    /// From nothing to an empty plan.
    async fn create(&mut self, sample: &Sample) -> Result<Vec<String>, String> {
        let environment = sample.environment(None);
        let plan = self.account.plan(&environment).await?;
        let sent = self.apply(sample, &environment, &plan).await?;
        let plan = self.account.plan(&environment).await?;
        let paths = mentioned(&plan, &sample.address());
        let lost: BTreeSet<_> = paths.iter().map(|path| self.name(path)).collect();
        if lost.is_subset(&exempt("lost at creation")) {
            self.lost.extend(lost);
            self.apply(sample, &environment, &plan).await?;
        }
        is_empty(&self.account.plan(&environment).await?)?;
        Ok(sent.iter().flat_map(Request::lines).collect())
    }

    /// Changes a field in the file; then, as another client did, in the account; and puts it back.
    async fn change(&self, sample: &mut Sample, path: &str, value: &Value) -> Result<(), String> {
        let (unchanged, changed) = (sample.environment(None), sample.environment(Some((path, Some(value)))));
        let expected = sample.requests.get(path).map_or(&[][..], Vec::as_slice);

        let plan = self.account.plan(&changed).await?;
        is_only_about(&plan, sample, path)?;
        if !plan.blocked.is_empty() {
            return if expected.is_empty() { Ok(()) } else { Err("is blocked".to_owned()) };
        }
        let sent = self.apply(sample, &changed, &plan).await?;
        let sent: Vec<_> = sent.iter().map(Request::to_string).collect();
        let as_expected = sent == expected;
        is_empty(&self.account.plan(&changed).await?)?;

        if can_be_left_out(self.kind, path) {
            is_empty(&self.account.plan(&sample.environment(Some((path, None)))).await?)?;
        }

        let plan = self.account.plan(&unchanged).await?;
        is_only_about(&plan, sample, path)?;
        if plan.blocked.is_empty() {
            self.apply(sample, &unchanged, &plan).await?;
            is_empty(&self.account.plan(&unchanged).await?)?;
        } else {
            sample.set(path, Some(value));
        }
        if as_expected { Ok(()) } else { Err(format!("sends other requests:\n{path:?} = {}", Value::from(sent))) }
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
    async fn create_without(&mut self, whole: &Sample, path: &str, expected: &[String]) -> Result<(), String> {
        let with = self.creates(whole).await?;
        let missing: Vec<_> =
            expected.iter().filter(|line| !with.contains(line) && !line.starts_with("without: ")).collect();
        if !missing.is_empty() {
            return Err(format!("a create does not send {missing:#?}"));
        }
        if !can_be_left_out(self.kind, path) {
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
