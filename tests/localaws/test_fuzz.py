"""Garbled requests: whatever comes, an answer of AWS's kind, and the server goes on."""

from __future__ import annotations

import http.client
import random
import socket
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from rolelab.aws.clients import Clients
from rolelab.localaws.http.shapes import model
from rolelab.localaws.process.record import Instance
from tests import seeds

REQUESTS = 240
"""How many with one seed."""

PIECES = [
    "",
    " ",
    "x",
    "testuser",
    "s3Access",
    "arn:aws:iam::{account}:role/s3Access",
    "arn:aws:iam::{account}:user/testuser",
    "arn:aws:iam::aws:policy/AmazonS3FullAccess",
    "*",
    "/",
    "/a/",
    "//",
    "..",
    "%00",
    "\x00",
    "\ud7ff",
    "\uffff",
    "é",
    "💥",
    "-1",
    "0",
    "1",
    "900",
    "43200",
    "99999999999999999999",
    "1e9",
    "NaN",
    "true",
    "True",
    "null",
    "None",
    "[]",
    "{}",
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}',
    '{"Statement":[{"Effect":"Allow","Principal":{"AWS":[[]]},"Action":{},"Condition":{"Bool":{"a:b":[[]]}}}]}',
    '{"Statement":' * 200,
    "[" * 5000,
    '{"Statement":{"Effect":"Allow","Action":"${","Resource":"arn:${:::::"}}',
    '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*",'
    '"Condition":{"DateLessThan":{"aws:CurrentTime":"x"}}}}',
    "A" * 65,
    "A" * 3000,
    "AKIAIOSFODNN7EXAMPLE",
    "000000",
    "Active",
    "v1",
    "YWZ0ZXI6eA==",
    "YWZ0ZXI6/w==",
    "<a>&amp;",
    "]]>",
    "${aws:username}",
    "*" * 200 + "x",
    "?" * 64,
    "a.b.c",
    "member",
    "Key",
]

POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
TRUST = (
    '{"Version":"2012-10-17","Statement":'
    '[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
)
PLAUSIBLE = {
    "UserName": ["testuser", "other"],
    "NewUserName": ["testuser", "other"],
    "GroupName": ["g"],
    "RoleName": ["s3Access"],
    "RoleArn": ["arn:aws:iam::{account}:role/s3Access"],
    "RoleSessionName": ["lab"],
    "PolicyName": ["p"],
    "PolicyDocument": [POLICY, TRUST],
    "AssumeRolePolicyDocument": [TRUST],
    "Policy": [POLICY],
    "Path": ["/", "/a/"],
    "PolicyArn": ["arn:aws:iam::aws:policy/AmazonS3FullAccess", "arn:aws:iam::{account}:policy/p"],
    "MaxItems": ["1", "100"],
    "InstanceProfileName": ["i"],
    "VirtualMFADeviceName": ["m"],
    "SerialNumber": ["arn:aws:iam::{account}:mfa/m"],
    "AuthenticationCode1": ["000000"],
    "AuthenticationCode2": ["000000"],
    "TokenCode": ["000000"],
    "Password": ["Correct-horse-1"],
    "PermissionsBoundary": ["arn:aws:iam::aws:policy/AmazonS3FullAccess"],
    "Name": ["learner"],
    "Status": ["Active"],
    "VersionId": ["v1", "v2"],
    "PolicySourceArn": ["arn:aws:iam::{account}:user/testuser"],
    "DurationSeconds": ["900"],
    "AccessKeyId": ["AKIAIOSFODNN7EXAMPLE"],
    "MaxSessionDuration": ["3600"],
    "AWSServiceName": ["ec2.amazonaws.com"],
    "Url": ["https://example.com"],
    "Arn": ["arn:aws:iam::{account}:user/testuser"],
    "AccountAlias": ["lab-alias"],
}
"""Values that pass the first checks, so that what lies behind them is reached."""

SUBRESOURCES = [
    "policy",
    "acl",
    "versioning",
    "uploads",
    "list-type",
    "prefix",
    "tagging",
    "x",
    "delete",
    "max-keys",
]


class Fuzz:
    """Makes garbled requests, signed or not, and looks at what comes back."""

    def __init__(self, local_aws: Instance, account: str, seed: int | str) -> None:
        self.local_aws = local_aws
        self.account = account
        self.draw = random.Random(seed)
        self.keys = Credentials(account, local_aws.secret.reveal())
        self.names = {name: sorted(model(name)) for name in ("iam", "sts")}

    def piece(self) -> str:
        piece = self.draw.choice(PIECES).replace("{account}", self.account)
        if self.draw.random() < 0.2 and piece:
            at = self.draw.randrange(len(piece))
            piece = piece[:at] + self.draw.choice(PIECES)[:20] + piece[at + 1 :]
        return piece.encode("utf-8", "replace").decode()

    def query_call(self) -> AWSRequest:
        """A call of IAM or STS: a real operation with its real parameters, garbled."""
        service = self.draw.choice(["iam", "sts"])
        operation = self.draw.choice(self.names[service])
        shapes = model(service)._shapes  # pyright: ignore[reportPrivateUsage]
        members = (
            list(shapes[f"{operation}Request"].get("members", {}))
            if f"{operation}Request" in shapes
            else []
        )
        members = members or ["Nothing"]
        given = {"Action": operation, "Version": "2010-05-08" if service == "iam" else "2011-06-15"}
        for name in members:
            if name in PLAUSIBLE and self.draw.random() < 0.8:
                given[name] = self.draw.choice(PLAUSIBLE[name]).replace("{account}", self.account)
            elif self.draw.random() < 0.3:
                given[
                    name
                    + self.draw.choice(
                        ["", "", "", "", ".member.1", ".member.1.Key", ".member.x", "." * 30]
                    )
                ] = self.piece()
        if self.draw.random() < 0.1:
            given[self.draw.choice(["Action", self.piece()])] = self.piece()
        body: bytes | str = urlencode(given)
        if self.draw.random() < 0.05:
            body = self.draw.randbytes(self.draw.randrange(300))
        request = AWSRequest("POST", self.local_aws.url + "/", data=body)
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        SigV4Auth(self.keys, service, "us-east-1").add_auth(request)
        return request

    def s3_call(self) -> AWSRequest:
        """A request of S3: any method, path, sub-resource and header."""
        path = "/".join(quote(self.piece()[:80]) for _ in range(self.draw.randrange(4)))
        query = "&".join(
            f"{self.draw.choice(SUBRESOURCES)}={quote(self.piece()[:60])}"
            for _ in range(self.draw.randrange(3))
        )
        method = self.draw.choice(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"])
        body = self.piece().encode() if method in ("PUT", "POST") else b""
        request = AWSRequest(method, f"{self.local_aws.url}/{path}?{query}", data=body)
        S3SigV4Auth(self.keys, "s3", "us-east-1").add_auth(request)
        return request

    def spoiled(self, request: AWSRequest) -> AWSRequest:
        """Take away, change or add headers."""
        for name in list(request.headers.keys()):
            if self.draw.random() < 0.1:
                del request.headers[name]
        if self.draw.random() < 0.2:
            request.headers["Authorization"] = "".join(
                one for one in self.piece() if 32 <= ord(one) < 127
            )
        return request

    def send(self, request: AWSRequest) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.local_aws.port, timeout=20)
        try:
            body = (
                request.data
                if isinstance(request.data, bytes)
                else str(request.data or "").encode()
            )
            target = str(request.url).removeprefix(self.local_aws.url) or "/"
            connection.request(str(request.method), target, body, dict(request.headers.items()))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


@pytest.fixture(params=seeds.runs(sample=1, whole=20))
def fuzz(local_aws: Instance, account: str, request: pytest.FixtureRequest) -> Fuzz:
    return Fuzz(local_aws, account, request.param)


@pytest.mark.parametrize("kind", ["query_call", "s3_call"])
@pytest.mark.parametrize("spoil", [False, True], ids=["signed", "spoiled"])
def test_garbled_requests_get_an_answer_of_awss_kind(
    fuzz: Fuzz, root: Clients, kind: str, spoil: bool
) -> None:
    """No 500, no hang, no traceback, and the next request is served."""
    root.iam.create_user(UserName="testuser")
    for number in range(REQUESTS):
        request = getattr(fuzz, kind)()
        status, answer = fuzz.send(fuzz.spoiled(request) if spoil else request)
        sent = f"{request.method} {request.url} {str(request.data)[:500]!r}"
        told = f"request {number}: {sent} -> {status} {answer[:300]!r}"
        assert status < 500, told
        assert b"Traceback" not in answer, told
    assert root.sts.get_caller_identity()["Account"] == fuzz.account


def test_garbled_bytes_get_an_answer_or_a_closed_connection(fuzz: Fuzz, root: Clients) -> None:
    """What is no HTTP at all must neither hang nor kill."""
    starts = [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n",
        b"PUT / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01",
    ]
    starts += [
        b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ]
    for _ in range(REQUESTS):
        with socket.create_connection(("127.0.0.1", fuzz.local_aws.port), timeout=20) as connection:
            try:
                connection.sendall(
                    fuzz.draw.choice(starts) + fuzz.draw.randbytes(fuzz.draw.randrange(200))
                )
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(65536)
            except (ConnectionResetError, BrokenPipeError):
                continue
        assert not answer.startswith(b"HTTP/1.1 5"), answer
        assert b"Traceback" not in answer
    assert root.sts.get_caller_identity()["Account"] == fuzz.account
