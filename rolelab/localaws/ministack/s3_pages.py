"""Where the next page of a list begins, where MiniStack would begin the same one again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rolelab.localaws.http.s3_call import S3Call
from rolelab.localaws.ministack import bucket_policies
from rolelab.localaws.ministack.emulator import module

_VERSION_MARKER = "version-id-marker"


def begun(call: S3Call, query: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """Return the query of a list of versions, without the marker of an object that has one only.

    MiniStack looks for it among the versions that are kept of the key, and an object of a bucket
    that was never versioned has none of these: `null` is all there is, so what follows is the next
    key. Source: Amazon S3 API Reference, ListObjectVersions (NextVersionIdMarker).
    """
    key = call.parameters.get("key-marker", "")
    if call.operation.name != "ListObjectVersions" or query.get(_VERSION_MARKER) != ["null"]:
        return query
    owner = bucket_policies.owner_of(call.bucket)
    versions = module("services.s3")._object_versions
    if owner and versions.get_scoped(owner, None, (call.bucket, key)):
        return query
    return {name: values for name, values in query.items() if name != _VERSION_MARKER}
