//! How an instance is made or restored.

use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::manager::{ErrorClass, ManageError, Manager, New};
use cn_infra_core::owner::{Owner, Tags};
use cn_infra_core::token::Token;
use serde_json::{Value, json};

use super::super::{ID, all_fields, resource};
use super::{PASSWORD, manager};
use crate::testing::Script;

async fn create(script: &Script, fields: Value) -> Result<PhysicalId, ManageError> {
    let address = Address::new("db_instance", "main");
    let owner = Owner { project: "site".into(), environment: "production".into(), address: address.clone() };
    let (tags, token) = (Tags::from([("Project".into(), "site".into())]), Token::new("1", "us-west-2", &owner, 0));
    let resource = resource(fields);
    let new = New { address: &address, name: "site-main", resource: &resource, tags: &tags, token: &token };
    manager(script).create(new).await
}

fn made() -> String {
    format!("<DBInstance><DbiResourceId>{ID}</DbiResourceId></DBInstance>")
}

#[tokio::test]
async fn create_sends_every_field_once() {
    let script = Script::new().answer("CreateDBInstance", &made());
    assert_eq!(create(&script, all_fields()).await.unwrap(), PhysicalId::from(ID));
    insta::assert_snapshot!(script.writes(), @r"
    CreateDBInstance
    DBName=coralnet
    DBInstanceIdentifier=site-main
    AllocatedStorage=500
    DBInstanceClass=db.t3.medium
    Engine=postgres
    MasterUsername=coralnet
    MasterUserPassword=correct horse battery staple
    VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-0aaaaaaaaaaaaaaaa
    VpcSecurityGroupIds.VpcSecurityGroupId.2=sg-0bbbbbbbbbbbbbbbb
    AvailabilityZone=us-west-2a
    DBSubnetGroupName=public
    PreferredMaintenanceWindow=sun:09:00-sun:09:30
    DBParameterGroupName=site
    BackupRetentionPeriod=7
    PreferredBackupWindow=08:00-08:30
    Port=5432
    MultiAZ=false
    EngineVersion=16
    AutoMinorVersionUpgrade=true
    LicenseModel=postgresql-license
    Iops=12000
    StorageThroughput=500
    PubliclyAccessible=true
    Tags.Tag.1.Key=Project
    Tags.Tag.1.Value=site
    Tags.Tag.2.Key=cn-infra:final-snapshot
    Tags.Tag.2.Value=last
    StorageType=gp3
    StorageEncrypted=true
    KmsKeyId=11111111-2222-3333-4444-555555555555
    CopyTagsToSnapshot=true
    MonitoringInterval=60
    MonitoringRoleArn=arn:aws:iam::123456789012:role/monitoring
    EnablePerformanceInsights=true
    DeletionProtection=true
    CACertificateIdentifier=rds-ca-rsa2048-g1
    ");
}

#[tokio::test]
async fn create_sends_only_what_the_file_says() {
    let script = Script::new().answer("CreateDBInstance", &made());
    create(&script, json!({ "engine": "postgres", "class": "db.t3.micro", "master_password": "managed" }))
        .await
        .unwrap();
    insta::assert_snapshot!(script.writes(), @r"
    CreateDBInstance
    DBInstanceIdentifier=site-main
    DBInstanceClass=db.t3.micro
    Engine=postgres
    Tags.Tag.1.Key=Project
    Tags.Tag.1.Value=site
    ManageMasterUserPassword=true
    ");
}

#[tokio::test]
async fn a_key_asks_for_encryption() {
    let script = Script::new().answer("CreateDBInstance", &made());
    create(&script, json!({ "engine": "postgres", "class": "db.t3.micro", "kms_key": "alias/site" })).await.unwrap();
    assert!(script.writes().contains("StorageEncrypted=true\nKmsKeyId=alias/site"), "{}", script.writes());
}

#[tokio::test]
async fn create_is_not_sent_again_when_the_answer_is_lost() {
    let script = Script::new().fail("CreateDBInstance", 500, "InternalFailure");
    let error = create(&script, all_fields()).await.unwrap_err();
    assert_eq!((error.class, script.requests().len()), (ErrorClass::Unknown, 1));
    let script = Script::new().fail("CreateDBInstance", 400, "DBInstanceAlreadyExists");
    assert_eq!(create(&script, all_fields()).await.unwrap_err().class, ErrorClass::Exists);
}

#[tokio::test]
async fn a_missing_password_is_named_before_any_call() {
    let script = Script::new();
    let mut fields = all_fields();
    fields["master_password"] = json!({ "env": "CN_OTHER" });
    let error = create(&script, fields).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    insta::assert_snapshot!(format!("{error} [{}]", error.hint.as_deref().unwrap()), @"the environment variable CN_OTHER holds no password [set CN_OTHER, which master_password names, to the password that the database shall get]");
    assert!(script.requests().is_empty());
}

#[tokio::test]
async fn the_password_is_in_no_document_and_no_error() {
    let script = Script::new().fail("CreateDBInstance", 400, "InvalidParameterValue");
    let error = create(&script, all_fields()).await.unwrap_err();
    assert!(script.requests()[0].contains(PASSWORD), "else this test proves nothing");
    assert!(!format!("{error} {error:?}").contains(PASSWORD));
    assert!(!serde_json::to_string(&resource(all_fields())).unwrap().contains(PASSWORD));
}

#[tokio::test]
async fn restores_a_snapshot() {
    let script = Script::new().answer("RestoreDBInstanceFromDBSnapshot", &made());
    let mut fields = all_fields();
    fields["restore_from_snapshot"] = json!("site-before");
    fields["master_password"] = json!("managed");
    create(&script, fields).await.unwrap();
    insta::assert_snapshot!(script.writes(), @r"
    RestoreDBInstanceFromDBSnapshot
    DBInstanceIdentifier=site-main
    DBSnapshotIdentifier=site-before
    DBInstanceClass=db.t3.medium
    Port=5432
    AvailabilityZone=us-west-2a
    DBSubnetGroupName=public
    MultiAZ=false
    PubliclyAccessible=true
    AutoMinorVersionUpgrade=true
    LicenseModel=postgresql-license
    Engine=postgres
    Iops=12000
    StorageThroughput=500
    Tags.Tag.1.Key=Project
    Tags.Tag.1.Value=site
    Tags.Tag.2.Key=cn-infra:final-snapshot
    Tags.Tag.2.Value=last
    StorageType=gp3
    VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-0aaaaaaaaaaaaaaaa
    VpcSecurityGroupIds.VpcSecurityGroupId.2=sg-0bbbbbbbbbbbbbbbb
    CopyTagsToSnapshot=true
    DBParameterGroupName=site
    DeletionProtection=true
    AllocatedStorage=500
    BackupRetentionPeriod=7
    PreferredBackupWindow=08:00-08:30
    CACertificateIdentifier=rds-ca-rsa2048-g1
    ManageMasterUserPassword=true
    ");
}
