"""The network that an account starts with: VPC, subnets, prefix lists, and the interfaces in it."""

import ipaddress

from sandbox import expect_error


def a_region_has_one_default_vpc(aws):
    """Every region starts with one VPC: default, available, 172.31.0.0/16."""
    (vpc,) = aws.ec2.describe_vpcs()["Vpcs"]
    assert vpc["IsDefault"] is True
    assert (vpc["CidrBlock"], vpc["State"], vpc["OwnerId"]) == ("172.31.0.0/16", "available", aws.account)


def every_region_has_its_own_vpc(aws):
    """The default VPCs of two regions are two."""
    assert aws.default_vpc() != aws.default_vpc("eu-central-1")
    elsewhere = aws.client("ec2", region="eu-central-1")
    expect_error("InvalidVpcID.NotFound", elsewhere.describe_vpcs, VpcIds=[aws.default_vpc()])


def every_zone_has_a_default_subnet(aws):
    """The default VPC has a /20 subnet in each of several zones, which gives public addresses."""
    subnets = aws.subnets()
    assert len(subnets) >= 2
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == len(subnets)
    networks = [ipaddress.ip_network(subnet["CidrBlock"]) for subnet in subnets]
    vpc = ipaddress.ip_network("172.31.0.0/16")
    assert all(n.prefixlen == 20 and n.subnet_of(vpc) for n in networks)
    assert not any(a.overlaps(b) for a in networks for b in networks if a is not b)
    for subnet in subnets:
        assert subnet["AvailabilityZone"].startswith(aws.region)
        assert subnet["VpcId"] == aws.default_vpc()
        assert subnet["MapPublicIpOnLaunch"] is True and subnet["State"] == "available"


def a_subnet_loses_five_addresses(aws):
    """AWS keeps five addresses of each subnet: a /20 has 4,091; an instance takes one more."""
    subnet = aws.subnets()[0]
    assert subnet["AvailableIpAddressCount"] == 4091
    aws.running(SubnetId=subnet["SubnetId"])
    assert aws.subnets()[0]["AvailableIpAddressCount"] == 4090


def subnets_are_filtered(aws):
    """DescribeSubnets filters by VPC and zone."""
    zone = aws.subnets()[0]["AvailabilityZone"]
    filters = [
        {"Name": "vpc-id", "Values": [aws.default_vpc()]},
        {"Name": "availability-zone", "Values": [zone]},
    ]
    found = aws.ec2.describe_subnets(Filters=filters)["Subnets"]
    assert [subnet["AvailabilityZone"] for subnet in found] == [zone]


def unknown_networks_are_not_found(aws):
    """Unknown VPCs and subnets are NotFound, each by its code."""
    expect_error("InvalidVpcID.NotFound", aws.ec2.describe_vpcs, VpcIds=["vpc-0123456789abcdef0"])
    subnet = "subnet-0123456789abcdef0"
    expect_error("InvalidSubnetID.NotFound", aws.ec2.describe_subnets, SubnetIds=[subnet])


def an_instance_has_a_primary_interface(aws):
    """An instance has an interface with its groups and private address, attached as device 0."""
    instance = aws.running()
    (shown,) = instance["NetworkInterfaces"]
    assert shown["Attachment"]["DeviceIndex"] == 0 and shown["Attachment"]["DeleteOnTermination"] is True
    interface = aws.interface(shown["NetworkInterfaceId"])
    assert interface["Attachment"]["InstanceId"] == instance["InstanceId"]
    assert interface["Status"] == "in-use"
    assert interface["PrivateIpAddress"] == instance["PrivateIpAddress"]
    assert (interface["SubnetId"], interface["VpcId"]) == (instance["SubnetId"], instance["VpcId"])
    assert interface["Groups"] == instance["SecurityGroups"]


def private_addresses_differ(aws):
    """No two instances have the same private address or interface."""
    subnet = aws.subnets()[0]["SubnetId"]
    answer = aws.ec2.run_instances(
        ImageId=aws.image(), InstanceType="t3.micro", SubnetId=subnet, MinCount=5, MaxCount=5
    )
    aws.advance(300)
    there = [aws.instance(instance["InstanceId"]) for instance in answer["Instances"]]
    assert len({i["PrivateIpAddress"] for i in there}) == 5
    assert len({i["NetworkInterfaces"][0]["NetworkInterfaceId"] for i in there}) == 5


def interfaces_are_filtered(aws):
    """DescribeNetworkInterfaces filters by instance, group and subnet."""
    group = aws.group()
    instance = aws.running(SecurityGroupIds=[group])
    aws.running(SubnetId=next(s["SubnetId"] for s in aws.subnets() if s["SubnetId"] != instance["SubnetId"]))
    expected = [instance["NetworkInterfaces"][0]["NetworkInterfaceId"]]
    for name, value in [
        ("attachment.instance-id", instance["InstanceId"]),
        ("group-id", group),
        ("subnet-id", instance["SubnetId"]),
    ]:
        filters = [{"Name": name, "Values": [value]}]
        found = aws.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        assert [i["NetworkInterfaceId"] for i in found] == expected, name


def a_type_has_a_number_of_interfaces(aws):
    """A t3.micro takes a second interface, and no third: AttachmentLimitExceeded."""
    instance = aws.running()
    subnet, attach = instance["SubnetId"], aws.ec2.attach_network_interface
    second, third = (
        aws.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"] for _ in range(2)
    )
    attach(NetworkInterfaceId=second, InstanceId=instance["InstanceId"], DeviceIndex=1)
    expect_error(
        "AttachmentLimitExceeded", attach, NetworkInterfaceId=third, InstanceId=instance["InstanceId"], DeviceIndex=2
    )
    assert aws.interface(third)["Status"] == "available"


def an_unknown_interface_is_not_found(aws):
    """An interface that nobody has is InvalidNetworkInterfaceID.NotFound, to read and to change."""
    unknown = "eni-0123456789abcdef0"
    find = aws.ec2.describe_network_interfaces
    expect_error("InvalidNetworkInterfaceID.NotFound", find, NetworkInterfaceIds=[unknown])
    change = aws.ec2.modify_network_interface_attribute
    groups = [aws.default_group()["GroupId"]]
    expect_error("InvalidNetworkInterfaceID.NotFound", change, NetworkInterfaceId=unknown, Groups=groups)


def amazon_has_prefix_lists(aws):
    """AWS's own prefix lists are there under their names, such as that of S3."""
    name = f"com.amazonaws.{aws.region}.s3"
    filters = [{"Name": "prefix-list-name", "Values": [name]}]
    (found,) = aws.ec2.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
    assert found["PrefixListId"].startswith("pl-")
    assert (found["PrefixListName"], found["OwnerId"]) == (name, "AWS")


def a_prefix_list_is_made(aws):
    """CreateManagedPrefixList makes a list of the account, with its entries and its size."""
    made = aws.ec2.create_managed_prefix_list(
        PrefixListName="office",
        AddressFamily="IPv4",
        MaxEntries=5,
        Entries=[{"Cidr": "192.0.2.0/24", "Description": "main"}, {"Cidr": "198.51.100.0/24"}],
    )["PrefixList"]
    aws.advance(60)
    (there,) = aws.ec2.describe_managed_prefix_lists(PrefixListIds=[made["PrefixListId"]])["PrefixLists"]
    assert (there["PrefixListName"], there["MaxEntries"], there["Version"]) == ("office", 5, 1)
    assert (there["State"], there["OwnerId"]) == ("create-complete", aws.account)
    entries = aws.ec2.get_managed_prefix_list_entries(PrefixListId=made["PrefixListId"])["Entries"]
    assert {entry["Cidr"]: entry.get("Description") for entry in entries} == {
        "192.0.2.0/24": "main",
        "198.51.100.0/24": None,
    }


def a_prefix_list_in_use_stays(aws):
    """A prefix list that a rule names cannot be deleted."""
    made = aws.ec2.create_managed_prefix_list(PrefixListName="office", AddressFamily="IPv4", MaxEntries=1)
    prefix_list = made["PrefixList"]["PrefixListId"]
    aws.advance(60)
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [{"PrefixListId": prefix_list}]}
    group = aws.group()
    aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    expect_error(None, aws.ec2.delete_managed_prefix_list, PrefixListId=prefix_list)
    aws.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[permission])
    aws.ec2.delete_managed_prefix_list(PrefixListId=prefix_list)


def an_unknown_prefix_list_is_not_found(aws):
    """A prefix list that nobody has is refused as not found."""
    codes = ("InvalidPrefixListID.NotFound", "InvalidPrefixListId.NotFound")
    expect_error(codes, aws.ec2.describe_managed_prefix_lists, PrefixListIds=["pl-0123456789abcdef0"])
