"""Elastic IP addresses: allocate, associate, move, displace, release."""

from sandbox import OTHER_ACCOUNT, error_of, expect_error, tagged, tags_of


def _allocate(aws, **parameters):
    return aws.ec2.allocate_address(Domain="vpc", **parameters)["AllocationId"]


def _address(aws, allocation):
    return aws.ec2.describe_addresses(AllocationIds=[allocation])["Addresses"][0]


def _interface(aws, **parameters):
    """The primary interface of a new instance."""
    return aws.running(**parameters)["NetworkInterfaces"][0]["NetworkInterfaceId"]


def _associate(aws, allocation, interface, **parameters):
    call = aws.ec2.associate_address
    return call(AllocationId=allocation, NetworkInterfaceId=interface, **parameters)["AssociationId"]


def _unassociated(address):
    return not any(address.get(key) for key in ("AssociationId", "InstanceId", "NetworkInterfaceId"))


def a_new_address_is_unassociated(aws):
    """AllocateAddress answers an id and an address, associated with nothing."""
    made = aws.ec2.allocate_address(Domain="vpc")
    assert made["AllocationId"].startswith("eipalloc-")
    there = _address(aws, made["AllocationId"])
    assert there["PublicIp"] == made["PublicIp"]
    assert there["Domain"] == "vpc"
    assert _unassociated(there)


def an_address_is_tagged_by_its_allocation(aws):
    """AllocateAddress takes tags."""
    allocation = _allocate(aws, TagSpecifications=tagged("elastic-ip", Name="front"))
    assert tags_of(_address(aws, allocation)) == {"Name": "front"}


def every_allocation_is_another_address(aws):
    """AllocateAddress has no client token: two calls make two addresses."""
    one, two = _allocate(aws), _allocate(aws)
    assert _address(aws, one)["PublicIp"] != _address(aws, two)["PublicIp"]
    form = {"Action": "AllocateAddress", "Version": "2016-11-15", "ClientToken": "a-token"}
    assert error_of(aws.query("ec2", form)) == "UnknownParameter"


def an_address_is_associated_by_interface(aws):
    """AssociateAddress puts the address on the interface; address, instance and interface all tell it."""
    instance = aws.running()
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    allocation = _allocate(aws)
    association = _associate(aws, allocation, interface)
    address = _address(aws, allocation)
    assert association.startswith("eipassoc-") and address["AssociationId"] == association
    assert address["NetworkInterfaceId"] == interface
    assert address["InstanceId"] == instance["InstanceId"]
    assert address["PrivateIpAddress"] == instance["PrivateIpAddress"]
    there = aws.instance(instance["InstanceId"])
    assert there["PublicIpAddress"] == address["PublicIp"]
    assert aws.interface(interface)["Association"]["AllocationId"] == allocation


def an_elastic_address_is_owned_by_the_account(aws):
    """IpOwnerId is the account for an elastic IP, where an auto-assigned one has `amazon`."""
    instance = aws.running()
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    assert aws.interface(interface)["Association"]["IpOwnerId"] == "amazon"
    _associate(aws, _allocate(aws), interface)
    assert aws.interface(interface)["Association"]["IpOwnerId"] == aws.account
    shown = aws.instance(instance["InstanceId"])["NetworkInterfaces"][0]["Association"]
    assert shown["IpOwnerId"] == aws.account


def an_address_is_associated_by_instance(aws):
    """InstanceId is enough where the instance has one interface."""
    instance = aws.running()
    allocation = _allocate(aws)
    aws.ec2.associate_address(AllocationId=allocation, InstanceId=instance["InstanceId"])
    address = _address(aws, allocation)
    assert address["InstanceId"] == instance["InstanceId"]
    assert address["NetworkInterfaceId"] == instance["NetworkInterfaces"][0]["NetworkInterfaceId"]


def two_interfaces_need_the_interface(aws):
    """InstanceId is refused where the instance has two interfaces: InvalidInstanceID; the interface works."""
    subnet = aws.subnets()[0]["SubnetId"]
    instance = aws.running(NetworkInterfaces=[{"DeviceIndex": n, "SubnetId": subnet} for n in (0, 1)])
    assert len(instance["NetworkInterfaces"]) == 2
    allocation = _allocate(aws)
    call = aws.ec2.associate_address
    expect_error("InvalidInstanceID", call, AllocationId=allocation, InstanceId=instance["InstanceId"])
    assert _unassociated(_address(aws, allocation))
    interface = instance["NetworkInterfaces"][1]["NetworkInterfaceId"]
    _associate(aws, allocation, interface)
    assert _address(aws, allocation)["NetworkInterfaceId"] == interface


def an_address_moves_in_one_call(aws):
    """AssociateAddress moves an associated address without a disassociation, under a new association id."""
    old, new = _interface(aws), _interface(aws)
    allocation = _allocate(aws)
    first = _associate(aws, allocation, old)
    second = _associate(aws, allocation, new)
    assert first != second
    assert _address(aws, allocation)["NetworkInterfaceId"] == new
    public = _address(aws, allocation)["PublicIp"]
    assert aws.interface(old).get("Association", {}).get("PublicIp") != public
    assert aws.interface(new)["Association"]["PublicIp"] == public


def a_move_can_be_forbidden(aws):
    """AllowReassociation=false refuses an address in use: Resource.AlreadyAssociated; nothing moves."""
    old, new = _interface(aws), _interface(aws)
    allocation = _allocate(aws)
    _associate(aws, allocation, old)
    expect_error("Resource.AlreadyAssociated", _associate, aws, allocation, new, AllowReassociation=False)
    assert _address(aws, allocation)["NetworkInterfaceId"] == old


def a_free_address_associates_without_reassociation(aws):
    """AllowReassociation=false lets a free address through."""
    interface = _interface(aws)
    allocation = _allocate(aws)
    _associate(aws, allocation, interface, AllowReassociation=False)
    assert _address(aws, allocation)["NetworkInterfaceId"] == interface


def an_arriving_address_displaces_the_former(aws):
    """An address that arrives on an interface displaces the one there, which stays allocated and unassociated."""
    interface = _interface(aws)
    former, arriving = _allocate(aws), _allocate(aws)
    _associate(aws, former, interface)
    _associate(aws, arriving, interface)
    assert _unassociated(_address(aws, former))
    assert _address(aws, arriving)["NetworkInterfaceId"] == interface
    assert aws.interface(interface)["Association"]["AllocationId"] == arriving


def the_guard_does_not_guard_the_target(aws):
    """AllowReassociation=false does not protect the target's own address: a free address displaces it."""
    interface = _interface(aws)
    former, arriving = _allocate(aws), _allocate(aws)
    _associate(aws, former, interface)
    _associate(aws, arriving, interface, AllowReassociation=False)
    assert _unassociated(_address(aws, former))
    assert _address(aws, arriving)["NetworkInterfaceId"] == interface


def two_calls_exchange_two_addresses(aws):
    """Two associations exchange two addresses; the first-named is associated all along."""
    left, right = _interface(aws), _interface(aws)
    one, two = _allocate(aws), _allocate(aws)
    _associate(aws, one, left)
    _associate(aws, two, right)
    _associate(aws, one, right)
    assert _address(aws, one)["NetworkInterfaceId"] == right
    assert _unassociated(_address(aws, two))
    _associate(aws, two, left)
    assert _address(aws, one)["NetworkInterfaceId"] == right
    assert _address(aws, two)["NetworkInterfaceId"] == left


def associating_again_is_no_error(aws):
    """AssociateAddress to where the address is already succeeds."""
    interface = _interface(aws)
    allocation = _allocate(aws)
    _associate(aws, allocation, interface)
    _associate(aws, allocation, interface)
    assert _address(aws, allocation)["NetworkInterfaceId"] == interface


def an_auto_assigned_address_is_lost_for_good(aws):
    """An elastic IP releases the auto-assigned address, which does not come back when the elastic IP leaves."""
    instance = aws.running()
    auto = instance["PublicIpAddress"]
    association = _associate(aws, _allocate(aws), instance["NetworkInterfaces"][0]["NetworkInterfaceId"])
    assert aws.instance(instance["InstanceId"])["PublicIpAddress"] != auto
    aws.ec2.disassociate_address(AssociationId=association)
    aws.advance(600)
    assert aws.instance(instance["InstanceId"]).get("PublicIpAddress") != auto


def a_disassociated_address_stays_allocated(aws):
    """DisassociateAddress frees the address and keeps it."""
    interface = _interface(aws)
    allocation = _allocate(aws)
    aws.ec2.disassociate_address(AssociationId=_associate(aws, allocation, interface))
    address = _address(aws, allocation)
    assert _unassociated(address)
    assert aws.interface(interface).get("Association", {}).get("PublicIp") != address["PublicIp"]


def an_old_association_id_is_not_found(aws):
    """An association that has ended is InvalidAssociationID.NotFound; the moved address stays where it is."""
    old, new = _interface(aws), _interface(aws)
    allocation = _allocate(aws)
    association = _associate(aws, allocation, old)
    _associate(aws, allocation, new)
    call = aws.ec2.disassociate_address
    expect_error("InvalidAssociationID.NotFound", call, AssociationId=association)
    assert _address(aws, allocation)["NetworkInterfaceId"] == new


def an_associated_address_is_not_released(aws):
    """ReleaseAddress of an associated address is InvalidIPAddress.InUse."""
    allocation = _allocate(aws)
    association = _associate(aws, allocation, _interface(aws))
    expect_error("InvalidIPAddress.InUse", aws.ec2.release_address, AllocationId=allocation)
    assert _address(aws, allocation)["AssociationId"] == association
    aws.ec2.disassociate_address(AssociationId=association)
    aws.ec2.release_address(AllocationId=allocation)


def a_released_address_is_not_found(aws):
    """A released address is InvalidAllocationID.NotFound, to describe and to release again."""
    allocation = _allocate(aws)
    aws.ec2.release_address(AllocationId=allocation)
    assert aws.ec2.describe_addresses()["Addresses"] == []
    expect_error("InvalidAllocationID.NotFound", _address, aws, allocation)
    expect_error("InvalidAllocationID.NotFound", aws.ec2.release_address, AllocationId=allocation)


def an_unknown_public_address_is_not_found(aws):
    """DescribeAddresses of a public address that is not ours is InvalidAddress.NotFound."""
    expect_error("InvalidAddress.NotFound", aws.ec2.describe_addresses, PublicIps=["192.0.2.1"])


def unknown_targets_are_refused(aws):
    """Unknown addresses, interfaces and instances are NotFound, each by its code."""
    allocation = _allocate(aws)
    interface = _interface(aws)
    unknown = "eni-0123456789abcdef0"
    expect_error("InvalidAllocationID.NotFound", _associate, aws, "eipalloc-0123456789abcdef0", interface)
    expect_error("InvalidNetworkInterfaceID.NotFound", _associate, aws, allocation, unknown)
    call = aws.ec2.associate_address
    instance = "i-0123456789abcdef0"
    expect_error("InvalidInstanceID.NotFound", call, AllocationId=allocation, InstanceId=instance)
    assert _unassociated(_address(aws, allocation))


def an_instance_that_ends_takes_no_address(aws):
    """An instance that starts, shuts down or is terminated takes no address, be it named itself or by its interface."""
    allocation = _allocate(aws)
    instance = aws.run()["InstanceId"]
    interface = aws.instance(instance)["NetworkInterfaces"][0]["NetworkInterfaceId"]
    for _ in ("pending", "shutting-down"):
        expect_error("InvalidInstanceID", aws.ec2.associate_address, AllocationId=allocation, InstanceId=instance)
        expect_error("IncorrectInstanceState", _associate, aws, allocation, interface)
        aws.advance(300)
        aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.advance(300)
    expect_error("InvalidInstanceID", aws.ec2.associate_address, AllocationId=allocation, InstanceId=instance)
    expect_error("InvalidNetworkInterfaceID.NotFound", _associate, aws, allocation, interface)
    assert _unassociated(_address(aws, allocation))


def an_address_goes_by_its_id(aws):
    """The address itself does not name an elastic IP of a VPC: it is moved, taken off and released by its ids."""
    instance = aws.running()
    allocation = _allocate(aws)
    public = _address(aws, allocation)["PublicIp"]
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    association = _associate(aws, allocation, interface)
    associate, disassociate, release = aws.ec2.associate_address, aws.ec2.disassociate_address, aws.ec2.release_address
    combination = "InvalidParameterCombination"
    expect_error(combination, associate, PublicIp=public, InstanceId=instance["InstanceId"])
    expect_error(combination, associate, PublicIp=public, AllocationId=allocation, InstanceId=instance["InstanceId"])
    expect_error("InvalidParameterValue", disassociate, PublicIp=public)
    expect_error(combination, disassociate, PublicIp=public, AssociationId=association)
    disassociate(AssociationId=association)
    expect_error("InvalidParameterValue", release, PublicIp=public)
    expect_error("InvalidAddress.NotFound", release, PublicIp="192.0.2.1")
    assert _unassociated(_address(aws, allocation))


def an_instance_without_its_elastic_address_is_given_another(aws):
    """Where a subnet gives public addresses, an instance that loses its elastic IP while it runs gets one of AWS's."""
    instance = aws.running()
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    allocation = _allocate(aws)
    association = _associate(aws, allocation, interface)
    aws.ec2.disassociate_address(AssociationId=association)
    aws.advance(300)
    now = aws.instance(instance["InstanceId"])["PublicIpAddress"]
    assert now not in (_address(aws, allocation)["PublicIp"], instance["PublicIpAddress"])
    assert aws.interface(interface)["Association"]["IpOwnerId"] == "amazon"


def a_stopped_instance_loses_its_elastic_address_for_none(aws):
    """A stopped instance whose elastic IP is taken off has no public address, until it is started."""
    instance = aws.stopped()
    interface = aws.instance(instance)["NetworkInterfaces"][0]["NetworkInterfaceId"]
    association = _associate(aws, _allocate(aws), interface)
    aws.ec2.disassociate_address(AssociationId=association)
    assert "PublicIpAddress" not in aws.instance(instance)
    aws.ec2.start_instances(InstanceIds=[instance])
    aws.advance(300)
    assert aws.instance(instance)["PublicIpAddress"]


def five_addresses_are_allowed(aws):
    """The sixth address of a region is AddressLimitExceeded; another region has its own five."""
    made = [_allocate(aws) for _ in range(5)]
    expect_error("AddressLimitExceeded", aws.ec2.allocate_address, Domain="vpc")
    aws.client("ec2", region="eu-central-1").allocate_address(Domain="vpc")
    aws.ec2.release_address(AllocationId=made[0])
    _allocate(aws)


def the_quota_of_addresses_is_a_setting(aws):
    """The quota of elastic IPs can be raised and lowered."""
    aws.settings(quotas={"elastic-ips": 1})
    _allocate(aws)
    expect_error("AddressLimitExceeded", aws.ec2.allocate_address, Domain="vpc")
    aws.settings(quotas={"elastic-ips": 7})
    for _ in range(6):
        _allocate(aws)
    expect_error("AddressLimitExceeded", aws.ec2.allocate_address, Domain="vpc")


def a_stop_keeps_the_elastic_address(aws):
    """An elastic IP stays with its instance over stop and start."""
    instance = aws.running()
    allocation = _allocate(aws)
    association = _associate(aws, allocation, instance["NetworkInterfaces"][0]["NetworkInterfaceId"])
    aws.ec2.stop_instances(InstanceIds=[instance["InstanceId"]])
    aws.advance(600)
    assert _address(aws, allocation)["AssociationId"] == association
    aws.ec2.start_instances(InstanceIds=[instance["InstanceId"]])
    aws.advance(300)
    assert aws.instance(instance["InstanceId"])["PublicIpAddress"] == _address(aws, allocation)["PublicIp"]


def a_termination_frees_the_address(aws):
    """The address of a terminated instance stays allocated and is unassociated."""
    instance = aws.running()
    allocation = _allocate(aws)
    _associate(aws, allocation, instance["NetworkInterfaces"][0]["NetworkInterfaceId"])
    aws.ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    aws.advance(600)
    assert _unassociated(_address(aws, allocation))


def addresses_are_filtered(aws):
    """DescribeAddresses filters by tag, public address, instance and association."""
    instance = aws.running()
    one, _ = _allocate(aws, TagSpecifications=tagged("elastic-ip", Name="front")), _allocate(aws)
    association = _associate(aws, one, instance["NetworkInterfaces"][0]["NetworkInterfaceId"])
    for name, value in [
        ("tag:Name", "front"),
        ("public-ip", _address(aws, one)["PublicIp"]),
        ("instance-id", instance["InstanceId"]),
        ("association-id", association),
        ("allocation-id", one),
    ]:
        found = aws.ec2.describe_addresses(Filters=[{"Name": name, "Values": [value]}])["Addresses"]
        assert [a["AllocationId"] for a in found] == [one], name


def another_account_does_not_see_the_address(aws):
    """An address belongs to its account: another one neither sees nor releases it."""
    allocation = _allocate(aws)
    other = aws.client("ec2", account=OTHER_ACCOUNT)
    assert other.describe_addresses()["Addresses"] == []
    codes = ("InvalidAllocationID.NotFound", "AuthFailure")
    expect_error(codes, other.release_address, AllocationId=allocation)
