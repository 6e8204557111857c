"""S3: CopyObject."""

from datetime import timedelta

from buckets import Bucket, Upload
from sandbox import OTHER_ACCOUNT, expect_error, unique

MIB = 1024 * 1024


def a_copy_has_the_bytes_and_the_etag(aws):
    """A copy, within a bucket or into another one, has the source's bytes and ETag; the source stays."""
    one, two = Bucket(aws), Bucket(aws)
    etag = one.put("source")["ETag"]
    for target in (one, two):
        result = one.copy("source", "target", target)["CopyObjectResult"]
        assert result["ETag"] == etag and result["LastModified"]
        assert target.get("target") == b"coral"
    assert one.get("source") == b"coral"


def a_copy_crosses_regions(aws):
    """An object is copied from a bucket in one region to one in another."""
    west, east = Bucket(aws), Bucket(aws, region="us-east-1")
    west.put("source")
    west.copy("source", "target", east)
    assert east.get("target") == b"coral"


def strange_keys_are_copied(aws):
    """A source key with blanks, signs and any letters is found in the copy source."""
    bucket = Bucket(aws)
    for key in ("a b+c", "a%20b", "珊瑚/🪸 ö", "a/../b", "q?a=b&c"):
        bucket.put(key, key.encode())
        bucket.copy(key, "copy")
        assert bucket.get("copy") == key.encode(), key


def a_copy_keeps_metadata_unless_told(aws):
    """The metadata directive COPY, the default, keeps headers and metadata and ignores those of the call."""
    bucket = Bucket(aws)
    bucket.put("source", ContentType="image/jpeg", Metadata={"width": "1024"}, CacheControl="max-age=1")
    bucket.copy("source", "target", Metadata={"width": "1"}, ContentType="text/plain")
    head = bucket.head("target")
    assert (head["ContentType"], head["CacheControl"]) == ("image/jpeg", "max-age=1")
    assert head["Metadata"] == {"width": "1024"}


def a_copy_replaces_metadata_if_told(aws):
    """The metadata directive REPLACE takes headers and metadata from the call only."""
    bucket = Bucket(aws)
    bucket.put("source", ContentType="image/jpeg", Metadata={"width": "1024"}, CacheControl="max-age=1")
    bucket.copy("source", "target", MetadataDirective="REPLACE", Metadata={"new": "yes"}, ContentType="text/plain")
    head = bucket.head("target")
    assert (head["ContentType"], head["Metadata"]) == ("text/plain", {"new": "yes"})
    assert "CacheControl" not in head


def a_copy_keeps_tags_unless_told(aws):
    """Tags are copied by default; the tagging directive REPLACE takes those of the call."""
    bucket = Bucket(aws)
    bucket.put("source", Tagging="old=yes")
    bucket.copy("source", "kept")
    bucket.copy("source", "replaced", TaggingDirective="REPLACE", Tagging="new=yes")
    for key, wanted in {"kept": "old", "replaced": "new"}.items():
        assert bucket.call("get_object_tagging", Key=key)["TagSet"] == [{"Key": wanted, "Value": "yes"}], key


def a_copy_does_not_keep_the_storage_class(aws):
    """A copy is STANDARD unless told otherwise, whatever its source is."""
    bucket = Bucket(aws)
    bucket.put("source", StorageClass="STANDARD_IA")
    bucket.copy("source", "usual")
    bucket.copy("source", "rare", StorageClass="ONEZONE_IA")
    assert "StorageClass" not in bucket.head("usual") and bucket.head("rare")["StorageClass"] == "ONEZONE_IA"


def a_copy_does_not_keep_the_acl(aws):
    """A copy is private, whatever its source's ACL is."""
    bucket = Bucket.with_acls(aws)
    bucket.put("source", ACL="public-read")
    bucket.copy("source", "target")
    assert len(bucket.call("get_object_acl", Key="source")["Grants"]) == 2
    assert len(bucket.call("get_object_acl", Key="target")["Grants"]) == 1


def a_copy_can_ask_for_an_etag_of_the_source(aws):
    """CopySourceIfMatch of another ETag is a PreconditionFailed, and no copy is made."""
    bucket = Bucket(aws)
    etag = bucket.put("source")["ETag"]
    expect_error("PreconditionFailed", bucket.copy, "source", "target", CopySourceIfMatch='"other"')
    assert bucket.keys() == ["source"]
    bucket.copy("source", "target", CopySourceIfMatch=etag)
    assert bucket.keys() == ["source", "target"]


def a_copy_can_refuse_an_etag_of_the_source(aws):
    """CopySourceIfNoneMatch of the current ETag is a PreconditionFailed."""
    bucket = Bucket(aws)
    etag = bucket.put("source")["ETag"]
    expect_error("PreconditionFailed", bucket.copy, "source", "target", CopySourceIfNoneMatch=etag)
    bucket.copy("source", "target", CopySourceIfNoneMatch='"other"')


def a_copy_can_ask_by_time(aws):
    """CopySourceIfModifiedSince and CopySourceIfUnmodifiedSince that are not met are a PreconditionFailed."""
    bucket = Bucket(aws)
    bucket.put("source")
    modified = bucket.head("source")["LastModified"]
    earlier = modified - timedelta(hours=1)
    expect_error("PreconditionFailed", bucket.copy, "source", "target", CopySourceIfUnmodifiedSince=earlier)
    expect_error("PreconditionFailed", bucket.copy, "source", "target", CopySourceIfModifiedSince=modified)
    bucket.copy("source", "target", CopySourceIfModifiedSince=earlier)


def a_copy_onto_itself_must_change_something(aws):
    """A copy of an object onto itself that changes nothing is an InvalidRequest; with new metadata it is made."""
    bucket = Bucket(aws)
    bucket.put("key", Metadata={"old": "yes"})
    expect_error("InvalidRequest", bucket.copy, "key", "key")
    bucket.copy("key", "key", MetadataDirective="REPLACE", Metadata={"new": "yes"})
    assert bucket.head("key")["Metadata"] == {"new": "yes"} and bucket.get("key") == b"coral"
    bucket.copy("key", "key", StorageClass="STANDARD_IA")


def an_absent_source_is_told(aws):
    """A source that is absent answers NoSuchKey, and one in an absent bucket NoSuchBucket."""
    bucket = Bucket(aws)
    expect_error("NoSuchKey", bucket.copy, "none", "target")
    source = {"Bucket": unique("none"), "Key": "source"}
    expect_error("NoSuchBucket", bucket.call, "copy_object", CopySource=source, Key="target")


def a_source_of_another_account_is_forbidden(aws):
    """A source in another account's bucket is an AccessDenied."""
    theirs, mine = Bucket(aws, account=OTHER_ACCOUNT), Bucket(aws)
    theirs.put("source")
    source = {"Bucket": theirs.name, "Key": "source"}
    expect_error("AccessDenied", mine.call, "copy_object", CopySource=source, Key="target")


def owners_are_expected_on_both_sides(aws):
    """ExpectedBucketOwner and ExpectedSourceBucketOwner of another account are each an AccessDenied."""
    bucket = Bucket(aws)
    bucket.put("source")
    for name in ("ExpectedBucketOwner", "ExpectedSourceBucketOwner"):
        expect_error("AccessDenied", bucket.copy, "source", "target", **{name: OTHER_ACCOUNT})
        bucket.copy("source", "target", **{name: aws.account})


def an_old_version_is_copied(aws):
    """A version of the source is copied by its id, and the answer tells it."""
    bucket = Bucket.versioned(aws)
    old = bucket.put("source", b"old")["VersionId"]
    bucket.put("source", b"new")
    source = {"Bucket": bucket.name, "Key": "source", "VersionId": old}
    answer = bucket.call("copy_object", CopySource=source, Key="target")
    assert answer["CopySourceVersionId"] == old and answer["VersionId"]
    assert bucket.get("target") == b"old"


def a_copy_of_more_than_5_gb_is_refused(aws):
    """CopyObject refuses a source over 5 GB, InvalidRequest; UploadPartCopy takes ranges of it."""
    assert not aws.moto, "moto holds every byte of a copy, and this one has more than five thousand million"
    bucket = Bucket(aws)
    bucket.put("seed", bytes(8 * MIB))
    for key, source, parts in (("64", "seed", 8), ("768", "64", 12), ("5376", "768", 7)):
        upload = Upload(bucket, key)
        for number in range(1, parts + 1):
            upload.copy(number, source)
        upload.complete()
    size = 5376 * MIB
    assert bucket.head("5376")["ContentLength"] == size
    expect_error("InvalidRequest", bucket.copy, "5376", "target")
    upload = Upload(bucket, "target")
    upload.copy(1, "5376", CopySourceRange=f"bytes=0-{8 * MIB - 1}")
    upload.copy(2, "5376", CopySourceRange=f"bytes={size - 8 * MIB}-{size - 1}")
    upload.complete()
    assert bucket.head("target")["ContentLength"] == 16 * MIB
