//! Objects in bulk, at the command line.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use cn_infra_sandbox::faults::{Effect, Fault};
use insta::assert_snapshot;
use serde_json::Value;

use crate::checkout::Checkout;
use crate::mask::mask;
use crate::stand_in::{StandIn, scenarios};
use crate::terminal::at_terminal;

scenarios!(
    what_is_missing_is_copied_and_verified,
    a_directory_goes_where_its_maps_say,
    a_bucket_is_emptied_only_by_its_name,
    what_acls_grant_to_others_is_taken_away,
);

/// Two buckets that no environment declares, one with objects.
const BUCKETS: &str = "
for name in ('old-site', 'new-site'):
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={'LocationConstraint': 'us-west-2'}, ObjectOwnership='ObjectWriter')
    s3.delete_public_access_block(Bucket=name)
for number in range(25):
    s3.put_object(Bucket='old-site', Key=f'images/{number:02} ä.jpg', Body=b'coral' * (number + 1))
";

/// The lines of a run without what differs from time to time: requests and seconds.
fn lines(text: &str) -> String {
    let kept: Vec<_> = text.lines().filter(|line| !line.contains(" requests (")).collect();
    mask(&kept.join("\n"))
}

fn keys(stand_in: &StandIn, bucket: &str) -> String {
    stand_in.boto3(&format!(
        "print(*sorted(o['Key'] for o in s3.list_objects_v2(Bucket='{bucket}').get('Contents', [])), sep='\\n')"
    ))
}

fn what_is_missing_is_copied_and_verified(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    stand_in.boto3(BUCKETS);
    let sync = "bucket sync s3://old-site/images s3://new-site/media";
    assert_snapshot!(lines(&checkout.expect(0, &format!("{sync} --dry-run"))), @"s3://new-site/media/: 25 looked at, 25 would be copied, 0 the same, 1.6 kB, 0 failed.");
    assert_eq!(keys(stand_in, "new-site"), "");
    assert_snapshot!(lines(&checkout.expect(0, sync)), @"s3://new-site/media/: 25 looked at, 25 copied, 0 the same, 1.6 kB, 0 failed.");
    assert_eq!(keys(stand_in, "new-site").lines().count(), 25);
    assert_snapshot!(lines(&checkout.expect(0, sync)), @"s3://new-site/media/: 25 looked at, 0 copied, 25 the same, 0 failed.");

    stand_in.boto3("s3.delete_object(Bucket='new-site', Key='media/03 ä.jpg')\ns3.put_object(Bucket='new-site', Key='media/04 ä.jpg', Body=b'x')");
    let verify = "bucket verify s3://new-site/media --against s3://old-site/images --out differences.csv";
    assert_snapshot!(lines(&checkout.expect(1, verify)), @"
      missing   03 ä.jpg
      different 04 ä.jpg   25 bytes expected, 1 there
    1 missing, 1 different, 0 extra
    s3://new-site/media/: 25 looked at, 23 the same, 0 failed.
    ");
    assert_eq!(checkout.read("differences.csv").lines().count(), 3, "a header and two keys");
    checkout.write("keys.txt", "01 ä.jpg\t10\n02 ä.jpg\n");
    let json = checkout.expect(0, "bucket verify s3://new-site/media --manifest keys.txt --json");
    let ended: Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    assert_eq!((&ended["event"], &ended["report"]["found"]["extra"]), (&"ended".into(), &22.into()));
}

fn a_directory_goes_where_its_maps_say(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    stand_in.boto3(BUCKETS);
    checkout.write("site/data/original/a b.jpg", "coral");
    checkout.write("site/mugshots/ö.png", "face");
    checkout.write("site/other/no.txt", "not meant");
    let sync =
        "bucket sync site s3://new-site --size-only --map data/original=media/images --map mugshots=media/avatars";
    assert_snapshot!(lines(&checkout.expect(0, sync)), @"s3://new-site/media/images/, s3://new-site/media/avatars/: 2 looked at, 2 copied, 0 the same, 9 bytes, 0 failed.");
    assert_eq!(keys(stand_in, "new-site"), "media/avatars/ö.png\nmedia/images/a b.jpg");
    let run = checkout.run("bucket sync site s3://new-site --map data");
    assert_eq!(run.code, Some(64), "{run}");
}

fn a_bucket_is_emptied_only_by_its_name(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    stand_in.boto3(BUCKETS);
    assert_snapshot!(checkout.run("bucket delete s3://old-site"), @"
    exit 64
    stderr:
    error: there is no terminal to ask at

    hint: add --yes old-site to delete without being asked, or --dry-run to count
    ");
    assert_snapshot!(checkout.run("bucket delete s3://old-site --yes new-site"), @"
    exit 64
    stderr:
    error: --yes new-site is not the name of the bucket: old-site
    ");
    let (code, screen) = at_terminal(&checkout, 100, "yes\n", "bucket delete s3://old-site");
    assert_eq!(code, Some(1), "{screen}");
    assert!(screen.contains("25 objects"), "{screen}");
    assert_eq!(keys(stand_in, "old-site").lines().count(), 25);
    let (code, screen) = at_terminal(&checkout, 100, "old-site\n", "bucket delete s3://old-site");
    assert_eq!(code, Some(0), "{screen}");
    assert_eq!(stand_in.boto3("print([b['Name'] for b in s3.list_buckets()['Buckets']])"), "['new-site']");

    stand_in.boto3(
        "s3.put_bucket_tagging(Bucket='new-site', Tagging={'TagSet': [{'Key': 'cn-infra:protect', 'Value': 'true'}]})",
    );
    let run = checkout.run("bucket empty s3://new-site --yes new-site");
    assert_eq!(run.code, Some(4), "{run}");
    assert!(run.stderr.contains("new-site is protected by its tag cn-infra:protect"), "{run}");
    let run = checkout.run("bucket empty s3://coralnet-production --yes coralnet-production");
    assert_eq!(run.code, Some(4), "{run}");
    assert!(run.stderr.contains("coralnet-production is production/bucket.media"), "{run}");
}

fn what_acls_grant_to_others_is_taken_away(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    stand_in.boto3(BUCKETS);
    stand_in.boto3("s3.put_object_acl(Bucket='old-site', Key='images/07 ä.jpg', ACL='public-read')");
    assert_snapshot!(lines(&checkout.expect(0, "bucket set-acl private s3://old-site --check")), @"s3://old-site/: 25 looked at, 1 public, 0 shared, 0 failed.");
    checkout.expect(0, "bucket set-acl private s3://old-site --report was.json");
    let report: Value = serde_json::from_str(&checkout.read("was.json")).unwrap();
    assert_eq!(report["shared"][0]["key"], "images/07 ä.jpg");
    assert_eq!(report["counts"]["reset"], 1);
}

#[test]
fn what_failed_is_tried_again_from_the_report() {
    let sandbox = StandIn::sandbox();
    let checkout = Checkout::at(sandbox.endpoint());
    sandbox.boto3(BUCKETS);
    let StandIn::Sandbox(account, _) = &sandbox else { panic!("it is one") };
    let denied = Fault::new("s3:CopyObject", Effect::Fail);
    let denied = Fault { code: Some("AccessDenied".into()), status: Some(403), ..denied };
    account.add_fault(denied.at(5)).unwrap();
    let run = checkout.run("bucket sync s3://old-site s3://new-site --report report.json");
    assert_eq!(run.code, Some(1), "{run}");
    assert!(run.stdout.contains("failed:") && run.stdout.contains("AccessDenied"), "{run}");
    let again = checkout.expect(0, "bucket sync s3://old-site s3://new-site --retry report.json");
    assert!(again.contains("1 looked at, 1 copied") && !again.contains("ListObjectsV2"), "{again}");
    assert_eq!(keys(&sandbox, "new-site").lines().count(), 25);
}

#[test]
fn an_interrupted_run_goes_on_where_it_was() {
    let sandbox = StandIn::sandbox();
    let checkout = Checkout::at(sandbox.endpoint());
    sandbox.boto3(BUCKETS);
    let StandIn::Sandbox(account, _) = &sandbox else { panic!("it is one") };
    let hang = Fault::new("s3:CopyObject", Effect::Hang);
    account.add_fault(hang.at(10)).unwrap();
    let mut command = checkout.command("bucket sync s3://old-site s3://new-site --in-flight 1");
    let mut sync = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(sync.stderr.take().unwrap()).lines();
    let copied = || account.calls().iter().filter(|call| call.operation == "CopyObject").count();
    while copied() < 10 {
        assert!(sync.try_wait().unwrap().is_none(), "it ended before the request that hangs");
        std::thread::yield_now();
    }
    let interrupt = || {
        let pid = sync.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    };
    interrupt();
    assert!(said.any(|line| line.unwrap().contains("interrupted: ")), "it ended without a word");
    interrupt();
    assert_eq!(sync.wait().unwrap().code(), Some(130));
    let before = copied();
    checkout.expect(0, "bucket sync s3://old-site s3://new-site");
    assert_eq!(copied() - before, 16, "nine were there; only the one in flight is sent again");
}
