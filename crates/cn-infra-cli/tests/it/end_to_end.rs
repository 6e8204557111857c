//! The main job: both environments from nothing to applied, drift shown and repaired, and what left the file pruned.

use insta::assert_snapshot;

use crate::checkout::Checkout;
use crate::mask::mask;
use crate::stand_in::{StandIn, scenarios};

scenarios!(both_environments_from_nothing_through_drift_to_pruned);

/// What somebody else did to production.
const DRIFT: &str = r"
group = ec2.describe_security_groups(Filters=[{'Name': 'group-name', 'Values': ['coralnet-production-web']}])
group = group['SecurityGroups'][0]['GroupId']
ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
    {'IpProtocol': 'tcp', 'FromPort': 8080, 'ToPort': 8080, 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}])
servers = {tag['Value']: server for reservation in ec2.describe_instances()['Reservations']
           for server in reservation['Instances'] for tag in server['Tags'] if tag['Key'] == 'Name'}
production, staging = servers['coralnet-production-web'], servers['coralnet-staging-web']
ec2.create_tags(Resources=[production['InstanceId']], Tags=[{'Key': 'Project', 'Value': 'somebody'}])
ec2.modify_instance_attribute(InstanceId=production['InstanceId'], DisableApiTermination={'Value': False})
addresses = {tag['Value']: address for address in ec2.describe_addresses()['Addresses']
             for tag in address['Tags'] if tag['Key'] == 'Name'}
ec2.disassociate_address(AssociationId=addresses['coralnet-staging-site']['AssociationId'])
ec2.associate_address(AllocationId=addresses['coralnet-production-site']['AllocationId'],
    NetworkInterfaceId=staging['NetworkInterfaces'][0]['NetworkInterfaceId'], AllowReassociation=True)
rds.modify_db_instance(DBInstanceIdentifier='coralnet-production', BackupRetentionPeriod=1, ApplyImmediately=True)
policy = s3.get_bucket_policy(Bucket='coralnet-production')['Policy']
s3.put_bucket_policy(Bucket='coralnet-production', Policy=policy.replace('https://coralnet.ucsd.edu', 'http://old.example'))
s3.put_bucket_versioning(Bucket='coralnet-production', VersioningConfiguration={'Status': 'Suspended'})
";

const PLAN_PRODUCTION: &str = "plan production --detailed-exitcode";
const PLAN_STAGING: &str = "plan staging --detailed-exitcode";

fn both_environments_from_nothing_through_drift_to_pruned(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    from_nothing(&checkout);
    stand_in.boto3(DRIFT);
    drift(&checkout);
    prune(&checkout);
    assert_snapshot!(stand_in.boto3(COUNTS), @"
    ['running']
    ['coralnet-staging-db', 'coralnet-staging-web', 'default']
    1 addresses
    ['coralnet-staging']
    ['coralnet-staging']
    ");
}

fn from_nothing(checkout: &Checkout) {
    assert_snapshot!(mask(&checkout.expect(2, PLAN_PRODUCTION)), @"
    production · coralnet · account 123456789012 · us-west-2

      + bucket.media                  create coralnet-production
          versioning            true
          object_ownership      object_writer
          public_access_block   block_public_acls true, ignore_public_acls false, block_public_policy false, restrict_public_buckets false
          encryption            AES256
          policy_file           (17 lines)
          cors                  {origins *, methods GET, headers Authorization, max_age_seconds 3000}
          lifecycle             {id unfinished-uploads, enabled true, abort_incomplete_multipart_days 7}
          acl                   private
          tags.Project          coralnet
      + security_group.web            create coralnet-production-web
          description    CoralNet production web server
          vpc            default
          tags.Project   coralnet
      + security_group.web/rules      create
          ingress.http    tcp 80 from visitors (0.0.0.0/0, ::/0)
          ingress.https   tcp 443 from visitors (0.0.0.0/0, ::/0)
          ingress.ping    icmp echo-request from 0.0.0.0/0
          ingress.ssh     tcp 22 from developers (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)
          egress.all      everything to everyone (0.0.0.0/0, ::/0)
      + instance.web                  create coralnet-production-web
          type                     t2.large
          image                    resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id
          instance_profile         coralnet-server
          security_groups          security_group.web
          public_ip                false
          availability_zone        us-west-2a
          key_pair                 coralnet
          termination_protection   true
          shutdown_behavior        stop
          state                    running
          monitoring               false
          metadata                 tokens required, hop_limit 1
          root_volume              size_gib 8, type gp3, delete_on_termination false
          user_data                file (10 lines)
          tags.Project             coralnet
      + elastic_ip.site               create coralnet-production-site
          tags.Project   coralnet
      + elastic_ip.site/association   create
          instance   instance.web
      + security_group.db             create coralnet-production-db
          description    CoralNet production database
          vpc            default
          tags.Project   coralnet
      + security_group.db/rules       create
          ingress.app         tcp 5432 from security_group.web
          ingress.operators   tcp 5432 from developers (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)
          egress              nothing
      + db_instance.main              create coralnet-production
          engine                       postgres
          engine_version               16
          class                        db.t3.medium
          storage                      size_gib 30, type gp3
          database                     coralnet
          master_username              coralnet
          master_password              managed
          multi_az                     false
          backup_retention_days        7
          backup_window                08:00-08:30
          maintenance_window           sun:09:00-sun:09:30
          publicly_accessible          true
          port                         5432
          security_groups              security_group.db
          storage_encrypted            true
          deletion_protection          true
          auto_minor_version_upgrade   true
          copy_tags_to_snapshot        true
          apply_immediately            false
          snapshot_before              class, engine_version
          tags.Project                 coralnet

    Plan: 9 to create, 0 to update, 0 to delete.
    ");
    checkout.expect(0, "apply production --yes");
    assert_snapshot!(checkout.expect(0, PLAN_PRODUCTION), @"
    production · coralnet · account 123456789012 · us-west-2

    production matches its file: nothing to do.
    ");
    assert!(checkout.expect(2, PLAN_STAGING).contains("Plan: 9 to create"));
    checkout.expect(0, "apply staging --yes");
    checkout.expect(0, PLAN_STAGING);
    checkout.expect(0, PLAN_PRODUCTION);
}

fn drift(checkout: &Checkout) {
    assert_snapshot!(mask(&checkout.expect(2, PLAN_PRODUCTION)), @r#"
    production · coralnet · account 123456789012 · us-west-2

      ~ bucket.media                  in place, once on, versioning can only be suspended
          versioning   false → true
          policy_file
              "StringLike": {
            -   "aws:Referer": "http://old.example/*"
            +   "aws:Referer": "https://coralnet.ucsd.edu/*"
              }
      ~ db_instance.main              in place
          backup_retention_days   1 → 7
      ~ elastic_ip.site/association   in place, staging/instance.web loses this address and has none then
          instance   staging/instance.web → instance.web
      ~ instance.web                  in place
          termination_protection   false → true
          tags.Project             somebody → coralnet
      ~ security_group.web/rules      in place, nobody allowed before and after is cut off
          - (unnamed) tcp 8080 from 0.0.0.0/0

      warning[CN403] bucket.media: the change of the policy takes access away: statement "ImagesOnPagesOfTheSite" goes
          hint: make sure that nobody who is denied by it still needs the bucket

    Plan: 0 to create, 5 to update, 0 to delete.
    "#);
    assert_snapshot!(mask(&checkout.expect(2, PLAN_STAGING)), @r#"
    staging · coralnet · account 123456789012 · us-west-2

      ~ elastic_ip.site/association   in place
          instance   none → instance.web

      warning[CN211] elastic_ip.site: it takes the place of production/elastic_ip.site at instance.web, and production/elastic_ip.site then points at nothing
          hint: a server has one elastic IP: point the other one elsewhere, or at "none"

    Plan: 0 to create, 1 to update, 0 to delete.
    "#);
    checkout.expect(0, "apply production --yes");
    checkout.expect(0, PLAN_PRODUCTION);
    checkout.expect(0, "apply staging --yes");
    checkout.expect(0, PLAN_STAGING);
    checkout.expect(0, PLAN_PRODUCTION);
}

fn prune(checkout: &Checkout) {
    // Everything but the header leaves production's file.
    let file = checkout.read("environments/production.toml");
    let (header, _) = file.split_once("[security_group.web]").unwrap();
    checkout.write("environments/production.toml", header);
    assert_snapshot!(mask(&checkout.expect(0, PLAN_PRODUCTION)), @"
    production · coralnet · account 123456789012 · us-west-2

    production matches its file: nothing to do. 5 unlisted: db_instance.main (protected), elastic_ip.site (protected), instance.web (protected), security_group.db, security_group.web (plan production --prune)
    ");
    assert_snapshot!(mask(&checkout.expect(4, "plan production --prune")), @"
    production · coralnet · account 123456789012 · us-west-2

      ! bucket.media         blocked: is protected by its tag cn-infra:protect
          hint: declare bucket.media again with `protect = false`, apply, then prune
      ! db_instance.main     blocked: is protected by its tag cn-infra:protect
          hint: declare db_instance.main again with `protect = false`, apply, then prune
      ! elastic_ip.site      blocked: is protected by its tag cn-infra:protect
          hint: declare elastic_ip.site again with `protect = false`, apply, then prune
      ! instance.web         blocked: is protected by its tag cn-infra:protect
          hint: declare instance.web again with `protect = false`, apply, then prune
      ! security_group.web   blocked: instance.web refers to it and stays
          hint: delete instance.web first
      ! security_group.db    blocked: db_instance.main refers to it and stays
          hint: delete db_instance.main first

    Plan: 0 to create, 0 to update, 0 to delete, 6 blocked.
    ");
    checkout.expect(4, "apply production --prune --yes");

    // Protection is lifted in an apply of its own; then everything goes, data by its name only.
    let open: Vec<_> = file
        .lines()
        .map(|line| if is_protection(line) { line.replace("= true", "= false") } else { line.to_owned() })
        .collect();
    checkout.write("environments/production.toml", &open.join("\n"));
    assert_snapshot!(mask(&checkout.expect(2, PLAN_PRODUCTION)), @"
    production · coralnet · account 123456789012 · us-west-2

      ~ bucket.media       in place
          protect   true → false
      ~ db_instance.main   in place
          deletion_protection   true → false
          protect               true → false
      ~ elastic_ip.site    in place
          protect   true → false
      ~ instance.web       in place
          termination_protection   true → false
          protect                  true → false

      warning[CN306] db_instance.main: a production database can be deleted by one call
          hint: set deletion_protection = true
      warning[CN201] instance.web: a production server can be terminated by one call
          hint: set `termination_protection = true`

    Plan: 0 to create, 4 to update, 0 to delete.
    ");
    checkout.expect(0, "apply production --yes");
    checkout.write("environments/production.toml", header);
    assert_snapshot!(mask(&checkout.expect(2, "plan production --prune --detailed-exitcode")), @"
    production · coralnet · account 123456789012 · us-west-2

      - bucket.media                  its data goes with it: --allow-delete bucket.media; delete coralnet-production
      - db_instance.main              its data goes with it: --allow-delete db_instance.main; delete db-…
      - elastic_ip.site/association   delete
      - elastic_ip.site               delete eipalloc-…
      - instance.web                  delete i-…
      - security_group.db/rules       delete
      - security_group.db             delete sg-…
      - security_group.web/rules      delete
      - security_group.web            delete sg-…

    Plan: 0 to create, 0 to update, 9 to delete.
    ");
    let run = checkout.run("apply production --prune --yes --allow-delete bucket.media");
    assert_eq!(run.code, Some(4), "{}", run.stderr);
    assert!(run.stderr.contains("hint: add --allow-delete db_instance.main"), "{}", run.stderr);
    checkout.expect(0, "apply production --prune --yes --allow-delete bucket.media --allow-delete db_instance.main");
    assert_snapshot!(mask(&checkout.expect(0, PLAN_PRODUCTION)), @"
    production · coralnet · account 123456789012 · us-west-2

    production matches its file: nothing to do.
    ");
    checkout.expect(0, PLAN_STAGING);
}

/// Whether a line of a file says that something may not be deleted.
fn is_protection(line: &str) -> bool {
    ["protect ", "termination_protection ", "deletion_protection "].iter().any(|field| line.starts_with(field))
}

/// What is there of each kind. How long terminated servers are shown, differs.
pub const COUNTS: &str = r"
servers = [server for reservation in ec2.describe_instances()['Reservations'] for server in reservation['Instances']]
print(sorted(state for server in servers if (state := server['State']['Name']) != 'terminated'))
print(sorted(group['GroupName'] for group in ec2.describe_security_groups()['SecurityGroups']))
print(len(ec2.describe_addresses()['Addresses']), 'addresses')
print(sorted(database['DBInstanceIdentifier'] for database in rds.describe_db_instances()['DBInstances']))
print(sorted(bucket['Name'] for bucket in s3.list_buckets()['Buckets']))
";
