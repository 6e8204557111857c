"""Volumes, their modifications, and snapshots."""

from sandbox import expect_error, tagged, tags_of

DAY = 24 * 3600


def _volume(aws, **parameters):
    """The id of the root volume of a new instance, gp3 of 20 GiB unless said otherwise."""
    (image,) = aws.ec2.describe_images(ImageIds=[aws.image()])["Images"]
    ebs = {"VolumeSize": 20, "VolumeType": "gp3", **parameters}
    instance = aws.running(BlockDeviceMappings=[{"DeviceName": image["RootDeviceName"], "Ebs": ebs}])
    return aws.volumes(instance["InstanceId"])[0]["VolumeId"]


def _describe(aws, volume):
    return aws.ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]


def _modification(aws, volume):
    return aws.ec2.describe_volumes_modifications(VolumeIds=[volume])["VolumesModifications"][0]


def _complete(aws, volume):
    """Advances until the modification is completed; answers the states seen on the way."""
    seen = [_modification(aws, volume)["ModificationState"]]
    for step in [10] * 60 + [600] * 60 + [3600] * 24:
        if seen[-1] == "completed":
            break
        aws.advance(step)
        state = _modification(aws, volume)["ModificationState"]
        if state != seen[-1]:
            seen.append(state)
    return seen


def _snapshot(aws, snapshot):
    return aws.ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]


def a_modification_goes_through_its_states(aws):
    """A modification is modifying, then optimizing, then completed."""
    volume = _volume(aws)
    answer = aws.ec2.modify_volume(VolumeId=volume, Size=40)["VolumeModification"]
    assert (answer["OriginalSize"], answer["TargetSize"]) == (20, 40)
    assert answer["ModificationState"] == "modifying"
    assert _complete(aws, volume) == ["modifying", "optimizing", "completed"]
    done = _modification(aws, volume)
    assert done["Progress"] == 100 and done["EndTime"] >= done["StartTime"]
    assert _describe(aws, volume)["Size"] == 40


def a_modification_changes_type_iops_and_throughput(aws):
    """Type, iops and throughput change together, on a volume in use."""
    volume = _volume(aws, VolumeType="gp2")
    aws.ec2.modify_volume(VolumeId=volume, VolumeType="gp3", Iops=4000, Throughput=250)
    _complete(aws, volume)
    there = _describe(aws, volume)
    assert (there["VolumeType"], there["Iops"], there["Throughput"]) == ("gp3", 4000, 250)
    assert there["State"] == "in-use"


def a_volume_never_shrinks(aws):
    """A smaller size is InvalidParameterValue."""
    volume = _volume(aws)
    expect_error("InvalidParameterValue", aws.ec2.modify_volume, VolumeId=volume, Size=10)
    assert _describe(aws, volume)["Size"] == 20


def one_modification_at_a_time(aws):
    """While a modification is not completed, the next one is refused."""
    volume = _volume(aws)
    aws.ec2.modify_volume(VolumeId=volume, Size=30)
    codes = ("IncorrectModificationState", "VolumeModificationRateExceeded")
    expect_error(codes, aws.ec2.modify_volume, VolumeId=volume, Size=40)
    _complete(aws, volume)
    assert _describe(aws, volume)["Size"] == 30
    aws.ec2.modify_volume(VolumeId=volume, Size=40)


def a_day_allows_four_modifications(aws):
    """A fifth modification within 24 hours is VolumeModificationRateExceeded; a day later it goes."""
    volume = _volume(aws)
    for size in (21, 22, 23, 24):
        aws.ec2.modify_volume(VolumeId=volume, Size=size)
        # 5 hours at most for each, so that all four lie within one day
        for _ in range(60):
            if _modification(aws, volume)["ModificationState"] == "completed":
                break
            aws.advance(300)
        assert _modification(aws, volume)["ModificationState"] == "completed"
    expect_error("VolumeModificationRateExceeded", aws.ec2.modify_volume, VolumeId=volume, Size=25)
    aws.advance(DAY)
    aws.ec2.modify_volume(VolumeId=volume, Size=25)


def modified_iops_have_limits(aws):
    """Iops that gp3 does not offer are refused in a modification too."""
    volume = _volume(aws)
    codes = ("InvalidParameterValue", "InvalidParameterCombination")
    expect_error("InvalidParameterValue", aws.ec2.modify_volume, VolumeId=volume, Iops=100)
    expect_error(codes, aws.ec2.modify_volume, VolumeId=volume, Iops=16000)  # 20 GiB allow 10,000
    expect_error("InvalidParameterValue", aws.ec2.modify_volume, VolumeId=volume, Throughput=5000)


def an_unknown_volume_is_not_found(aws):
    """A volume that nobody has is InvalidVolume.NotFound, to read and to modify."""
    unknown = "vol-0123456789abcdef0"
    expect_error("InvalidVolume.NotFound", aws.ec2.describe_volumes, VolumeIds=[unknown])
    expect_error("InvalidVolume.NotFound", aws.ec2.modify_volume, VolumeId=unknown, Size=100)


def a_malformed_volume_id_is_refused(aws):
    """Text that cannot be a volume id is refused as such."""
    codes = ("InvalidParameterValue", "InvalidVolumeID.Malformed")
    expect_error(codes, aws.ec2.describe_volumes, VolumeIds=["vol-notanid"])


def a_volume_in_use_is_not_deleted(aws):
    """DeleteVolume of an attached volume is VolumeInUse."""
    volume = _volume(aws)
    expect_error("VolumeInUse", aws.ec2.delete_volume, VolumeId=volume)


def a_volume_is_made_and_deleted(aws):
    """CreateVolume is creating, then available, with its tags; deleted, it is not found."""
    zone = aws.subnets()[0]["AvailabilityZone"]
    volume = aws.ec2.create_volume(
        AvailabilityZone=zone, Size=20, VolumeType="gp3", TagSpecifications=tagged("volume", Name="data")
    )
    assert volume["State"] == "creating"
    aws.advance(300)
    there = _describe(aws, volume["VolumeId"])
    assert (there["State"], there["Attachments"], tags_of(there)) == ("available", [], {"Name": "data"})
    aws.ec2.delete_volume(VolumeId=volume["VolumeId"])
    aws.advance(300)
    expect_error("InvalidVolume.NotFound", _describe, aws, volume["VolumeId"])


def a_volume_tells_its_attachment(aws):
    """DescribeVolumes finds a volume by its instance, and tells device, state and instance."""
    instance = aws.running()
    (volume,) = aws.volumes(instance["InstanceId"])
    (attachment,) = volume["Attachments"]
    assert attachment["InstanceId"] == instance["InstanceId"]
    assert (attachment["Device"], attachment["State"]) == (instance["RootDeviceName"], "attached")
    assert volume["State"] == "in-use"


def a_snapshot_is_pending_then_completed(aws):
    """CreateSnapshot answers a pending snapshot that completes with time, owned by the account."""
    volume = _volume(aws)
    made = aws.ec2.create_snapshot(
        VolumeId=volume, Description="before", TagSpecifications=tagged("snapshot", Name="before")
    )
    assert made["State"] == "pending"
    assert made["SnapshotId"].startswith("snap-")
    aws.advance(4 * 3600)
    there = _snapshot(aws, made["SnapshotId"])
    assert (there["State"], there["Progress"]) == ("completed", "100%")
    assert (there["VolumeId"], there["VolumeSize"], there["Description"]) == (volume, 20, "before")
    assert (there["OwnerId"], tags_of(there)) == (aws.account, {"Name": "before"})


def own_snapshots_are_listed_by_owner(aws):
    """DescribeSnapshots of owner `self` lists own snapshots only."""
    made = aws.ec2.create_snapshot(VolumeId=_volume(aws))["SnapshotId"]
    assert [s["SnapshotId"] for s in aws.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]] == [made]


def a_deleted_snapshot_is_not_found(aws):
    """A deleted snapshot is InvalidSnapshot.NotFound, and so is deleting it again."""
    made = aws.ec2.create_snapshot(VolumeId=_volume(aws))["SnapshotId"]
    aws.advance(4 * 3600)
    aws.ec2.delete_snapshot(SnapshotId=made)
    expect_error("InvalidSnapshot.NotFound", _snapshot, aws, made)
    expect_error("InvalidSnapshot.NotFound", aws.ec2.delete_snapshot, SnapshotId=made)


def a_snapshot_of_an_unknown_volume_is_refused(aws):
    """CreateSnapshot of a volume that nobody has is InvalidVolume.NotFound."""
    expect_error("InvalidVolume.NotFound", aws.ec2.create_snapshot, VolumeId="vol-0123456789abcdef0")


def a_snapshot_outlives_its_volume(aws):
    """A snapshot stays when its volume is gone."""
    instance = aws.running()["InstanceId"]
    (volume,) = aws.volumes(instance)
    made = aws.ec2.create_snapshot(VolumeId=volume["VolumeId"])["SnapshotId"]
    aws.advance(4 * 3600)
    aws.ec2.terminate_instances(InstanceIds=[instance])
    aws.advance(1200)
    assert _snapshot(aws, made)["State"] == "completed"


def a_volume_is_restored_from_a_snapshot(aws):
    """A block device from a snapshot has the snapshot's size, and cannot be smaller."""
    made = aws.ec2.create_snapshot(VolumeId=_volume(aws))["SnapshotId"]
    aws.advance(4 * 3600)
    instance = aws.running(BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": made}}])
    (volume,) = [v for v in aws.volumes(instance["InstanceId"]) if v["Attachments"][0]["Device"] == "/dev/sdf"]
    assert (volume["Size"], volume["SnapshotId"]) == (20, made)
    small = {"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": made, "VolumeSize": 10}}
    expect_error("InvalidBlockDeviceMapping", aws.run, BlockDeviceMappings=[small])
