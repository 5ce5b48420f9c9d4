"""Who gets in: loopback only, signed only, and nothing beside AWS's API without the secret."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from rolelab.aws.clients import Clients
from rolelab.localaws.http import proofs
from rolelab.localaws.http.proofs import HEALTH_PATH
from rolelab.localaws.process.record import Instance
from rolelab.secret import Secret

WRONG = "0" * 40


def _client(local_aws: Instance, service: str, key: str, secret: str, **config: Any) -> Any:
    session: Any = boto3.session.Session()
    return session.client(
        service,
        endpoint_url=local_aws.url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, **config),
    )


def _ask(
    local_aws: Instance,
    method: str,
    target: str,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", local_aws.port, timeout=10)
    try:
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


CALLS = [("sts", "get_caller_identity"), ("iam", "list_users"), ("s3", "list_buckets")]


@pytest.mark.parametrize(("service", "operation"), CALLS)
@pytest.mark.parametrize(
    ("key", "right_secret"),
    [
        ("{account}", False),
        ("test", True),
        ("test", False),
        ("AKIAIOSFODNN7EXAMPLE", True),
        ("\u0660" * 12, True),
        ("", True),
    ],
)
def test_a_key_with_a_wrong_secret_opens_nothing(
    local_aws: Instance, account: str, service: str, operation: str, key: str, right_secret: bool
) -> None:
    """MiniStack by itself takes `test` and every 12-digit key for root, whatever the signature."""
    if not key.isascii():
        key = key.encode().decode("latin-1")
    secret = local_aws.secret.reveal() if right_secret else WRONG
    with pytest.raises((ClientError, UnicodeEncodeError)) as refused:
        getattr(_client(local_aws, service, key.format(account=account), secret), operation)()
    if isinstance(refused.value, ClientError):
        code = refused.value.response.get("Error", {}).get("Code")
        assert code in {
            "SignatureDoesNotMatch", "InvalidClientTokenId", "InvalidAccessKeyId",
            "MissingAuthenticationToken", "IncompleteSignature", "AccessDenied",
            "AuthorizationHeaderMalformed",
        }  # fmt: skip


@pytest.mark.parametrize(("service", "operation"), CALLS)
@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_presigned_url_is_checked_like_a_header(
    local_aws: Instance, account: str, service: str, operation: str, version: str
) -> None:
    """A query signature is a signature; with the wrong secret it is none."""
    config = {"signature_version": version} if service == "s3" else {}
    parameters = {"HttpMethod": "GET"}
    for secret, status in ((local_aws.secret.reveal(), 200), (WRONG, 403)):
        url: str = _client(local_aws, service, account, secret, **config).generate_presigned_url(
            operation, **parameters
        )
        split = urlsplit(url)
        assert _ask(local_aws, "GET", f"{split.path or '/'}?{split.query}")[0] == status, (
            service,
            secret == WRONG,
        )


def test_a_presigned_url_of_s3_is_not_good_for_iam(local_aws: Instance, account: str) -> None:
    """A signature is for one service."""
    url: str = _client(
        local_aws, "s3", account, local_aws.secret.reveal(), signature_version="s3v4"
    ).generate_presigned_url("list_buckets")
    status, body = _ask(
        local_aws, "GET", f"/?{urlsplit(url).query}&Action=ListUsers&Version=2010-05-08"
    )
    assert status == 403 or b"ListUsersResponse" not in body


def _signed(
    local_aws: Instance, key: str, secret: str, service: str, body: bytes
) -> dict[str, str]:
    request = AWSRequest(
        "POST",
        local_aws.url + "/",
        data=body,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    SigV4Auth(Credentials(key, secret), service, "us-east-1").add_auth(request)
    return dict(request.headers.items())


LIST_USERS = b"Action=ListUsers&Version=2010-05-08"


@pytest.mark.parametrize(
    "change",
    [
        "unsigned",
        "signature",
        "body",
        "key",
        "service",
        "date",
        "two keys",
        "query key",
        "no signature",
        "algorithm",
        "bearer",
    ],
)
def test_a_request_that_was_changed_after_it_was_signed_is_refused(
    local_aws: Instance, account: str, change: str
) -> None:
    """What is signed is what counts, all of it."""
    headers, body, target = (
        _signed(local_aws, account, local_aws.secret.reveal(), "iam", LIST_USERS),
        LIST_USERS,
        "/",
    )
    assert _ask(local_aws, "POST", target, headers, body)[0] == 200
    sign = headers["Authorization"]
    match change:
        case "unsigned":
            del headers["Authorization"]
        case "signature":
            headers["Authorization"] = sign[:-4] + "0000"
        case "body":
            body = LIST_USERS + b"&MaxItems=1"
        case "key":
            headers["Authorization"] = sign.replace(account, "AKIAIOSFODNN7EXAMPLE")
        case "service":
            headers["Authorization"] = sign.replace("/iam/", "/s3/")
        case "date":
            headers["X-Amz-Date"] = "20200101T000000Z"
        case "two keys":
            headers["Authorization"] = sign.replace(
                "Credential=", "Credential=000000000000/x/x/iam/x, Credential="
            )
        case "query key":
            del headers["Authorization"]
            target = f"/?AWSAccessKeyId={account}"
        case "no signature":
            headers["Authorization"] = sign.split(", Signature=")[0]
        case "algorithm":
            headers["Authorization"] = sign.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")
        case _:
            headers["Authorization"] = f"Bearer {account}"
    status, answer = _ask(local_aws, "POST", target, headers, body)
    assert 400 <= status < 500, answer
    assert b"ListUsersResponse" not in answer


@pytest.mark.parametrize(
    "service", ["s3", "s3express", "ec2", "dynamodb", "lambda", "organizations", "monitoring"]
)
@pytest.mark.parametrize("target", ["/", "/?Action=ListUsers&Version=2010-05-08"])
def test_iam_is_not_reached_by_a_signature_for_another_service(
    local_aws: Instance, account: str, service: str, target: str
) -> None:
    """MiniStack routes by action and host as well; its own IAM must not answer instead."""
    url = local_aws.url + target
    request = AWSRequest(
        "POST", url, data=LIST_USERS, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    signer = S3SigV4Auth if service.startswith("s3") else SigV4Auth
    signer(Credentials(account, local_aws.secret.reveal()), service, "us-east-1").add_auth(request)
    for more in (
        {},
        {"X-Amz-Target": "IAMService.ListUsers", "Content-Type": "application/x-amz-json-1.1"},
    ):
        status, answer = _ask(
            local_aws, "POST", target, dict(request.headers.items()) | more, LIST_USERS
        )
        assert 400 <= status < 500, answer
        assert b"ListUsersResponse" not in answer


def test_headers_that_count_may_come_once_only(local_aws: Instance, account: str) -> None:
    """Two readers of one request must not see two keys."""
    headers = _signed(local_aws, account, local_aws.secret.reveal(), "iam", LIST_USERS)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += [
        f"Host: 127.0.0.1:{local_aws.port}",
        f"Content-Length: {len(LIST_USERS)}",
        "Connection: close",
    ]
    lines.append(
        "Authorization: AWS4-HMAC-SHA256 Credential=000000000000/x/us-east-1/iam/aws4_request"
    )
    with socket.create_connection(("127.0.0.1", local_aws.port), timeout=10) as connection:
        connection.sendall("\r\n".join(["POST / HTTP/1.1", *lines, "", ""]).encode() + LIST_USERS)
        assert connection.recv(65536).startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/_ministack/reset", "/_ministack/config", "/_ministack/health", "/_ministack/ready",
        "/_ministack/reset/", "//_ministack/reset", "/%5Fministack/reset", "/_localstack/health",
        "/_ministack/rds/iam-auth", "/_ministack/cfn-response/x", "/_ministack/eks-auth/x",
        "/_ministack/lambda-code/f", "/_aws/ses/messages", "/_aws/sqs/messages", "/_alb/x",
        "/_user_request_/", "/health", "/oauth2/token", "/oauth2/authorize", "/logout",
        "/iceberg/v1/config", "/v2/", "/v2/email/identities", "/v20180820/bucket/x", "/Execute",
        "/_rolelab/nothing",
    ],
)  # fmt: skip
def test_every_path_beside_awss_api_is_closed(
    local_aws: Instance, root: Clients, method: str, path: str
) -> None:
    """MiniStack answers many of them to anybody; `reset` would end a class."""
    root.iam.create_user(UserName="still-there")
    status, answer = _ask(local_aws, method, path, body=b"{}" if method in ("POST", "PUT") else b"")
    assert status in (400, 403, 404, 405), (status, answer)
    assert b'"reset"' not in answer
    assert b"services" not in answer
    assert root.iam.get_user(UserName="still-there")["User"]["UserName"] == "still-there"


@pytest.mark.parametrize(
    ("host", "let_in"),
    [
        ("127.0.0.1", True), ("localhost", True), ("127.0.0.1:{port}", True),
        ("LOCALHOST:{port}", True), ("my-bucket.localhost:{port}", True), ("evil.example", False),
        ("127.0.0.1.evil.example", False), ("localhost.evil.example:{port}", False),
        ("evil.example:{port}", False), ("", False), ("127.0.0.2", False),
        ("abcdef12.execute-api.localhost", False), ("x.lambda-url.us-east-1.localhost", False),
        ("iot.us-east-1.localhost", False), ("10.0.0.1", False), ("169.254.169.254", False),
    ],
)  # fmt: skip
def test_only_names_of_this_machine_are_answered(
    local_aws: Instance, host: str, let_in: bool
) -> None:
    """A web page whose name was rebound to 127.0.0.1 sends its own name as Host."""
    status, answer = _ask(
        local_aws, "GET", f"{HEALTH_PATH}?nonce=1", {"Host": host.format(port=local_aws.port)}
    )
    assert (status == 200) == let_in, answer


def test_pages_from_elsewhere_are_not_answered(local_aws: Instance) -> None:
    """A page may send requests here; it is told nothing and nothing is done."""
    for origin, status in (
        ("https://evil.example", 403),
        ("null", 403),
        ("http://localhost:3000", 200),
    ):
        assert _ask(local_aws, "GET", f"{HEALTH_PATH}?nonce=1", {"Origin": origin})[0] == status, (
            origin
        )


def test_web_sockets_are_refused(local_aws: Instance) -> None:
    """There is none in IAM, STS or S3."""
    key = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "x" * 22 + "==",
        "Sec-WebSocket-Version": "13",
    }
    assert _ask(local_aws, "GET", "/", key)[0] in (400, 403, 404, 426)


def test_it_listens_on_loopback_only(local_aws: Instance) -> None:
    """Whoever shares the network must not reach it."""
    outside = [one[4][0] for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    for address in outside:
        if str(address).startswith("127."):
            continue
        with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
            socket.create_connection((str(address), local_aws.port), timeout=1)


def test_the_health_check_proves_the_secret_without_telling_it(local_aws: Instance) -> None:
    """Another nonce, another proof: what was overheard is of no use."""
    told = [
        json.loads(_ask(local_aws, "GET", f"{HEALTH_PATH}?nonce={nonce}")[1])
        for nonce in ("a", "b")
    ]
    assert told[0]["proof"] == proofs.of_instance(local_aws.secret, local_aws.instance_id, "a")
    assert told[0]["proof"] != told[1]["proof"]
    assert local_aws.secret.reveal() not in json.dumps(told)


@pytest.mark.parametrize("path", [proofs.EVENTS_PATH, proofs.CLOCK_PATH])
def test_events_and_clock_are_for_who_knows_the_secret(local_aws: Instance, path: str) -> None:
    """They tell of every account, and end every session."""
    now = str(int(time.time()))
    old = str(int(time.time()) - 3600)
    right = proofs.of_request(local_aws.secret, "GET", path, now)
    assert (
        _ask(local_aws, "GET", path, {proofs.TIME_HEADER: now, proofs.PROOF_HEADER: right})[0]
        == 200
    )
    for at, given in (
        ("", ""),
        (now, ""),
        (now, "0" * 64),
        (now, proofs.of_request(Secret("other"), "GET", path, now)),
        (now, proofs.of_request(local_aws.secret, "POST", path, now)),
        (old, proofs.of_request(local_aws.secret, "GET", path, old)),
        ("nonsense", proofs.of_request(local_aws.secret, "GET", path, "nonsense")),
    ):
        assert (
            _ask(local_aws, "GET", path, {proofs.TIME_HEADER: at, proofs.PROOF_HEADER: given})[0]
            == 403
        )


def test_an_account_is_not_another(local_aws: Instance, root: Clients) -> None:
    """Tests, learners and classes share one server and nothing else."""
    root.iam.create_user(UserName="anna")
    stranger = Clients(local_aws.endpoint("999999999999"))
    with pytest.raises(ClientError, match="NoSuchEntity"):
        stranger.iam.get_user(UserName="anna")
    key = root.iam.create_access_key(UserName="anna")["AccessKey"]
    with pytest.raises(ClientError, match="AccessDenied"):
        stranger.iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("PUT", "/made-by-nobody"), ("DELETE", "/made-by-nobody")]
)
def test_nobody_lists_or_makes_buckets(local_aws: Instance, method: str, path: str) -> None:
    """MiniStack by itself lets the unsigned do both, in the account 000000000000."""
    Clients(local_aws.endpoint()).s3.list_buckets()
    status, answer = _ask(local_aws, method, path)
    assert status in (403, 404), answer
    assert "made-by-nobody" not in [
        one.get("Name") for one in Clients(local_aws.endpoint()).s3.list_buckets()["Buckets"]
    ]


def test_a_form_upload_is_checked(local_aws: Instance, root: Clients, account: str) -> None:
    """S3 takes uploads of web pages, with the key in a form field."""
    root.s3.create_bucket(Bucket=f"form-{account}")
    for secret, statuses in ((local_aws.secret.reveal(), (200, 204)), (WRONG, (403,))):
        client = _client(local_aws, "s3", account, secret, signature_version="s3v4")
        post = client.generate_presigned_post(f"form-{account}", "hello.txt")
        boundary = "lab"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'
            for k, v in post["fields"].items()
        ]
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
            f"hello\r\n--{boundary}--\r\n"
        )
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        status, answer = _ask(
            local_aws, "POST", f"/form-{account}", headers, "".join(parts).encode()
        )
        assert status in statuses, (status, answer)


def test_a_signature_of_s3_is_checked_to_the_last_byte(
    local_aws: Instance, root: Clients, account: str
) -> None:
    """The body is part of what is signed."""
    root.s3.create_bucket(Bucket=f"body-{account}")
    request = AWSRequest("PUT", f"{local_aws.url}/body-{account}/k", data=b"hello")
    S3SigV4Auth(Credentials(account, local_aws.secret.reveal()), "s3", "us-east-1").add_auth(
        request
    )
    headers = dict(request.headers.items())
    assert _ask(local_aws, "PUT", f"/body-{account}/k", headers, b"hellO")[0] in (400, 403)
    assert _ask(local_aws, "PUT", f"/body-{account}/k", headers, b"hello")[0] == 200


def test_nobody_gets_in_through_the_application_itself(local_aws: Instance) -> None:
    """The front is the only way to MiniStack: a lifespan or web socket does not reach it either."""
    from rolelab.localaws.http.front import Front, Message

    reached: list[str] = []
    sent: list[Message] = []

    async def app(*_: object) -> None:
        reached.append("app")

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    front = Front(app, {}, instance_id="x", secret=Secret("x"))
    asyncio.run(front({"type": "websocket", "path": "/", "headers": []}, receive, send))
    assert reached == []
    assert sent == [{"type": "websocket.close", "code": 1008}]
