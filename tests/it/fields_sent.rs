//! The field matrix, second half: what is sent for every field, through the real engine, managers and SDK to a stand-in.
//!
//! Beside each sample stand the exact requests: `[create]` what a create sends for a field and does not send without
//! it, `[requests]` the writing calls that its change makes and no others, `[elsewhere]` the program by which another
//! client changes it. What moto gets wrong is exempt on moto in `docs/fields.md`, and has to be: an exemption that exempts
//! nothing fails too. On the sandbox nothing of that is exempt.

use std::collections::{BTreeMap, BTreeSet};

use cn_infra::aws::kinds;
use cn_infra::core::kinds::Kind;
use cn_infra::core::plan::Plan;
use cn_infra::core::resource::Role;
use toml::Value;

use crate::account::Account;
use crate::fields::{Sample, can_be_left_out, exempt, is_about, mentioned, pattern};
use crate::recorder::Request;
use crate::stand_in::{StandIn, scenarios};

scenarios!(bucket, db_instance, elastic_ip, instance, security_group);

fn bucket(stand_in: &StandIn) {
    prove("bucket", stand_in);
}

fn db_instance(stand_in: &StandIn) {
    prove("db_instance", stand_in);
}

fn elastic_ip(stand_in: &StandIn) {
    prove("elastic_ip", stand_in);
}

fn instance(stand_in: &StandIn) {
    prove("instance", stand_in);
}

fn security_group(stand_in: &StandIn) {
    prove("security_group", stand_in);
}

/// What the samples refer to and no environment declares; printed: the text in the sample, and what stands for it.
const PREPARATION: &str = r#"
iam = boto3.client('iam')
for name in ('server', 'worker'):
    iam.create_role(RoleName=name, AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
for name in ('operators', 'others'):
    ec2.create_key_pair(KeyName=name)
vpc = ec2.describe_vpcs()['Vpcs'][0]['VpcId']
subnets = {subnet['AvailabilityZone']: subnet['SubnetId'] for subnet in ec2.describe_subnets()['Subnets']}
for name in ('first', 'second'):
    rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription=name, SubnetIds=list(subnets.values()))
rds.create_db_parameter_group(DBParameterGroupName='custom', DBParameterGroupFamily='postgres16', Description='custom')
rds.create_db_instance(DBInstanceIdentifier='former', Engine='postgres', DBInstanceClass='db.t3.medium',
                       AllocatedStorage=30, MasterUsername='site', MasterUserPassword='of-no-use')
rest()
rds.create_db_snapshot(DBInstanceIdentifier='former', DBSnapshotIdentifier='before-the-move')
rest()
ours = [{'Name': 'architecture', 'Values': ['x86_64']}, {'Name': 'root-device-name', 'Values': ['/dev/xvda']}]
images = sorted(image['ImageId'] for image in ec2.describe_images(Owners=['amazon'], Filters=ours)['Images'])
print('ami-0123456789abcdef0', images[0])
print('ami-0fedcba9876543210', images[1])
print('subnet-0123456789abcdef0', subnets['us-west-2a'])
print('subnet-0fedcba9876543210', subnets['us-west-2b'])
print('vpc-0123456789abcdef0', ec2.create_vpc(CidrBlock='10.9.0.0/16')['Vpc']['VpcId'])
"#;

#[tokio::main(flavor = "current_thread")]
async fn prove(kind: &str, stand_in: &StandIn) {
    let account = Account::of(stand_in);
    let prepared = account.boto3(PREPARATION);
    let words = |line: &str| line.split_once(' ').map(|(written, real)| (written.to_owned(), real.to_owned()));
    let mut real: Vec<_> = prepared.lines().filter_map(words).collect();
    // A password has to come from a variable that is set, and a test cannot set one.
    real.push(("CN_DB_PASSWORD".to_owned(), "CARGO_PKG_NAME".to_owned()));
    let samples = Sample::all().into_iter().filter(|sample| sample.kind == kind);
    let kinds = kinds();
    let kind = kinds.get(kind).unwrap();
    let used = BTreeMap::new();
    let mut proof = Proof { account, kind, real, environments: 0, used, created: BTreeSet::new(), wrong: Vec::new() };
    for sample in samples {
        proof.sample(&sample).await;
    }
    proof.wrong.extend(proof.not_created());
    for check in CHECKS {
        if proof.holds(check) {
            proof.wrong.extend(proof.unused(check));
        }
    }
    assert!(proof.wrong.is_empty(), "{}", proof.wrong.join("\n"));
}

/// The checks of `docs/fields.md` that are made here.
const CHECKS: [&str; 5] = ["create", "create on moto", "change on moto", "change on the sandbox", "drift"];

/// Samples of one kind, one after the other in one account.
struct Proof<'a> {
    account: Account<'a>,
    kind: &'a Kind,
    /// Texts of samples, and what stands for them in the account.
    real: Vec<(String, String)>,
    environments: usize,
    /// Fields by the check that they were rightly exempt from.
    used: BTreeMap<&'static str, BTreeSet<String>>,
    /// Fields that a sample says a create sends.
    created: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Proof<'_> {
    async fn sample(&mut self, file: &Sample) {
        let mut sample = self.new_environment(file);
        if let Err(error) = self.create(&sample).await {
            return self.wrong.push(format!("{}: {error}", file.file_name));
        }
        for (path, value) in &file.changes {
            if self.is_managed(path) {
                let changed = self.change(&mut sample, path, value).await;
                self.note(file, path, changed);
            }
        }
        for (path, program) in &file.elsewhere {
            let shown = self.changed_elsewhere(&sample, path, program).await;
            self.note(file, path, shown.map_err(|error| format!("changed elsewhere: {error}")));
        }
        self.creates(file).await;
    }

    fn note(&mut self, sample: &Sample, path: &str, result: Result<(), String>) {
        self.wrong.extend(result.err().map(|error| format!("{}.{path}: {error}", sample.file_name)));
    }

    fn is_managed(&self, path: &str) -> bool {
        let path = pattern(self.kind, path);
        self.kind.fields.iter().any(|field| field.path == path && field.role == Role::Managed)
    }

    fn name(&self, path: &str) -> String {
        format!("{}.{}", self.kind.name, pattern(self.kind, path))
    }

    /// Whether exemptions from a check hold on this stand-in.
    fn holds(&self, check: &str) -> bool {
        check.split_once(" on ").is_none_or(|(_, stand_in)| stand_in == self.account.stand_in_name())
    }

    /// Whether a field is exempt from a check; asked where the check failed.
    fn is_exempt(&mut self, path: &str, check: &'static str) -> bool {
        let name = self.name(path);
        let is_exempt = self.holds(check) && exempt(check).contains(&name);
        if is_exempt {
            self.used.entry(check).or_default().insert(name);
        }
        is_exempt
    }

    /// Whether the stand-in does not model a field's change.
    fn cannot_change(&mut self, path: &str) -> bool {
        self.is_exempt(path, "change on moto") || self.is_exempt(path, "change on the sandbox")
    }

    /// Exemptions of the kind that were not needed.
    fn unused(&self, check: &str) -> Vec<String> {
        let of_kind = format!("{}.", self.kind.name);
        let used = |name: &String| self.used.get(check).is_some_and(|used| used.contains(name));
        let exempt = exempt(check).into_iter().filter(|name| name.starts_with(&of_kind) && !used(name));
        exempt.map(|name| format!("docs/fields.md exempts {name} from \"{check}\", and need not")).collect()
    }

    fn not_created(&self) -> Vec<String> {
        let exempt = exempt("sample");
        let fields = self.kind.fields.iter().filter(|field| field.role != Role::Instruction);
        let names = fields.map(|field| format!("{}.{}", self.kind.name, field.path));
        let names = names.filter(|name| !self.created.contains(name) && !exempt.contains(name));
        names.map(|name| format!("{name}: no sample says what a create sends for it")).collect()
    }

    /// The sample in an environment of its own.
    fn new_environment(&mut self, sample: &Sample) -> Sample {
        self.environments += 1;
        let mut replacements = self.real.clone();
        replacements.push(("matrix".to_owned(), format!("matrix-{:03}", self.environments)));
        Sample { replacements, ..sample.clone() }
    }

    /// From nothing to an empty plan.
    async fn create(&self, sample: &Sample) -> Result<(), String> {
        self.make(sample).await?;
        let environment = sample.environment(None);
        is_empty(&self.account.plan(&environment).await?)
    }

    /// The requests that make the sample's objects, a parameter a line.
    async fn make(&self, sample: &Sample) -> Result<Vec<String>, String> {
        let environment = sample.environment(None);
        let plan = self.account.plan(&environment).await?;
        let sent = self.apply(sample, &plan).await?;
        Ok(sent.iter().flat_map(Request::lines).collect())
    }

    async fn change(&mut self, sample: &mut Sample, path: &str, value: &Value) -> Result<(), String> {
        self.account.rest();
        let sent = match self.send(sample, path, value).await {
            Err(_) if self.cannot_change(path) => return Ok(()),
            sent => sent?,
        };
        match self.settle(sample, path, value).await {
            Err(_) if self.cannot_change(path) => {
                is_empty(&self.account.plan(&sample.environment(None)).await?)?;
            }
            settled => settled?,
        }
        as_stated(sample, path, &sent)
    }

    /// Changes a field in the file. A managed field is never blocked for its second value.
    async fn send(&self, sample: &Sample, path: &str, value: &Value) -> Result<Vec<String>, String> {
        let changed = sample.environment(Some((path, Some(value))));
        let plan = self.account.plan(&changed).await?;
        is_only_about(&plan, sample, path)?;
        let sent = self.apply(sample, &plan).await?;
        Ok(sent.iter().map(Request::to_string).collect())
    }

    /// After the change: it is there, leaving the field out says nothing, and to the unchanged file it is what another
    /// client did. Then goes back, or where that is impossible on from there.
    async fn settle(&mut self, sample: &mut Sample, path: &str, value: &Value) -> Result<(), String> {
        let (unchanged, changed) = (sample.environment(None), sample.environment(Some((path, Some(value)))));
        is_empty(&self.account.plan(&changed).await?)?;
        if can_be_left_out(self.kind, path) {
            is_empty(&self.account.plan(&sample.environment(Some((path, None)))).await?)?;
        }
        let plan = self.account.plan(&unchanged).await?;
        if is_empty(&plan).is_ok() && self.is_exempt(path, "drift") {
            sample.set(path, Some(value));
            return Ok(());
        }
        is_only_about(&plan, sample, path)?;
        if !plan.blocked.is_empty() {
            sample.set(path, Some(value));
            return Ok(());
        }
        self.account.rest();
        self.apply(sample, &plan).await?;
        is_empty(&self.account.plan(&unchanged).await?)
    }

    async fn changed_elsewhere(&self, sample: &Sample, path: &str, program: &str) -> Result<(), String> {
        let environment = sample.environment(None);
        let ids = self.account.ids(&environment).await;
        let name = &environment.resources[&sample.address()].name;
        let program = program.replace("SUBJECT", &format!("{:?}", ids[&sample.address()].0));
        self.account.rest();
        self.account.boto3(&program.replace("NAME", &format!("{name:?}")));
        self.account.rest();

        let plan = self.account.plan(&environment).await?;
        if path == "tags" {
            is_only_about_tags(&plan)?;
        } else {
            is_only_about(&plan, sample, path)?;
        }
        self.apply(sample, &plan).await?;
        is_empty(&self.account.plan(&environment).await?)
    }

    /// What a create sends for a field, one without the field does not send.
    async fn creates(&mut self, file: &Sample) {
        let whole = self.new_environment(file);
        let with = match self.make(&whole).await {
            Ok(sent) => sent,
            Err(error) => return self.wrong.push(format!("{}: {error}", file.file_name)),
        };
        for (path, expected) in &file.create {
            self.created.insert(self.name(path));
            let result = if can_be_left_out(self.kind, path) {
                let mut sample = self.new_environment(file);
                sample.set(path, None);
                match self.make(&sample).await {
                    Err(_) if self.is_exempt(path, "create") || self.is_exempt(path, "create on moto") => {
                        are_sent(expected, &with)
                    }
                    without => without.and_then(|without| differ(path, expected, &with, &without)),
                }
            } else {
                are_sent(expected, &with)
            };
            self.note(file, path, result);
        }
    }

    /// Applies, and tells what was sent in the words of the sample.
    async fn apply(&self, sample: &Sample, plan: &Plan) -> Result<Vec<Request>, String> {
        let (mut sent, ids) = self.account.apply(&sample.environment(None), plan).await?;
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

/// Whether these are the requests that the sample states for a change of a field.
fn as_stated(sample: &Sample, path: &str, sent: &[String]) -> Result<(), String> {
    let stated = sample.requests.get(path).map_or(&[][..], Vec::as_slice);
    if sent == stated && !sent.is_empty() {
        Ok(())
    } else {
        Err(format!("sends\n{path:?} = {}", Value::from(sent.to_vec())))
    }
}

fn are_sent(expected: &[String], with: &[String]) -> Result<(), String> {
    let missing: Vec<_> = expected.iter().filter(|line| !with.contains(line)).collect();
    if missing.is_empty() && !expected.is_empty() {
        Ok(())
    } else {
        Err(format!("a create does not send {missing:#?}"))
    }
}

/// Whether two creates differ just so; lines that only the one without the field sends begin with `without: `.
fn differ(path: &str, expected: &[String], with: &[String], without: &[String]) -> Result<(), String> {
    let more = with.iter().filter(|line| !without.contains(line)).cloned();
    let less = without.iter().filter(|line| !with.contains(line)).map(|line| format!("without: {line}"));
    let difference: Vec<_> = more.chain(less).collect();
    if difference.is_empty() {
        return Err("a create sends nothing for it".to_owned());
    }
    if difference == expected { Ok(()) } else { Err(format!("creates differ\n{path:?} = {}", Value::from(difference))) }
}

/// A text with what stands in the sample in the place of what stands for it in the account.
fn written(text: &str, sample: &Sample) -> String {
    sample.replacements.iter().fold(text.to_owned(), |text, (written, real)| text.replace(real, written))
}

/// A value as every run of the test has it: `vol-0abc…` is `vol`, a snapshot's name is without its digest.
fn in_general(name: &str, value: &str) -> String {
    let is_id = |id: &str| [8, 17].contains(&id.len()) && id.bytes().all(|c| c.is_ascii_hexdigit());
    let prefix = value.rsplit_once('-').filter(|(_, id)| is_id(id));
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

fn is_only_about_tags(plan: &Plan) -> Result<(), String> {
    match &plan.steps[..] {
        [step] if !step.tags.is_empty() && step.differences.is_empty() => Ok(()),
        steps => Err(format!("not only tags differ: {steps:#?}")),
    }
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
