"""STS: who the caller is."""

from xml.etree import ElementTree

from sandbox import ACCOUNT, OTHER_ACCOUNT, error_of


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


def every_region_knows_the_caller(aws):
    """GetCallerIdentity answers the same account in every region."""
    for region in ("us-east-1", "eu-central-1"):
        assert aws.client("sts", region=region).get_caller_identity()["Account"] == ACCOUNT


def an_unknown_action_is_invalid(aws):
    """STS answers InvalidAction to an action that it does not have."""
    answer = aws.query("sts", {"Action": "GetWeather", "Version": "2011-06-15"})
    assert error_of(answer) == "InvalidAction"
    assert answer.status_code == 400


def an_error_names_its_side(aws):
    """STS's errors have the query protocol's form: ErrorResponse with Error, Type Sender and RequestId."""
    answer = aws.query("sts", {"Action": "GetWeather", "Version": "2011-06-15"})
    root = _without_namespaces(ElementTree.fromstring(answer.content))
    assert root.tag == "ErrorResponse"
    assert root.findtext("Error/Type") == "Sender"
    assert root.findtext("Error/Code") == "InvalidAction"
    assert root.findtext("RequestId")


def an_answer_is_wrapped(aws):
    """STS's answers have the query protocol's form: a Result in a Response, and metadata with a RequestId."""
    answer = aws.query("sts", {"Action": "GetCallerIdentity", "Version": "2011-06-15"})
    root = _without_namespaces(ElementTree.fromstring(answer.content))
    assert root.tag == "GetCallerIdentityResponse"
    assert root.findtext("GetCallerIdentityResult/Account") == ACCOUNT
    assert root.findtext("ResponseMetadata/RequestId")


def _without_namespaces(root):
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root
