"""S3 and RDS under limits, and with faults planted: what a client sees, and what became of its call."""

import time
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from buckets import Bucket
from databases import Database
from sandbox import expect_error


def _breaks(call, *arguments, **parameters):
    """The call ends without an answer that can be read."""
    try:
        call(*arguments, **parameters)
    except (BotoCoreError, ResponseParserError) as error:
        return error
    raise AssertionError("the call was answered")


def _codes(calls):
    """Makes the calls all at once; counts the codes of the answers, None for success."""

    def code(call):
        try:
            call()
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None

    with ThreadPoolExecutor(len(calls)) as pool:
        answers = list(pool.map(code, calls))
    return {code: answers.count(code) for code in set(answers)}


def _flood(bucket, prefix, times):
    """Sends so many small puts under a prefix, eight at a time; counts the codes."""

    def send(n):
        return bucket.call("put_object", Key=f"{prefix}/{n % 10}", Body=b"")

    counts = {}
    with ThreadPoolExecutor(8) as pool:
        for n in [pool.submit(send, n) for n in range(times)]:
            error = n.exception()
            code = error.response["Error"]["Code"] if error else None
            counts[code] = counts.get(code, 0) + 1
    return counts


def too_many_writes_to_a_prefix_are_slowed_down(aws):
    """With limits on, a prefix takes 3,500 writes in a second; further ones answer 503 SlowDown until time passes."""
    bucket = Bucket(aws)
    aws.settings(limits=True)
    counts = _flood(bucket, "media", 3700)
    assert set(counts) == {None, "SlowDown"} and counts[None] >= 3500, counts
    error = expect_error("SlowDown", bucket.put, "media/late")
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    bucket.put("other/prefix")
    aws.advance(1)
    bucket.put("media/late")


def without_limits_nothing_is_slowed_down(aws):
    """With limits off, as many calls as one likes are answered."""
    bucket = Bucket(aws)
    aws.settings(limits=False)
    assert _flood(bucket, "media", 3700) == {None: 3700}


def parallel_configuration_writes_conflict(aws):
    """Of writes of one bucket's configuration at the same time, some answer 409 OperationAborted; at least one succeeds."""
    bucket = Bucket(aws)
    aws.settings(latency=0.3)
    tagging = {"TagSet": [{"Key": "Name", "Value": "media"}]}
    cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    writes = [
        lambda: bucket.call("put_bucket_tagging", Tagging=tagging),
        lambda: bucket.call("put_bucket_cors", CORSConfiguration=cors),
        lambda: bucket.version("Enabled"),
        lambda: bucket.block(BlockPublicAcls=True),
    ]
    counts = _codes(writes)
    assert set(counts) == {None, "OperationAborted"}, counts
    aws.settings(latency=0)
    for write in writes:
        write()


def an_aborted_operation_is_a_conflict(aws):
    """OperationAborted comes with status 409 and can be planted; the call has no effect."""
    bucket = Bucket(aws)
    aws.fault("s3:PutBucketTagging", "fail", code="OperationAborted", status=409, times=1)
    tagging = {"TagSet": [{"Key": "Name", "Value": "media"}]}
    error = expect_error("OperationAborted", bucket.call, "put_bucket_tagging", Tagging=tagging)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    expect_error("NoSuchTagSet", bucket.call, "get_bucket_tagging")
    bucket.call("put_bucket_tagging", Tagging=tagging)


def configuration_writes_to_several_buckets_do_not_conflict(aws):
    """Configuration writes at the same time to different buckets all succeed, and so do reads and writes of objects."""
    buckets = [Bucket(aws) for _ in range(4)]
    aws.settings(latency=0.3)
    calls = [lambda bucket=bucket: bucket.version("Enabled") for bucket in buckets]
    calls += [lambda: buckets[0].put("a"), lambda: buckets[0].put("b"), lambda: buckets[0].call("get_bucket_versioning")]
    assert _codes(calls) == {None: 7}


def configuration_writes_one_after_another_do_not_conflict(aws):
    """Configuration writes to one bucket, each after the former's answer, all succeed."""
    bucket = Bucket(aws)
    for status in ("Enabled", "Suspended") * 5:
        bucket.version(status)


def a_planted_error_has_no_effect(aws):
    """The fault fail answers code and status, and the call is not carried out."""
    bucket = Bucket(aws)
    aws.fault("s3:PutObject", "fail", code="InternalError", status=500, times=1)
    error = expect_error("InternalError", bucket.put, "key")
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert bucket.keys() == []
    bucket.put("key")


def a_throttle_is_the_services_own(aws):
    """The fault throttle answers 503 SlowDown in S3 and 400 Throttling in RDS."""
    bucket = Bucket(aws)
    aws.fault("s3:*", "throttle", times=1)
    error = expect_error("SlowDown", bucket.put, "key")
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    aws.fault("rds:*", "throttle", times=1)
    error = expect_error("Throttling", aws.rds.describe_db_instances)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def a_fault_strikes_at_the_nth_call(aws):
    """A fault at 3 strikes the third matching call from now, once, and no other."""
    bucket = Bucket(aws)
    aws.fault("s3:PutObject", "fail", code="InternalError", status=500, at=3)
    outcomes = []
    for n in range(5):
        bucket.keys()
        try:
            bucket.put(str(n))
            outcomes.append(True)
        except ClientError:
            outcomes.append(False)
    assert outcomes == [True, True, False, True, True], outcomes


def a_fault_without_end_strikes_until_it_is_cleared(aws):
    """A fault without at and times strikes every matching call, until faults are cleared."""
    bucket = Bucket(aws)
    aws.fault("s3:GetObject", "fail", code="InternalError", status=500)
    bucket.put("key")
    for _ in range(3):
        expect_error("InternalError", bucket.get, "key")
    aws.clear_faults()
    assert bucket.get("key") == b"coral"


def a_lost_answer_leaves_the_object(aws):
    """The fault lose-answer stores the object, though the client sees the connection break."""
    bucket = Bucket(aws)
    aws.fault("s3:PutObject", "lose-answer", times=1)
    _breaks(bucket.put, "key")
    assert bucket.get("key") == b"coral"


def a_cut_connection_leaves_nothing(aws):
    """The fault cut breaks the connection before the call has an effect."""
    bucket = Bucket(aws)
    aws.fault("s3:PutObject", "cut", times=1)
    _breaks(bucket.put, "key")
    assert bucket.keys() == []


def a_hanging_call_is_never_answered(aws):
    """The fault hang answers nothing, so that the client gives up by itself; other calls go on meanwhile."""
    bucket = Bucket(aws)
    aws.fault("s3:PutObject", "hang", times=1)
    impatient = aws.client("s3", read_timeout=1)
    error = _breaks(impatient.put_object, Bucket=bucket.name, Key="key", Body=b"")
    assert isinstance(error, ReadTimeoutError), error
    bucket.put("other")
    assert bucket.get("other") == b"coral"


def a_delayed_call_is_answered_late(aws):
    """The fault delay answers after so many seconds, as if nothing had been."""
    bucket = Bucket(aws)
    aws.fault("s3:PutObject", "delay", seconds=0.7, times=1)
    start = time.monotonic()
    bucket.put("key")
    assert time.monotonic() - start >= 0.7
    assert bucket.get("key") == b"coral"


def garbage_is_no_answer(aws):
    """The fault garbage answers what is no XML."""
    bucket = Bucket(aws)
    bucket.put("key")
    aws.fault("s3:ListObjectsV2", "garbage", times=1)
    error = _breaks(bucket.keys)
    assert isinstance(error, ResponseParserError), error
    assert bucket.keys() == ["key"]


def a_lost_answer_makes_a_bucket_ones_own(aws):
    """After CreateBucket lost its answer, a second one answers BucketAlreadyOwnedByYou."""
    aws.fault("s3:CreateBucket", "lose-answer", times=1)
    _breaks(Bucket, aws, "lost-bucket")
    expect_error("BucketAlreadyOwnedByYou", Bucket, aws, "lost-bucket")


def a_lost_answer_makes_a_database(aws):
    """After CreateDBInstance lost its answer, the database is there, and a second one answers DBInstanceAlreadyExists."""
    database = Database(aws, create=False)
    aws.fault("rds:CreateDBInstance", "lose-answer", times=1)
    _breaks(aws.rds.create_db_instance, **database.request())
    assert database.status() == "creating"
    expect_error("DBInstanceAlreadyExists", aws.rds.create_db_instance, **database.request())


def a_lost_answer_makes_a_snapshot(aws):
    """After CreateDBSnapshot lost its answer, a second one of the name answers DBSnapshotAlreadyExists."""
    database = Database.available(aws)
    aws.fault("rds:CreateDBSnapshot", "lose-answer", times=1)
    _breaks(database.snapshot, "lost-snapshot")
    database.until("backing-up")
    database.until("available")
    expect_error("DBSnapshotAlreadyExists", database.snapshot, "lost-snapshot")


def calls_are_logged(aws):
    """The call log tells service, operation, region, status and code of each call, in order."""
    bucket = Bucket(aws)
    expect_error("NoSuchKey", bucket.get, "none")
    aws.rds.describe_db_instances()
    log = [(it["service"], it["operation"], it["region"], it["status"], it["code"]) for it in aws.calls()]
    assert log[-3:] == [
        ("s3", "CreateBucket", "us-west-2", 200, None),
        ("s3", "GetObject", "us-west-2", 404, "NoSuchKey"),
        ("rds", "DescribeDBInstances", "us-west-2", 200, None),
    ], log


def latency_is_added_to_every_call(aws):
    """With a latency set, every call takes at least that long."""
    bucket = Bucket(aws)
    aws.settings(latency=0.3)
    start = time.monotonic()
    bucket.keys()
    assert time.monotonic() - start >= 0.3
