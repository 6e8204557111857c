"""S3: how buckets come to be, whose they are, and what a new one is like."""

from buckets import EVERYONE, OPEN, Bucket
from sandbox import OTHER_ACCOUNT, error_of, expect_error, unique

BLOCKS = {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}


def a_new_bucket_blocks_all_public_access(aws):
    """Since April 2023 a new bucket has all four settings of Block Public Access on."""
    settings = Bucket(aws).call("get_public_access_block")["PublicAccessBlockConfiguration"]
    assert settings == dict.fromkeys(BLOCKS, True), settings


def a_new_bucket_has_acls_disabled(aws):
    """Since April 2023 a new bucket has the ownership BucketOwnerEnforced."""
    rules = Bucket(aws).call("get_bucket_ownership_controls")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}], rules


def a_new_bucket_is_encrypted(aws):
    """Since January 2023 a new bucket encrypts with AES256."""
    rules = Bucket(aws).call("get_bucket_encryption")["ServerSideEncryptionConfiguration"]["Rules"]
    assert [it["ApplyServerSideEncryptionByDefault"] for it in rules] == [{"SSEAlgorithm": "AES256"}], rules
    assert rules[0].get("BucketKeyEnabled", False) is False


def a_new_bucket_has_an_acl_for_its_owner_only(aws):
    """A new bucket's ACL gives its owner FULL_CONTROL, and nobody else anything."""
    acl = Bucket(aws).call("get_bucket_acl")
    grants = [(it["Grantee"]["ID"], it["Permission"]) for it in acl["Grants"]]
    assert grants == [(acl["Owner"]["ID"], "FULL_CONTROL")], grants


def a_new_bucket_has_nothing_else(aws):
    """What a new bucket does not have is told by an error of its own, or by an empty answer."""
    bucket = Bucket(aws)
    for operation, code in {
        "get_bucket_tagging": "NoSuchTagSet",
        "get_bucket_policy": "NoSuchBucketPolicy",
        "get_bucket_cors": "NoSuchCORSConfiguration",
        "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
        "get_bucket_website": "NoSuchWebsiteConfiguration",
    }.items():
        expect_error(code, bucket.call, operation)
    assert "Status" not in bucket.call("get_bucket_versioning")
    assert "LoggingEnabled" not in bucket.call("get_bucket_logging")


def a_bucket_tells_its_region(aws):
    """GetBucketLocation names the region, and nothing for us-east-1; HeadBucket names it always."""
    assert Bucket(aws).call("get_bucket_location")["LocationConstraint"] == "us-west-2"
    east = Bucket(aws, region="us-east-1")
    assert east.call("get_bucket_location")["LocationConstraint"] is None
    assert Bucket(aws).call("head_bucket")["BucketRegion"] == "us-west-2"
    assert east.call("head_bucket")["BucketRegion"] == "us-east-1"


def a_bucket_outside_us_east_1_needs_its_region_as_constraint(aws):
    """Without a location constraint, or with that of another region, us-west-2 refuses the bucket."""
    expect_error("IllegalLocationConstraintException", Bucket, aws, constraint=False)
    other = {"LocationConstraint": "eu-west-1"}
    expect_error("IllegalLocationConstraintException", Bucket, aws, constraint=False, configuration=other)


def us_east_1_is_no_location_constraint(aws):
    """us-east-1 takes no location constraint, and refuses its own name as one."""
    Bucket(aws, region="us-east-1")
    itself = {"LocationConstraint": "us-east-1"}
    expect_error("InvalidLocationConstraint", Bucket, aws, region="us-east-1", configuration=itself)


def names_have_rules(aws):
    """A name has 3 to 63 small letters, digits, dots and hyphens, with none but letters and digits at its ends."""
    bad = ["ab", "a" * 64, "Upper-case", "under_score", "-begins", "ends-", "two..dots", "192.168.5.4", "xn--reserved"]
    for name in [*bad, "reserved-s3alias"]:
        expect_error("InvalidBucketName", Bucket, aws, name)
    Bucket(aws, unique("with.dots"))


def a_bucket_of_ones_own_is_not_made_again(aws):
    """Outside us-east-1, creating a bucket that one owns is refused: BucketAlreadyOwnedByYou."""
    expect_error("BucketAlreadyOwnedByYou", Bucket, aws, Bucket(aws).name)


def in_us_east_1_ones_own_bucket_is_answered_again(aws):
    """In us-east-1 creating a bucket that one owns is answered 200, and its content stays."""
    bucket = Bucket(aws, region="us-east-1")
    bucket.put("image.jpg")
    Bucket(aws, bucket.name, region="us-east-1")
    assert bucket.keys() == ["image.jpg"]


def in_us_east_1_making_a_bucket_again_resets_its_acl(aws):
    """In us-east-1 creating one's own bucket again resets its ACL to the owner's."""
    bucket = Bucket(aws, region="us-east-1", ObjectOwnership="ObjectWriter")
    bucket.block(**OPEN)
    bucket.call("put_bucket_acl", ACL="public-read")
    assert any(it["Grantee"].get("URI") == EVERYONE for it in bucket.call("get_bucket_acl")["Grants"])
    bucket.call("create_bucket")
    assert len(bucket.call("get_bucket_acl")["Grants"]) == 1


def names_are_global(aws):
    """A name that another account has is refused in every region: BucketAlreadyExists."""
    theirs = Bucket(aws, account=OTHER_ACCOUNT)
    expect_error("BucketAlreadyExists", Bucket, aws, theirs.name)
    expect_error("BucketAlreadyExists", Bucket, aws, theirs.name, region="us-east-1")


def tags_are_given_at_creation(aws):
    """CreateBucket takes tags in its configuration."""
    tags = [{"Key": "Name", "Value": "media"}, {"Key": "team", "Value": "coral"}]
    for region in ("us-west-2", "us-east-1"):
        bucket = Bucket(aws, region=region, configuration={"Tags": tags})
        live = bucket.call("get_bucket_tagging")["TagSet"]
        assert sorted(live, key=lambda it: it["Key"]) == tags, live


def ownership_is_given_at_creation(aws):
    """CreateBucket takes the ownership of objects."""
    bucket = Bucket(aws, ObjectOwnership="ObjectWriter")
    rules = bucket.call("get_bucket_ownership_controls")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "ObjectWriter"}]


def a_public_acl_does_not_go_with_disabled_acls(aws):
    """CreateBucket with a public ACL and the default ownership is refused: InvalidBucketAclWithObjectOwnership."""
    expect_error("InvalidBucketAclWithObjectOwnership", Bucket, aws, ACL="public-read")


def a_garbled_configuration_is_malformed(aws):
    """CreateBucket with a body that is no CreateBucketConfiguration answers MalformedXML."""
    for body in (b"<CreateBucketConfiguration><Location", b"<Nonsense/>"):
        answer = Bucket(aws, create=False).raw("PUT", body=body)
        assert (answer.status_code, error_of(answer)) == (400, "MalformedXML"), answer.text


def buckets_are_listed_by_account(aws):
    """ListBuckets tells the account's own buckets in all regions, in the order of their names, without tags."""
    names = sorted([Bucket(aws).name, Bucket(aws, region="eu-west-1").name, Bucket(aws, region="us-east-1").name])
    Bucket(aws, account=OTHER_ACCOUNT)
    answer = aws.s3.list_buckets()
    assert [it["Name"] for it in answer["Buckets"]] == names
    assert answer["Owner"]["ID"] and all(it["CreationDate"] for it in answer["Buckets"])


def buckets_are_listed_in_pages_and_by_prefix(aws):
    """ListBuckets takes MaxBuckets, a token for the rest, and a prefix of the names."""
    names = sorted(Bucket(aws).name for _ in range(3)) + [Bucket(aws, unique("other")).name]
    first = aws.s3.list_buckets(MaxBuckets=2)
    rest = aws.s3.list_buckets(MaxBuckets=2, ContinuationToken=first["ContinuationToken"])
    assert [it["Name"] for it in first["Buckets"] + rest["Buckets"]] == names
    assert "ContinuationToken" not in rest
    assert [it["Name"] for it in aws.s3.list_buckets(Prefix="other")["Buckets"]] == names[3:]


def an_absent_bucket_answers_no_such_bucket(aws):
    """Every operation on a name that no bucket has answers NoSuchBucket, and HEAD a bare 404."""
    absent = unique("none")
    expect_error("NoSuchBucket", aws.s3.list_objects_v2, Bucket=absent)
    expect_error("NoSuchBucket", aws.s3.put_object, Bucket=absent, Key="key")
    expect_error("NoSuchBucket", aws.s3.get_object, Bucket=absent, Key="key")
    expect_error("NoSuchBucket", aws.s3.get_bucket_tagging, Bucket=absent)
    expect_error("NoSuchBucket", aws.s3.delete_bucket, Bucket=absent)
    expect_error("404", aws.s3.head_bucket, Bucket=absent)


def a_bucket_of_another_account_is_forbidden(aws):
    """Another account's bucket answers 403 to reads, writes, configuration and deletion; HEAD a bare 403."""
    theirs = Bucket(aws, account=OTHER_ACCOUNT)
    theirs.put("image.jpg")
    mine = {"Bucket": theirs.name}
    expect_error("403", aws.s3.head_bucket, **mine)
    expect_error("AccessDenied", aws.s3.list_objects_v2, **mine)
    expect_error("AccessDenied", aws.s3.get_object, Key="image.jpg", **mine)
    expect_error("AccessDenied", aws.s3.put_object, Key="image.jpg", Body=b"", **mine)
    expect_error("AccessDenied", aws.s3.delete_object, Key="image.jpg", **mine)
    expect_error("AccessDenied", aws.s3.get_bucket_tagging, **mine)
    expect_error("AccessDenied", aws.s3.delete_bucket, **mine)
    assert theirs.get("image.jpg") == b"coral"


def an_expected_owner_that_is_wrong_is_forbidden(aws):
    """ExpectedBucketOwner of another account makes reads and writes of configuration fail: AccessDenied."""
    bucket, wrong = Bucket(aws), {"ExpectedBucketOwner": OTHER_ACCOUNT}
    tags = {"TagSet": [{"Key": "Name", "Value": "theirs"}]}
    expect_error("AccessDenied", bucket.call, "get_bucket_versioning", **wrong)
    expect_error("AccessDenied", bucket.call, "get_bucket_encryption", **wrong)
    expect_error("AccessDenied", bucket.call, "get_public_access_block", **wrong)
    expect_error("AccessDenied", bucket.call, "put_bucket_tagging", Tagging=tags, **wrong)
    expect_error("AccessDenied", bucket.call, "delete_bucket", **wrong)
    expect_error("403", bucket.call, "head_bucket", **wrong)
    expect_error("NoSuchTagSet", bucket.call, "get_bucket_tagging")


def an_expected_owner_guards_objects_too(aws):
    """ExpectedBucketOwner of another account makes reads, writes, listings and deletions of objects fail."""
    bucket, wrong = Bucket(aws), {"ExpectedBucketOwner": OTHER_ACCOUNT}
    bucket.put("image.jpg")
    expect_error("AccessDenied", bucket.get, "image.jpg", **wrong)
    expect_error("AccessDenied", bucket.put, "image.jpg", b"other", **wrong)
    expect_error("AccessDenied", bucket.delete, "image.jpg", **wrong)
    expect_error("AccessDenied", bucket.keys, **wrong)
    assert bucket.get("image.jpg") == b"coral"


def an_expected_owner_that_is_right_changes_nothing(aws):
    """ExpectedBucketOwner of the owner lets a call through."""
    bucket, right = Bucket(aws), {"ExpectedBucketOwner": aws.account}
    bucket.put("image.jpg", **right)
    assert bucket.get("image.jpg", **right) == b"coral" and bucket.call("head_bucket", **right)


def an_empty_bucket_is_deleted_and_its_name_free(aws):
    """DeleteBucket takes an empty bucket away, with its configuration; its name can be taken again, by others too."""
    bucket = Bucket(aws, configuration={"Tags": [{"Key": "Name", "Value": "old"}]})
    assert bucket.call("delete_bucket")["ResponseMetadata"]["HTTPStatusCode"] == 204
    expect_error("NoSuchBucket", bucket.keys)
    theirs = Bucket(aws, bucket.name, account=OTHER_ACCOUNT)
    expect_error("NoSuchTagSet", theirs.call, "get_bucket_tagging")


def a_bucket_with_objects_is_not_deleted(aws):
    """DeleteBucket refuses a bucket with an object: BucketNotEmpty."""
    bucket = Bucket(aws)
    bucket.put("image.jpg")
    expect_error("BucketNotEmpty", bucket.call, "delete_bucket")
    bucket.delete("image.jpg")
    bucket.call("delete_bucket")


def a_bucket_with_old_versions_is_not_deleted(aws):
    """A versioned bucket is empty only when its versions and its delete markers are gone."""
    bucket = Bucket.versioned(aws)
    version = bucket.put("image.jpg")["VersionId"]
    marker = bucket.delete("image.jpg")["VersionId"]
    assert bucket.keys() == []
    expect_error("BucketNotEmpty", bucket.call, "delete_bucket")
    bucket.delete("image.jpg", VersionId=version)
    expect_error("BucketNotEmpty", bucket.call, "delete_bucket")
    bucket.delete("image.jpg", VersionId=marker)
    bucket.call("delete_bucket")


def answers_bear_request_ids(aws):
    """Every answer has a request id, and an extended one."""
    metadata = Bucket(aws).call("head_bucket")["ResponseMetadata"]
    assert metadata["RequestId"] and metadata["HostId"], metadata
