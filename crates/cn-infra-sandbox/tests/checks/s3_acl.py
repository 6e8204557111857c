"""S3: ACLs of objects."""

from buckets import EVERYONE, OPEN, Bucket
from sandbox import OTHER_ACCOUNT, expect_error

AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"


def _grants(bucket, key="key"):
    """The grants of an object to others than its owner."""
    acl = bucket.call("get_object_acl", Key=key)
    grants = {(it["Grantee"].get("URI") or it["Grantee"]["ID"], it["Permission"]) for it in acl["Grants"]}
    own = (acl["Owner"]["ID"], "FULL_CONTROL")
    assert own in grants, grants
    return grants - {own}


def a_new_object_is_private(aws):
    """An object put without an ACL gives nobody but its owner rights."""
    bucket = Bucket.with_acls(aws)
    bucket.put("key")
    assert _grants(bucket) == set()


def an_object_can_be_put_with_an_acl(aws):
    """PutObject takes a canned ACL."""
    bucket = Bucket.with_acls(aws)
    bucket.put("key", ACL="public-read")
    assert _grants(bucket) == {(EVERYONE, "READ")}


def an_acl_is_reset_to_private(aws):
    """PutObjectAcl replaces the ACL as a whole, and leaves the object as it is."""
    bucket = Bucket.with_acls(aws)
    etag = bucket.put("key", ACL="public-read")["ETag"]
    for acl, wanted in {"authenticated-read": {(AUTHENTICATED, "READ")}, "private": set()}.items():
        bucket.call("put_object_acl", Key="key", ACL=acl)
        assert _grants(bucket) == wanted, acl
    assert bucket.head("key")["ETag"] == etag


def grants_can_be_given_one_by_one(aws):
    """Grants by header and by document come back as they were given."""
    bucket = Bucket.with_acls(aws)
    mine = aws.s3.list_buckets()["Owner"]["ID"]
    bucket.put("key", GrantRead=f'uri="{EVERYONE}"', GrantFullControl=f'id="{mine}"')
    assert _grants(bucket) == {(EVERYONE, "READ")}
    acl = bucket.call("get_object_acl", Key="key")
    theirs = aws.client("s3", account=OTHER_ACCOUNT).list_buckets()["Owner"]["ID"]
    grant = {"Grantee": {"Type": "CanonicalUser", "ID": theirs}, "Permission": "READ_ACP"}
    policy = {"Owner": acl["Owner"], "Grants": [*acl["Grants"], grant]}
    bucket.call("put_object_acl", Key="key", AccessControlPolicy=policy)
    assert _grants(bucket) == {(EVERYONE, "READ"), (theirs, "READ_ACP")}


def accounts_have_canonical_ids(aws):
    """Each account has a canonical user id of 64 hexadecimal digits of its own."""
    mine = aws.s3.list_buckets()["Owner"]["ID"]
    theirs = aws.client("s3", account=OTHER_ACCOUNT).list_buckets()["Owner"]["ID"]
    assert mine != theirs
    assert all(len(it) == 64 and set(it) <= set("0123456789abcdef") for it in (mine, theirs)), (mine, theirs)


def acls_of_objects_are_refused_while_they_are_disabled(aws):
    """Under BucketOwnerEnforced, PutObject and PutObjectAcl with an ACL are an AccessControlListNotSupported."""
    bucket = Bucket(aws)
    bucket.block(**OPEN)
    bucket.put("key")
    expect_error("AccessControlListNotSupported", bucket.put, "other", ACL="public-read")
    expect_error("AccessControlListNotSupported", bucket.call, "put_object_acl", Key="key", ACL="public-read")
    assert bucket.keys() == ["key"]


def full_control_of_the_owner_is_taken_while_acls_are_disabled(aws):
    """Under BucketOwnerEnforced, PutObject with bucket-owner-full-control is fine."""
    bucket = Bucket(aws)
    bucket.put("key", ACL="bucket-owner-full-control")
    assert _grants(bucket) == set()


def public_acls_of_objects_are_refused_while_blocked(aws):
    """Under BlockPublicAcls an object with a public ACL is an AccessDenied and not stored; a private one is fine."""
    bucket = Bucket(aws, ObjectOwnership="ObjectWriter")
    expect_error("AccessDenied", bucket.put, "key", ACL="public-read")
    assert bucket.keys() == []
    bucket.put("key", ACL="private")
    expect_error("AccessDenied", bucket.call, "put_object_acl", Key="key", ACL="public-read")


def blocking_later_leaves_public_acls_in_place(aws):
    """BlockPublicAcls refuses new public ACLs, and does not take an existing one away."""
    bucket = Bucket.with_acls(aws)
    bucket.put("key", ACL="public-read")
    bucket.block(**dict.fromkeys(OPEN, True))
    assert _grants(bucket) == {(EVERYONE, "READ")}


def an_unknown_canned_acl_is_refused(aws):
    """A canned ACL that does not exist is an InvalidArgument."""
    expect_error("InvalidArgument", Bucket.with_acls(aws).put, "key", ACL="public-everything")


def canned_acl_and_grants_do_not_go_together(aws):
    """A canned ACL together with grants is an InvalidRequest."""
    bucket = Bucket.with_acls(aws)
    expect_error("InvalidRequest", bucket.put, "key", ACL="private", GrantRead=f'uri="{EVERYONE}"')


def an_absent_object_has_no_acl(aws):
    """The ACL of a key that does not exist answers NoSuchKey."""
    bucket = Bucket.with_acls(aws)
    expect_error("NoSuchKey", bucket.call, "get_object_acl", Key="none")
    expect_error("NoSuchKey", bucket.call, "put_object_acl", Key="none", ACL="private")


def replacing_an_object_resets_its_acl(aws):
    """An object put again without an ACL is private again."""
    bucket = Bucket.with_acls(aws)
    bucket.put("key", ACL="public-read")
    bucket.put("key")
    assert _grants(bucket) == set()


def versions_have_acls_of_their_own(aws):
    """ACLs belong to a version."""
    bucket = Bucket.with_acls(aws)
    bucket.version("Enabled")
    old = bucket.put("key", ACL="public-read")["VersionId"]
    bucket.put("key")
    assert _grants(bucket) == set()
    assert len(bucket.call("get_object_acl", Key="key", VersionId=old)["Grants"]) == 2
