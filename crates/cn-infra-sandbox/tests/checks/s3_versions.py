"""S3: versions and delete markers."""

from buckets import Bucket
from sandbox import expect_error


def _listed(bucket, **parameters):
    """What ListObjectVersions tells, versions and markers together, as (key, id, latest, marker)."""
    answer = bucket.call("list_object_versions", **parameters)
    every = [(it, False) for it in answer.get("Versions", [])] + [(it, True) for it in answer.get("DeleteMarkers", [])]
    return {(it["Key"], it["VersionId"], it["IsLatest"], marker) for it, marker in every}


def every_write_is_a_version(aws):
    """In a versioned bucket each PutObject is a version of its own; the latest is read, each by its id."""
    bucket = Bucket.versioned(aws)
    ids = [bucket.put("key", body)["VersionId"] for body in (b"one", b"two")]
    assert ids[0] != ids[1] and bucket.get("key") == b"two"
    assert [bucket.get("key", VersionId=id) for id in ids] == [b"one", b"two"]
    assert bucket.head("key")["VersionId"] == ids[1]


def without_versioning_there_are_no_ids(aws):
    """In a bucket that was never versioned, answers have no version id, and the listing tells null."""
    bucket = Bucket(aws)
    assert "VersionId" not in bucket.put("key") and "VersionId" not in bucket.head("key")
    assert _listed(bucket) == {("key", "null", True, False)}
    answer = bucket.delete("key")
    assert "VersionId" not in answer and "DeleteMarker" not in answer
    assert _listed(bucket) == set()


def a_delete_leaves_a_marker(aws):
    """A deletion in a versioned bucket adds a delete marker; the key is not found, its versions stay."""
    bucket = Bucket.versioned(aws)
    version = bucket.put("key")["VersionId"]
    answer = bucket.delete("key")
    assert answer["DeleteMarker"] is True and answer["VersionId"] != version
    assert bucket.keys() == []
    assert _listed(bucket) == {("key", version, False, False), ("key", answer["VersionId"], True, True)}
    assert bucket.get("key", VersionId=version) == b"coral"


def a_deleted_key_tells_its_marker(aws):
    """GET of a deleted key answers NoSuchKey and says in a header that it is a delete marker."""
    bucket = Bucket.versioned(aws)
    bucket.put("key")
    bucket.delete("key")
    error = expect_error("NoSuchKey", bucket.get, "key")
    assert error.response["ResponseMetadata"]["HTTPHeaders"].get("x-amz-delete-marker") == "true"
    expect_error("404", bucket.head, "key")


def a_marker_cannot_be_read(aws):
    """GET of a delete marker by its id answers MethodNotAllowed."""
    bucket = Bucket.versioned(aws)
    bucket.put("key")
    marker = bucket.delete("key")["VersionId"]
    expect_error("MethodNotAllowed", bucket.get, "key", VersionId=marker)
    expect_error("405", bucket.head, "key", VersionId=marker)


def without_its_marker_an_object_is_back(aws):
    """Deleting the delete marker by its id brings the object back."""
    bucket = Bucket.versioned(aws)
    bucket.put("key")
    marker = bucket.delete("key")["VersionId"]
    answer = bucket.delete("key", VersionId=marker)
    assert answer["DeleteMarker"] is True and answer["VersionId"] == marker
    assert bucket.get("key") == b"coral"


def a_version_deleted_by_its_id_is_gone(aws):
    """Deleting a version by its id is for good, leaves no marker, and makes the one before it the latest."""
    bucket = Bucket.versioned(aws)
    one, two = (bucket.put("key", body)["VersionId"] for body in (b"one", b"two"))
    assert bucket.delete("key", VersionId=two)["VersionId"] == two
    assert bucket.get("key") == b"one" and _listed(bucket) == {("key", one, True, False)}
    expect_error("NoSuchVersion", bucket.get, "key", VersionId=two)


def deleting_again_adds_a_marker_each_time(aws):
    """Every deletion without an id adds a marker, also of a key that never was."""
    bucket = Bucket.versioned(aws)
    markers = {bucket.delete("key")["VersionId"] for _ in range(2)}
    assert len(markers) == 2
    assert {id for _, id, _, marker in _listed(bucket) if marker} == markers


def a_malformed_version_id_is_refused(aws):
    """A version id that cannot be one is an InvalidArgument."""
    bucket = Bucket.versioned(aws)
    bucket.put("key")
    expect_error("InvalidArgument", bucket.get, "key", VersionId="no-version")


def versions_are_listed_by_key_and_newest_first(aws):
    """ListObjectVersions is in the order of the keys, and within a key newest first."""
    bucket = Bucket.versioned(aws)
    old = [bucket.put("b", b"1")["VersionId"], bucket.put("b", b"2")["VersionId"]]
    first = bucket.put("a")["VersionId"]
    versions = bucket.call("list_object_versions")["Versions"]
    assert [(it["Key"], it["VersionId"]) for it in versions] == [("a", first), ("b", old[1]), ("b", old[0])]
    assert [it["IsLatest"] for it in versions] == [True, True, False]


def versions_are_listed_in_pages(aws):
    """ListObjectVersions gives at most MaxKeys, and a key and a version id to go on from, within a key too."""
    bucket = Bucket.versioned(aws)
    ids = {bucket.put("a", str(n).encode())["VersionId"] for n in range(3)} | {bucket.delete("a")["VersionId"]}
    ids.add(bucket.put("b")["VersionId"])
    seen, markers = [], {}
    for _ in range(10):
        answer = bucket.call("list_object_versions", MaxKeys=2, **markers)
        page = answer.get("Versions", []) + answer.get("DeleteMarkers", [])
        assert 1 <= len(page) <= 2
        seen += [it["VersionId"] for it in page]
        if not answer["IsTruncated"]:
            break
        markers = {"KeyMarker": answer["NextKeyMarker"], "VersionIdMarker": answer["NextVersionIdMarker"]}
    assert len(seen) == len(ids) == 5 and set(seen) == ids, seen


def versions_are_listed_by_prefix_and_delimiter(aws):
    """ListObjectVersions takes a prefix, and a delimiter that folds keys into common prefixes."""
    bucket = Bucket.versioned(aws)
    for key in ("a/1", "a/2", "b/1", "top"):
        bucket.put(key)
    assert {key for key, *_ in _listed(bucket, Prefix="a/")} == {"a/1", "a/2"}
    answer = bucket.call("list_object_versions", Delimiter="/")
    assert [it["Prefix"] for it in answer["CommonPrefixes"]] == ["a/", "b/"]
    assert [it["Key"] for it in answer["Versions"]] == ["top"]


def an_object_from_before_versioning_is_the_null_version(aws):
    """An object put before versioning was enabled has the version id null, and stays when it is replaced."""
    bucket = Bucket(aws)
    bucket.put("key", b"before")
    bucket.version("Enabled")
    new = bucket.put("key", b"after")["VersionId"]
    assert _listed(bucket) == {("key", new, True, False), ("key", "null", False, False)}
    assert bucket.get("key", VersionId="null") == b"before"


def a_suspended_bucket_writes_the_null_version(aws):
    """While versioning is suspended, writes replace the null version, and older versions stay."""
    bucket = Bucket.versioned(aws)
    version = bucket.put("key", b"kept")["VersionId"]
    bucket.version("Suspended")
    bucket.put("key", b"one")
    bucket.put("key", b"two")
    assert _listed(bucket) == {("key", version, False, False), ("key", "null", True, False)}
    assert bucket.get("key") == b"two" and bucket.get("key", VersionId=version) == b"kept"


def a_delete_while_suspended_replaces_the_null_version(aws):
    """While versioning is suspended, a deletion replaces the null version by a null delete marker."""
    bucket = Bucket.versioned(aws)
    version = bucket.put("key", b"kept")["VersionId"]
    bucket.version("Suspended")
    bucket.put("key", b"null")
    assert bucket.delete("key")["DeleteMarker"] is True
    assert _listed(bucket) == {("key", version, False, False), ("key", "null", True, True)}


def versions_have_tags_of_their_own(aws):
    """Tags belong to a version."""
    bucket = Bucket.versioned(aws)
    old = bucket.put("key", Tagging="which=old")["VersionId"]
    bucket.put("key", Tagging="which=new")
    for parameters, wanted in (({}, "new"), ({"VersionId": old}, "old")):
        tags = bucket.call("get_object_tagging", Key="key", **parameters)["TagSet"]
        assert tags == [{"Key": "which", "Value": wanted}], tags


def markers_are_not_in_ordinary_listings(aws):
    """ListObjectsV2 tells only keys whose latest version is no delete marker, once each."""
    bucket = Bucket.versioned(aws)
    for key in ("gone", "kept"):
        bucket.put(key, b"1")
        bucket.put(key, b"2")
    bucket.delete("gone")
    answer = bucket.call("list_objects_v2")
    assert [it["Key"] for it in answer["Contents"]] == ["kept"] and answer["KeyCount"] == 1


def suspended_versioning_keeps_the_versions(aws):
    """Suspending versioning deletes nothing, and enabling it again makes versions again."""
    bucket = Bucket.versioned(aws)
    one = bucket.put("key", b"one")["VersionId"]
    bucket.version("Suspended")
    bucket.version("Enabled")
    two = bucket.put("key", b"two")["VersionId"]
    assert _listed(bucket) == {("key", one, False, False), ("key", two, True, False)}
