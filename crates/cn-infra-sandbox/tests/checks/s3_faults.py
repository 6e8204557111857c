"""S3 and RDS under limits, and with faults planted: what a client sees, and what became of its call."""

from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import BotoCoreError, ClientError
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


def _flood(bucket, method, key, times):
    """Sends one small request so many times, eight at a time; counts the statuses."""
    statuses = bucket.repeat(method, f"/{key}", times, threads=8)
    return {status: statuses.count(status) for status in set(statuses)}


def too_many_writes_to_a_prefix_are_slowed_down(aws):
    """With limits on, a prefix takes 3,500 writes in a second; further ones answer 503 SlowDown until time passes."""
    bucket = Bucket(aws)
    aws.settings(limits=True)
    counts = _flood(bucket, "PUT", "media/key", 3600)
    assert set(counts) == {200, 503} and 3500 <= counts[200] < 3600, counts
    error = expect_error("SlowDown", bucket.put, "media/late")
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    aws.advance(1)
    bucket.put("media/late")


def too_many_reads_of_a_prefix_are_slowed_down(aws):
    """With limits on, a prefix takes 5,500 reads in a second, and writes have a budget apart from them."""
    bucket = Bucket(aws)
    bucket.put("media/key")
    aws.settings(limits=True)
    counts = _flood(bucket, "GET", "media/key", 5600)
    assert set(counts) == {200, 503} and 5500 <= counts[200] < 5600, counts
    expect_error("SlowDown", bucket.get, "media/key")
    bucket.put("media/key")
    aws.advance(1)
    bucket.get("media/key")


def each_prefix_has_a_budget_of_its_own(aws):
    """With limits on, a prefix that is slowed down does not slow down another."""
    bucket = Bucket(aws)
    aws.settings(limits=True)
    assert 503 in _flood(bucket, "PUT", "media/key", 3600)
    bucket.put("other/key")
    Bucket(aws).put("media/key")


def without_limits_nothing_is_slowed_down(aws):
    """With limits off, as many calls as one likes are answered."""
    bucket = Bucket(aws)
    if not aws.moto:
        aws.settings(limits=False)
    assert _flood(bucket, "PUT", "media/key", 3600) == {200: 3600}


def parallel_configuration_writes_conflict(aws):
    """Of writes of one bucket's configuration at the same time one succeeds, and some are an OperationAborted."""
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
    calls += [lambda: buckets[0].put("a"), lambda: buckets[0].put("b"), lambda: buckets[0].call("get_bucket_cors")]
    assert _codes(calls) == {None: 6, "NoSuchCORSConfiguration": 1}


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


def garbage_is_no_answer(aws):
    """The fault garbage answers 200 with what is no XML. Of S3, botocore takes that for an answer that broke off: a 500."""
    bucket = Bucket(aws)
    bucket.put("key")
    aws.fault("s3:ListObjectsV2", "garbage", times=1)
    error = expect_error("500", bucket.keys)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert bucket.keys() == ["key"]
    aws.fault("rds:DescribeDBInstances", "garbage", times=1)
    error = _breaks(aws.rds.describe_db_instances)
    assert isinstance(error, ResponseParserError), error


def a_lost_answer_makes_a_bucket_ones_own(aws):
    """After CreateBucket lost its answer, a second one answers BucketAlreadyOwnedByYou."""
    aws.fault("s3:CreateBucket", "lose-answer", times=1)
    _breaks(Bucket, aws, "lost-bucket")
    expect_error("BucketAlreadyOwnedByYou", Bucket, aws, "lost-bucket")


def a_lost_answer_makes_a_database(aws):
    """After CreateDBInstance lost its answer, the database is there, and a second one is refused."""
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
