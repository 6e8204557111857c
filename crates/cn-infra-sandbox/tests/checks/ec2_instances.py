"""RunInstances: what it validates, fills in, and makes idempotent."""

import ipaddress

from sandbox import OTHER_ACCOUNT, expect_error, tagged, tags_of, unique


def _count(aws, region="us-west-2"):
    reservations = aws.client("ec2", region).describe_instances()["Reservations"]
    return sum(len(reservation["Instances"]) for reservation in reservations)


def _root_device(aws):
    return aws.ec2.describe_images(ImageIds=[aws.image()])["Images"][0]["RootDeviceName"]


def _run_with_root(aws, **ebs):
    mapping = {"DeviceName": _root_device(aws), "Ebs": ebs}
    instance = aws.running(BlockDeviceMappings=[mapping])
    (volume,) = aws.volumes(instance["InstanceId"])
    return instance, volume


def a_new_instance_is_pending(aws):
    """RunInstances answers a pending instance with id, image, type, and no state reason of an error."""
    instance = aws.run()
    assert instance["InstanceId"].startswith("i-") and len(instance["InstanceId"]) == 19
    assert instance["State"] == {"Code": 0, "Name": "pending"}
    assert instance["ImageId"] == aws.image()
    assert instance["InstanceType"] == "t3.micro"


def one_request_is_one_reservation(aws):
    """Instances of one request share a reservation, owned by the account and numbered by AmiLaunchIndex."""
    answer = aws.ec2.run_instances(ImageId=aws.image(), InstanceType="t3.micro", MinCount=2, MaxCount=2)
    assert answer["ReservationId"].startswith("r-")
    assert answer["OwnerId"] == aws.account
    assert sorted(instance["AmiLaunchIndex"] for instance in answer["Instances"]) == [0, 1]
    (reservation,) = aws.ec2.describe_instances()["Reservations"]
    assert reservation["ReservationId"] == answer["ReservationId"]
    assert len(reservation["Instances"]) == 2


def as_many_start_as_fit_up_to_max_count(aws):
    """Between MinCount and MaxCount, EC2 starts as many as it can: MaxCount."""
    answer = aws.ec2.run_instances(ImageId=aws.image(), InstanceType="t3.micro", MinCount=1, MaxCount=3)
    assert len(answer["Instances"]) == 3


def min_count_above_max_count_is_refused(aws):
    """MinCount greater than MaxCount starts nothing."""
    expect_error(None, aws.run, MinCount=3, MaxCount=1)
    assert _count(aws) == 0


def a_count_of_zero_is_refused(aws):
    """MinCount and MaxCount have to be at least 1."""
    expect_error("InvalidParameterValue", aws.run, MinCount=0, MaxCount=0)


def an_unknown_image_is_refused(aws):
    """An image id that nobody has is InvalidAMIID.NotFound."""
    expect_error("InvalidAMIID.NotFound", aws.run, ImageId="ami-0123456789abcdef0")


def a_malformed_image_is_refused(aws):
    """Text that cannot be an image id is InvalidAMIID.Malformed."""
    expect_error("InvalidAMIID.Malformed", aws.run, ImageId="ubuntu")


def an_unknown_type_is_refused(aws):
    """A type that does not exist is InvalidParameterValue."""
    expect_error("InvalidParameterValue", aws.run, InstanceType="t3.enormous")


def a_type_of_another_architecture_is_refused(aws):
    """An arm64 type does not start an x86_64 image."""
    expect_error("InvalidParameterValue", aws.run, InstanceType="t4g.micro")


def an_unknown_subnet_is_refused(aws):
    """A subnet that does not exist is InvalidSubnetID.NotFound."""
    expect_error("InvalidSubnetID.NotFound", aws.run, SubnetId="subnet-0123456789abcdef0")


def an_unknown_group_is_refused(aws):
    """A security group that does not exist is InvalidGroup.NotFound."""
    expect_error("InvalidGroup.NotFound", aws.run, SecurityGroupIds=["sg-0123456789abcdef0"])


def an_unknown_group_name_is_refused(aws):
    """A group name that the default VPC does not have is InvalidGroup.NotFound."""
    expect_error("InvalidGroup.NotFound", aws.run, SecurityGroups=["no-such-group"])


def an_unknown_key_is_refused(aws):
    """A key pair that does not exist is InvalidKeyPair.NotFound."""
    expect_error("InvalidKeyPair.NotFound", aws.run, KeyName="no-such-key")


def an_unknown_zone_is_refused(aws):
    """A zone that the region does not have is InvalidParameterValue."""
    expect_error("InvalidParameterValue", aws.run, Placement={"AvailabilityZone": "us-west-2z"})


def an_unknown_profile_is_refused(aws):
    """An instance profile that does not exist is InvalidParameterValue."""
    expect_error("InvalidParameterValue", aws.run, IamInstanceProfile={"Name": "no-such-profile"})


def a_refused_run_starts_nothing(aws):
    """A refused RunInstances leaves no instance and no volume."""
    expect_error("InvalidKeyPair.NotFound", aws.run, KeyName="no-such-key")
    assert _count(aws) == 0
    assert aws.ec2.describe_volumes()["Volumes"] == []


def a_missing_image_is_a_missing_parameter(aws):
    """RunInstances without ImageId and without a launch template is MissingParameter."""
    call = aws.ec2.run_instances
    expect_error("MissingParameter", call, InstanceType="t3.micro", MinCount=1, MaxCount=1)


def an_instance_gets_the_default_group(aws):
    """Without groups in the request an instance is in the default group of the default VPC."""
    instance = aws.run()
    assert [g["GroupName"] for g in instance["SecurityGroups"]] == ["default"]
    assert instance["VpcId"] == aws.default_vpc()


def groups_are_taken_by_id(aws):
    """The instance is in the named groups, and only in those."""
    groups = {aws.group("one"), aws.group("two")}
    instance = aws.run(SecurityGroupIds=sorted(groups))
    assert {g["GroupId"] for g in instance["SecurityGroups"]} == groups


def groups_are_taken_by_name(aws):
    """In the default VPC groups can be given by name."""
    group = aws.group("web")
    instance = aws.run(SecurityGroups=["web"])
    assert instance["SecurityGroups"] == [{"GroupId": group, "GroupName": "web"}]


def an_instance_takes_at_most_five_groups(aws):
    """A sixth group is SecurityGroupsPerInterfaceLimitExceeded."""
    groups = [aws.group(f"group-{n}") for n in range(6)]
    expect_error("SecurityGroupsPerInterfaceLimitExceeded", aws.run, SecurityGroupIds=groups)
    assert len(aws.run(SecurityGroupIds=groups[:5])["SecurityGroups"]) == 5


def an_instance_is_in_the_subnet_it_names(aws):
    """SubnetId decides the subnet, its zone and the network of the private address."""
    subnet = aws.subnets()[-1]
    instance = aws.running(SubnetId=subnet["SubnetId"])
    assert instance["SubnetId"] == subnet["SubnetId"]
    assert instance["Placement"]["AvailabilityZone"] == subnet["AvailabilityZone"]
    assert ipaddress.ip_address(instance["PrivateIpAddress"]) in ipaddress.ip_network(subnet["CidrBlock"])


def a_zone_decides_the_default_subnet(aws):
    """With a zone and no subnet, the instance is in that zone's default subnet."""
    subnet = aws.subnets()[1]
    instance = aws.run(Placement={"AvailabilityZone": subnet["AvailabilityZone"]})
    assert instance["SubnetId"] == subnet["SubnetId"]


def a_default_subnet_gives_a_public_address(aws):
    """In a default subnet a running instance has a public address, owned by amazon: auto-assigned."""
    instance = aws.running()
    association = instance["NetworkInterfaces"][0]["Association"]
    assert association["IpOwnerId"] == "amazon"
    assert association["PublicIp"] == instance["PublicIpAddress"]


def a_public_address_can_be_declined(aws):
    """AssociatePublicIpAddress=false starts an instance without a public address."""
    interface = {"DeviceIndex": 0, "SubnetId": aws.subnets()[0]["SubnetId"], "AssociatePublicIpAddress": False}
    instance = aws.running(NetworkInterfaces=[interface])
    assert not instance.get("PublicIpAddress")
    assert "Association" not in instance["NetworkInterfaces"][0]


def interfaces_and_groups_do_not_mix(aws):
    """Network interfaces and instance-level groups in one request are InvalidParameterCombination."""
    interface = {"DeviceIndex": 0, "SubnetId": aws.subnets()[0]["SubnetId"]}
    groups = [aws.group()]
    expect_error("InvalidParameterCombination", aws.run, NetworkInterfaces=[interface], SecurityGroupIds=groups)


def the_key_is_shown(aws):
    """The instance shows the name of its key pair."""
    aws.ec2.create_key_pair(KeyName="operator")
    assert aws.run(KeyName="operator")["KeyName"] == "operator"


def tags_are_set_by_the_call(aws):
    """TagSpecifications tag the instance and its volumes at once."""
    tags = tagged("instance", Name="web", Owner="us") + tagged("volume", Name="disk")
    instance = aws.run(TagSpecifications=tags)
    assert tags_of(aws.instance(instance["InstanceId"])) == {"Name": "web", "Owner": "us"}
    aws.advance(300)
    assert [tags_of(volume) for volume in aws.volumes(instance["InstanceId"])] == [{"Name": "disk"}]


def a_tag_for_a_foreign_type_is_refused(aws):
    """TagSpecifications of a type that RunInstances does not make is InvalidParameterValue."""
    expect_error("InvalidParameterValue", aws.run, TagSpecifications=tagged("vpc", Name="web"))


def reserved_tags_are_refused(aws):
    """Tag keys that start with `aws:` are InvalidParameterValue."""
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "aws:mine", "Value": "x"}]}]
    expect_error("InvalidParameterValue", aws.run, TagSpecifications=tags)


def a_client_token_starts_one_instance(aws):
    """The same request with the same client token answers the same instance and starts no second one."""
    token = unique("token")
    first, second = aws.run(ClientToken=token), aws.run(ClientToken=token)
    assert first["InstanceId"] == second["InstanceId"]
    assert first["ClientToken"] == token
    assert _count(aws) == 1


def without_a_client_token_each_run_starts_one(aws):
    """Two equal requests without a token start two instances."""
    assert aws.run()["InstanceId"] != aws.run()["InstanceId"]
    assert _count(aws) == 2


def other_parameters_under_a_token_are_refused(aws):
    """Another type, or other tags, under a used client token is IdempotentParameterMismatch."""
    token = unique("token")
    aws.run(ClientToken=token)
    expect_error("IdempotentParameterMismatch", aws.run, ClientToken=token, InstanceType="t3.small")
    expect_error("IdempotentParameterMismatch", aws.run, ClientToken=token, MaxCount=2)
    assert _count(aws) == 1


def a_token_outlives_its_instance(aws):
    """Hours after the termination, the token still starts no second instance."""
    token = unique("token")
    first = aws.running(ClientToken=token)
    aws.ec2.terminate_instances(InstanceIds=[first["InstanceId"]])
    for wait in (600, 8 * 3600):
        aws.advance(wait)
        try:
            again = aws.run(ClientToken=token)
            assert again["InstanceId"] == first["InstanceId"]
        except aws.ec2.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "IdempotentInstanceTerminated", error
        live = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
        assert aws.ec2.describe_instances(Filters=live)["Reservations"] == []


def a_refused_run_does_not_use_its_token(aws):
    """A token of a request that was refused can be used with the corrected request."""
    token = unique("token")
    expect_error("InvalidKeyPair.NotFound", aws.run, ClientToken=token, KeyName="no-such-key")
    assert aws.run(ClientToken=token)["InstanceId"]


def a_token_belongs_to_one_region(aws):
    """The same client token in another region starts an instance there."""
    token = unique("token")
    here, there = aws.run(ClientToken=token), aws.run(region="eu-central-1", ClientToken=token)
    assert here["InstanceId"] != there["InstanceId"]
    assert _count(aws) == 1 and _count(aws, "eu-central-1") == 1


def a_token_belongs_to_one_account(aws):
    """The same client token in another account starts an instance there."""
    token = unique("token")
    here, there = aws.run(ClientToken=token), aws.run(account=OTHER_ACCOUNT, ClientToken=token)
    assert here["InstanceId"] != there["InstanceId"]


def a_token_has_at_most_64_characters(aws):
    """A client token longer than 64 characters is refused."""
    expect_error(None, aws.run, ClientToken="x" * 65)
    assert aws.run(ClientToken="x" * 64)["ClientToken"] == "x" * 64


def an_instance_is_found_by_its_token(aws):
    """DescribeInstances filters by client-token."""
    token = unique("token")
    instance = aws.run(ClientToken=token)
    aws.run()
    filters = [{"Name": "client-token", "Values": [token]}]
    (reservation,) = aws.ec2.describe_instances(Filters=filters)["Reservations"]
    assert [i["InstanceId"] for i in reservation["Instances"]] == [instance["InstanceId"]]


def a_root_volume_comes_from_the_image(aws):
    """Without a mapping the root volume has the image's size, and goes with its instance."""
    instance = aws.running()
    (volume,) = aws.volumes(instance["InstanceId"])
    (image,) = aws.ec2.describe_images(ImageIds=[aws.image()])["Images"]
    (root,) = [m["Ebs"] for m in image["BlockDeviceMappings"] if m["DeviceName"] == image["RootDeviceName"]]
    assert (volume["Size"], volume["VolumeType"]) == (root["VolumeSize"], root["VolumeType"])
    assert volume["SnapshotId"] == root["SnapshotId"]
    assert volume["Attachments"][0]["Device"] == image["RootDeviceName"] == instance["RootDeviceName"]
    assert volume["Attachments"][0]["DeleteOnTermination"] is True


def a_root_volume_takes_what_the_mapping_says(aws):
    """Size, type, iops, throughput, encryption and DeleteOnTermination of the root volume are the request's."""
    _, volume = _run_with_root(
        aws, VolumeSize=40, VolumeType="gp3", Iops=4000, Throughput=250, Encrypted=True, DeleteOnTermination=False
    )
    assert (volume["Size"], volume["VolumeType"]) == (40, "gp3")
    assert (volume["Iops"], volume["Throughput"]) == (4000, 250)
    assert volume["Encrypted"] is True
    assert volume["Attachments"][0]["DeleteOnTermination"] is False


def gp3_reports_what_nobody_set(aws):
    """A gp3 volume without iops and throughput reports 3,000 and 125."""
    _, volume = _run_with_root(aws, VolumeSize=20, VolumeType="gp3")
    assert (volume["Iops"], volume["Throughput"]) == (3000, 125)


def a_second_volume_comes_with_the_instance(aws):
    """A further block device becomes a volume of its own, shown on the instance."""
    instance = aws.running(BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 20}}])
    devices = {m["DeviceName"]: m["Ebs"] for m in instance["BlockDeviceMappings"]}
    assert set(devices) == {instance["RootDeviceName"], "/dev/sdf"}
    (volume,) = aws.ec2.describe_volumes(VolumeIds=[devices["/dev/sdf"]["VolumeId"]])["Volumes"]
    assert volume["Size"] == 20 and volume["State"] == "in-use"
    assert volume["AvailabilityZone"] == instance["Placement"]["AvailabilityZone"]


def a_root_smaller_than_its_image_is_refused(aws):
    """A root volume smaller than the image's snapshot is InvalidBlockDeviceMapping."""
    mapping = {"DeviceName": _root_device(aws), "Ebs": {"VolumeSize": 1}}
    expect_error("InvalidBlockDeviceMapping", aws.run, BlockDeviceMappings=[mapping])


def iops_below_the_minimum_are_refused(aws):
    """A gp3 volume has at least 3,000 iops."""
    mapping = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Iops": 100}}
    expect_error("InvalidParameterValue", aws.run, BlockDeviceMappings=[mapping])


def iops_beyond_the_size_are_refused(aws):
    """A gp3 volume has at most 500 iops per GiB."""
    mapping = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 8, "VolumeType": "gp3", "Iops": 16000}}
    expect_error(("InvalidParameterValue", "InvalidParameterCombination"), aws.run, BlockDeviceMappings=[mapping])


def throughput_out_of_range_is_refused(aws):
    """A gp3 volume has a throughput of at least 125 MiB/s, and less than 5,000."""
    for throughput in (50, 5000):
        ebs = {"VolumeSize": 500, "VolumeType": "gp3", "Iops": 16000, "Throughput": throughput}
        mapping = {"DeviceName": "/dev/sdf", "Ebs": ebs}
        expect_error("InvalidParameterValue", aws.run, BlockDeviceMappings=[mapping])


def iops_of_a_gp2_volume_are_refused(aws):
    """A gp2 volume takes no iops: InvalidParameterCombination."""
    mapping = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 20, "VolumeType": "gp2", "Iops": 3000}}
    expect_error("InvalidParameterCombination", aws.run, BlockDeviceMappings=[mapping])


def an_unknown_volume_type_is_refused(aws):
    """A volume type that does not exist is InvalidParameterValue."""
    mapping = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 20, "VolumeType": "gp9"}}
    expect_error("InvalidParameterValue", aws.run, BlockDeviceMappings=[mapping])


def user_data_is_limited(aws):
    """User data of more than 16 KiB is InvalidParameterValue."""
    expect_error("InvalidParameterValue", aws.run, UserData="x" * 16385)
    assert aws.run(UserData="x" * 16384)["InstanceId"]


def out_of_capacity_starts_nothing(aws):
    """InsufficientInstanceCapacity on demand: the call fails and no instance is there."""
    aws.fault("ec2:RunInstances", "fail", code="InsufficientInstanceCapacity", status=500, at=1)
    expect_error("InsufficientInstanceCapacity", aws.run)
    assert _count(aws) == 0
    assert aws.run()["InstanceId"]
