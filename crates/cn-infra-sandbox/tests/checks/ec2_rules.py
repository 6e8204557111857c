"""Security group rules: authorize, revoke, modify, describe, and their quota."""

from sandbox import expect_error, tagged, tags_of, tcp


def _authorize(aws, group, *permissions, **parameters):
    call = aws.ec2.authorize_security_group_ingress
    answer = call(GroupId=group, IpPermissions=list(permissions), **parameters)
    return [rule["SecurityGroupRuleId"] for rule in answer["SecurityGroupRules"]]


def _ingress(aws, group):
    return aws.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]


def _networks(count, ipv6=False):
    """One permission with that many sources, all for port 443."""
    if ipv6:
        ranges = {"Ipv6Ranges": [{"CidrIpv6": f"2001:db8:{n:x}::/48"} for n in range(count)]}
    else:
        ranges = {"IpRanges": [{"CidrIp": f"10.0.{n}.0/24"} for n in range(count)]}
    return {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **ranges}


def _from_group(group, port=22, **pair):
    pairs = [{"GroupId": group, **pair}]
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": pairs}


def _prefix_list(aws, max_entries):
    answer = aws.ec2.create_managed_prefix_list(
        PrefixListName="office",
        AddressFamily="IPv4",
        MaxEntries=max_entries,
        Entries=[{"Cidr": "192.0.2.0/24", "Description": "office"}],
    )
    aws.advance(60)
    return answer["PrefixList"]["PrefixListId"]


def _from_prefix_list(prefix_list, port=22):
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "PrefixListIds": [{"PrefixListId": prefix_list}],
    }


# Authorize


def authorize_answers_the_rules(aws):
    """Authorize answers each new rule with an id, its group and its source."""
    group = aws.group()
    answer = aws.ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[tcp(22, "192.0.2.0/24", "office"), tcp(443, "2001:db8::/32")]
    )
    assert answer["Return"] is True
    one, two = sorted(answer["SecurityGroupRules"], key=lambda rule: rule["FromPort"])
    assert one["SecurityGroupRuleId"].startswith("sgr-") and two["SecurityGroupRuleId"].startswith("sgr-")
    assert (one["GroupId"], one["IsEgress"], one["IpProtocol"]) == (group, False, "tcp")
    assert (one["FromPort"], one["ToPort"], one["CidrIpv4"], one["Description"]) == (22, 22, "192.0.2.0/24", "office")
    assert two["CidrIpv6"] == "2001:db8::/32" and "CidrIpv4" not in two


def described_rules_are_those_authorized(aws):
    """DescribeSecurityGroupRules tells the ids that Authorize answered, and finds them by id."""
    group = aws.group()
    made = _authorize(aws, group, tcp(22), tcp(80))
    assert sorted(rule["SecurityGroupRuleId"] for rule in aws.rules(group)) == sorted(made)
    found = aws.ec2.describe_security_group_rules(SecurityGroupRuleIds=[made[0]])["SecurityGroupRules"]
    assert [rule["FromPort"] for rule in found] == [22]


def one_permission_becomes_a_rule_per_source(aws):
    """Each source of a permission is a rule of its own; DescribeSecurityGroups joins them again."""
    group = aws.group()
    assert len(_authorize(aws, group, _networks(3))) == 3
    (permission,) = _ingress(aws, group)
    assert sorted(r["CidrIp"] for r in permission["IpRanges"]) == ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]


def authorize_is_all_or_nothing(aws):
    """One duplicate refuses the whole call, and none of its rules is there."""
    group = aws.group()
    _authorize(aws, group, tcp(22))
    expect_error("InvalidPermission.Duplicate", _authorize, aws, group, tcp(80), tcp(22))
    assert [rule["FromPort"] for rule in aws.rules(group)] == [22]


def a_malformed_source_refuses_the_whole_call(aws):
    """A malformed CIDR is InvalidParameterValue, and no rule of the call is there."""
    group = aws.group()
    for cidr in ("300.0.0.0/8", "10.0.0.0/33", "office"):
        expect_error("InvalidParameterValue", _authorize, aws, group, tcp(80), tcp(22, cidr))
    assert aws.rules(group) == []


def a_description_makes_no_other_rule(aws):
    """Duplicates are decided by protocol, ports and source: another description is a duplicate."""
    group = aws.group()
    _authorize(aws, group, tcp(22, "192.0.2.0/24", "one"))
    expect_error("InvalidPermission.Duplicate", _authorize, aws, group, tcp(22, "192.0.2.0/24", "two"))
    assert [rule["Description"] for rule in aws.rules(group)] == ["one"]


def a_duplicate_within_a_call_is_refused(aws):
    """The same rule twice in one call is refused, and none is there."""
    group = aws.group()
    codes = ("InvalidParameterValue", "InvalidPermission.Duplicate")
    expect_error(codes, _authorize, aws, group, tcp(22), tcp(22))
    assert aws.rules(group) == []


def ingress_and_egress_are_apart(aws):
    """The same rule in the other direction is no duplicate."""
    group = aws.group()
    _authorize(aws, group, tcp(22))
    aws.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[tcp(22)])
    assert [r["FromPort"] for r in aws.rules(group)] == [22]
    assert 22 in [r["FromPort"] for r in aws.rules(group, egress=True)]


def ipv4_networks_are_canonical(aws):
    """A source with host bits is kept as its network; the same network again is a duplicate."""
    group = aws.group()
    _authorize(aws, group, tcp(22, "100.68.0.18/18"))
    assert [rule["CidrIpv4"] for rule in aws.rules(group)] == ["100.68.0.0/18"]
    expect_error("InvalidPermission.Duplicate", _authorize, aws, group, tcp(22, "100.68.1.1/18"))


def ipv6_networks_are_canonical(aws):
    """An IPv6 source is kept as its network, in its shortest form."""
    group = aws.group()
    _authorize(aws, group, tcp(22, "2001:0db8:1234:1a00:0000:0000:0000:0123/64"))
    assert [rule["CidrIpv6"] for rule in aws.rules(group)] == ["2001:db8:1234:1a00::/64"]


def a_protocol_number_is_its_name(aws):
    """Protocol 6 is tcp: it is shown as tcp, and is a duplicate of it."""
    group = aws.group()
    _authorize(aws, group, {**tcp(22), "IpProtocol": "6"})
    assert [rule["IpProtocol"] for rule in aws.rules(group)] == ["tcp"]
    expect_error("InvalidPermission.Duplicate", _authorize, aws, group, tcp(22))


def all_traffic_has_no_ports(aws):
    """Protocol -1 is all traffic, whatever the ports of the request."""
    group = aws.group()
    _authorize(aws, group, {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "192.0.2.0/24"}]})
    (permission,) = _ingress(aws, group)
    assert permission["IpProtocol"] == "-1" and "FromPort" not in permission
    (rule,) = aws.rules(group)
    assert (rule["FromPort"], rule["ToPort"]) == (-1, -1)


def icmp_has_type_and_code(aws):
    """For icmp the ports are type and code; -1 is any."""
    group = aws.group()
    ping = {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    _authorize(aws, group, ping)
    (rule,) = aws.rules(group)
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("icmp", 8, -1)


def nonsense_ports_are_refused(aws):
    """Ports upside down, out of range, or missing for tcp are InvalidParameterValue."""
    group = aws.group()
    for ports in ({"FromPort": 443, "ToPort": 80}, {"FromPort": 1, "ToPort": 70000}, {}):
        permission = {"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "192.0.2.0/24"}], **ports}
        expect_error("InvalidParameterValue", _authorize, aws, group, permission)
    assert aws.rules(group) == []


def an_unknown_protocol_is_refused(aws):
    """A protocol that does not exist is InvalidParameterValue."""
    expect_error("InvalidParameterValue", _authorize, aws, aws.group(), {**tcp(22), "IpProtocol": "quic"})


def a_rule_needs_a_source(aws):
    """A permission without any source is refused."""
    group = aws.group()
    expect_error(None, _authorize, aws, group, {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22})
    assert aws.rules(group) == []


def an_unknown_group_takes_no_rules(aws):
    """Authorize for a group that does not exist is InvalidGroup.NotFound."""
    expect_error("InvalidGroup.NotFound", _authorize, aws, "sg-0123456789abcdef0", tcp(22))


def the_flat_form_is_taken_too(aws):
    """Protocol, ports and CIDR beside the group make one rule, without IpPermissions."""
    group = aws.group()
    aws.ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="192.0.2.0/24"
    )
    assert [(r["FromPort"], r["CidrIpv4"]) for r in aws.rules(group)] == [(22, "192.0.2.0/24")]


def tags_of_authorize_apply_to_every_rule(aws):
    """Tags in Authorize go on every rule of the call."""
    group = aws.group()
    _authorize(aws, group, tcp(22), tcp(80), TagSpecifications=tagged("security-group-rule", Owner="us"))
    assert [tags_of(rule) for rule in aws.rules(group)] == [{"Owner": "us"}] * 2


def a_rule_is_tagged_later(aws):
    """CreateTags tags a rule, which is then found by its tag."""
    group = aws.group()
    one, _ = _authorize(aws, group, tcp(22), tcp(80))
    aws.ec2.create_tags(Resources=[one], Tags=[{"Key": "Owner", "Value": "us"}])
    filters = [{"Name": "tag:Owner", "Values": ["us"]}]
    found = aws.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    assert [rule["SecurityGroupRuleId"] for rule in found] == [one]


# Sources other than networks


def a_group_is_a_source(aws):
    """A rule may name a group as its source; both views tell the group and its account."""
    source, group = aws.group("source"), aws.group("group")
    _authorize(aws, group, _from_group(source, Description="from web"))
    (rule,) = aws.rules(group)
    assert rule["ReferencedGroupInfo"]["GroupId"] == source and rule["Description"] == "from web"
    (pair,) = _ingress(aws, group)[0]["UserIdGroupPairs"]
    assert (pair["GroupId"], pair["UserId"]) == (source, aws.account)
    expect_error("InvalidPermission.Duplicate", _authorize, aws, group, _from_group(source))


def a_group_is_its_own_source(aws):
    """A rule may name its own group."""
    group = aws.group()
    _authorize(aws, group, _from_group(group))
    assert [rule["ReferencedGroupInfo"]["GroupId"] for rule in aws.rules(group)] == [group]


def an_unknown_group_is_no_source(aws):
    """A source group that does not exist is InvalidGroup.NotFound."""
    group = aws.group()
    expect_error("InvalidGroup.NotFound", _authorize, aws, group, _from_group("sg-0123456789abcdef0"))
    assert aws.rules(group) == []


def a_prefix_list_is_a_source(aws):
    """A rule may name a prefix list; both views tell its id."""
    group, office = aws.group(), _prefix_list(aws, 2)
    _authorize(aws, group, _from_prefix_list(office))
    assert [rule["PrefixListId"] for rule in aws.rules(group)] == [office]
    assert [p["PrefixListId"] for p in _ingress(aws, group)[0]["PrefixListIds"]] == [office]
    expect_error("InvalidPermission.Duplicate", _authorize, aws, group, _from_prefix_list(office))


def an_unknown_prefix_list_is_no_source(aws):
    """A prefix list that does not exist is refused as not found."""
    codes = ("InvalidPrefixListId.NotFound", "InvalidPrefixListID.NotFound")
    expect_error(codes, _authorize, aws, aws.group(), _from_prefix_list("pl-0123456789abcdef0"))


# Revoke


def a_rule_is_revoked_by_id(aws):
    """Revoke by ids removes those rules only."""
    group = aws.group()
    one, two = _authorize(aws, group, tcp(22), tcp(80))
    aws.ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[one])
    assert [rule["SecurityGroupRuleId"] for rule in aws.rules(group)] == [two]


def a_rule_is_revoked_by_permission(aws):
    """Revoke by permission removes the rule of that protocol, ports and source; the description does not matter."""
    group = aws.group()
    _authorize(aws, group, tcp(22, "192.0.2.0/24", "office"), tcp(22, "198.51.100.0/24"))
    aws.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[tcp(22, "192.0.2.0/24")])
    assert [rule["CidrIpv4"] for rule in aws.rules(group)] == ["198.51.100.0/24"]


def an_unknown_rule_is_not_revoked(aws):
    """A rule id that nobody has is InvalidSecurityGroupRuleId.NotFound, and no rule of the call is revoked."""
    group = aws.group()
    (rule,) = _authorize(aws, group, tcp(22))
    revoke = aws.ec2.revoke_security_group_ingress
    ids = [rule, "sgr-0123456789abcdef0"]
    expect_error("InvalidSecurityGroupRuleId.NotFound", revoke, GroupId=group, SecurityGroupRuleIds=ids)
    assert len(aws.rules(group)) == 1


def a_rule_of_another_group_is_not_revoked(aws):
    """The rule has to belong to the group that is named."""
    one, two = aws.group("one"), aws.group("two")
    (rule,) = _authorize(aws, one, tcp(22))
    expect_error(None, aws.ec2.revoke_security_group_ingress, GroupId=two, SecurityGroupRuleIds=[rule])
    assert len(aws.rules(one)) == 1


def a_rule_of_the_other_direction_is_not_revoked(aws):
    """RevokeIngress does not take an egress rule's id."""
    group = aws.group()
    (rule,) = aws.rules(group, egress=True)
    ids = [rule["SecurityGroupRuleId"]]
    expect_error(None, aws.ec2.revoke_security_group_ingress, GroupId=group, SecurityGroupRuleIds=ids)
    assert len(aws.rules(group, egress=True)) == 1


def an_absent_permission_is_not_revoked_silently(aws):
    """Revoking a permission that is not there is InvalidPermission.NotFound, or answered as unknown."""
    group = aws.group()
    _authorize(aws, group, tcp(22))
    try:
        answer = aws.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[tcp(80)])
        assert answer.get("UnknownIpPermissions"), answer
    except aws.ec2.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidPermission.NotFound", error
    assert len(aws.rules(group)) == 1


def an_absent_permission_is_not_found_outside_the_default_vpc(aws):
    """In a VPC that is not the default one it is InvalidPermission.NotFound, and nothing is revoked."""
    vpc = aws.ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    group = aws.group(VpcId=vpc)
    _authorize(aws, group, tcp(22))
    revoke = aws.ec2.revoke_security_group_ingress
    expect_error("InvalidPermission.NotFound", revoke, GroupId=group, IpPermissions=[tcp(22), tcp(80)])
    assert len(aws.rules(group)) == 1


def the_default_egress_rule_is_revoked(aws):
    """The rule that lets everything out can be revoked, and authorized again."""
    group = aws.group()
    (rule,) = aws.rules(group, egress=True)
    aws.ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    assert aws.rules(group, egress=True) == []
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    aws.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[everything])
    assert [r["CidrIpv4"] for r in aws.rules(group, egress=True)] == ["0.0.0.0/0"]


def the_default_egress_rule_is_a_duplicate(aws):
    """Authorizing the allow-all egress rule on a new group is a duplicate."""
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    call = aws.ec2.authorize_security_group_egress
    expect_error("InvalidPermission.Duplicate", call, GroupId=aws.group(), IpPermissions=[everything])


# Modify


def _modify(aws, group, rule, **request):
    request = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **request}
    rules = [{"SecurityGroupRuleId": rule, "SecurityGroupRule": request}]
    return aws.ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=rules)


def a_rule_is_modified_under_its_id(aws):
    """ModifySecurityGroupRules changes network, ports and description, and keeps the id."""
    group = aws.group()
    (rule,) = _authorize(aws, group, tcp(22, "192.0.2.0/25", "old"))
    _modify(aws, group, rule, FromPort=20, CidrIpv4="192.0.2.0/24", Description="new")
    (there,) = aws.rules(group)
    assert there["SecurityGroupRuleId"] == rule
    assert (there["FromPort"], there["CidrIpv4"], there["Description"]) == (20, "192.0.2.0/24", "new")


def a_modified_network_is_canonical(aws):
    """A source with host bits is kept as its network in a modification too."""
    group = aws.group()
    (rule,) = _authorize(aws, group, tcp(22))
    _modify(aws, group, rule, CidrIpv4="100.68.0.18/18")
    assert [r["CidrIpv4"] for r in aws.rules(group)] == ["100.68.0.0/18"]


def the_kind_of_source_is_not_modified(aws):
    """ModifySecurityGroupRules does not turn a network into a group, or IPv4 into IPv6."""
    group, other = aws.group(), aws.group("other")
    (rule,) = _authorize(aws, group, tcp(22))
    expect_error(None, _modify, aws, group, rule, ReferencedGroupId=other)
    expect_error(None, _modify, aws, group, rule, CidrIpv6="2001:db8::/32")
    assert [r["CidrIpv4"] for r in aws.rules(group)] == ["192.0.2.0/24"]


def a_modification_makes_no_duplicate(aws):
    """A rule cannot be modified into another rule of its group."""
    group = aws.group()
    one, _ = _authorize(aws, group, tcp(22, "192.0.2.0/24"), tcp(22, "198.51.100.0/24"))
    expect_error(None, _modify, aws, group, one, CidrIpv4="198.51.100.0/24")
    assert sorted(r["CidrIpv4"] for r in aws.rules(group)) == ["192.0.2.0/24", "198.51.100.0/24"]


def an_unknown_rule_is_not_modified(aws):
    """A rule id that nobody has is InvalidSecurityGroupRuleId.NotFound."""
    rule = "sgr-0123456789abcdef0"
    expect_error("InvalidSecurityGroupRuleId.NotFound", _modify, aws, aws.group(), rule, CidrIpv4="192.0.2.0/24")


def a_rule_of_another_group_is_not_modified(aws):
    """The rule has to belong to the group that is named."""
    one, two = aws.group("one"), aws.group("two")
    (rule,) = _authorize(aws, one, tcp(22))
    expect_error(None, _modify, aws, two, rule, CidrIpv4="198.51.100.0/24")
    assert [r["CidrIpv4"] for r in aws.rules(one)] == ["192.0.2.0/24"]


# Descriptions


def a_description_is_updated_by_permission(aws):
    """UpdateSecurityGroupRuleDescriptionsIngress finds the rule by its permission and keeps its id."""
    group = aws.group()
    (rule,) = _authorize(aws, group, tcp(22, "192.0.2.0/24", "old"))
    update = aws.ec2.update_security_group_rule_descriptions_ingress
    assert update(GroupId=group, IpPermissions=[tcp(22, "192.0.2.0/24", "new")])["Return"] is True
    (there,) = aws.rules(group)
    assert (there["SecurityGroupRuleId"], there["Description"]) == (rule, "new")


def a_description_is_updated_by_id(aws):
    """UpdateSecurityGroupRuleDescriptionsIngress takes rule ids too."""
    group = aws.group()
    (rule,) = _authorize(aws, group, tcp(22, "192.0.2.0/24", "old"))
    descriptions = [{"SecurityGroupRuleId": rule, "Description": "new"}]
    update = aws.ec2.update_security_group_rule_descriptions_ingress
    update(GroupId=group, SecurityGroupRuleDescriptions=descriptions)
    assert [r["Description"] for r in aws.rules(group)] == ["new"]


def an_egress_description_is_updated(aws):
    """UpdateSecurityGroupRuleDescriptionsEgress does the same for egress rules."""
    group = aws.group()
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}]}
    aws.ec2.update_security_group_rule_descriptions_egress(GroupId=group, IpPermissions=[everything])
    assert [r["Description"] for r in aws.rules(group, egress=True)] == ["all"]


def a_description_is_removed_by_leaving_it_out(aws):
    """An update without a description removes the one that is there."""
    group = aws.group()
    _authorize(aws, group, tcp(22, "192.0.2.0/24", "old"))
    update = aws.ec2.update_security_group_rule_descriptions_ingress
    update(GroupId=group, IpPermissions=[tcp(22, "192.0.2.0/24")])
    assert [r.get("Description", "") for r in aws.rules(group)] == [""]


def a_description_of_an_absent_rule_is_refused(aws):
    """An update for a permission that is not there is InvalidPermission.NotFound."""
    update = aws.ec2.update_security_group_rule_descriptions_ingress
    permissions = [tcp(22, "192.0.2.0/24", "new")]
    expect_error("InvalidPermission.NotFound", update, GroupId=aws.group(), IpPermissions=permissions)


def a_long_description_is_refused(aws):
    """A rule's description has at most 255 characters."""
    group = aws.group()
    expect_error("InvalidParameterValue", _authorize, aws, group, tcp(22, "192.0.2.0/24", "x" * 256))
    assert aws.rules(group) == []


# Quota


def sixty_rules_are_allowed(aws):
    """The 61st IPv4 rule of a direction is RulesPerSecurityGroupLimitExceeded, and nothing of its call is there."""
    group = aws.group()
    _authorize(aws, group, _networks(59))
    refused = ("RulesPerSecurityGroupLimitExceeded", _authorize, aws, group)
    expect_error(*refused, tcp(22, "192.0.2.0/24"), tcp(22, "198.51.100.0/24"))
    assert len(aws.rules(group)) == 59
    _authorize(aws, group, tcp(22, "192.0.2.0/24"))
    expect_error(*refused, tcp(22, "198.51.100.0/24"))


def ipv4_and_ipv6_are_counted_apart(aws):
    """Sixty IPv4 rules leave room for sixty IPv6 rules, and not for one more of either."""
    group = aws.group()
    _authorize(aws, group, _networks(60))
    _authorize(aws, group, _networks(60, ipv6=True))
    refused = ("RulesPerSecurityGroupLimitExceeded", _authorize, aws, group)
    expect_error(*refused, tcp(22, "192.0.2.0/24"))
    expect_error(*refused, tcp(22, "2001:db9::/32"))
    assert len(aws.rules(group)) == 120


def directions_are_counted_apart(aws):
    """Sixty ingress rules leave the egress rules alone."""
    group = aws.group()
    _authorize(aws, group, _networks(60))
    aws.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[_networks(59)])
    call = aws.ec2.authorize_security_group_egress
    refused = "RulesPerSecurityGroupLimitExceeded"
    expect_error(refused, call, GroupId=group, IpPermissions=[tcp(22)])  # the allow-all rule is the 60th


def at_the_quota_revoke_makes_room(aws):
    """At the quota, a revoked rule makes room for another."""
    group = aws.group()
    rules = _authorize(aws, group, _networks(60))
    aws.ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=rules[:1])
    _authorize(aws, group, tcp(22))
    assert len(aws.rules(group)) == 60


def at_the_quota_a_rule_is_modified(aws):
    """At the quota, ModifySecurityGroupRules still changes a rule."""
    group = aws.group()
    rules = _authorize(aws, group, _networks(60))
    _modify(aws, group, rules[0], CidrIpv4="192.0.2.0/24")
    assert "192.0.2.0/24" in [rule["CidrIpv4"] for rule in aws.rules(group)]


def a_prefix_list_weighs_its_max_entries(aws):
    """A rule with a prefix list counts as many rules as the list may have entries."""
    group, office = aws.group(), _prefix_list(aws, 50)
    _authorize(aws, group, _from_prefix_list(office))
    expect_error("RulesPerSecurityGroupLimitExceeded", _authorize, aws, group, _networks(11))
    _authorize(aws, group, _networks(10))


def the_quota_of_rules_is_a_setting(aws):
    """The quota of rules per group can be lowered."""
    aws.settings(quotas={"rules-per-group": 2})
    group = aws.group()
    _authorize(aws, group, _networks(2))
    expect_error("RulesPerSecurityGroupLimitExceeded", _authorize, aws, group, tcp(22))
