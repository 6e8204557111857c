//! `--sandbox`: the command without an AWS account, in a directory with nothing but environment files.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::checkout::Checkout;
use crate::venv::python;

const FAST: &str = "--sandbox --speed 10000";

#[test]
fn an_environment_is_rehearsed_without_an_account() {
    let checkout = Checkout::new().without_credentials();
    let none = checkout.run("sandbox status");
    assert!(none.code == Some(1) && none.stderr.contains("hint: "), "{}", none.stderr);
    let run = checkout.run(&format!("{FAST} apply production --yes"));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.starts_with("sandbox: .cn-infra/sandbox"), "{}", run.stderr);
    // Another process sees what the first one made, and so do others at the same time.
    checkout.expect(0, &format!("{FAST} plan production --detailed-exitcode"));
    let output = checkout.expect(0, &format!("{FAST} output production --json"));
    assert!(output.contains("\"public_ip\": \"198."), "{output}");
    let status = checkout.expect(0, "sandbox status");
    assert!(status.contains("instances") && status.contains("us-west-2"), "{status}");

    checkout.expect(0, "sandbox reset");
    assert_eq!(checkout.run(&format!("{FAST} plan production --detailed-exitcode")).code, Some(2));
}

#[test]
fn a_fault_is_planned_met_and_outlived() {
    let checkout = Checkout::new().without_credentials();
    checkout.expect(0, "sandbox reset");
    let planned = checkout.expect(0, "sandbox fault ec2:RunInstances throttle --times 2");
    assert!(planned.contains("ec2:RunInstances") && planned.contains("0 calls so far"), "{planned}");
    assert_eq!(checkout.run("sandbox fault ec2:RunInstances slow").code, Some(64));
    let apply = checkout.run(&format!("{FAST} apply staging --yes --only instance.web"));
    assert_eq!(apply.code, Some(0), "{}", apply.stderr);
    // Both were met.
    let met = checkout.expect(0, "sandbox fault");
    assert!(met.contains("3 calls so far"), "two were throttled, the third went through: {met}");
    checkout.expect(0, &format!("{FAST} plan staging --only instance.web --detailed-exitcode"));

    checkout.expect(0, "sandbox fault s3:* fail --code SlowDown");
    assert_eq!(checkout.expect(0, "sandbox fault --clear"), "No fault waits.\n");
}

#[test]
fn the_files_of_another_account_are_refused() {
    let checkout = Checkout::new().without_credentials();
    checkout.expect(0, &format!("{FAST} apply staging --yes --only security_group.web"));
    checkout.write(
        "environments/staging.toml",
        &checkout.read("environments/staging.toml").replace("123456789012", "210987654321"),
    );
    let refused = checkout.run(&format!("{FAST} plan staging"));
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("holds account 123456789012, not 210987654321"), "{}", refused.stderr);
    assert!(refused.stderr.contains("cn-infra sandbox reset"), "{}", refused.stderr);
    checkout.expect(0, "sandbox reset --account 210987654321");
    assert_eq!(checkout.run(&format!("{FAST} plan staging --detailed-exitcode")).code, Some(2));
}

/// A sandbox that is served by a process of its own.
struct Served {
    process: Child,
    endpoint: String,
}

impl Served {
    fn start(checkout: &Checkout) -> Self {
        let mut command = checkout.command("sandbox serve --port 0 --state account");
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut endpoint = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut endpoint).unwrap();
        Self { process, endpoint: endpoint.trim().to_owned() }
    }

    fn python(&self, program: &str) -> Command {
        let mut command = Command::new(python());
        command.args(["-c", program, &self.endpoint]);
        command
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Makes a group, an address and an object in turn, and says so after each answer, until nobody answers.
const MAKE: &str = r"
import boto3, botocore.config, sys
options = dict(endpoint_url=sys.argv[1], region_name='us-west-2', aws_access_key_id='a', aws_secret_access_key='a',
               config=botocore.config.Config(retries={'total_max_attempts': 1}))
ec2, s3 = boto3.client('ec2', **options), boto3.client('s3', **options)
try:
    s3.create_bucket(Bucket='kept', CreateBucketConfiguration={'LocationConstraint': 'us-west-2'})
except s3.exceptions.BucketAlreadyOwnedByYou:
    pass
for n in range(10_000):
    name = f'{sys.argv[2]}-{n}'
    ec2.create_security_group(GroupName=name, Description='kept')
    print('group', name, flush=True)
    s3.put_object(Bucket='kept', Key=name, Body=name.encode())
    print('object', name, flush=True)
";

/// Prints what is there, in the words of `MAKE`.
const FIND: &str = r"
import boto3, sys
options = dict(endpoint_url=sys.argv[1], region_name='us-west-2', aws_access_key_id='a', aws_secret_access_key='a')
ec2, s3 = boto3.client('ec2', **options), boto3.client('s3', **options)
for page in ec2.get_paginator('describe_security_groups').paginate():
    for group in page['SecurityGroups']:
        print('group', group['GroupName'])
for page in s3.get_paginator('list_objects_v2').paginate(Bucket='kept'):
    for item in page['Contents']:
        name = item['Key']
        assert s3.get_object(Bucket='kept', Key=name)['Body'].read() == name.encode(), name
        print('object', name)
";

#[test]
fn killed_while_it_is_written_to_a_served_account_loses_nothing_it_acknowledged() {
    let checkout = Checkout::empty();
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let mut served = Served::start(&checkout);
        let mut making =
            served.python(MAKE).arg(round.to_string()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut said = BufReader::new(making.stdout.take().unwrap()).lines().map(Result::unwrap);
        acknowledged.extend(said.by_ref().take(20 + 7 * round));
        served.process.kill().unwrap();
        served.process.wait().unwrap();
        // What was answered before the kill and is read only now counts too.
        acknowledged.extend(said);
        making.wait().unwrap();
    }
    let found = Served::start(&checkout).python(FIND).output().unwrap();
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    let found = String::from_utf8(found.stdout).unwrap();
    let found: Vec<_> = found.lines().collect();
    let lost: Vec<_> = acknowledged.iter().filter(|made| !found.contains(&made.as_str())).collect();
    assert!(acknowledged.len() >= 60 && lost.is_empty(), "{lost:?}");
    // What was carried out and not answered may be there, once for each kill.
    assert!(found.len() <= acknowledged.len() + 3 + 1, "{} of {}", found.len(), acknowledged.len());
}
