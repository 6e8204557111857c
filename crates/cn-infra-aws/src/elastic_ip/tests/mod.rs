mod doubled;

use std::collections::BTreeSet;

use cn_infra_core::address::Address;
use cn_infra_core::live::Live;
use cn_infra_core::manager::TagChange;
use cn_infra_core::owner::Owner;
use cn_infra_core::token::Token;
use jiff::Timestamp;

use super::*;
use crate::testing::Script;

const ALLOCATION: &str = "eipalloc-0aaaaaaaaaaaaaaaa";
const INSTANCE: &str = "i-0aaaaaaaaaaaaaaaa";

fn address(target: &str) -> String {
    format!(
        "<addressesSet><item><publicIp>198.51.100.7</publicIp><allocationId>{ALLOCATION}</allocationId>\
         <domain>vpc</domain>{target}<tagSet><item><key>Name</key><value>site</value></item></tagSet></item></addressesSet>"
    )
}

fn associated(target: &str) -> String {
    address(&format!(
        "<associationId>eipassoc-1</associationId><privateIpAddress>172.31.0.5</privateIpAddress>{target}"
    ))
}

async fn observe(answer: &str) -> Observed<ElasticIp> {
    let script = Script::new().answer("DescribeAddresses", answer);
    let scope = Scope { only: None, declared: &[] };
    let mut observed = ElasticIps::new(&script.session()).observe(&scope).await.unwrap();
    assert_eq!(script.requests(), ["DescribeAddresses"]);
    observed.remove(0)
}

fn live_target(observed: &Observed<ElasticIp>) -> String {
    observed.live.instance.as_ref().unwrap().to_string()
}

#[tokio::test]
async fn a_reading_tells_what_an_address_points_at() {
    assert_eq!(live_target(&observe(&address("")).await), "none");
    let interface = "<networkInterfaceId>eni-0aaaaaaaaaaaaaaaa</networkInterfaceId>";
    assert_eq!(live_target(&observe(&associated(interface)).await), "eni-0aaaaaaaaaaaaaaaa");
    let instance = format!("{interface}<instanceId>{INSTANCE}</instanceId>");
    let observed = observe(&associated(&instance)).await;
    assert_eq!(live_target(&observed), INSTANCE);
    assert_eq!(observed.name.as_deref(), Some("site"));
    let outputs: Vec<_> = observed.outputs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(outputs, [&format!("allocation_id={ALLOCATION}"), "private_ip=172.31.0.5", "public_ip=198.51.100.7"]);
}

#[tokio::test]
async fn every_live_target_survives_as_a_document() {
    for target in ["none", INSTANCE, "eni-0aaaaaaaaaaaaaaaa", "instance.web", "staging/instance.web"] {
        let elastic_ip = ElasticIp { instance: Some(target.parse().unwrap()) };
        let document = cn_infra_core::document::Document::of(&elastic_ip).unwrap();
        assert_eq!(document.get("instance").unwrap(), target);
        assert_eq!(document.to::<ElasticIp>().unwrap(), elastic_ip);
    }
    insta::assert_snapshot!("web".parse::<Target>().unwrap_err(), @r#""web" names no instance: write instance.NAME or i-0123456789abcdef0"#);
}

#[tokio::test]
async fn an_address_is_found_by_itself_and_by_its_id() {
    let Observed { id, aliases, name, token, tags, live, readiness, unfinished, outputs } = observe(&address("")).await;
    let live = cn_infra_core::document::Document::of(&live).unwrap();
    let object = Observed { id, aliases, name, token, tags, live, readiness, unfinished, outputs };
    let mut live = Live::new(Timestamp::UNIX_EPOCH);
    live.insert("elastic_ip", vec![object]);
    for text in ["198.51.100.7", ALLOCATION] {
        assert!(ElasticIp::is_physical_id(text));
        assert_eq!(live.by_id(&text.into()).unwrap().1.id, ALLOCATION.into());
    }
}

#[tokio::test]
async fn a_poll_reads_all_and_tells_what_was_asked_for() {
    let script = Script::new().answer("DescribeAddresses", &address("")).answer("DescribeAddresses", &address(""));
    let manager = ElasticIps::new(&script.session());
    for (id, found) in [(ALLOCATION, 1), ("eipalloc-0bbbbbbbbbbbbbbbb", 0)] {
        let only = BTreeSet::from([PhysicalId(id.into())]);
        let scope = Scope { only: Some(&only), declared: &[] };
        assert_eq!(manager.observe(&scope).await.unwrap().len(), found);
    }
    assert_eq!(script.requests(), ["DescribeAddresses", "DescribeAddresses"]);
}

#[tokio::test]
async fn a_create_bears_tags_and_is_sent_once() {
    let script = Script::new().fail("AllocateAddress", 500, "InternalError");
    let error = create(&ElasticIps::new(&script.session())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Unknown);
    insta::assert_snapshot!(script.requests().join("\n\n"), @"
    AllocateAddress
    Domain=vpc
    TagSpecification.1.ResourceType=elastic-ip
    TagSpecification.1.Tag.1.Key=cn-infra:address
    TagSpecification.1.Tag.1.Value=elastic_ip.site
    TagSpecification.1.Tag.2.Key=cn-infra:environment
    TagSpecification.1.Tag.2.Value=e
    TagSpecification.1.Tag.3.Key=cn-infra:project
    TagSpecification.1.Tag.3.Value=p
    ");
}

async fn create(manager: &ElasticIps) -> Result<PhysicalId, ManageError> {
    let owner = Owner { project: "p".into(), environment: "e".into(), address: Address::new("elastic_ip", "site") };
    let token = Token::new("123456789012", "us-west-2", &owner, 0);
    let (elastic_ip, tags) = (ElasticIp::default(), owner.tags());
    manager
        .create(New { address: &owner.address, name: "site", resource: &elastic_ip, tags: &tags, token: &token })
        .await
}

fn owned(ids: &[&str]) -> String {
    let items: Vec<_> = ids.iter().map(|id| format!("<item><allocationId>{id}</allocationId></item>")).collect();
    format!("<addressesSet>{}</addressesSet>", items.concat())
}

#[tokio::test]
async fn an_address_that_is_the_only_one_is_kept() {
    let script = Script::new()
        .answer("AllocateAddress", &format!("<allocationId>{ALLOCATION}</allocationId>"))
        .answer("DescribeAddresses", &owned(&[ALLOCATION]));
    assert_eq!(create(&ElasticIps::new(&script.session())).await.unwrap(), ALLOCATION.into());
    insta::assert_snapshot!(script.requests().join("\n\n"), @"
    AllocateAddress
    Domain=vpc
    TagSpecification.1.ResourceType=elastic-ip
    TagSpecification.1.Tag.1.Key=cn-infra:address
    TagSpecification.1.Tag.1.Value=elastic_ip.site
    TagSpecification.1.Tag.2.Key=cn-infra:environment
    TagSpecification.1.Tag.2.Value=e
    TagSpecification.1.Tag.3.Key=cn-infra:project
    TagSpecification.1.Tag.3.Value=p

    DescribeAddresses
    Filter.1.Name=tag:cn-infra:project
    Filter.1.Value.1=p
    Filter.2.Name=tag:cn-infra:environment
    Filter.2.Value.1=e
    Filter.3.Name=tag:cn-infra:address
    Filter.3.Value.1=elastic_ip.site
    ");
}

#[tokio::test]
async fn of_two_addresses_the_lowest_is_kept_and_no_third_is_allocated() {
    let script = Script::new()
        .answer("AllocateAddress", &format!("<allocationId>{ALLOCATION}</allocationId>"))
        .answer("DescribeAddresses", &owned(&["eipalloc-00", ALLOCATION]))
        .fail("DescribeAddresses", 500, "InternalError")
        .answer("DescribeAddresses", &owned(&["eipalloc-00"]))
        .answer("ReleaseAddress", "");
    let manager = ElasticIps::new(&script.session());
    assert_eq!(create(&manager).await.unwrap(), "eipalloc-00".into());
    assert_eq!(script.writes().matches("AllocateAddress").count(), 1);
    assert!(script.writes().ends_with(&format!("ReleaseAddress\nAllocationId={ALLOCATION}")), "{}", script.writes());
}

#[tokio::test]
async fn the_lowest_waits_for_the_other_one_to_give_way() {
    let script = Script::new()
        .answer("AllocateAddress", &format!("<allocationId>{ALLOCATION}</allocationId>"))
        .answer("DescribeAddresses", &owned(&[ALLOCATION, "eipalloc-0bbbbbbbbbbbbbbbb"]))
        .answer("DescribeAddresses", &owned(&[ALLOCATION]));
    let manager = ElasticIps::new(&script.session());
    assert_eq!(create(&manager).await.unwrap_err().class, ErrorClass::Busy);
    assert_eq!(create(&manager).await.unwrap(), ALLOCATION.into());
    assert_eq!(script.writes().matches("AllocateAddress").count(), 1);
}

/// An instance whose interfaces are listed the other way round.
fn instance(state: &str, public_ip: &str) -> String {
    let interface = |id: &str, index: usize, rest: &str| {
        format!(
            "<item><networkInterfaceId>{id}</networkInterfaceId>\
             <attachment><deviceIndex>{index}</deviceIndex></attachment>{rest}</item>"
        )
    };
    let association = format!("<association><publicIp>{public_ip}</publicIp></association>");
    format!(
        "<reservationSet><item><instancesSet><item><instanceId>{INSTANCE}</instanceId>\
         <instanceState><code>16</code><name>{state}</name></instanceState>\
         <networkInterfaceSet>{}{}</networkInterfaceSet></item></instancesSet></item></reservationSet>",
        interface("eni-0bbbbbbbbbbbbbbbb", 1, ""),
        interface("eni-0aaaaaaaaaaaaaaaa", 0, &association),
    )
}

async fn point(script: &Script, live: &str, to: &str) -> Result<Progress, ManageError> {
    let live = observe(live).await;
    let desired = ElasticIp { instance: Some(to.parse().unwrap()) };
    let tags = TagChange::default();
    let change =
        Change { part: Some("association"), name: None, desired: &desired, live: &live, changed: &[], tags: &tags };
    ElasticIps::new(&script.session()).update(&ALLOCATION.into(), change).await
}

#[tokio::test]
async fn a_free_address_is_associated_only_if_it_is_still_free() {
    let script = Script::new()
        .answer("DescribeInstances", &instance("running", "192.0.2.200"))
        .answer("AssociateAddress", "<associationId>eipassoc-2</associationId>")
        .fail("AssociateAddress", 400, "Resource.AlreadyAssociated");
    point(&script, &address(""), INSTANCE).await.unwrap();
    insta::assert_snapshot!(script.requests().join("\n"), @"
    DescribeInstances
    InstanceId.1=i-0aaaaaaaaaaaaaaaa
    AssociateAddress
    AllocationId=eipalloc-0aaaaaaaaaaaaaaaa
    NetworkInterfaceId=eni-0aaaaaaaaaaaaaaaa
    AllowReassociation=false
    ");
    let error = point(&script, &address(""), INSTANCE).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert_eq!(error.hint.as_deref(), Some("it was free when it was read: plan again"));
}

#[tokio::test]
async fn an_address_moves_in_one_call() {
    let script = Script::new()
        .answer("DescribeInstances", &instance("stopped", ""))
        .answer("AssociateAddress", "<associationId>eipassoc-2</associationId>");
    let elsewhere = "<instanceId>i-0bbbbbbbbbbbbbbbb</instanceId>";
    point(&script, &associated(elsewhere), INSTANCE).await.unwrap();
    insta::assert_snapshot!(script.writes(), @"
    AssociateAddress
    AllocationId=eipalloc-0aaaaaaaaaaaaaaaa
    NetworkInterfaceId=eni-0aaaaaaaaaaaaaaaa
    AllowReassociation=true
    ");
}

#[tokio::test]
async fn what_is_there_already_is_not_sent() {
    let there = associated(&format!("<instanceId>{INSTANCE}</instanceId>"));
    point(&Script::new(), &there, INSTANCE).await.unwrap();
    point(&Script::new(), &address(""), "none").await.unwrap();
    // The reading names the interface alone.
    let script = Script::new().answer("DescribeInstances", &instance("running", ""));
    point(&script, &associated("<networkInterfaceId>eni-0aaaaaaaaaaaaaaaa</networkInterfaceId>"), INSTANCE)
        .await
        .unwrap();
    assert_eq!(script.writes(), "");
}

#[tokio::test]
async fn where_an_address_is_its_own_reading_decides() {
    let elsewhere = associated("<instanceId>i-0bbbbbbbbbbbbbbbb</instanceId>");
    for live in [address(""), elsewhere] {
        // The target's interface shows the address still, or already.
        let script = Script::new()
            .answer("DescribeInstances", &instance("running", "198.51.100.7"))
            .answer("AssociateAddress", "<associationId>eipassoc-2</associationId>");
        point(&script, &live, INSTANCE).await.unwrap();
        assert!(script.writes().starts_with("AssociateAddress"), "{}", script.writes());
    }
}

#[tokio::test]
async fn an_association_whose_answer_is_lost_is_not_sent_blindly_again() {
    let script = Script::new().answer("DescribeInstances", &instance("running", "")).fail(
        "AssociateAddress",
        500,
        "InternalError",
    );
    assert_eq!(point(&script, &address(""), INSTANCE).await.unwrap_err().class, ErrorClass::Unknown);
    assert_eq!(script.writes().matches("AssociateAddress").count(), 1);
}

#[tokio::test]
async fn a_target_that_is_not_ready_is_waited_for() {
    for (state, class) in [("pending", ErrorClass::Busy), ("terminated", ErrorClass::Invalid)] {
        let script = Script::new().answer("DescribeInstances", &instance(state, ""));
        assert_eq!(point(&script, &address(""), INSTANCE).await.unwrap_err().class, class);
        assert_eq!(script.writes(), "");
    }
    let script = Script::new().fail("DescribeInstances", 400, "InvalidInstanceID.NotFound");
    assert_eq!(point(&script, &address(""), INSTANCE).await.unwrap_err().class, ErrorClass::Gone);
}

#[tokio::test]
async fn none_takes_the_address_away() {
    let there = associated(&format!("<instanceId>{INSTANCE}</instanceId>"));
    let script = Script::new().answer("DescribeAddresses", &there).answer("DisassociateAddress", "").fail(
        "DisassociateAddress",
        400,
        "InvalidAssociationID.NotFound",
    );
    point(&script, &there, "none").await.unwrap();
    point(&script, &there, "none").await.unwrap();
    insta::assert_snapshot!(script.writes(), @"
    DisassociateAddress
    AssociationId=eipassoc-1

    DisassociateAddress
    AssociationId=eipassoc-1
    ");
}

#[tokio::test]
async fn deleting_disassociates_then_releases() {
    let there = associated(&format!("<instanceId>{INSTANCE}</instanceId>"));
    let script = Script::new()
        .answer("DescribeAddresses", &there)
        .answer("DisassociateAddress", "")
        .fail("ReleaseAddress", 400, "InvalidIPAddress.InUse")
        .answer("ReleaseAddress", "")
        .fail("ReleaseAddress", 400, "InvalidAllocationID.NotFound");
    let live = observe(&there).await;
    let manager = ElasticIps::new(&script.session());
    let delete = |part| manager.delete(&live.id, Delete { part, live: &live });
    delete(Some("association")).await.unwrap();
    assert_eq!(delete(None).await.unwrap_err().class, ErrorClass::Busy);
    delete(None).await.unwrap();
    delete(None).await.unwrap();
    insta::assert_snapshot!(script.writes(), @"
    DisassociateAddress
    AssociationId=eipassoc-1

    ReleaseAddress
    AllocationId=eipalloc-0aaaaaaaaaaaaaaaa

    ReleaseAddress
    AllocationId=eipalloc-0aaaaaaaaaaaaaaaa

    ReleaseAddress
    AllocationId=eipalloc-0aaaaaaaaaaaaaaaa
    ");
}

#[test]
fn a_move_says_who_is_left_without() {
    let elastic_ip = ElasticIp::default();
    let impact = |before: &str| {
        let before = before.into();
        ElasticIp::impact(&FieldChange {
            path: "instance",
            before: Some(&before),
            after: None,
            desired: &elastic_ip,
            live: &elastic_ip,
        })
    };
    assert_eq!(impact("instance.old"), Impact::noted("instance.old loses this address and has none then"));
    assert_eq!(impact("none"), Impact::in_place());
}

#[test]
fn a_file_names_instances_only() {
    let mut problems = Vec::new();
    let elastic_ip: ElasticIp = toml::from_str("instance = 'eni-0aaaaaaaaaaaaaaaa'").unwrap();
    elastic_ip.validate(&mut |problem| problems.push(problem.message));
    assert_eq!(problems, ["eni-0aaaaaaaaaaaaaaaa is a network interface: an address is given to an instance"]);
}
