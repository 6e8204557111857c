//! `examples/beta-migration`: what the team had before phase 1 is taken over, and nothing of it is lost.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use insta::assert_snapshot;

use crate::checkout::Checkout;
use crate::mask::mask;
use crate::venv;

/// Ten minutes of a database's rename pass in two seconds.
const SPEED: &str = "--sandbox --speed 300";

/// What boto3 sees of an account: each object with its id, its name and how it is.
const LOOK: &str = r"
import boto3
ec2, rds, s3 = (boto3.client(name) for name in ('ec2', 'rds', 's3'))
def name(tagged):
    return next((tag['Value'] for tag in tagged.get('Tags', []) if tag['Key'] == 'Name'), '-')
for reservation in ec2.describe_instances()['Reservations']:
    for server in reservation['Instances']:
        print('instance', server['InstanceId'], name(server), server['State']['Name'])
for address in ec2.describe_addresses()['Addresses']:
    print('address', address['AllocationId'], name(address), address['InstanceId'])
for group in ec2.describe_security_groups()['SecurityGroups']:
    print('group', group['GroupId'] if group['GroupName'] != 'default' else 'sg', group['GroupName'])
for database in rds.describe_db_instances()['DBInstances']:
    print('database', database['DbiResourceId'], database['DBInstanceIdentifier'], database['DBInstanceStatus'],
          'multi-az' if database['MultiAZ'] else 'single-az', database['BackupRetentionPeriod'])
for bucket in s3.list_buckets()['Buckets']:
    print('bucket', bucket['Name'], s3.list_objects_v2(Bucket=bucket['Name'])['KeyCount'])
";

/// What boto3 sees, a line each, sorted.
fn look(checkout: &Checkout) -> Vec<String> {
    let mut server = checkout.command("sandbox serve --state .cn-infra/sandbox --port 0");
    let mut server = server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut endpoint = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut endpoint).unwrap();
    let mut python = Command::new(venv::python());
    let python = checkout.settle(&mut python).args(["-c", LOOK]);
    let seen = python.env("AWS_ENDPOINT_URL", endpoint.trim()).env("AWS_DEFAULT_REGION", "us-west-2").output().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(seen.status.success(), "{}", String::from_utf8_lossy(&seen.stderr));
    let mut lines: Vec<_> = String::from_utf8(seen.stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn phase_1_takes_over_what_there_was_and_loses_nothing() {
    let checkout = Checkout::of("examples/beta-migration/environments");
    checkout.expect(0, "sandbox reset --seed beta-migration");
    assert_snapshot!(look(&checkout).join("\n"), @"
    address eipalloc-0900adeb1f49a4f22 - i-06dd2e2da11a50a6c
    bucket coralnet-serve-1 300
    bucket coralnet-website-serve-staging 200
    database db-FFJLSPMLGE52MLCRECUGLCAY4O coralnet available multi-az 14
    group sg default
    group sg-09d59f008ceda83b9 coralnet-db
    group sg-0fae40306879b0ac9 coralnet-web
    instance i-06dd2e2da11a50a6c beta running
    ");

    let plan = checkout.expect(2, &format!("{SPEED} plan staging --detailed-exitcode"));
    assert_snapshot!(mask(&plan), @"
    staging · coralnet · account 123456789012 · us-west-2

      + bucket.media               create coralnet-staging
          versioning            false
          object_ownership      object_writer
          public_access_block   block_public_acls true, ignore_public_acls false, block_public_policy false, restrict_public_buckets false
          policy_file           (17 lines)
          cors                  {origins *, methods GET, headers Authorization, max_age_seconds 3000}
          acl                   private
          tags.Project          coralnet
      ~ db_instance.main           adopted; interrupts
          name                    coralnet → coralnet-staging
                                  interrupts: renames in place in about 10 minutes; its endpoint changes, and every consumer must follow
          multi_az                true → false
                                  the standby is removed; at once
          backup_retention_days   14 → 1
          tags.Project            → coralnet
          ownership tags          cn-infra:address, cn-infra:environment, cn-infra:project, cn-infra:tags
      ~ elastic_ip.site            adopted; in place
          name             → coralnet-staging-site
          tags.Project     → coralnet
          ownership tags   cn-infra:address, cn-infra:environment, cn-infra:project, cn-infra:tags
      ~ instance.web               adopted; in place
          name             beta → coralnet-staging-web
          tags.Project     → coralnet
          ownership tags   cn-infra:address, cn-infra:environment, cn-infra:project, cn-infra:tags
      ~ security_group.db          adopted; in place
          tags.Name        → coralnet-db
          tags.Project     → coralnet
          ownership tags   cn-infra:address, cn-infra:environment, cn-infra:project, cn-infra:tags
      ~ security_group.db/rules    in place, nobody allowed before and after is cut off
          app   from   - alpha (192.0.2.80/32)
      ~ security_group.web         adopted; in place
          tags.Name        → coralnet-web
          tags.Project     → coralnet
          ownership tags   cn-infra:address, cn-infra:environment, cn-infra:project, cn-infra:tags
      ~ security_group.web/rules   in place, nobody allowed before and after is cut off
          http, https   from   - 0.0.0.0/0
                               + everyone (0.0.0.0/0, ::/0)

      warning[CN313] db_instance.main: its endpoint becomes coralnet-staging.c5e10mkkcb0f.us-west-2.rds.amazonaws.com in place of coralnet.c5e10mkkcb0f.us-west-2.rds.amazonaws.com
          hint: whatever connects to it has to follow: `cn-infra output staging db_instance.main.endpoint` tells the new one

    Plan: 1 to create, 7 to update, 0 to delete.
    ");
    for environment in ["staging", "production"] {
        checkout.expect(0, &format!("{SPEED} apply {environment} --yes"));
    }
    for environment in ["staging", "production"] {
        let plan = checkout.expect(0, &format!("{SPEED} plan {environment} --detailed-exitcode"));
        assert!(plan.contains(&format!("{environment} matches its file: nothing to do.")), "{plan}");
    }
    // The old ones with the ids they had, and new ones beside them.
    assert_snapshot!(mask_new(&look(&checkout)), @"
    address eipalloc-0900adeb1f49a4f22 coralnet-staging-site i-06dd2e2da11a50a6c
    address eipalloc-… coralnet-production-site i-…
    bucket coralnet-production 0
    bucket coralnet-serve-1 300
    bucket coralnet-staging 0
    bucket coralnet-website-serve-staging 200
    database db-FFJLSPMLGE52MLCRECUGLCAY4O coralnet-staging available single-az 1
    database db-… coralnet-production available single-az 7
    group sg default
    group sg-09d59f008ceda83b9 coralnet-db
    group sg-0fae40306879b0ac9 coralnet-web
    group sg-… coralnet-production-db
    group sg-… coralnet-production-web
    instance i-06dd2e2da11a50a6c coralnet-staging-web running
    instance i-… coralnet-production-web running
    ");
}

/// The same by the command, each object by what a person calls it, the old buckets too: one apply, nothing deleted, and
/// nothing interrupted but the database that the file renames.
#[test]
fn what_there_was_is_adopted_by_name_in_one_apply() {
    const FILE: &str = "environments/staging.toml";
    let checkout = Checkout::of("examples/beta-migration/environments");
    checkout.expect(0, "sandbox reset --seed beta-migration");
    let before = look(&checkout);
    let text = checkout.read(FILE);
    let lines = text.lines().filter(|line| !line.starts_with("adopt "));
    let old = "
[bucket.old_serve]
name = \"coralnet-serve-1\"
policy_file = \"none\"
[bucket.old_website]
name = \"coralnet-website-serve-staging\"
policy_file = \"none\"
";
    checkout.write(FILE, &(lines.collect::<Vec<_>>().join("\n") + old));
    let ip = "elastic_ip.site eipalloc-0900adeb1f49a4f22";
    let pairs = format!(
        "security_group.web coralnet-web security_group.db coralnet-db instance.web beta {ip} db_instance.main coralnet bucket.old_serve coralnet-serve-1 bucket.old_website coralnet-website-serve-staging"
    );
    let shown = checkout.expect(0, &format!("{SPEED} adopt staging {pairs} --dry-run"));
    let interrupted: Vec<_> =
        shown.lines().filter(|line| line.starts_with("  ~ ") && line.contains("interrupts")).collect();
    assert_eq!(interrupted, ["  ~ db_instance.main           adopted; interrupts"], "{shown}");
    assert!(shown.contains("Plan: 0 to create, ") && shown.contains(" 0 to delete."), "{shown}");
    assert!(shown.contains("coralnet → coralnet-staging"), "{shown}");

    checkout.expect(0, &format!("{SPEED} adopt staging {pairs} --yes"));
    let ids =
        |lines: &[String]| lines.iter().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&look(&checkout)), ids(&before), "nothing is made or deleted");
    let plan = checkout.expect(2, &format!("{SPEED} plan staging --detailed-exitcode"));
    assert!(plan.contains("Plan: 1 to create, 0 to update, 0 to delete."), "only the new bucket is left: {plan}");
}

/// The lines, with the ids of what is new masked.
fn mask_new(lines: &[String]) -> String {
    let masked = |line: &String| if line.contains("production") { mask(line) } else { line.clone() };
    let mut lines: Vec<_> = lines.iter().map(masked).collect();
    lines.sort();
    lines.join("\n")
}
