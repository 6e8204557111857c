"""S3: DeleteObjects, many keys in one call."""

import base64
import hashlib
import json

from buckets import Bucket
from sandbox import error_of, expect_error


def _delete(bucket, *keys, quiet=False, **parameters):
    objects = [key if isinstance(key, dict) else {"Key": key} for key in keys]
    return bucket.call("delete_objects", Delete={"Objects": objects, "Quiet": quiet}, **parameters)


def _deleted(answer):
    return sorted(it["Key"] for it in answer.get("Deleted", []))


def many_keys_are_deleted_in_one_call(aws):
    """DeleteObjects deletes all the keys that it names and tells each; the others stay."""
    bucket = Bucket(aws)
    for key in ("a", "b", "c"):
        bucket.put(key)
    answer = _delete(bucket, "a", "c")
    assert _deleted(answer) == ["a", "c"] and not answer.get("Errors")
    assert bucket.keys() == ["b"]


def absent_keys_count_as_deleted(aws):
    """A key that does not exist is told as deleted."""
    assert _deleted(_delete(Bucket(aws), "none")) == ["none"]


def a_quiet_call_tells_only_errors(aws):
    """With Quiet the answer names no deleted keys."""
    bucket = Bucket(aws)
    bucket.put("a")
    answer = _delete(bucket, "a", "none", quiet=True)
    assert "Deleted" not in answer and "Errors" not in answer and bucket.keys() == []


def a_thousand_keys_are_the_limit(aws):
    """1,000 keys go into one call; 1,001 are MalformedXML, and none of them is deleted."""
    bucket = Bucket(aws)
    bucket.put("key-0")
    keys = [f"key-{n}" for n in range(1001)]
    expect_error("MalformedXML", _delete, bucket, *keys)
    assert bucket.keys() == ["key-0"]
    assert len(_delete(bucket, *keys[:1000])["Deleted"]) == 1000 and bucket.keys() == []


def no_keys_are_malformed(aws):
    """A call without keys is MalformedXML."""
    expect_error("MalformedXML", _delete, Bucket(aws))


def a_garbled_body_is_malformed(aws):
    """A body that is no Delete document answers MalformedXML."""
    bucket = Bucket(aws)
    for body in (b"<Delete><Object>", b"<Nonsense/>", b"none"):
        md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
        answer = bucket.raw("POST", "?delete", body, {"Content-MD5": md5})
        assert error_of(answer) == "MalformedXML", answer.text


def a_digest_of_the_body_is_required(aws):
    """DeleteObjects without Content-MD5 or a checksum is an InvalidRequest, and deletes nothing."""
    bucket = Bucket(aws)
    bucket.put("a")
    answer = bucket.raw("POST", "?delete", b"<Delete><Object><Key>a</Key></Object></Delete>")
    assert (answer.status_code, error_of(answer)) == (400, "InvalidRequest"), answer.text
    assert bucket.keys() == ["a"]


def errors_come_per_key_inside_a_200(aws):
    """A key that may not be deleted is told under Errors, with its code, while the others are deleted."""
    bucket = Bucket(aws)
    for key in ("locked/a", "free/b"):
        bucket.put(key)
    bucket.allow({"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": bucket.arn("locked/*")})
    answer = _delete(bucket, "locked/a", "free/b")
    assert [(it["Key"], it["Code"]) for it in answer["Errors"]] == [("locked/a", "AccessDenied")], answer["Errors"]
    assert _deleted(answer) == ["free/b"] and bucket.keys() == ["locked/a"]
    quiet = _delete(bucket, "locked/a", quiet=True)
    assert [it["Key"] for it in quiet["Errors"]] == ["locked/a"]


def a_denied_delete_is_refused(aws):
    """A bucket policy that denies DeleteObject for a key makes a single deletion an AccessDenied."""
    bucket = Bucket(aws)
    bucket.put("locked/a")
    deny = {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": bucket.arn("locked/*")}
    bucket.call("put_bucket_policy", Policy=json.dumps(bucket.policy(deny)))
    expect_error("AccessDenied", bucket.delete, "locked/a")
    bucket.call("delete_bucket_policy")
    bucket.delete("locked/a")


def strange_keys_are_deleted(aws):
    """Keys with signs that XML escapes, blanks and any letters are deleted."""
    bucket, keys = Bucket(aws), sorted(["a&b<c>", "quote\"'", " blank ", "珊瑚/🪸", "tab\tand\nline"])
    for key in keys:
        bucket.put(key)
    assert _deleted(_delete(bucket, *keys)) == keys and bucket.keys() == []


def in_a_versioned_bucket_markers_are_made(aws):
    """In a versioned bucket each key gets a delete marker, whose id the answer tells."""
    bucket = Bucket.versioned(aws)
    bucket.put("a")
    deleted = _delete(bucket, "a")["Deleted"][0]
    assert deleted["DeleteMarker"] is True and "VersionId" not in deleted
    markers = bucket.call("list_object_versions")["DeleteMarkers"]
    assert [it["VersionId"] for it in markers] == [deleted["DeleteMarkerVersionId"]]


def versions_are_deleted_by_id(aws):
    """Versions and delete markers are deleted for good by their ids, so that the bucket is empty."""
    bucket = Bucket.versioned(aws)
    version, marker = bucket.put("a")["VersionId"], bucket.delete("a")["VersionId"]
    answer = _delete(bucket, {"Key": "a", "VersionId": version}, {"Key": "a", "VersionId": marker})
    told = {it["VersionId"]: it.get("DeleteMarker", False) for it in answer["Deleted"]}
    assert told == {version: False, marker: True}, told
    bucket.call("delete_bucket")


def a_version_that_is_gone_counts_as_deleted(aws):
    """Deleting a version again by its id is told as deleted, without an error."""
    bucket = Bucket.versioned(aws)
    version = bucket.put("a")["VersionId"]
    for _ in range(2):
        answer = _delete(bucket, {"Key": "a", "VersionId": version})
        assert _deleted(answer) == ["a"] and not answer.get("Errors")


def a_delete_can_ask_for_an_etag(aws):
    """DeleteObject with IfMatch of another ETag is a PreconditionFailed; of the current one it deletes."""
    bucket = Bucket(aws)
    etag = bucket.put("key")["ETag"]
    expect_error("PreconditionFailed", bucket.delete, "key", IfMatch='"other"')
    assert bucket.keys() == ["key"]
    bucket.delete("key", IfMatch=etag)
    assert bucket.keys() == []
