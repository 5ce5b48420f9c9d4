"""S3: buckets and what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from rolelab.console.one_call import NAME, does
from rolelab.console.visit import Visit, WrongInput, go

_PAGE = 200
_MOST_AT_ONCE = 1000
_PERMISSIONS = "permissions"
_ON = {"service": "s3", "Bucket": NAME}
_BLOCKS = {
    "BlockPublicAcls": "Block new public ACLs",
    "IgnorePublicAcls": "Ignore public ACLs",
    "BlockPublicPolicy": "Block new public bucket policies",
    "RestrictPublicBuckets": "Restrict public access by bucket policies",
}


def show_all(visit: Visit) -> Response:
    """Show all buckets of the account."""
    buckets = visit.ask("ListBuckets", "Buckets", service="s3", default=list[Any]())
    searched = visit.asked("search").lower()
    shown = [bucket for bucket in buckets if searched in bucket["Name"].lower()]
    return visit.page("buckets.html", "Buckets", buckets=shown)


def _create(visit: Visit) -> Response:
    name = visit.text("bucket").strip()
    if not name:
        raise WrongInput("Enter a bucket name.")
    region = visit.around.instance.region
    where = {} if region == "us-east-1" else {"LocationConstraint": region}
    extra = {"CreateBucketConfiguration": where} if where else {}
    visit.call("CreateBucket", service="s3", Bucket=name, **extra)
    visit.notice(f"Bucket {name} is created.")
    return go("/s3/buckets", name)


ACTIONS = {"create-bucket": _create}


def show(visit: Visit) -> Response:
    """Show a bucket: objects, versions, its policy or its public access block."""
    tab = visit.asked("tab", "objects")
    values: dict[str, Any] = {
        "entries": {},
        "versions": [],
        "policy": "",
        "blocks": {},
        "versioning": "",
    }
    bucket, prefix = {"service": "s3", "Bucket": visit.name()}, visit.asked("prefix")
    if tab == "objects":
        more = {"ContinuationToken": visit.asked("after")} if visit.asked("after") else {}
        values["entries"] = visit.ask(
            "ListObjectsV2",
            **bucket,
            Prefix=prefix,
            Delimiter="/",
            MaxKeys=_PAGE,
            **more,
            default=dict[str, Any](),
        )
    elif tab == "versions":
        answer = visit.ask(
            "ListObjectVersions", **bucket, Prefix=prefix, MaxKeys=_PAGE, default=dict[str, Any]()
        )
        found = [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]
        values["versions"] = sorted(found, key=lambda version: version["Key"])
        versioning = visit.ask("GetBucketVersioning", **bucket, default=dict[str, Any]())
        values["versioning"] = versioning.get("Status", "Disabled")
    else:
        values["policy"] = visit.ask_if_there("GetBucketPolicy", "Policy", **bucket, default="")
        values["blocks"] = visit.ask_if_there(
            "GetPublicAccessBlock",
            "PublicAccessBlockConfiguration",
            **bucket,
            default=dict[str, bool](),
        )
    return visit.page(
        "bucket.html",
        visit.name(),
        name=visit.name(),
        prefix=prefix,
        tab=tab,
        block_words=_BLOCKS,
        **values,
    )


def _upload(visit: Visit) -> Response:
    files = visit.uploads("files")
    if not files:
        raise WrongInput("Choose a file first.")
    for file in files:
        key = visit.text("prefix") + (file.filename or "")
        visit.call("PutObject", service="s3", Bucket=visit.name(), Key=key, Body=file.file)
    visit.notice(f"{len(files)} uploaded: {', '.join(str(file.filename) for file in files[:5])}")
    return _back(visit)


def _delete(visit: Visit) -> Response:
    keys = [json.loads(key) for key in visit.texts("key")]
    if not keys:
        raise WrongInput("Choose what to delete first.")
    for name, version in keys:
        extra = {"VersionId": version} if version else {}
        visit.call("DeleteObject", service="s3", Bucket=visit.name(), Key=name, **extra)
    visit.notice(f"{len(keys)} deleted.")
    return _back(visit)


def _empty(visit: Visit) -> Response:
    """Delete every object with all its versions."""
    bucket, count = {"service": "s3", "Bucket": visit.name()}, 0
    while True:
        answer = visit.call("ListObjectVersions", **bucket, MaxKeys=_MOST_AT_ONCE)
        found = [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]
        if not found:
            break
        listed = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        deleted = visit.call("DeleteObjects", **bucket, Delete={"Objects": listed})
        refused = deleted.get("Errors", [])
        count += len(listed) - len(refused)
        if refused:
            first = refused[0]
            raise WrongInput(
                f"{count} deleted, {len(refused)} not. "
                f"{first['Key']}: {first['Code']}: {first['Message']}"
            )
    visit.notice(f"Bucket {visit.name()} is empty: {count} deleted.")
    return _back(visit)


def _put_blocks(visit: Visit) -> Response:
    blocks = {name: visit.has(name) for name in _BLOCKS}
    visit.call(
        "PutPublicAccessBlock",
        service="s3",
        Bucket=visit.name(),
        PublicAccessBlockConfiguration=blocks,
    )
    visit.notice("The public access block is saved.")
    return go("/s3/buckets", visit.name(), tab="permissions")


def _set_versioning(visit: Visit) -> Response:
    status = {"Status": visit.text("versioning")}
    visit.call(
        "PutBucketVersioning", service="s3", Bucket=visit.name(), VersioningConfiguration=status
    )
    visit.notice("Versioning is saved.")
    return go("/s3/buckets", visit.name(), tab="versions")


BUCKET_ACTIONS = {
    "upload": _upload,
    "delete": _delete,
    "empty": _empty,
    "delete-bucket": does(
        "DeleteBucket", "Bucket {Bucket} is deleted.", to="/s3/buckets", service="s3", Bucket=NAME
    ),
    "put-policy": does(
        "PutBucketPolicy", "The bucket policy is saved.", tab=_PERMISSIONS, **_ON, Policy="policy"
    ),
    "delete-policy": does(
        "DeleteBucketPolicy", "The bucket policy is deleted.", tab=_PERMISSIONS, **_ON
    ),
    "put-blocks": _put_blocks,
    "set-versioning": _set_versioning,
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
