"""AWS's own managed policies, read when the first is asked for.

They stand in a file beside this module, which `make policies` writes: a line each with
path and name, version, dates and document, compressed. AWS keeps earlier versions too; here is the
default one of each.
"""

from __future__ import annotations

import base64
import difflib
import gzip
import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from rolelab.localaws.accounts.records import PolicyRecord

DATA = Path(__file__).with_name("aws_policies.tsv.gz")
_ARN = "arn:aws:iam::aws:policy"
_SHORTEST_PART = 6
"""Characters of a name that is taken for a part of another."""


class AwsPolicies:
    """AWS's managed policies by ARN; what is read of them is kept."""

    def __init__(self, described: Mapping[str, PolicyRecord]) -> None:
        self._described = described
        """Some of them with the description that the file lacks."""
        self._records: dict[str, PolicyRecord] = {}

    def get(self, arn: str) -> PolicyRecord | None:
        """Return a policy."""
        if arn not in self._records and arn in self._lines:
            self._records[arn] = self._record(arn, *self._lines[arn].split("\t"))
        return self._records.get(arn)

    def arns(self) -> list[str]:
        """Return the ARNs of all."""
        return list(self._lines)

    def nearest(self, arn: str) -> str:
        """Return the ARN most like one that is not there; empty where none is like it."""
        name = arn.rpartition("/")[2].lower()
        by_name = {known.rpartition("/")[2].lower(): known for known in self._lines}
        if len(name) >= _SHORTEST_PART:
            holding = [each for each in by_name if name in each]
            if holding:
                return by_name[
                    min(holding, key=lambda each: (not each.startswith(name), len(each)))
                ]
        like = difflib.get_close_matches(name, by_name, n=1, cutoff=0.7)
        return by_name[like[0]] if like else ""

    @cached_property
    def _lines(self) -> dict[str, str]:
        _source, *lines = gzip.decompress(DATA.read_bytes()).decode().rstrip("\n").split("\n")
        return {f"{_ARN}{line.partition(chr(9))[0]}": line for line in lines}

    def _record(
        self, arn: str, name: str, version: str, made: str, changed: str, document: str
    ) -> PolicyRecord:
        path, _, last = name.rpartition("/")
        described = self._described.get(arn)
        return {
            "PolicyName": last,
            "PolicyId": _unique_id(arn),
            "Arn": arn,
            "Path": f"{path}/",
            "CreateDate": made,
            "UpdateDate": changed,
            "DefaultVersionId": version,
            "Description": described.get("Description", "") if described else "",
            "Versions": {
                version: {
                    "Document": document,
                    "VersionId": version,
                    "IsDefaultVersion": True,
                    "CreateDate": changed,
                }
            },
        }


def _unique_id(arn: str) -> str:
    """Return the id of a policy, the same after each start; AWS's own are not known."""
    return "ANPA" + base64.b32encode(hashlib.sha256(arn.encode()).digest()).decode()[:17]
