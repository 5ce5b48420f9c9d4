"""One set of clients for many callers: each request is signed for whoever asks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError, ParamValidationError, ProfileNotFound

from rolelab.aws.callers import Ambient, Callers, administrator, calling_as
from rolelab.aws.clients import Clients
from rolelab.aws.endpoint import Credentials, Endpoint
from rolelab.aws.failures import AwsFailure, Kind, failure, translated
from rolelab.errors import CannotTell
from rolelab.localaws.process.record import Instance
from rolelab.secret import Secret


def _users(root: Clients, count: int) -> dict[str, Credentials]:
    made: dict[str, Credentials] = {}
    for number in range(count):
        arn = root.iam.create_user(UserName=f"caller{number}")["User"]["Arn"]
        key = root.iam.create_access_key(UserName=f"caller{number}")["AccessKey"]
        secret = Secret(key["SecretAccessKey"])
        made[arn] = Credentials(access_key_id=key["AccessKeyId"], secret_access_key=secret)
    return made


def test_callers_in_threads_do_not_mix(local_aws: Instance, root: Clients, account: str) -> None:
    """A refusal must be the learner's own: eight threads, eight keys, one client."""
    callers = Callers(local_aws.endpoint(account))
    users = _users(root, 8)

    def asks(arn: str) -> bool:
        with calling_as(users[arn]):
            return all(callers.sts.get_caller_identity()["Arn"] == arn for _ in range(10))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(asks, users))


def test_a_block_inside_a_block_speaks_for_itself_only(
    local_aws: Instance, root: Clients, account: str
) -> None:
    """The session is asked who it is in the middle of the learner's turn."""
    callers = Callers(local_aws.endpoint(account))
    (first, one), (second, other) = _users(root, 2).items()
    with calling_as(one):
        with calling_as(other):
            assert callers.sts.get_caller_identity()["Arn"] == second
        assert callers.sts.get_caller_identity()["Arn"] == first


def test_without_a_caller_nothing_is_asked(
    local_aws: Instance, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The administrator's key in the environment must never stand in for a learner's."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", local_aws.secret.reveal())
    with pytest.raises(LookupError):
        Callers(local_aws.endpoint(account)).sts.get_caller_identity()


def test_the_machines_own_configuration_does_not_matter(
    local_aws: Instance, root: Clients, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing profile, or another endpoint, changes nothing for a learner's key."""
    (arn, keys), *_ = _users(root, 1).items()
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with calling_as(keys):
        assert Callers(local_aws.endpoint(account)).sts.get_caller_identity()["Arn"] == arn


def test_the_administrator_without_credentials_is_a_line_and_exit_code_3(
    local_aws: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says nothing about the lab."""
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    with pytest.raises(AwsFailure, match="no-such-profile") as found:
        Ambient().current()
    assert found.value.kind is Kind.CREDENTIALS
    nobody = Endpoint(url=local_aws.url, region="us-east-1", credentials=None)
    with pytest.raises(CannotTell, match="ProfileNotFound"), administrator(nobody):
        pass


def _client_error(code: str, status: int, message: str = "", date: str = "") -> ClientError:
    metadata = {"HTTPStatusCode": status, "HTTPHeaders": {"date": date} if date else {}}
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata},  # pyright: ignore[reportArgumentType]
        "Operation",
    )


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDenied", 403, Kind.DENIED),
        ("AccessDeniedException", 400, Kind.DENIED),
        ("InvalidClientTokenId", 403, Kind.CREDENTIALS),
        ("SignatureDoesNotMatch", 403, Kind.CREDENTIALS),
        ("ExpiredToken", 400, Kind.CREDENTIALS),
        ("Throttling", 400, Kind.THROTTLED),
        ("SlowDown", 503, Kind.THROTTLED),
        ("ServiceUnavailable", 503, Kind.UNREACHABLE),
        ("502", 502, Kind.UNREACHABLE),
        ("NoSuchEntity", 404, Kind.MISSING),
        ("ValidationError", 400, Kind.REFUSED),
    ],
)
def test_awss_codes_have_their_kind(code: str, status: int, kind: Kind) -> None:
    """Only AccessDenied is a refusal."""
    assert failure("Operation", _client_error(code, status)).kind is kind


def test_a_wrong_clock_and_an_ended_session_are_told_apart_from_a_wrong_key() -> None:
    """AWS uses SignatureDoesNotMatch for both a wrong secret and a wrong clock."""
    clock = failure(
        "x",
        _client_error("SignatureDoesNotMatch", 403, "Signature expired: 2026 is now earlier than"),
    )
    wrong = failure(
        "x",
        _client_error("SignatureDoesNotMatch", 403, "The request signature we calculated does not"),
    )
    ended = failure("x", _client_error("ExpiredToken", 403))
    assert (clock.clock_is_wrong, wrong.clock_is_wrong, ended.clock_is_wrong) == (
        True,
        False,
        False,
    )
    assert (clock.expired, wrong.expired, ended.expired) == (False, False, True)


def test_awss_clock_is_read_from_its_answer() -> None:
    """So that this machine's clock need not be right to know that it is not."""
    told = failure(
        "x", _client_error("SignatureDoesNotMatch", 403, date="Tue, 24 Nov 2026 10:00:00 GMT")
    )
    assert told.server_time is not None
    assert told.server_time.isoformat() == "2026-11-24T10:00:00+00:00"
    assert failure("x", _client_error("AccessDenied", 403, date="yesterday")).server_time is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ValueError("not a date"), Kind.UNREACHABLE),
        (KeyError("Users"), Kind.UNREACHABLE),
        (ConnectionResetError(), Kind.UNREACHABLE),
        (ProfileNotFound(profile="x"), Kind.CREDENTIALS),
        (ParamValidationError(report="bad"), Kind.REFUSED),
    ],
)
def test_no_foreign_exception_gets_through(error: Exception, kind: Kind) -> None:
    """A broken answer is a failure of ours like any other, never a traceback."""
    with pytest.raises(AwsFailure) as found, translated("Operation"):
        raise error
    assert found.value.kind is kind
