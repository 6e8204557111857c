use cn_infra_core::address::PhysicalId;
use cn_infra_core::manager::{Change, Delete, ErrorClass, Manager, Progress, TagChange};
use serde_json::{Value, json};

use super::{ID, instance, observed, tags, update};
use crate::instance::Instances;
use crate::testing::Script;

/// What is sent for a change of some fields.
async fn sent(script: Script, live: Value, desired: Value, changed: &[&str]) -> String {
    assert_eq!(update(&script, &observed(live), desired, changed).await.unwrap(), Progress::Done);
    script.writes()
}

fn running() -> Value {
    json!({ "type": "t2.large", "state": "running" })
}

#[tokio::test]
async fn attributes_change_one_by_one() {
    let script = ["ModifyInstanceAttribute", "MonitorInstances", "ModifyInstanceMetadataOptions"]
        .iter()
        .fold(Script::new(), |script, call| script.answer(call, ""));
    let desired = json!({
        "type": "t2.large", "termination_protection": true, "shutdown_behavior": "terminate", "monitoring": true,
        "metadata": { "tokens": "required", "hop_limit": 2, "endpoint": "enabled" },
    });
    let changed =
        ["termination_protection", "shutdown_behavior", "monitoring", "metadata.tokens", "metadata.hop_limit"];
    insta::assert_snapshot!(sent(script, running(), desired, &changed).await, @r"
    ModifyInstanceAttribute
    InstanceId=i-0123456789abcdef0
    DisableApiTermination.Value=true

    ModifyInstanceAttribute
    InstanceId=i-0123456789abcdef0
    InstanceInitiatedShutdownBehavior.Value=terminate

    MonitorInstances
    InstanceId.1=i-0123456789abcdef0

    ModifyInstanceMetadataOptions
    InstanceId=i-0123456789abcdef0
    HttpTokens=required
    HttpPutResponseHopLimit=2
    ");
}

#[tokio::test]
async fn a_disabled_endpoint_is_sent_alone() {
    let script = Script::new().answer("ModifyInstanceMetadataOptions", "").answer("UnmonitorInstances", "");
    let desired = json!({ "metadata": { "tokens": "required", "endpoint": "disabled" }, "monitoring": false });
    let changed = ["metadata.tokens", "metadata.endpoint", "monitoring"];
    insta::assert_snapshot!(sent(script, running(), desired, &changed).await, @r"
    UnmonitorInstances
    InstanceId.1=i-0123456789abcdef0

    ModifyInstanceMetadataOptions
    InstanceId=i-0123456789abcdef0
    HttpEndpoint=disabled
    ");
}

#[tokio::test]
async fn what_did_not_change_is_not_sent() {
    let desired = json!({ "type": "t2.large", "termination_protection": true, "security_groups": ["sg-00000001"] });
    assert_eq!(sent(Script::new(), running(), desired, &[]).await, "");
}

fn association(id: &str, state: &str) -> String {
    format!("<item><associationId>{id}</associationId><state>{state}</state></item>")
}

#[tokio::test]
async fn a_profile_is_associated_replaced_and_taken_away() {
    let old = association("iip-assoc-1", "disassociated");
    let both = format!("{old}{}", association("iip-assoc-2", "associated"));
    for (associations, wanted, call) in [
        (&old, "server", format!("AssociateIamInstanceProfile\nIamInstanceProfile.Name=server\nInstanceId={ID}")),
        (
            &both,
            "server",
            "ReplaceIamInstanceProfileAssociation\nIamInstanceProfile.Name=server\nAssociationId=iip-assoc-2"
                .to_owned(),
        ),
        (&both, "none", "DisassociateIamInstanceProfile\nAssociationId=iip-assoc-2".to_owned()),
        (&old, "none", String::new()),
    ] {
        let set = format!("<iamInstanceProfileAssociationSet>{associations}</iamInstanceProfileAssociationSet>");
        let script = Script::new()
            .answer("DescribeIamInstanceProfileAssociations", &set)
            .answer("AssociateIamInstanceProfile", "")
            .answer("ReplaceIamInstanceProfileAssociation", "")
            .answer("DisassociateIamInstanceProfile", "");
        assert_eq!(sent(script, running(), json!({ "instance_profile": wanted }), &["instance_profile"]).await, call);
    }
}

/// An instance with two interfaces and two volumes.
const DESCRIBED: &str = "<reservationSet><item><instancesSet><item><instanceId>i-0123456789abcdef0</instanceId>\
    <rootDeviceName>/dev/sda1</rootDeviceName><blockDeviceMapping>\
    <item><deviceName>/dev/sda1</deviceName><ebs><volumeId>vol-root</volumeId></ebs></item>\
    <item><deviceName>/dev/sdf</deviceName><ebs><volumeId>vol-data</volumeId></ebs></item></blockDeviceMapping>\
    <networkInterfaceSet><item><networkInterfaceId>eni-2</networkInterfaceId><attachment><deviceIndex>1</deviceIndex></attachment></item>\
    <item><networkInterfaceId>eni-1</networkInterfaceId><attachment><deviceIndex>0</deviceIndex></attachment></item>\
    </networkInterfaceSet></item></instancesSet></item></reservationSet>";

#[tokio::test]
async fn groups_change_on_the_primary_interface() {
    let script = Script::new().answer("DescribeInstances", DESCRIBED).answer("ModifyNetworkInterfaceAttribute", "");
    let desired = json!({ "security_groups": ["sg-00000002", "sg-00000001"] });
    insta::assert_snapshot!(sent(script, running(), desired, &["security_groups"]).await, @r"
    ModifyNetworkInterfaceAttribute
    NetworkInterfaceId=eni-1
    SecurityGroupId.1=sg-00000002
    SecurityGroupId.2=sg-00000001
    ");
}

fn volumes() -> Value {
    json!({
        "root_volume": { "size_gib": 16, "type": "gp3", "delete_on_termination": true },
        "volumes": { "data": { "device": "/dev/xvdf", "size_gib": 100, "type": "gp3", "iops": 4000, "throughput": 250 } },
    })
}

fn modifications(state: &str) -> String {
    format!(
        "<volumeModificationSet><item><volumeId>vol-root</volumeId><modificationState>{state}</modificationState>\
         <targetSize>16</targetSize></item></volumeModificationSet>"
    )
}

#[tokio::test]
async fn volumes_change_by_one_call_each() {
    let script = Script::new()
        .answer("DescribeInstances", DESCRIBED)
        .answer("DescribeVolumesModifications", "")
        .answer("ModifyVolume", "")
        .answer("ModifyInstanceAttribute", "");
    let changed = ["root_volume.size_gib", "root_volume.delete_on_termination", "volumes.data.type"];
    let progress = update(&script, &observed(running()), volumes(), &changed).await.unwrap();
    assert_eq!(progress, Progress::Again, "the new values show after a while");
    insta::assert_snapshot!(script.writes(), @r"
    ModifyInstanceAttribute
    InstanceId=i-0123456789abcdef0
    BlockDeviceMapping.1.DeviceName=/dev/sda1
    BlockDeviceMapping.1.Ebs.DeleteOnTermination=true

    ModifyVolume
    VolumeId=vol-root
    Size=16

    ModifyVolume
    VolumeId=vol-data
    VolumeType=gp3
    Iops=4000
    Throughput=250
    ");
}

#[tokio::test]
async fn a_modification_under_way_is_not_sent_again() {
    let script = |state: &str| {
        Script::new()
            .answer("DescribeInstances", DESCRIBED)
            .answer("DescribeVolumesModifications", &modifications(state))
            .answer("ModifyVolume", "")
    };
    let (live, changed) = (observed(running()), ["root_volume.size_gib"]);
    let modifying = script("modifying");
    let error = update(&modifying, &live, volumes(), &changed).await.unwrap_err();
    assert_eq!((error.class, error.to_string()), (ErrorClass::Busy, "vol-root is still being modified".to_owned()));
    let optimizing = script("optimizing");
    assert_eq!(update(&optimizing, &live, volumes(), &changed).await.unwrap(), Progress::Done);
    assert_eq!(modifying.writes() + &optimizing.writes(), "");
    let failed = script("failed");
    assert_eq!(update(&failed, &live, volumes(), &changed).await.unwrap(), Progress::Again);
    assert_eq!(failed.writes(), "ModifyVolume\nVolumeId=vol-root\nSize=16");
}

#[tokio::test]
async fn another_modification_of_the_volume_is_waited_for() {
    let script = Script::new().answer("DescribeInstances", DESCRIBED).answer("DescribeVolumesModifications", "").fail(
        "ModifyVolume",
        400,
        "IncorrectModificationState",
    );
    let error = update(&script, &observed(running()), volumes(), &["root_volume.size_gib"]).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Busy);
}

#[tokio::test]
async fn tags_go_first_and_to_the_instance_alone() {
    let script = Script::new().answer("CreateTags", "").answer("DeleteTags", "").answer("StopInstances", "");
    let (live, desired) = (observed(running()), instance(json!({ "state": "stopped" })));
    let change = TagChange { set: tags(&[("Name", "web")]), remove: ["Old".to_owned()].into() };
    let changed = ["state".to_owned()];
    let change =
        Change { part: None, name: Some("web"), desired: &desired, live: &live, changed: &changed, tags: &change };
    Instances::new(&script.session()).update(&live.id, change).await.unwrap();
    insta::assert_snapshot!(script.writes(), @r"
    CreateTags
    ResourceId.1=i-0123456789abcdef0
    Tag.1.Key=Name
    Tag.1.Value=web

    DeleteTags
    ResourceId.1=i-0123456789abcdef0
    Tag.1.Key=Old

    StopInstances
    InstanceId.1=i-0123456789abcdef0
    ");
}

async fn delete(script: &Script, live: Value) -> Result<Progress, cn_infra_core::manager::ManageError> {
    let live = observed(live);
    let what = Delete { part: None, live: &live };
    Instances::new(&script.session()).delete(&PhysicalId::from(ID), what).await
}

#[tokio::test]
async fn deleting_terminates() {
    let script = Script::new().answer("TerminateInstances", "");
    assert_eq!(delete(&script, running()).await.unwrap(), Progress::Done);
    assert_eq!(script.writes(), format!("TerminateInstances\nInstanceId.1={ID}"));
}

#[tokio::test]
async fn protection_forbids_deleting() {
    let known = delete(&Script::new(), json!({ "termination_protection": true })).await.unwrap_err();
    let refused = Script::new().fail("TerminateInstances", 400, "OperationNotPermitted");
    let told = delete(&refused, running()).await.unwrap_err();
    assert_eq!((known.class, told.class), (ErrorClass::Invalid, ErrorClass::Invalid));
    assert_eq!(known.hint, told.hint);
    insta::assert_snapshot!(known, @"i-0123456789abcdef0 is protected from termination");
    insta::assert_snapshot!(known.hint.unwrap(), @"set `termination_protection = false` and apply that first; deleting it is an apply of its own");
}
