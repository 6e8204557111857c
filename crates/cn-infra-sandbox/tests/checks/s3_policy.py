"""S3: bucket policies: their form, what counts as public, and who may set a public one."""

import json

from buckets import OPEN, Bucket
from sandbox import OTHER_ACCOUNT, expect_error, unique

REFERER = {"StringLike": {"aws:Referer": "https://coralnet.ucsd.edu/*"}}
OTHER = {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}


def _statements(bucket):
    return json.loads(bucket.call("get_bucket_policy")["Policy"])["Statement"]


def _malformed(aws, **change):
    """A policy that is right but for this change is refused as MalformedPolicy; None takes a member away."""
    expect_error("MalformedPolicy", Bucket.open(aws).allow, change)


def a_policy_is_put_replaced_and_taken_away(aws):
    """PutBucketPolicy replaces the whole policy; DeleteBucketPolicy takes it away, twice too."""
    bucket = Bucket.open(aws)
    bucket.allow({"Sid": "One"}, {"Sid": "Two", "Action": "s3:GetObjectTagging"})
    bucket.allow({"Sid": "Three", "Condition": REFERER})
    statement = _statements(bucket)[0]
    assert (statement["Sid"], statement["Condition"]) == ("Three", REFERER)
    assert (statement["Action"], statement["Resource"]) == ("s3:GetObject", bucket.arn("*"))
    bucket.call("delete_bucket_policy")
    expect_error("NoSuchBucketPolicy", bucket.call, "get_bucket_policy")
    bucket.call("delete_bucket_policy")


def a_policy_that_is_no_json_is_malformed(aws):
    """A policy that is no JSON, or no JSON object, is a MalformedPolicy."""
    bucket = Bucket.open(aws)
    for text in ("{", "none", "[]", '"policy"'):
        expect_error("MalformedPolicy", bucket.call, "put_bucket_policy", Policy=text)


def a_policy_without_statements_is_malformed(aws):
    """A policy without its statements is a MalformedPolicy."""
    expect_error("MalformedPolicy", Bucket.open(aws).call, "put_bucket_policy", Policy='{"Version": "2012-10-17"}')


def a_statement_names_a_principal(aws):
    """A statement without a principal is a MalformedPolicy."""
    _malformed(aws, Principal=None)


def a_statement_names_an_action(aws):
    """A statement without an action is a MalformedPolicy."""
    _malformed(aws, Action=None)


def a_statement_names_a_resource(aws):
    """A statement without a resource is a MalformedPolicy."""
    _malformed(aws, Resource=None)


def an_effect_allows_or_denies(aws):
    """An effect other than Allow and Deny, or none, is a MalformedPolicy."""
    _malformed(aws, Effect="Permit")
    _malformed(aws, Effect=None)


def an_action_must_exist(aws):
    """An action that S3 does not have is a MalformedPolicy."""
    _malformed(aws, Action="s3:FetchObject")
    _malformed(aws, Action="ec2:RunInstances")


def a_resource_must_be_of_this_bucket(aws):
    """A resource of another bucket, or none of S3, is a MalformedPolicy."""
    _malformed(aws, Resource="arn:aws:s3:::another-bucket/*")
    _malformed(aws, Resource="*")


def an_action_must_fit_its_resource(aws):
    """An object action on the bucket, or a bucket action on the objects, is a MalformedPolicy."""
    bucket = Bucket.open(aws)
    expect_error("MalformedPolicy", bucket.allow, {"Action": "s3:GetObject", "Resource": bucket.arn()})
    expect_error("MalformedPolicy", bucket.allow, {"Action": "s3:ListBucket", "Resource": bucket.arn("*")})
    both = {"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [bucket.arn(), bucket.arn("*")]}
    bucket.allow({**both, "Principal": OTHER})


def a_principal_must_exist(aws):
    """A role of this account that does not exist, or no ARN at all, is a MalformedPolicy."""
    _malformed(aws, Principal={"AWS": f"arn:aws:iam::{aws.account}:role/{unique('none')}"})
    _malformed(aws, Principal={"AWS": "somebody"})


def a_version_is_one_of_the_two(aws):
    """A policy version other than 2012-10-17 and 2008-10-17 is a MalformedPolicy."""
    bucket = Bucket.open(aws)
    policy = {**bucket.policy({}), "Version": "2024-01-01"}
    expect_error("MalformedPolicy", bucket.call, "put_bucket_policy", Policy=json.dumps(policy))


def a_condition_must_be_known(aws):
    """A condition with an unknown operator, or an unknown key of S3, is a MalformedPolicy."""
    _malformed(aws, Condition={"StringResembles": {"aws:Referer": "*"}})
    _malformed(aws, Condition={"StringLike": {"s3:colour": "blue"}})


def a_refused_policy_leaves_the_old_one(aws):
    """After a refused PutBucketPolicy the policy is the one from before."""
    bucket = Bucket.open(aws)
    bucket.allow({"Sid": "Old"})
    expect_error("MalformedPolicy", bucket.allow, {"Sid": "New", "Action": "s3:FetchObject"})
    assert [it["Sid"] for it in _statements(bucket)] == ["Old"]


def a_policy_comes_back_rewritten(aws):
    """An account id as principal comes back as the ARN of its root."""
    bucket = Bucket(aws)
    bucket.allow({"Principal": {"AWS": OTHER_ACCOUNT}})
    assert _statements(bucket)[0]["Principal"] == OTHER


def a_deleted_principal_becomes_its_unique_id(aws):
    """When a role that a policy names is deleted, the policy tells the role's unique id in its place."""
    name, bucket = unique("role"), Bucket(aws)
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
    bucket.allow({"Principal": {"AWS": role["Arn"]}})
    assert _statements(bucket)[0]["Principal"] == {"AWS": role["Arn"]}
    aws.iam.delete_role(RoleName=name)
    assert _statements(bucket)[0]["Principal"] == {"AWS": role["RoleId"]}


def a_public_policy_is_refused_while_blocked(aws):
    """Under BlockPublicPolicy, which new buckets have, a policy for everyone is refused: AccessDenied."""
    bucket = Bucket(aws)
    for principal in ("*", {"AWS": "*"}, {"AWS": ["*"]}):
        expect_error("AccessDenied", bucket.allow, {"Principal": principal})
    expect_error("NoSuchBucketPolicy", bucket.call, "get_bucket_policy")
    bucket.block(**{**OPEN, "BlockPublicAcls": True, "RestrictPublicBuckets": True})
    bucket.allow({})


def a_policy_by_referer_is_public(aws):
    """aws:Referer makes no policy private: under BlockPublicPolicy it is refused, and else its status is public."""
    bucket = Bucket(aws)
    expect_error("AccessDenied", bucket.allow, {"Condition": REFERER})
    bucket.block(**OPEN)
    bucket.allow({"Condition": REFERER})
    assert bucket.call("get_bucket_policy_status")["PolicyStatus"]["IsPublic"] is True


def a_policy_for_somebody_is_not_public(aws):
    """A policy for an account, or for everyone from narrow addresses, one VPC or one organization, is not public."""
    bucket = Bucket(aws)
    for statement in (
        {"Principal": OTHER},
        {"Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"},
        {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
        {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-0123456789abcdef0"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-0123456789"}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": OTHER_ACCOUNT}}},
    ):
        bucket.allow(statement)
        assert bucket.call("get_bucket_policy_status")["PolicyStatus"]["IsPublic"] is False, statement


def a_denial_is_not_public(aws):
    """A policy that only denies everyone something is not public."""
    bucket = Bucket(aws)
    bucket.allow({"Effect": "Deny", "Action": "s3:DeleteObject"})
    assert bucket.call("get_bucket_policy_status")["PolicyStatus"]["IsPublic"] is False


def very_wide_addresses_are_public(aws):
    """A condition on addresses as wide as half the internet makes no policy private."""
    wide = {"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}}
    expect_error("AccessDenied", Bucket(aws).allow, wide)


def one_public_statement_makes_a_policy_public(aws):
    """A policy is public if one of its statements is."""
    bucket = Bucket(aws)
    expect_error("AccessDenied", bucket.allow, {"Principal": OTHER}, {"Action": "s3:GetObjectTagging"})


def a_policy_status_needs_a_policy(aws):
    """GetBucketPolicyStatus without a policy answers NoSuchBucketPolicy; a public one is told as such."""
    bucket = Bucket.open(aws)
    expect_error("NoSuchBucketPolicy", bucket.call, "get_bucket_policy_status")
    bucket.allow({})
    assert bucket.call("get_bucket_policy_status")["PolicyStatus"]["IsPublic"] is True


def blocking_later_leaves_a_public_policy_in_place(aws):
    """BlockPublicPolicy refuses new public policies, and does not take an existing one away."""
    bucket = Bucket.open(aws)
    bucket.allow({"Sid": "Old"})
    bucket.block(**dict.fromkeys(OPEN, True))
    assert [it["Sid"] for it in _statements(bucket)] == ["Old"]
    expect_error("AccessDenied", bucket.allow, {"Sid": "New"})
