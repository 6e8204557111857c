//! The calls that create, change and delete a group.

use super::*;

async fn create(script: &Script, toml: &str) -> Result<PhysicalId, ManageError> {
    let (owner, tags) = (owner(), tags());
    let token = Token::new("123456789012", "us-west-2", &owner, 0);
    let new = New { address: &owner.address, name: "coralnet-web", resource: &group(toml), tags: &tags, token: &token };
    SecurityGroups::new(&script.session()).create(new).await
}

#[tokio::test]
async fn a_create_bears_tags_and_is_sent_once() {
    let script = Script::new()
        .answer("DescribeVpcs", "<vpcSet><item><vpcId>vpc-0dddddddddddddddd</vpcId></item></vpcSet>")
        .answer("CreateSecurityGroup", &format!("<groupId>{GROUP}</groupId>"))
        .fail("CreateSecurityGroup", 503, "InternalError");
    assert_eq!(create(&script, "description = 'CoralNet web servers'").await.unwrap(), GROUP.into());
    let error = create(&script, "vpc = 'vpc-0eeeeeeeeeeeeeeee'").await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Unknown);
    insta::assert_snapshot!(script.writes(), @"
    CreateSecurityGroup
    GroupDescription=CoralNet web servers
    GroupName=coralnet-web
    VpcId=vpc-0dddddddddddddddd
    TagSpecification.1.ResourceType=security-group
    TagSpecification.1.Tag.1.Key=cn-infra:address
    TagSpecification.1.Tag.1.Value=security_group.web
    TagSpecification.1.Tag.2.Key=cn-infra:environment
    TagSpecification.1.Tag.2.Value=production
    TagSpecification.1.Tag.3.Key=cn-infra:project
    TagSpecification.1.Tag.3.Value=coralnet

    CreateSecurityGroup
    GroupDescription=coralnet-web
    GroupName=coralnet-web
    VpcId=vpc-0eeeeeeeeeeeeeeee
    TagSpecification.1.ResourceType=security-group
    TagSpecification.1.Tag.1.Key=cn-infra:address
    TagSpecification.1.Tag.1.Value=security_group.web
    TagSpecification.1.Tag.2.Key=cn-infra:environment
    TagSpecification.1.Tag.2.Value=production
    TagSpecification.1.Tag.3.Key=cn-infra:project
    TagSpecification.1.Tag.3.Value=coralnet
    ");
}

#[tokio::test]
async fn without_a_default_vpc_a_create_says_what_to_write() {
    let script = Script::new().answer("DescribeVpcs", "");
    let error = create(&script, "").await.unwrap_err();
    insta::assert_snapshot!(error.message, @"us-west-2 has no default VPC");
    assert_eq!(script.writes(), "");
}

#[tokio::test]
async fn a_new_group_gets_its_rules_and_loses_the_rule_it_came_with() {
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &rules(&[new_egress()]))
        .answer("AuthorizeSecurityGroupIngress", "<return>true</return>")
        .answer("AuthorizeSecurityGroupEgress", "<return>true</return>")
        .answer("RevokeSecurityGroupEgress", "<return>true</return>");
    let desired = r#"
        [ingress]
        app = { ports = "8000-8010", from = ["sg-0bbbbbbbbbbbbbbbb", "pl-0123456789abcdef0"], description = "for now" }
        http = { port = 80, from = ["everyone"] }
        ping = { protocol = "icmp", icmp = "echo-request", from = ["198.51.100.7/24"] }
        [egress]
        esp = { protocol = "50", to = ["198.51.100.0/24"] }
    "#;
    assert_eq!(set_rules(&script, desired).await.unwrap(), Progress::Done);
    insta::assert_snapshot!(script.writes(), @"
    AuthorizeSecurityGroupIngress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    IpPermissions.1.IpProtocol=tcp
    IpPermissions.1.FromPort=80
    IpPermissions.1.ToPort=80
    IpPermissions.1.IpRanges.1.Description=http
    IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0
    IpPermissions.1.Ipv6Ranges.1.Description=http
    IpPermissions.1.Ipv6Ranges.1.CidrIpv6=::/0
    IpPermissions.2.IpProtocol=tcp
    IpPermissions.2.FromPort=8000
    IpPermissions.2.ToPort=8010
    IpPermissions.2.Groups.1.Description=for now
    IpPermissions.2.Groups.1.GroupId=sg-0bbbbbbbbbbbbbbbb
    IpPermissions.2.PrefixListIds.1.Description=for now
    IpPermissions.2.PrefixListIds.1.PrefixListId=pl-0123456789abcdef0
    IpPermissions.3.IpProtocol=icmp
    IpPermissions.3.FromPort=8
    IpPermissions.3.ToPort=-1
    IpPermissions.3.IpRanges.1.Description=ping
    IpPermissions.3.IpRanges.1.CidrIp=198.51.100.0/24

    AuthorizeSecurityGroupEgress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    IpPermissions.1.IpProtocol=50
    IpPermissions.1.IpRanges.1.Description=esp
    IpPermissions.1.IpRanges.1.CidrIp=198.51.100.0/24

    RevokeSecurityGroupEgress
    SecurityGroupRuleId.1=sgr-out
    GroupId=sg-0aaaaaaaaaaaaaaaa
    ");
}

#[tokio::test]
async fn a_rule_whose_id_does_not_show_yet_is_waited_for() {
    let mut live = observed_web();
    live.live = group("[ingress]\n[egress]\n'(unnamed) all' = { protocol = 'all', to = ['0.0.0.0/0'] }");
    let script = Script::new().answer("DescribeSecurityGroupRules", &rules(&[]));
    let error = set_rules_of(&script, &live, "egress = {}").await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Busy);
    assert_eq!(script.writes(), "");
}

#[tokio::test]
async fn a_change_first_adds_what_is_missing_then_removes_what_is_too_much() {
    let there = [ssh("sgr-1", "192.0.2.1/32", "ssh"), ssh("sgr-2", "192.0.2.2/32", "ssh"), new_egress()];
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &rules(&there))
        .answer("AuthorizeSecurityGroupIngress", "")
        .answer("RevokeSecurityGroupIngress", "");
    set_rules(&script, "ingress.ssh = { port = 22, from = ['192.0.2.2/32', '192.0.2.3/32'] }").await.unwrap();
    insta::assert_snapshot!(script.writes(), @"
    AuthorizeSecurityGroupIngress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    IpPermissions.1.IpProtocol=tcp
    IpPermissions.1.FromPort=22
    IpPermissions.1.ToPort=22
    IpPermissions.1.IpRanges.1.Description=ssh
    IpPermissions.1.IpRanges.1.CidrIp=192.0.2.3/32

    RevokeSecurityGroupIngress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    SecurityGroupRuleId.1=sgr-1
    ");
}

#[tokio::test]
async fn nothing_is_sent_where_the_rules_are_as_wanted() {
    let there = [ssh("sgr-1", "192.0.2.1/32", "by hand"), new_egress()];
    let script = Script::new().answer("DescribeSecurityGroupRules", &rules(&there));
    set_rules(&script, "ingress.ssh = { port = 22, from = ['192.0.2.1/32'] }").await.unwrap();
    assert_eq!(script.writes(), "");
}

#[tokio::test]
async fn a_rule_that_somebody_else_added_meanwhile_is_not_sent_again() {
    let one = ssh("sgr-1", "192.0.2.1/32", "");
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &rules(&[]))
        .answer("DescribeSecurityGroupRules", &rules(&[one]))
        .fail("AuthorizeSecurityGroupIngress", 400, "InvalidPermission.Duplicate")
        .answer("AuthorizeSecurityGroupIngress", "");
    set_rules(&script, "ingress.ssh = { port = 22, from = ['192.0.2.1/32', '192.0.2.2/32'] }").await.unwrap();
    insta::assert_snapshot!(script.writes(), @"
    AuthorizeSecurityGroupIngress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    IpPermissions.1.IpProtocol=tcp
    IpPermissions.1.FromPort=22
    IpPermissions.1.ToPort=22
    IpPermissions.1.IpRanges.1.Description=ssh
    IpPermissions.1.IpRanges.1.CidrIp=192.0.2.1/32
    IpPermissions.1.IpRanges.2.Description=ssh
    IpPermissions.1.IpRanges.2.CidrIp=192.0.2.2/32

    AuthorizeSecurityGroupIngress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    IpPermissions.1.IpProtocol=tcp
    IpPermissions.1.FromPort=22
    IpPermissions.1.ToPort=22
    IpPermissions.1.IpRanges.1.Description=ssh
    IpPermissions.1.IpRanges.1.CidrIp=192.0.2.2/32
    ");
}

#[tokio::test]
async fn a_full_group_makes_room_first() {
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &rules(&[ssh("sgr-1", "192.0.2.1/32", "")]))
        .fail("AuthorizeSecurityGroupIngress", 400, "RulesPerSecurityGroupLimitExceeded")
        .answer("AuthorizeSecurityGroupIngress", "")
        .answer("RevokeSecurityGroupIngress", "");
    set_rules(&script, "ingress.ssh = { port = 22, from = ['192.0.2.2/32'] }").await.unwrap();
    let writes = script.writes();
    let actions: Vec<_> = writes.split("\n\n").filter_map(|write| write.lines().next()).collect();
    assert_eq!(
        actions,
        ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress", "AuthorizeSecurityGroupIngress"]
    );
}

#[tokio::test]
async fn a_new_description_leaves_the_rule_in_place() {
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &rules(&[ssh("sgr-1", "192.0.2.1/32", "ssh")]))
        .answer("UpdateSecurityGroupRuleDescriptionsIngress", "<return>true</return>");
    let desired = "ingress.ssh = { port = 22, from = ['192.0.2.1/32'], description = 'operators' }";
    set_rules(&script, desired).await.unwrap();
    insta::assert_snapshot!(script.writes(), @"
    UpdateSecurityGroupRuleDescriptionsIngress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    SecurityGroupRuleDescription.1.SecurityGroupRuleId=sgr-1
    SecurityGroupRuleDescription.1.Description=operators
    ");
}

#[tokio::test]
async fn tags_are_set_and_removed_by_key() {
    let script = Script::new().answer("CreateTags", "").answer("DeleteTags", "");
    let tags =
        TagChange { set: [("Team".to_owned(), "reef & more".to_owned())].into(), remove: ["Old".to_owned()].into() };
    let group = SecurityGroup::default();
    let change = Change { part: None, name: None, desired: &group, live: &observed_web(), changed: &[], tags: &tags };
    SecurityGroups::new(&script.session()).update(&GROUP.into(), change).await.unwrap();
    insta::assert_snapshot!(script.writes(), @"
    CreateTags
    ResourceId.1=sg-0aaaaaaaaaaaaaaaa
    Tag.1.Key=Team
    Tag.1.Value=reef & more

    DeleteTags
    ResourceId.1=sg-0aaaaaaaaaaaaaaaa
    Tag.1.Key=Old
    ");
}

async fn delete(script: &Script, part: Option<&str>) -> Result<Progress, ManageError> {
    let what = Delete { part, live: &observed_web() };
    SecurityGroups::new(&script.session()).delete(&GROUP.into(), what).await
}

#[tokio::test]
async fn deleting_takes_the_rules_away_first_and_does_not_mind_what_is_gone() {
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &rules(&[ssh("sgr-1", "192.0.2.1/32", ""), new_egress()]))
        .answer("RevokeSecurityGroupIngress", "")
        .answer("RevokeSecurityGroupEgress", "")
        .fail("DeleteSecurityGroup", 400, "DependencyViolation")
        .answer("DeleteSecurityGroup", "")
        .fail("DeleteSecurityGroup", 400, "InvalidGroup.NotFound");
    delete(&script, Some("rules")).await.unwrap();
    assert_eq!(delete(&script, None).await.unwrap_err().class, ErrorClass::Busy);
    delete(&script, None).await.unwrap();
    delete(&script, None).await.unwrap();
    insta::assert_snapshot!(script.writes(), @"
    RevokeSecurityGroupIngress
    GroupId=sg-0aaaaaaaaaaaaaaaa
    SecurityGroupRuleId.1=sgr-1

    RevokeSecurityGroupEgress
    SecurityGroupRuleId.1=sgr-out
    GroupId=sg-0aaaaaaaaaaaaaaaa

    DeleteSecurityGroup
    GroupId=sg-0aaaaaaaaaaaaaaaa

    DeleteSecurityGroup
    GroupId=sg-0aaaaaaaaaaaaaaaa

    DeleteSecurityGroup
    GroupId=sg-0aaaaaaaaaaaaaaaa
    ");
}

#[tokio::test]
async fn a_rule_that_is_gone_meanwhile_does_not_keep_the_others() {
    let (one, two) = (ssh("sgr-1", "192.0.2.1/32", ""), ssh("sgr-2", "192.0.2.2/32", ""));
    let script = Script::new()
        .answer("DescribeSecurityGroupRules", &rules(&[one, two.clone()]))
        .answer("DescribeSecurityGroupRules", &rules(&[two]))
        .fail("RevokeSecurityGroupIngress", 400, "InvalidSecurityGroupRuleId.NotFound")
        .answer("RevokeSecurityGroupIngress", "");
    delete(&script, Some("rules")).await.unwrap();
    assert!(script.writes().ends_with(&format!("GroupId={GROUP}\nSecurityGroupRuleId.1=sgr-2")), "{}", script.writes());

    let script = Script::new().answer("DescribeSecurityGroupRules", &rules(&[ssh("sgr-1", "192.0.2.1/32", "")])).fail(
        "RevokeSecurityGroupIngress",
        400,
        "InvalidSecurityGroupRuleId.NotFound",
    );
    let error = delete(&script, Some("rules")).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Busy, "the engine takes `Gone` for a delete that is done");
}
