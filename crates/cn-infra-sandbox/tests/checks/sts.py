"""STS: who the caller is."""

from sandbox import ACCOUNT, OTHER_ACCOUNT


def the_caller_is_in_the_default_account(aws):
    """GetCallerIdentity answers account 123456789012, with an ARN in it and a user id."""
    caller = aws.sts.get_caller_identity()
    assert caller["Account"] == ACCOUNT
    assert caller["Arn"].split(":")[4] == ACCOUNT, caller["Arn"]
    assert caller["UserId"]


def twelve_digits_as_access_key_act_as_that_account(aws):
    """Credentials whose access key id is 12 digits act as that account."""
    caller = aws.client("sts", account=OTHER_ACCOUNT).get_caller_identity()
    assert caller["Account"] == OTHER_ACCOUNT
