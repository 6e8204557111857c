"""Describe calls: ids, filters, pages and tags; what a region and an account see."""

from sandbox import OTHER_ACCOUNT, error_of, expect_error, tagged, tags_of, unique


def _found(aws, *filters):
    """The ids of the instances that pass all filters (name, value, value…)."""
    filters = [{"Name": name, "Values": list(values)} for name, *values in filters]
    reservations = aws.ec2.describe_instances(Filters=filters)["Reservations"]
    return sorted(i["InstanceId"] for reservation in reservations for i in reservation["Instances"])


def _run(aws, **tags):
    return aws.run(TagSpecifications=tagged("instance", **tags))["InstanceId"]


def _pages(call, key, size, **parameters):
    """All pages of a call, as lists."""
    pages, token = [], {}
    while True:
        answer = call(MaxResults=size, **parameters, **token)
        pages.append(answer[key])
        if not answer.get("NextToken"):
            return pages
        assert len(pages) < 50, "the pages do not end"
        token = {"NextToken": answer["NextToken"]}


# Ids


def an_unknown_instance_is_not_found(aws):
    """An instance that nobody has is InvalidInstanceID.NotFound, even beside one that is there."""
    unknown = "i-0123456789abcdef0"
    expect_error("InvalidInstanceID.NotFound", aws.ec2.describe_instances, InstanceIds=[unknown])
    ids = [aws.run()["InstanceId"], unknown]
    expect_error("InvalidInstanceID.NotFound", aws.ec2.describe_instances, InstanceIds=ids)


def a_malformed_instance_id_is_malformed(aws):
    """Text that cannot be an instance id is InvalidInstanceID.Malformed, to read and to change."""
    for text in ("web", "i-notanid"):
        expect_error("InvalidInstanceID.Malformed", aws.ec2.describe_instances, InstanceIds=[text])
        expect_error("InvalidInstanceID.Malformed", aws.ec2.terminate_instances, InstanceIds=[text])


def a_filter_finds_nothing_without_an_error(aws):
    """An unknown id in a filter is no error: the answer is empty."""
    assert _found(aws, ("instance-id", "i-0123456789abcdef0")) == []


# Filters


def instances_are_filtered_by_tag(aws):
    """tag:KEY finds the value, tag-key the key; keys and values are case-sensitive."""
    web, _ = _run(aws, Name="web"), _run(aws, Name="db", Tier="back")
    assert _found(aws, ("tag:Name", "web")) == [web]
    assert _found(aws, ("tag:Name", "Web")) == []
    assert _found(aws, ("tag:name", "web")) == []
    assert len(_found(aws, ("tag-key", "Name"))) == 2
    assert len(_found(aws, ("tag-key", "Tier"))) == 1


def values_of_a_filter_are_alternatives(aws):
    """One value of a filter is enough, but every filter has to pass."""
    web, db = _run(aws, Name="web", Stage="beta"), _run(aws, Name="db", Stage="live")
    assert _found(aws, ("tag:Name", "web", "db")) == sorted([web, db])
    assert _found(aws, ("tag:Name", "web", "db"), ("tag:Stage", "live")) == [db]


def filters_take_wildcards(aws):
    """* stands for any text and ? for one character; a backslash takes their meaning away."""
    one, two, star = _run(aws, Name="web-1"), _run(aws, Name="web-22"), _run(aws, Name="web-*")
    assert _found(aws, ("tag:Name", "web-*")) == sorted([one, two, star])
    assert _found(aws, ("tag:Name", "web-?")) == sorted([one, star])
    assert _found(aws, ("tag:Name", "web-\\*")) == [star]
    assert _found(aws, ("tag:Name", "*-22")) == [two]


def instances_are_filtered_by_state(aws):
    """instance-state-name and instance-state-code tell the living from the dead."""
    live, dead = aws.running()["InstanceId"], aws.running()["InstanceId"]
    aws.ec2.terminate_instances(InstanceIds=[dead])
    aws.advance(600)
    assert _found(aws, ("instance-state-name", "running")) == [live]
    assert _found(aws, ("instance-state-name", "terminated")) == [dead]
    assert _found(aws, ("instance-state-code", "16")) == [live]


def instances_are_filtered_by_what_they_show(aws):
    """Type, image, subnet, zone, VPC, addresses, group and interface find their instance."""
    group = aws.group()
    instance = aws.running(SecurityGroupIds=[group], SubnetId=aws.subnets()[0]["SubnetId"])
    aws.running(InstanceType="t3.small", SubnetId=aws.subnets()[1]["SubnetId"])
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    for name, value in [
        ("instance-type", "t3.micro"),
        ("subnet-id", instance["SubnetId"]),
        ("availability-zone", instance["Placement"]["AvailabilityZone"]),
        ("private-ip-address", instance["PrivateIpAddress"]),
        ("ip-address", instance["PublicIpAddress"]),
        ("instance.group-id", group),
        ("network-interface.network-interface-id", interface),
    ]:
        assert _found(aws, (name, value)) == [instance["InstanceId"]], name
    assert len(_found(aws, ("vpc-id", instance["VpcId"]))) == 2
    assert len(_found(aws, ("image-id", instance["ImageId"]))) == 2


def ids_and_filters_narrow_together(aws):
    """An instance has to be among the ids and to pass the filters."""
    web, db = _run(aws, Name="web"), _run(aws, Name="db")
    filters = [{"Name": "tag:Name", "Values": ["db"]}]
    assert aws.ec2.describe_instances(InstanceIds=[web], Filters=filters)["Reservations"] == []
    (reservation,) = aws.ec2.describe_instances(InstanceIds=[web, db], Filters=filters)["Reservations"]
    assert [i["InstanceId"] for i in reservation["Instances"]] == [db]


def an_unknown_filter_is_refused(aws):
    """A filter that the operation does not have is InvalidParameterValue, not ignored."""
    filters = [{"Name": "colour", "Values": ["red"]}]
    for call in (
        aws.ec2.describe_instances,
        aws.ec2.describe_volumes,
        aws.ec2.describe_security_groups,
        aws.ec2.describe_security_group_rules,
        aws.ec2.describe_addresses,
        aws.ec2.describe_vpcs,
    ):
        expect_error("InvalidParameterValue", call, Filters=filters)


# Pages


def instances_come_in_pages(aws):
    """DescribeInstances answers at most MaxResults instances and a token; all pages hold each instance once."""
    made = sorted(aws.run()["InstanceId"] for _ in range(12))
    pages = _pages(aws.ec2.describe_instances, "Reservations", 5)
    assert [sum(len(r["Instances"]) for r in page) for page in pages if page] == [5, 5, 2]
    assert sorted(i["InstanceId"] for page in pages for r in page for i in r["Instances"]) == made


def filtered_instances_come_in_pages(aws):
    """Pages hold what passes the filters, however many lie between."""
    made = []
    for _ in range(7):
        made.append(_run(aws, Name="web"))
        _run(aws, Name="db")
    filters = [{"Name": "tag:Name", "Values": ["web"]}]
    pages = _pages(aws.ec2.describe_instances, "Reservations", 5, Filters=filters)
    assert sorted(i["InstanceId"] for page in pages for r in page for i in r["Instances"]) == sorted(made)


def groups_and_rules_come_in_pages(aws):
    """DescribeSecurityGroups and DescribeSecurityGroupRules answer pages of MaxResults."""
    groups = {aws.group() for _ in range(11)} | {aws.default_group()["GroupId"]}
    pages = _pages(aws.ec2.describe_security_groups, "SecurityGroups", 5)
    assert all(len(page) <= 5 for page in pages)
    assert sorted(g["GroupId"] for page in pages for g in page) == sorted(groups)
    pages = _pages(aws.ec2.describe_security_group_rules, "SecurityGroupRules", 5)
    assert all(len(page) <= 5 for page in pages)
    # each group's egress rule, and the self-rule of the default group
    assert len({r["SecurityGroupRuleId"] for page in pages for r in page}) == len(groups) + 1


def volumes_come_in_pages(aws):
    """DescribeVolumes answers pages of MaxResults."""
    aws.ec2.run_instances(ImageId=aws.image(), InstanceType="t3.micro", MinCount=7, MaxCount=7)
    aws.advance(300)
    pages = _pages(aws.ec2.describe_volumes, "Volumes", 5)
    assert [len(page) for page in pages if page] == [5, 2]
    assert len({v["VolumeId"] for page in pages for v in page}) == 7


def small_pages_are_refused(aws):
    """MaxResults below 5 is InvalidParameterValue."""
    expect_error("InvalidParameterValue", aws.ec2.describe_instances, MaxResults=4)
    form = {"Action": "DescribeSecurityGroups", "Version": "2016-11-15", "MaxResults": "4"}
    assert error_of(aws.query("ec2", form)) == "InvalidParameterValue"


def ids_and_pages_do_not_mix(aws):
    """Instance ids and MaxResults in one request are InvalidParameterCombination."""
    ids = [aws.run()["InstanceId"]]
    expect_error("InvalidParameterCombination", aws.ec2.describe_instances, InstanceIds=ids, MaxResults=5)


def an_invented_token_is_refused(aws):
    """A NextToken that EC2 did not answer is refused."""
    codes = ("InvalidNextToken", "InvalidPaginationToken", "InvalidParameterValue")
    for call in (aws.ec2.describe_instances, aws.ec2.describe_security_groups, aws.ec2.describe_volumes):
        expect_error(codes, call, MaxResults=5, NextToken="bm90IGEgdG9rZW4=")


def addresses_come_all_at_once(aws):
    """DescribeAddresses is not paginated: it has no MaxResults."""
    form = {"Action": "DescribeAddresses", "Version": "2016-11-15", "MaxResults": "5"}
    assert error_of(aws.query("ec2", form)) == "UnknownParameter"


# Tags


def tags_are_set_and_overwritten(aws):
    """CreateTags sets tags on several objects and overwrites the value of a key that is there."""
    instance, group = _run(aws, Name="web"), aws.group()
    tags = [{"Key": "Name", "Value": "front"}, {"Key": "Owner", "Value": "us"}]
    aws.ec2.create_tags(Resources=[instance, group], Tags=tags)
    expected = {"Name": "front", "Owner": "us"}
    assert tags_of(aws.instance(instance)) == expected
    assert tags_of(aws.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]) == expected


def tags_are_deleted_by_key(aws):
    """DeleteTags without a value removes the key, whatever its value; a key that is not there is no error."""
    instance = _run(aws, Name="web", Owner="us")
    aws.ec2.delete_tags(Resources=[instance], Tags=[{"Key": "Name"}, {"Key": "Stage"}])
    assert tags_of(aws.instance(instance)) == {"Owner": "us"}


def tags_are_deleted_only_with_their_value(aws):
    """DeleteTags with a value removes the tag only if it has that value; the empty text is a value."""
    instance = _run(aws, Name="web", Owner="us", Note="")
    tags = [{"Key": "Name", "Value": "db"}, {"Key": "Owner", "Value": "us"}, {"Key": "Note", "Value": ""}]
    aws.ec2.delete_tags(Resources=[instance], Tags=tags)
    assert tags_of(aws.instance(instance)) == {"Name": "web"}


def tags_of_unknown_objects_are_refused(aws):
    """CreateTags of an unknown object is its NotFound, and tags none of the others."""
    instance = _run(aws, Name="web")
    tags = [{"Key": "Owner", "Value": "us"}]
    create = aws.ec2.create_tags
    expect_error("InvalidInstanceID.NotFound", create, Resources=[instance, "i-0123456789abcdef0"], Tags=tags)
    expect_error("InvalidGroup.NotFound", create, Resources=["sg-0123456789abcdef0"], Tags=tags)
    expect_error("InvalidVolume.NotFound", create, Resources=["vol-0123456789abcdef0"], Tags=tags)
    expect_error("InvalidID", create, Resources=["nonsense"], Tags=tags)
    assert tags_of(aws.instance(instance)) == {"Name": "web"}


def fifty_tags_are_allowed(aws):
    """An object has at most 50 tags: TagLimitExceeded."""
    instance = _run(aws, Name="web")
    tags = [{"Key": f"key-{n}", "Value": "x"} for n in range(50)]
    expect_error("TagLimitExceeded", aws.ec2.create_tags, Resources=[instance], Tags=tags)
    aws.ec2.create_tags(Resources=[instance], Tags=tags[:49])
    assert len(tags_of(aws.instance(instance))) == 50


def reserved_tag_keys_are_refused(aws):
    """Tag keys that start with `aws:`, in upper or lower case, are InvalidParameterValue."""
    for key in ("aws:mine", "AWS:mine"):
        tags = [{"Key": key, "Value": "x"}]
        expect_error("InvalidParameterValue", aws.ec2.create_tags, Resources=[aws.group()], Tags=tags)


def long_tags_are_refused(aws):
    """A tag key has at most 128 characters, a value at most 256."""
    group = aws.group()
    create = aws.ec2.create_tags
    expect_error("InvalidParameterValue", create, Resources=[group], Tags=[{"Key": "x" * 129, "Value": ""}])
    expect_error("InvalidParameterValue", create, Resources=[group], Tags=[{"Key": "x", "Value": "y" * 257}])


def tags_are_described(aws):
    """DescribeTags tells key, value, object and its type."""
    instance = _run(aws, Name="web")
    filters = [{"Name": "resource-id", "Values": [instance]}]
    (tag,) = aws.ec2.describe_tags(Filters=filters)["Tags"]
    expected = {"Key": "Name", "Value": "web", "ResourceId": instance, "ResourceType": "instance"}
    assert tag == expected


# Who sees what


def regions_are_apart(aws):
    """An instance is seen in its own region only."""
    instance = aws.run()["InstanceId"]
    elsewhere = aws.client("ec2", region="eu-central-1")
    assert elsewhere.describe_instances()["Reservations"] == []
    expect_error("InvalidInstanceID.NotFound", elsewhere.describe_instances, InstanceIds=[instance])
    expect_error("InvalidInstanceID.NotFound", elsewhere.terminate_instances, InstanceIds=[instance])


def accounts_are_apart(aws):
    """An instance and a group are seen in their own account only."""
    instance, group = aws.run()["InstanceId"], aws.group("web")
    other = aws.client("ec2", account=OTHER_ACCOUNT)
    assert other.describe_instances()["Reservations"] == []
    expect_error("InvalidInstanceID.NotFound", other.terminate_instances, InstanceIds=[instance])
    expect_error("InvalidGroup.NotFound", other.describe_security_groups, GroupIds=[group])
    other.create_security_group(GroupName="web", Description="of the other account")


def group_names_are_free_in_another_region(aws):
    """The same GroupName is free in another region."""
    name = unique("web")
    assert aws.group(name) != aws.group(name, region="eu-central-1")
