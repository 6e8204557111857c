"""S3: conditional writes, and the leases that are made of them."""

from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime

from botocore.exceptions import ClientError

from buckets import Bucket, Upload
from sandbox import expect_error

LOST = {"PreconditionFailed", "ConditionalRequestConflict"}


def _race(write, writers=8):
    """Lets many write at once; returns how many won. Whoever lost must have been told so."""

    def attempt(n):
        try:
            write(n)
        except ClientError as error:
            assert error.response["Error"]["Code"] in LOST, error
            return False
        return True

    with ThreadPoolExecutor(writers) as pool:
        return sum(pool.map(attempt, range(writers)))


def an_object_can_be_put_only_if_absent(aws):
    """PutObject with If-None-Match * writes a new key and is a PreconditionFailed, 412, for one that exists."""
    bucket = Bucket(aws)
    bucket.put("lease", b"one", IfNoneMatch="*")
    error = expect_error("PreconditionFailed", bucket.put, "lease", b"two", IfNoneMatch="*")
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert bucket.get("lease") == b"one"


def if_none_match_takes_only_a_star(aws):
    """PutObject with If-None-Match of an ETag is answered NotImplemented."""
    expect_error("NotImplemented", Bucket(aws).put, "key", IfNoneMatch='"0123456789abcdef0123456789abcdef"')


def an_object_can_be_replaced_only_if_unchanged(aws):
    """PutObject with If-Match replaces the object of this ETag and is a PreconditionFailed for another."""
    bucket = Bucket(aws)
    old = bucket.put("lease", b"one")["ETag"]
    new = bucket.put("lease", b"two", IfMatch=old)["ETag"]
    assert new != old and bucket.get("lease") == b"two"
    expect_error("PreconditionFailed", bucket.put, "lease", b"three", IfMatch=old)
    assert bucket.get("lease") == b"two"


def an_absent_object_matches_no_etag(aws):
    """PutObject with If-Match of a key that does not exist answers NoSuchKey."""
    bucket = Bucket(aws)
    etag = bucket.put("other")["ETag"]
    expect_error("NoSuchKey", bucket.put, "lease", IfMatch=etag)
    assert bucket.keys() == ["other"]


def a_deleted_object_counts_as_absent(aws):
    """In a versioned bucket a key whose latest version is a delete marker can be put with If-None-Match *."""
    bucket = Bucket.versioned(aws)
    bucket.put("lease", IfNoneMatch="*")
    bucket.delete("lease")
    bucket.put("lease", b"again", IfNoneMatch="*")
    assert bucket.get("lease") == b"again"


def a_completion_can_ask_for_absence(aws):
    """CompleteMultipartUpload with If-None-Match * is a PreconditionFailed for a key that exists meanwhile."""
    bucket = Bucket(aws)
    upload = Upload(bucket, "key")
    upload.part(1, b"part")
    bucket.put("key", b"meanwhile")
    expect_error("PreconditionFailed", upload.complete, IfNoneMatch="*")
    assert bucket.get("key") == b"meanwhile"


def a_copy_can_ask_for_absence_or_an_etag(aws):
    """CopyObject with If-None-Match * or If-Match looks at the target: a PreconditionFailed if it is not so."""
    bucket = Bucket(aws)
    bucket.put("source", b"new")
    etag = bucket.put("target", b"old")["ETag"]
    expect_error("PreconditionFailed", bucket.copy, "source", "target", IfNoneMatch="*")
    expect_error("PreconditionFailed", bucket.copy, "source", "target", IfMatch='"other"')
    assert bucket.get("target") == b"old"
    bucket.copy("source", "target", IfMatch=etag)
    bucket.copy("source", "free", IfNoneMatch="*")
    assert bucket.get("target") == bucket.get("free") == b"new"


def one_of_many_takes_a_free_lease(aws):
    """Of many that put with If-None-Match * at once, one wins; the others get 412 or 409."""
    bucket = Bucket(aws)
    assert _race(lambda n: bucket.put("lease", str(n).encode(), IfNoneMatch="*")) == 1


def one_of_many_takes_a_lease_over(aws):
    """Of many that put with If-Match of the same ETag at once, one wins; the others get 412 or 409."""
    bucket = Bucket(aws)
    etag = bucket.put("lease", b"expired")["ETag"]
    assert _race(lambda n: bucket.put("lease", str(n).encode(), IfMatch=etag)) == 1


def writers_without_conditions_all_succeed(aws):
    """Many plain writes of one key at once all succeed, and one of them is the object."""
    bucket = Bucket(aws)
    assert _race(lambda n: bucket.put("key", str(n).encode())) == 8
    assert bucket.get("key") in {str(n).encode() for n in range(8)}


def a_lease_is_taken_renewed_and_released(aws):
    """A lease is taken by absence, renewed by its ETag, lost to whoever took it over, and released by its ETag."""
    bucket = Bucket(aws)
    mine = bucket.put("lease", b"mine, until 12:00", IfNoneMatch="*")["ETag"]
    renewed = bucket.put("lease", b"mine, until 12:01", IfMatch=mine)["ETag"]
    theirs = bucket.put("lease", b"theirs, until 12:05", IfMatch=renewed)["ETag"]
    expect_error("PreconditionFailed", bucket.put, "lease", b"mine, until 12:02", IfMatch=renewed)
    expect_error("PreconditionFailed", bucket.delete, "lease", IfMatch=renewed)
    bucket.delete("lease", IfMatch=theirs)
    bucket.put("lease", b"mine again", IfNoneMatch="*")


def the_age_of_a_lease_is_told_by_s3s_clock(aws):
    """Date and LastModified of an answer are of one clock: their difference is the age of the object."""
    bucket = Bucket(aws)
    bucket.put("lease")
    aws.advance(600)
    answer = bucket.head("lease")
    date = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    age = (date - answer["LastModified"]).total_seconds()
    assert 600 <= age < 630, age


def the_same_bytes_have_the_same_etag(aws):
    """An ETag is of the bytes, so that a lease's holder must write bytes that nobody else would write."""
    bucket = Bucket(aws)
    one = bucket.put("lease", b"same")["ETag"]
    assert bucket.put("lease", b"same", IfMatch=one)["ETag"] == one
    bucket.put("lease", b"other holder", IfMatch=one)
    assert bucket.get("lease") == b"other holder"
