//! Errors that pass are waited out, with a limit; those that do not fail their step and nothing else.

use cn_infra::Outcome;
use serde_json::Value;

use super::account::{Account, Applied};
use super::{SITE, site};

/// An error that passes: the call, its status and code, and what is changed in the file so that the call is made.
struct Passing {
    call: &'static str,
    status: u16,
    code: &'static str,
    file: fn() -> String,
    /// After how many virtual seconds it is given up.
    limit: std::ops::Range<f64>,
}

const HOURS: std::ops::Range<f64> = 10_000.0..11_500.0;
const MINUTES: std::ops::Range<f64> = 590.0..900.0;

const PASSING: [Passing; 5] = [
    Passing {
        call: "rds:ModifyDBInstance",
        status: 400,
        code: "InvalidDBInstanceState",
        file: || site("backup_retention_days = 1", "backup_retention_days = 2"),
        limit: HOURS,
    },
    Passing {
        call: "s3:PutBucketVersioning",
        status: 409,
        code: "OperationAborted",
        file: || site("versioning = false", "versioning = true"),
        limit: HOURS,
    },
    Passing {
        call: "ec2:DeleteSecurityGroup",
        status: 400,
        code: "DependencyViolation",
        file: || SITE.to_owned(),
        limit: MINUTES,
    },
    Passing {
        call: "ec2:RunInstances",
        status: 500,
        code: "InsufficientInstanceCapacity",
        file: || {
            format!(
                "{SITE}\n[instance.more]\nimage = \"resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id\"\ntype = \"t3.micro\"\n"
            )
        },
        limit: MINUTES,
    },
    Passing {
        call: "ec2:StartInstances",
        status: 500,
        code: "InsufficientInstanceCapacity",
        file: || site("public_ip       = false", "public_ip = false\nstate = \"running\""),
        limit: MINUTES,
    },
];

/// The account in which the call is to be made.
async fn before(passing: &Passing) -> Account {
    match passing.call {
        "ec2:DeleteSecurityGroup" => Account::with(&format!("{SITE}\n[security_group.old.ingress]\n")).await,
        "ec2:StartInstances" => {
            Account::with(&site("public_ip       = false", "public_ip = false\nstate = \"stopped\"")).await
        }
        _ => Account::with(SITE).await,
    }
}

#[tokio::test]
async fn what_passes_is_waited_out() {
    for passing in &PASSING {
        let account = before(passing).await;
        // More often than the SDK tries by itself.
        account.fail(passing.call, passing.status, passing.code, Some(10));
        let applied = account.apply(&(passing.file)()).await;
        assert!(applied.report.is_success(), "{}: {:#?}", passing.call, applied.report);
        assert!(applied.retries() >= 3, "{}: {:#?}", passing.call, applied.events);
        assert!(account.plan(&(passing.file)()).await.steps.is_empty(), "{}", passing.call);
    }
}

#[tokio::test]
async fn what_does_not_pass_ends_with_aws_words_and_what_to_do() {
    for passing in &PASSING {
        let account = before(passing).await;
        account.fail(passing.call, passing.status, passing.code, None);
        let applied = account.apply(&(passing.file)()).await;
        let (_, failure, _) = applied.failure();
        assert!(passing.limit.contains(&applied.seconds), "{}: {} s", passing.call, applied.seconds);
        assert_eq!(failure.code.as_deref(), Some(passing.code));
        assert!(failure.message.contains("; still so after "), "{}", failure.message);
        assert!(failure.request_id.is_some() && failure.hint.is_some(), "{failure:?}");
    }
}

/// The type and state of the one server, as the sandbox keeps it.
fn server(account: &Account) -> (Value, Value) {
    let rows = account.sandbox.rows().unwrap();
    let (_, _, row) = rows.into_iter().find(|(table, ..)| table.ends_with("/instances")).unwrap();
    (row["instance_type"].clone(), row["state"]["to"].clone())
}

#[tokio::test]
async fn without_a_machine_of_the_new_type_the_former_type_runs_again_and_the_step_fails() {
    let account = Account::with(SITE).await;
    let before = server(&account);
    // Both the SDK's three attempts and no more: the start with the former type comes after them.
    account.fail("ec2:StartInstances", 500, "InsufficientInstanceCapacity", Some(3));
    let applied = account.apply(&site("type            = \"t3.micro\"", "type            = \"t3.large\"")).await;
    let (step, failure, _) = applied.failure();
    assert_eq!(step, "instance.web");
    assert!(failure.message.ends_with("the server starts again as t3.micro"), "{}", failure.message);
    assert_eq!(failure.hint.as_deref(), Some("try again later, or choose another type or availability zone"));
    assert!(applied.seconds < 300.0, "it does not stand still: {} s", applied.seconds);
    assert_eq!(server(&account), before, "{before:?}");
    let again = account.apply(SITE).await;
    assert!(again.report.is_success(), "the tag goes: {:#?}", again.report);
    assert!(account.plan(SITE).await.steps.is_empty());
}

fn outcome(applied: &Applied, step: &str) -> Outcome {
    applied.report.outcomes[&step.parse().unwrap()].clone()
}

#[tokio::test]
async fn a_lasting_error_fails_its_step_skips_what_needs_it_and_finishes_the_rest() {
    let account = Account::new();
    account.fail("ec2:RunInstances", 403, "UnauthorizedOperation", None);
    let applied = account.apply(SITE).await;
    let (step, failure, not_started) = applied.failure();
    assert_eq!(step, "instance.web");
    assert_eq!(failure.code.as_deref(), Some("UnauthorizedOperation"));
    assert_eq!(
        failure.hint.as_deref(),
        Some("the credentials lack a permission for this call: `cn-infra policy ENV` prints those that are needed")
    );
    assert!(failure.request_id.is_some());
    let expected = [("elastic_ip.site/association".to_owned(), "needs instance.web, which failed".to_owned())];
    assert_eq!(not_started, expected.into());
    for done in ["security_group.web", "elastic_ip.site", "elastic_ip.spare", "db_instance.main", "bucket.media"] {
        assert_eq!(outcome(&applied, done), Outcome::Done, "{done}");
    }
    account.sandbox.clear_faults().unwrap();
    let rest = account.apply(SITE).await;
    assert!(rest.report.is_success());
    assert_eq!(rest.report.outcomes.len(), 2, "{:#?}", rest.report.outcomes);
}
