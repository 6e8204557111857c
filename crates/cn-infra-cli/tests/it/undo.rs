//! The last apply taken back: what it changed in AWS, and the lines that a command wrote.

use crate::checkout::Checkout;
use crate::stand_in::{StandIn, scenarios};

scenarios!(
    what_a_command_wrote_is_put_back_with_what_it_did,
    what_a_file_still_says_is_undone_and_redone,
    a_change_of_type_is_taken_back_and_the_server_runs,
    what_an_apply_made_is_deleted_but_not_what_is_protected,
    an_apply_without_a_journal_goes_on,
);

const FILE: &str = "environments/staging.toml";
/// Which server the address is at.
const WHERE: &str = "print([a.get('InstanceId') for a in ec2.describe_addresses()['Addresses']])";
/// The rules of the web group that let everyone in.
const OPEN: &str = "
group = next(g for g in ec2.describe_security_groups()['SecurityGroups'] if g['GroupName'] == 'coralnet-staging-web')
print(sorted(p.get('FromPort', -1) for p in group['IpPermissions'] for r in p['IpRanges'] if r['CidrIp'] == '0.0.0.0/0'))";

fn applied(stand_in: &StandIn) -> Checkout {
    let checkout = Checkout::at(stand_in.endpoint());
    checkout.expect(0, "apply staging --yes");
    checkout
}

fn what_a_command_wrote_is_put_back_with_what_it_did(stand_in: &StandIn) {
    let checkout = applied(stand_in);
    let (file, open, at) = (checkout.read(FILE), stand_in.boto3(OPEN), stand_in.boto3(WHERE));
    checkout.expect(0, "ingress staging visitors everyone --yes");
    assert_ne!(stand_in.boto3(OPEN), open);
    let shown = checkout.expect(0, "undo --dry-run");
    assert!(shown.contains("security_group.web/rules") && shown.contains(FILE), "{shown}");
    assert_ne!(checkout.read(FILE), file, "--dry-run writes nothing");
    checkout.expect(0, "undo --yes");
    assert_eq!((checkout.read(FILE), stand_in.boto3(OPEN)), (file.clone(), open));

    checkout.expect(0, "apply production --yes --only instance.web");
    checkout.expect(0, "ip move staging/site production/web --yes");
    assert_ne!(stand_in.boto3(WHERE), at);
    checkout.expect(0, "undo staging --yes");
    assert_eq!((checkout.read(FILE), stand_in.boto3(WHERE)), (file, at));
    checkout.expect(0, "plan staging --detailed-exitcode");
}

fn what_a_file_still_says_is_undone_and_redone(stand_in: &StandIn) {
    let checkout = applied(stand_in);
    let open = stand_in.boto3(OPEN);
    checkout.edit(FILE, "visitors = \"developers\"", "visitors = \"everyone\"");
    checkout.expect(0, "apply staging --yes");
    let opened = stand_in.boto3(OPEN);
    assert_ne!(opened, open);
    let run = checkout.run("undo --yes");
    assert_eq!((run.code, stand_in.boto3(OPEN)), (Some(0), open), "{run}");
    // The file was not this tool's to change, and the next plan says what it wants.
    checkout.expect(2, "plan staging --detailed-exitcode");
    checkout.expect(0, "undo --yes");
    assert_eq!(stand_in.boto3(OPEN), opened, "the undo is undone");
    checkout.expect(0, "plan staging --detailed-exitcode");
}

fn a_change_of_type_is_taken_back_and_the_server_runs(stand_in: &StandIn) {
    const SERVER: &str = "
server = ec2.describe_instances()['Reservations'][0]['Instances'][0]
print(server['InstanceId'], server['InstanceType'], server['State']['Name'])";
    let checkout = applied(stand_in);
    let before = stand_in.boto3(SERVER);
    checkout.edit(FILE, "t2.medium", "t2.large");
    checkout.expect(0, "apply staging --yes");
    assert_eq!(stand_in.boto3(SERVER), before.replace("t2.medium", "t2.large"));
    let shown = checkout.expect(0, "undo --dry-run");
    assert!(shown.contains("t2.large → t2.medium") && shown.contains("interrupts"), "{shown}");
    checkout.expect(0, "undo --yes");
    assert_eq!(stand_in.boto3(SERVER), before);
    assert!(before.ends_with(" running"), "{before}");
}

fn what_an_apply_made_is_deleted_but_not_what_is_protected(stand_in: &StandIn) {
    const THERE: &str = "
print(len(ec2.describe_addresses()['Addresses']), 'addresses')
print(sorted(group['GroupName'] for group in ec2.describe_security_groups()['SecurityGroups']))
print(sorted(bucket['Name'] for bucket in s3.list_buckets()['Buckets']))";
    let checkout = applied(stand_in);
    let (file, before) = (checkout.read(FILE), stand_in.boto3(THERE));
    checkout.write(
        FILE,
        &format!(
            "{file}
[security_group.cache]
description = \"cache\"
[security_group.cache.egress]
[elastic_ip.next]
[elastic_ip.kept]
protect = true
[bucket.logs]
name = \"coralnet-staging-logs\"
"
        ),
    );
    checkout.expect(0, "apply staging --yes");
    assert_ne!(stand_in.boto3(THERE), before);
    let run = checkout.run("undo --yes");
    assert_eq!(run.code, Some(4), "{run}");
    assert!(run.stderr.contains("add --allow-delete bucket.logs"), "{run}");
    let run = checkout.run("undo --yes --allow-delete bucket.logs");
    assert_eq!(run.code, Some(4), "the protected address stays: {run}");
    assert!(run.stdout.contains("! elastic_ip.kept") && run.stdout.contains("protect"), "{run}");
    let (addresses, others) = before.split_once('\n').unwrap();
    assert_eq!(addresses, "1 addresses");
    assert_eq!(stand_in.boto3(THERE), format!("2 addresses\n{others}"));
    // The file still asks for what was taken back.
    checkout.write(FILE, &format!("{file}\n[elastic_ip.kept]\nprotect = true\n"));
    checkout.expect(0, "plan staging --detailed-exitcode");
}

fn an_apply_without_a_journal_goes_on(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    checkout.write(".cn-infra/journal", "a file in the place of the directory");
    let run = checkout.run("apply staging --yes --only security_group.web");
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stderr.contains("journal") && !run.stderr.contains("panicked"), "{run}");
    let run = checkout.run("undo staging --yes");
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stderr.contains("error: "), "{run}");
}
