"""What S3 has and MiniStack has not: refused in S3's words, before anything is done."""

from __future__ import annotations

from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.http.s3_call import S3Call

_CONFIGURATIONS = frozenset({"analytics", "intelligent-tiering", "inventory", "metrics"})
_METADATA_TABLES = frozenset(
    {
        "metadataAnnotationTable",
        "metadataConfiguration",
        "metadataInventoryTable",
        "metadataJournalTable",
        "metadataTable",
    }
)
UNDONE = (
    _CONFIGURATIONS
    | _METADATA_TABLES
    | {"abac", "policyStatus", "renameObject", "select", "session", "torrent"}
)
"""Sub-resources, all that is done with them."""


def require_done(call: S3Call) -> None:
    """Refuse what MiniStack would take for another operation.

    Raises:
        AwsError: NotImplemented.
    """
    operation = call.operation
    is_undone = operation.markers.keys() & UNDONE or operation.name == "UpdateObjectEncryption"
    # MiniStack restores the present version, whichever is named.
    if is_undone or (operation.name == "RestoreObject" and call.version):
        message = "A header you provided implies functionality that is not implemented"
        raise AwsError("NotImplemented", message, 501)
