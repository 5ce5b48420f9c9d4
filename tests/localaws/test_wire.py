"""Who sends slowly, much or nonsense: the server answers, forgets them, and goes on."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from rolelab.aws.clients import Clients
from rolelab.localaws.ministack import s3_app
from rolelab.localaws.process import log, wire
from rolelab.localaws.process.record import Instance
from tests.localaws.s3_lab import S3Lab

NONSENSE = ("²", "é", "٣", "9" * 5000, "-1", "1e5", "NaN", "0x10", "1_0", "")


@pytest.fixture
def lab(local_aws: Instance, root: Clients, account: str) -> S3Lab:
    return S3Lab(local_aws, root, account)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "IDLE_S", 0.2)


@pytest.fixture
def line(local_aws: Instance, quick: None) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", local_aws.port), timeout=20) as line:
        yield line


def _rest(line: socket.socket) -> bytes:
    """Return all that comes until the server closes."""
    parts: list[bytes] = []
    while part := line.recv(65536):
        parts.append(part)
    return b"".join(parts)


def _send(line: socket.socket, parts: Iterable[bytes], pause_s: float) -> None:
    for part in parts:
        line.sendall(part)
        time.sleep(pause_s)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /b/k HTTP/1.1\r\nHost: localhost\r\nX-A",
        b"PUT /b/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhel",
        b"PUT /b/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhel",
    ],
    ids=["nothing", "headers", "body", "chunks"],
)
def test_who_stops_in_the_middle_is_not_waited_for(line: socket.socket, begun: bytes) -> None:
    """Each such connection was kept for ever."""
    line.sendall(begun)
    assert _rest(line).startswith(b"HTTP/1.1 408 ")


def test_a_request_that_comes_slowly_is_answered(line: socket.socket) -> None:
    """Slow is not idle."""
    request = b"GET /b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    _send(line, [bytes([byte]) for byte in request], 0.01)
    assert _rest(line).startswith(b"HTTP/1.1 404 ")


def test_a_request_does_not_drip_for_ever(
    line: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then would keep it open."""
    monkeypatch.setattr(wire, "REQUEST_S", 0.1)
    with pytest.raises(OSError):  # noqa: PT011 - reset or broken pipe, as the kernel has it
        _send(line, [b"G"] * 2000, 0.01)


def test_headers_have_an_end(line: socket.socket) -> None:
    """They were collected without any limit."""
    line.sendall(b"GET /b HTTP/1.1\r\nHost: localhost\r\n")
    with pytest.raises(OSError):  # noqa: PT011 - reset or broken pipe, as the kernel has it
        _send(line, [b"X: %s\r\n" % (b"a" * 1000)] * 100_000, 0)


@pytest.mark.parametrize("has_length", [True, False])
def test_a_body_of_nobody_knows_whom_has_an_end(
    lab: S3Lab, monkeypatch: pytest.MonkeyPatch, has_length: bool
) -> None:
    """Unsigned, or signed wrongly: it was read whole before anybody looked."""
    monkeypatch.setattr(s3_app, "_MOST_UNCHECKED_BYTES", 1000)
    body = b"a" * 2000
    if not has_length:
        body = b"7d0\r\n" + body + b"\r\n0\r\n\r\n"
    headers = {} if has_length else {"Transfer-Encoding": "chunked"}
    status, answer = lab.send("PUT", f"/{lab.bucket}/k", headers, body)
    assert (status, b"EntityTooLarge" in answer) == (400, True), answer
    assert lab.ask(lab.keys, "PUT", "/{bucket}/k", {}, b"a" * 2000)[0] == 200


def test_a_signature_is_looked_at_before_the_body_is(lab: S3Lab) -> None:
    """Who has no key sends no body."""
    with socket.create_connection(("127.0.0.1", lab.local_aws.port), timeout=20) as line:
        target = f"/{lab.bucket}/k"
        headers = lab.headers(lab.user(), "PUT", target, {"Content-Length": "1000000"}, b"")
        headers["Authorization"] = headers["Authorization"][:-1] + "x"
        sent = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        host = f"Host: 127.0.0.1:{lab.local_aws.port}\r\n"
        line.sendall(f"PUT {target} HTTP/1.1\r\n{host}{sent}\r\n".encode())
        line.settimeout(5)
        answer = b""
        while b"</Error>" not in answer:
            answer += line.recv(65536)
        assert b"SignatureDoesNotMatch" in answer


@pytest.mark.parametrize("service", ["s3", "iam", "sts"])
@pytest.mark.parametrize("value", NONSENSE, ids=lambda one: one[:6])
def test_no_signature_makes_the_server_stumble(
    lab: S3Lab, service: str, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody has to be known to send one: no 500, no traceback in the log."""
    scope = f"{lab.account}/20261128/us-east-1/{service}/aws4_request"
    version_4 = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": scope,
        "X-Amz-Date": "20261128T080000Z",
        "X-Amz-Expires": "600",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "abc",
    }
    version_2 = {"AWSAccessKeyId": lab.account, "Signature": "abc", "Expires": "99999999999"}
    for query in (version_4, version_2):
        for name in query:
            text = "&".join(f"{key}={quote(one)}" for key, one in {**query, name: value}.items())
            status, answer = lab.send("GET", f"/{lab.bucket}/k?{text}&Action=GetUser", {})
            assert 400 <= status < 500, (name, answer)
    for header in (
        f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=",
        "AWS x:",
    ):
        sent = {"Authorization": (header + value).encode().decode("latin-1")}
        status, answer = lab.send("GET", "/", sent)
        assert 400 <= status < 500, answer
    assert [record for record in caplog.records if record.exc_info] == []


def test_the_log_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever can reach the port can have something logged; the newest is what counts."""
    with (tmp_path / "log").open("w") as file:
        monkeypatch.setattr("sys.stderr", file)
        handler = log.BoundedLog()
        logger = logging.Logger("lab")
        logger.addHandler(handler)
        for number in range(30):
            logger.warning("%s %s", number, "x" * 100_000)
    text = (tmp_path / "log").read_text()
    assert len(text) < log.MOST_BYTES + 100_000
    assert "29 xxx" in text
    assert "\0" not in text
