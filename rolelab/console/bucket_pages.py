"""S3: buckets and what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from rolelab.aws.failures import AwsFailure
from rolelab.console import lists
from rolelab.console.one_call import does
from rolelab.console.visit import Visit, WrongInput, go

_ROWS = 200
_MOST_AT_ONCE = 1000
_ON_BUCKET = {"Bucket": Visit.name}
_BLOCKS = {
    "BlockPublicAcls": "Block new public ACLs",
    "IgnorePublicAcls": "Ignore public ACLs",
    "BlockPublicPolicy": "Block new public bucket policies",
    "RestrictPublicBuckets": "Restrict public access by bucket policies",
}
_s3 = partial(does, service="s3")


def show_all(visit: Visit) -> Response:
    """Show all buckets of the account."""
    buckets = visit.ask("ListBuckets", "Buckets", service="s3", default=[])
    return visit.page("buckets.html", "Buckets", shown=lists.shown(visit, buckets, "Name"))


def _create(visit: Visit) -> Response:
    name, region = visit.required("bucket", "a bucket name"), visit.around.instance.region
    where = {} if region == "us-east-1" else {"LocationConstraint": region}
    extra = {"CreateBucketConfiguration": where} if where else {}
    visit.call("CreateBucket", service="s3", Bucket=name, **extra)
    visit.notice(f"Bucket {name} is created.")
    return go("/s3/buckets", name)


ACTIONS = {"create-bucket": _create}


# -- one of them -----------------------------------------------------------------------------------


def show(visit: Visit) -> Response:
    """Show a bucket: objects, versions, its policy and its public access block."""
    tab, prefix = visit.asked("tab", "objects"), visit.asked("prefix")
    parts = prefix.split("/")[:-1]
    folders = [(part, "/".join(parts[: at + 1]) + "/") for at, part in enumerate(parts)]
    values = _TABS.get(tab, _objects)(visit)
    name = visit.name()
    return visit.page(
        "bucket.html", name, name=name, tab=tab, prefix=prefix, folders=folders, **values
    )


def _ask(visit: Visit, operation: str, part: str = "", /, default: Any = None, **asked: Any) -> Any:
    """Ask about the bucket; what it does not have is not shown as a failure."""
    bucket, asked["may_miss"] = visit.name(), part != ""
    return visit.ask(operation, part, service="s3", default=default, Bucket=bucket, **asked)


def _objects(visit: Visit) -> dict[str, Any]:
    more = {"ContinuationToken": visit.asked("after")} if visit.asked("after") else {}
    page = {"Prefix": visit.asked("prefix"), "Delimiter": "/", "MaxKeys": _ROWS}
    answer = _ask(visit, "ListObjectsV2", default={}, **page, **more)
    return {
        "objects": [*answer.get("CommonPrefixes", []), *answer.get("Contents", [])],
        "more": answer.get("NextContinuationToken", ""),
    }


def _versions(visit: Visit) -> dict[str, Any]:
    prefix = visit.asked("prefix")
    answer = _ask(visit, "ListObjectVersions", default={}, Prefix=prefix, MaxKeys=_ROWS)
    found = [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]
    return {
        "versions": sorted(found, key=lambda version: version["Key"]),
        "versioning": _versioning_of(visit),
    }


def _versioning_of(visit: Visit) -> str:
    answer = _ask(visit, "GetBucketVersioning")
    return "" if answer is None else answer.get("Status", "Disabled")


def _permissions(visit: Visit) -> dict[str, Any]:
    blocks = "PublicAccessBlockConfiguration"
    return {
        "policy": _ask(visit, "GetBucketPolicy", "Policy", default=""),
        "blocks": _ask(visit, "GetPublicAccessBlock", blocks, default={}),
        "are_blocks_known": not visit.is_part_unknown,
        "block_words": _BLOCKS,
    }


_TABS = {"objects": _objects, "versions": _versions, "permissions": _permissions}


def _upload(visit: Visit) -> Response:
    files = visit.uploads("files")
    if not files:
        raise WrongInput("Choose a file first.")
    done = list[str]()
    try:
        for file in files:
            key = visit.text("prefix") + (file.filename or "")
            visit.call("PutObject", service="s3", Bucket=visit.name(), Key=key, Body=file.file)
            done.append(key)
    finally:
        if done:
            visit.notice(f"{len(done)} of {len(files)} uploaded: {', '.join(done[:5])}")
    return _back(visit)


def _delete(visit: Visit) -> Response:
    try:
        keys = [(str(key), str(version)) for key, version in map(json.loads, visit.texts("key"))]
    except (ValueError, TypeError):
        raise WrongInput("Choose what to delete on the page.") from None
    if not keys:
        raise WrongInput("Choose what to delete first.")
    for name, version in keys:
        extra = {"VersionId": version} if version else {}
        visit.call("DeleteObject", service="s3", Bucket=visit.name(), Key=name, **extra)
    visit.notice(f"{len(keys)} deleted.")
    return _back(visit)


def _empty(visit: Visit) -> Response:
    """Delete every object with all its versions."""
    bucket, count, before = {"service": "s3", "Bucket": visit.name()}, 0, []
    while True:
        answer = visit.call("ListObjectVersions", **bucket, MaxKeys=_MOST_AT_ONCE)
        found = [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]
        if not found:
            break
        listed = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        if listed == before:
            raise WrongInput(f"{listed[0]['Key']!r} and {len(listed) - 1} others do not go away.")
        before = listed
        refused = _deleted(visit, listed)
        count += len(listed) - len(refused)
        if refused:
            first = refused[0]
            raise WrongInput(
                f"{count} deleted, {len(refused)} not. "
                f"{first['Key']}: {first['Code']}: {first['Message']}"
            )
    visit.notice(f"Bucket {visit.name()} is empty: {count} deleted.")
    return _back(visit)


def _deleted(visit: Visit, versions: list[dict[str, str]]) -> list[dict[str, str]]:
    """Delete versions of objects; return those that are refused, with why."""
    bucket = {"service": "s3", "Bucket": visit.name()}
    try:
        return visit.call("DeleteObjects", **bucket, Delete={"Objects": versions}).get("Errors", [])
    except AwsFailure as failure:
        if failure.code != "MalformedXML":
            raise
    # A key has letters for which XML has no room: one by one they stand in the address.
    for version in versions:
        visit.call("DeleteObject", **bucket, **version)
    return []


BUCKET_ACTIONS = {
    "upload": _upload,
    "delete": _delete,
    "empty": _empty,
    "delete-bucket": _s3(
        "DeleteBucket", "Bucket {Bucket} is deleted.", _ON_BUCKET, to="/s3/buckets"
    ),
    "put-policy": _s3(
        "PutBucketPolicy",
        "The bucket policy is saved.",
        _ON_BUCKET | {"Policy": "policy"},
        tab="permissions",
    ),
    "delete-policy": _s3(
        "DeleteBucketPolicy", "The bucket policy is deleted.", _ON_BUCKET, tab="permissions"
    ),
    "put-blocks": _s3(
        "PutPublicAccessBlock",
        "The public access block is saved.",
        {
            **_ON_BUCKET,
            "PublicAccessBlockConfiguration": lambda visit: {
                name: visit.has(name) for name in _BLOCKS
            },
        },
        tab="permissions",
    ),
    "set-versioning": _s3(
        "PutBucketVersioning",
        "Versioning is saved.",
        {
            **_ON_BUCKET,
            "VersioningConfiguration": lambda visit: {"Status": visit.line("versioning")},
        },
        tab="versions",
    ),
}


def download(visit: Visit) -> Response:
    """Hand an object over as a file: what is in it is never shown as a page of this console."""
    key, version = visit.asked("key"), visit.asked("version")
    extra = {"VersionId": version} if version else {}
    answer = visit.call("GetObject", service="s3", Bucket=visit.name(), Key=key, **extra)

    def chunks() -> Iterator[bytes]:
        with closing(answer["Body"]) as body:
            yield from body.iter_chunks(64 * 1024)

    name = quote(key.rpartition("/")[2] or "object", safe="")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Content-Length": str(answer["ContentLength"]),
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return StreamingResponse(chunks(), media_type="application/octet-stream", headers=headers)


def _back(visit: Visit) -> Response:
    shown = {"prefix": visit.text("prefix"), "tab": visit.text("tab")}
    query = {name: value for name, value in shown.items() if value}
    return go("/s3/buckets", visit.name(), **query)
