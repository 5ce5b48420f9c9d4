"""A bucket with a public and a secret object, callers of it, and requests signed by hand."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from rolelab.aws.clients import Clients
from rolelab.localaws.http.s3_model import Level, S3Operation, s3_model
from rolelab.localaws.ministack import emulator
from rolelab.localaws.process.record import Instance

REGION = "us-east-1"
DELETE = b"<Delete><Object><Key>k</Key></Object></Delete>"
"""A body of DeleteObjects."""
OPERATIONS: list[S3Operation] = sorted(
    (one for found in s3_model().by_place.values() for one in found), key=lambda one: one.name
)
_HEADERS = {
    "x-amz-object-attributes": "ETag",
    "x-amz-rename-source": "/secret",
    "x-amz-copy-source": "{bucket}/secret",
}


class _Signer(S3SigV4Auth):
    """Signs with whatever text for the body's hash."""

    hash_text: str | None = None
    left_out = ""
    """A header that is not signed."""

    def headers_to_sign(self, request: AWSRequest) -> Any:
        signed = super().headers_to_sign(request)
        if self.left_out:
            del signed[self.left_out]
        return signed

    def payload(self, request: AWSRequest) -> str:
        return self.hash_text if self.hash_text is not None else super().payload(request)


@dataclass
class S3Lab:
    """What the tests of S3's reader work on."""

    local_aws: Instance
    root: Clients
    account: str

    def __post_init__(self) -> None:
        self.bucket = f"lab-{self.account}"
        self.keys = Credentials(self.account, self.local_aws.secret.reveal())
        self._users = 0
        self.root.s3.create_bucket(Bucket=self.bucket)
        for key in ("k", "secret"):
            self.root.s3.put_object(Bucket=self.bucket, Key=key, Body=f"the {key}".encode())

    def user(self, *statements: tuple[str, str, str], **conditions: Any) -> Credentials:
        """Return the key of a new user: (effect, action, what of `bucket` or `*`) each."""
        self._users += 1
        name = f"user-{self._users}"
        document = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": effect,
                    "Action": action,
                    "Resource": on.replace("bucket", f"arn:aws:s3:::{self.bucket}"),
                    **({"Condition": conditions} if conditions else {}),
                }
                for effect, action, on in statements
            ],
        }
        self.root.iam.create_user(UserName=name)
        if statements:
            self.root.iam.put_user_policy(
                UserName=name, PolicyName="p", PolicyDocument=json.dumps(document)
            )
        key = self.root.iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def client(self, keys: Credentials, version: str = "s3v4") -> Any:
        """Return a client of botocore, to presign with."""
        session: Any = boto3.session.Session()
        return session.client(
            "s3",
            endpoint_url=self.local_aws.url,
            region_name=REGION,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            config=Config(signature_version=version, s3={"addressing_style": "path"}),
        )

    def headers(
        self,
        keys: Credentials | None,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        service: str = "s3",
        hash_text: str | None = None,
        left_out: str = "",
    ) -> dict[str, str]:
        """Return the headers of a request, signed where there are keys."""
        if keys is None:
            return dict(headers or {})
        request = AWSRequest(method, self.local_aws.url + target, data=body, headers=headers or {})
        signer = _Signer(keys, service, REGION)
        signer.hash_text, signer.left_out = hash_text, left_out
        signer.add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, bytes]:
        """Send a request as it is, and return status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.local_aws.port, timeout=20)
        try:
            connection.request(method, target, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def ask(
        self,
        keys: Credentials | None,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        **signing: Any,
    ) -> tuple[int, bytes]:
        """Sign and send a request; `{bucket}` in the target is the lab's."""
        target = target.replace("{bucket}", self.bucket)
        return self.send(
            method,
            target,
            self.headers(keys, method, target, headers, body, **signing),
            body,
        )

    def post(
        self, keys: Credentials, key: str, fields: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Upload an object by a form that is signed with its fields."""
        fields = dict(fields or {})
        post = self.client(keys).generate_presigned_post(
            self.bucket, key, fields, [{name: value} for name, value in fields.items()]
        )
        body = "".join(
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in [*post["fields"].items(), ("file", "hello")]
        )
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        return self.ask(None, "POST", "/{bucket}", headers, f"{body}--x--\r\n".encode())

    def request_of(self, operation: S3Operation) -> tuple[str, str, dict[str, str]]:
        """Return method, target and headers of an operation, on the object `k`."""
        path = {Level.SERVICE: "/", Level.BUCKET: "/{bucket}", Level.OBJECT: "/{bucket}/k"}
        query = [f"{name}={value}" for name, value in operation.markers.items()]
        query += [f"{name}=1" for name in sorted(operation.required)]
        headers = {
            name: _HEADERS[name].replace("{bucket}", self.bucket)
            for name in operation.required_headers
        }
        return (
            operation.method,
            path[operation.level] + "?" * bool(query) + "&".join(query),
            headers,
        )

    @staticmethod
    def held() -> str:
        """Return all that S3 holds, as text, to see whether anything has changed."""
        s3 = emulator.module("services.s3")
        stores = {name: getattr(held, "_data", held) for name, held in s3.get_state().items()}
        return repr((stores, s3._buckets._data, s3._multipart_uploads._data))
