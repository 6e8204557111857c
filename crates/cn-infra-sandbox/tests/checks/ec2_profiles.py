"""Instance profiles on instances: associate, replace, disassociate."""

import json

from sandbox import expect_error

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def _profile(aws, name):
    """A new profile with a role in it; answers its ARN."""
    aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    profile = aws.iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    aws.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    return profile["Arn"]


def _associations(aws, instance_id):
    filters = [{"Name": "instance-id", "Values": [instance_id]}]
    answer = aws.ec2.describe_iam_instance_profile_associations(Filters=filters)
    return answer["IamInstanceProfileAssociations"]


def an_instance_starts_with_a_profile(aws):
    """RunInstances takes a profile by name; the instance tells its ARN and there is an association."""
    arn = _profile(aws, "server")
    instance = aws.running(IamInstanceProfile={"Name": "server"})
    assert instance["IamInstanceProfile"]["Arn"] == arn
    (association,) = _associations(aws, instance["InstanceId"])
    assert association["State"] == "associated"
    assert association["AssociationId"].startswith("iip-assoc-")


def an_instance_starts_with_a_profile_by_arn(aws):
    """RunInstances takes a profile by ARN."""
    arn = _profile(aws, "server")
    assert aws.running(IamInstanceProfile={"Arn": arn})["IamInstanceProfile"]["Arn"] == arn


def a_profile_is_associated_later(aws):
    """A running instance takes a profile without a stop."""
    arn = _profile(aws, "server")
    instance = aws.running()["InstanceId"]
    assert _associations(aws, instance) == []
    associate = aws.ec2.associate_iam_instance_profile
    answer = associate(InstanceId=instance, IamInstanceProfile={"Name": "server"})["IamInstanceProfileAssociation"]
    assert answer["State"] in ("associating", "associated")
    aws.advance(60)
    (association,) = _associations(aws, instance)
    assert association["AssociationId"] == answer["AssociationId"]
    assert association["IamInstanceProfile"]["Arn"] == arn
    assert aws.instance(instance)["IamInstanceProfile"]["Arn"] == arn


def a_second_profile_is_refused(aws):
    """An instance has one profile: a second association is IncorrectState."""
    _profile(aws, "server")
    _profile(aws, "other")
    instance = aws.running(IamInstanceProfile={"Name": "server"})["InstanceId"]
    associate = aws.ec2.associate_iam_instance_profile
    expect_error("IncorrectState", associate, InstanceId=instance, IamInstanceProfile={"Name": "other"})


def a_profile_is_replaced(aws):
    """ReplaceIamInstanceProfileAssociation swaps the profile in one call, under a new association id."""
    _profile(aws, "server")
    arn = _profile(aws, "other")
    instance = aws.running(IamInstanceProfile={"Name": "server"})["InstanceId"]
    (before,) = _associations(aws, instance)
    aws.ec2.replace_iam_instance_profile_association(
        AssociationId=before["AssociationId"], IamInstanceProfile={"Name": "other"}
    )
    aws.advance(60)
    live = [a for a in _associations(aws, instance) if a["State"] == "associated"]
    assert [a["IamInstanceProfile"]["Arn"] for a in live] == [arn]
    assert live[0]["AssociationId"] != before["AssociationId"]
    assert aws.instance(instance)["IamInstanceProfile"]["Arn"] == arn


def a_profile_is_taken_off(aws):
    """DisassociateIamInstanceProfile leaves the instance without a profile."""
    _profile(aws, "server")
    instance = aws.running(IamInstanceProfile={"Name": "server"})["InstanceId"]
    (association,) = _associations(aws, instance)
    aws.ec2.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])
    aws.advance(60)
    assert [a for a in _associations(aws, instance) if a["State"] == "associated"] == []
    assert "IamInstanceProfile" not in aws.instance(instance)


def an_unknown_profile_is_refused(aws):
    """A profile that does not exist is InvalidParameterValue."""
    instance = aws.running()["InstanceId"]
    associate = aws.ec2.associate_iam_instance_profile
    expect_error("InvalidParameterValue", associate, InstanceId=instance, IamInstanceProfile={"Name": "no-such"})
    assert _associations(aws, instance) == []


def an_unknown_association_is_refused(aws):
    """An association id that nobody has can be neither replaced nor taken off."""
    _profile(aws, "server")
    unknown = "iip-assoc-0123456789abcdef0"
    expect_error(None, aws.ec2.disassociate_iam_instance_profile, AssociationId=unknown)
    replace = aws.ec2.replace_iam_instance_profile_association
    expect_error(None, replace, AssociationId=unknown, IamInstanceProfile={"Name": "server"})


def a_profile_on_an_unknown_instance_is_refused(aws):
    """An instance that nobody has is InvalidInstanceID.NotFound."""
    _profile(aws, "server")
    associate = aws.ec2.associate_iam_instance_profile
    profile = {"Name": "server"}
    expect_error("InvalidInstanceID.NotFound", associate, InstanceId="i-0123456789abcdef0", IamInstanceProfile=profile)
