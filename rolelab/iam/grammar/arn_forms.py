"""The form of a resource's ARN in a policy.

Source: IAM User Guide, "IAM JSON policy elements: Resource", "Amazon Resource Names (ARNs)";
Service Authorization Reference, resource types of Amazon S3. The words are those that AWS answers.
"""

from __future__ import annotations

import re

from rolelab.iam.arns import PARTITIONS
from rolelab.iam.grammar.model import LEGACY

VENDOR = re.compile(r"[a-zA-Z0-9.-]+")
"""What names a service, in an ARN and before an action's colon."""

_WILDCARDS = ("*", "?")
_VENDOR_NEEDED = "Resource vendor must be fully qualified and cannot contain regexes."
_IAM_ACCOUNT = re.compile(r"[0-9*?]*|aws")
_IAM_PATHS = (
    "user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/",
    "server-certificate/", "policy/", "sms-mfa/", "saml-provider/", "oidc-provider/", "report/",
    "access-report/",
)  # fmt: skip
_UNTOLD_IAM_PATHS = ("root", "role-template/")
"""Taken too, but not named among the paths in AWS's message."""
_S3_OF_REGIONS = ("accesspoint", "access-grants", "async-request/", "job/", "storage-lens")
"""What S3's ARNs name with a region; a bucket or an object has none."""


def fault(arn: str) -> str:
    """Return AWS's message for a text that is not the ARN of a resource; empty for one that is."""
    word, colon, rest = arn.partition(":")
    if not colon:
        return f'Resource {arn} must be in ARN format or "*".'
    partition, *fields = rest.split(":")
    if word == "arn" and fields[:1] == [""]:
        return LEGACY
    if partition not in PARTITIONS and not _has_wildcard(partition):
        shown = ":".join(["arn", partition, *fields, *["*"] * (4 - len(fields))])
        return f'Partition "{partition}" is not valid for resource "{shown}".'
    if not fields:
        return _VENDOR_NEEDED
    vendor = fields[0]
    if not vendor or (_has_wildcard(vendor) and (len(fields) == 1 or vendor != "*")):
        return _VENDOR_NEEDED
    if not _has_wildcard(vendor) and not VENDOR.fullmatch(vendor):
        return f"Vendor {vendor} is not valid"
    if len(fields) < 4:
        return LEGACY if "::" in arn else ""
    of_service = _OF_SERVICES.get(vendor)
    return of_service(arn, fields[1], fields[2], ":".join(fields[3:])) if of_service else ""


def _of_iam(arn: str, region: str, account: str, resource: str) -> str:
    if region:
        return f"IAM resource {arn} cannot contain region information."
    if not _IAM_ACCOUNT.fullmatch(account):
        return LEGACY
    if _is_iam_path(resource):
        return ""
    return f'IAM resource path must either be "*", root, or start with {", ".join(_IAM_PATHS)}.'


def _of_s3(arn: str, region: str, _account: str, resource: str) -> str:
    if not region or _has_wildcard(resource[:1]) or resource.startswith(_S3_OF_REGIONS):
        return ""
    return f"Resource {arn} can not contain region information."


_OF_SERVICES = {"iam": _of_iam, "s3": _of_s3}


def _is_iam_path(path: str) -> bool:
    if path.startswith(("*", "?", "$", *_UNTOLD_IAM_PATHS, *_IAM_PATHS)):
        return True
    before, is_pattern = re.split(r"[*?$]", path)[0], re.search(r"[*?$]", path)
    return is_pattern is not None and any(start.startswith(before) for start in _IAM_PATHS)


def _has_wildcard(text: str) -> bool:
    return any(wildcard in text for wildcard in _WILDCARDS)
