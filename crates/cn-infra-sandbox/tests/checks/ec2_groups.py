"""Security groups themselves: names, deletion, the default group."""

from sandbox import expect_error, tagged, tags_of, tcp


def _from_group(group):
    return {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": group}]}


def _describe(aws, group):
    return aws.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]


def _gone(aws, group):
    expect_error("InvalidGroup.NotFound", aws.ec2.describe_security_groups, GroupIds=[group])


def a_new_group_is_in_the_default_vpc(aws):
    """CreateSecurityGroup without a VPC makes a group in the default VPC, with name, description and tags."""
    group = aws.group("web", TagSpecifications=tagged("security-group", Name="web"))
    there = _describe(aws, group)
    assert group.startswith("sg-")
    assert (there["GroupName"], there["Description"]) == ("web", "of a check")
    assert (there["VpcId"], there["OwnerId"]) == (aws.default_vpc(), aws.account)
    assert tags_of(there) == {"Name": "web"}


def a_new_group_lets_everything_out(aws):
    """A new group has no ingress rule and one egress rule: all protocols to 0.0.0.0/0."""
    there = _describe(aws, aws.group())
    assert there["IpPermissions"] == []
    (rule,) = there["IpPermissionsEgress"]
    assert rule["IpProtocol"] == "-1"
    assert [r["CidrIp"] for r in rule["IpRanges"]] == ["0.0.0.0/0"]
    assert rule["UserIdGroupPairs"] == [] and "FromPort" not in rule


def the_default_group_trusts_itself(aws):
    """The default group lets in all traffic from its own members, and everything out."""
    default = aws.default_group()
    (rule,) = default["IpPermissions"]
    assert rule["IpProtocol"] == "-1"
    (source,) = rule["UserIdGroupPairs"]
    assert (source["GroupId"], source["UserId"]) == (default["GroupId"], aws.account)
    assert rule["IpRanges"] == []
    (out,) = default["IpPermissionsEgress"]
    assert [r["CidrIp"] for r in out["IpRanges"]] == ["0.0.0.0/0"]


def the_default_group_is_not_deleted(aws):
    """DeleteSecurityGroup of the default group is CannotDelete."""
    default = aws.default_group()["GroupId"]
    expect_error("CannotDelete", aws.ec2.delete_security_group, GroupId=default)


def a_second_group_of_a_name_is_refused(aws):
    """GroupName is unique in its VPC: InvalidGroup.Duplicate."""
    aws.group("web")
    create = aws.ec2.create_security_group
    expect_error("InvalidGroup.Duplicate", create, GroupName="web", Description="another")


def another_vpc_may_use_the_name(aws):
    """The same GroupName is free in another VPC."""
    one = aws.group("web")
    vpc = aws.ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    two = aws.group("web", VpcId=vpc)
    assert one != two and _describe(aws, two)["VpcId"] == vpc


def a_name_is_free_after_deletion(aws):
    """The name of a deleted group can be used again."""
    aws.ec2.delete_security_group(GroupId=aws.group("web"))
    aws.group("web")


def the_name_default_is_reserved(aws):
    """No group can be named `default`, and none like an id."""
    create = aws.ec2.create_security_group
    expect_error(None, create, GroupName="default", Description="mine")
    expect_error("InvalidParameterValue", create, GroupName="sg-mine", Description="mine")


def descriptions_are_ascii(aws):
    """A group's description takes ASCII only: InvalidParameterValue."""
    create = aws.ec2.create_security_group
    expect_error("InvalidParameterValue", create, GroupName="web", Description="für alle")


def long_names_are_refused(aws):
    """Name and description have at most 255 characters: InvalidParameterValue."""
    create = aws.ec2.create_security_group
    expect_error("InvalidParameterValue", create, GroupName="x" * 256, Description="long")
    expect_error("InvalidParameterValue", create, GroupName="web", Description="x" * 256)
    assert create(GroupName="x" * 255, Description="x" * 255)["GroupId"]


def an_unknown_vpc_is_refused(aws):
    """A group in a VPC that does not exist is InvalidVpcID.NotFound."""
    create = aws.ec2.create_security_group
    vpc = "vpc-0123456789abcdef0"
    expect_error("InvalidVpcID.NotFound", create, GroupName="web", Description="x", VpcId=vpc)


def a_deleted_group_is_gone(aws):
    """A deleted group is InvalidGroup.NotFound, and so is deleting it again."""
    group = aws.group()
    aws.ec2.delete_security_group(GroupId=group)
    _gone(aws, group)
    expect_error("InvalidGroup.NotFound", aws.ec2.delete_security_group, GroupId=group)


def a_group_is_deleted_by_name(aws):
    """In the default VPC a group can be described and deleted by its name."""
    group = aws.group("web")
    (there,) = aws.ec2.describe_security_groups(GroupNames=["web"])["SecurityGroups"]
    assert there["GroupId"] == group
    aws.ec2.delete_security_group(GroupName="web")
    _gone(aws, group)


def an_unknown_group_name_is_not_found(aws):
    """DescribeSecurityGroups of a name that does not exist is InvalidGroup.NotFound."""
    expect_error("InvalidGroup.NotFound", aws.ec2.describe_security_groups, GroupNames=["no-such-group"])


def a_malformed_group_id_is_malformed(aws):
    """Text that cannot be a group id is InvalidGroupId.Malformed."""
    expect_error("InvalidGroupId.Malformed", aws.ec2.describe_security_groups, GroupIds=["web"])


def a_group_of_an_instance_is_not_deleted(aws):
    """A group on an interface is DependencyViolation, also while its instance is stopped."""
    group = aws.group()
    instance = aws.running(SecurityGroupIds=[group])["InstanceId"]
    expect_error("DependencyViolation", aws.ec2.delete_security_group, GroupId=group)
    aws.ec2.stop_instances(InstanceIds=[instance])
    aws.advance(600)
    expect_error("DependencyViolation", aws.ec2.delete_security_group, GroupId=group)
    _describe(aws, group)


def a_group_taken_off_its_instance_is_deleted(aws):
    """A group that no interface uses any more can be deleted."""
    group = aws.group()
    instance = aws.running(SecurityGroupIds=[group])["InstanceId"]
    aws.ec2.modify_instance_attribute(InstanceId=instance, Groups=[aws.default_group()["GroupId"]])
    aws.ec2.delete_security_group(GroupId=group)
    _gone(aws, group)


def a_group_named_by_a_rule_is_not_deleted(aws):
    """A group that another group's rule names is DependencyViolation until that rule is gone."""
    named, naming = aws.group("named"), aws.group("naming")
    permissions = [_from_group(named)]
    aws.ec2.authorize_security_group_ingress(GroupId=naming, IpPermissions=permissions)
    expect_error("DependencyViolation", aws.ec2.delete_security_group, GroupId=named)
    aws.ec2.revoke_security_group_ingress(GroupId=naming, IpPermissions=permissions)
    aws.ec2.delete_security_group(GroupId=named)
    _gone(aws, named)


def a_group_named_by_an_egress_rule_is_not_deleted(aws):
    """An egress rule of another group holds a group too."""
    named, naming = aws.group("named"), aws.group("naming")
    aws.ec2.authorize_security_group_egress(GroupId=naming, IpPermissions=[_from_group(named)])
    expect_error("DependencyViolation", aws.ec2.delete_security_group, GroupId=named)


def a_group_that_names_itself_is_deleted(aws):
    """A group's rule about itself does not hold it."""
    group = aws.group()
    aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_from_group(group)])
    aws.ec2.delete_security_group(GroupId=group)
    _gone(aws, group)


def two_groups_may_name_each_other(aws):
    """Two groups may name each other; neither can be deleted before one rule is revoked."""
    one, two = aws.group("one"), aws.group("two")
    aws.ec2.authorize_security_group_ingress(GroupId=one, IpPermissions=[_from_group(two)])
    aws.ec2.authorize_security_group_ingress(GroupId=two, IpPermissions=[_from_group(one)])
    expect_error("DependencyViolation", aws.ec2.delete_security_group, GroupId=one)
    expect_error("DependencyViolation", aws.ec2.delete_security_group, GroupId=two)
    aws.ec2.revoke_security_group_ingress(GroupId=two, IpPermissions=[_from_group(one)])
    aws.ec2.delete_security_group(GroupId=one)
    aws.ec2.delete_security_group(GroupId=two)


def the_rules_go_with_their_group(aws):
    """The rules of a deleted group are gone."""
    group = aws.group()
    answer = aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[tcp(22)])
    rule = answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    aws.ec2.delete_security_group(GroupId=group)
    find = aws.ec2.describe_security_group_rules
    expect_error("InvalidSecurityGroupRuleId.NotFound", find, SecurityGroupRuleIds=[rule])


def groups_are_filtered(aws):
    """DescribeSecurityGroups filters by name, VPC, tag and description."""
    group = aws.group("web", TagSpecifications=tagged("security-group", Tier="front"))
    aws.group("db")
    for name, value in [("group-name", "we?"), ("tag:Tier", "front"), ("group-id", group)]:
        filters = [{"Name": name, "Values": [value]}, {"Name": "vpc-id", "Values": [aws.default_vpc()]}]
        found = aws.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
        assert [g["GroupId"] for g in found] == [group], name
    filters = [{"Name": "description", "Values": ["of a check"]}]
    assert len(aws.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]) == 2
