"""Which condition keys a request can have, AWS's global ones and a service's, and their values.

    is_known("s3", "aws:SourceIp")           whether requests of a service can have a key
    nearest("s3", "s3:prefx")                the key that is most like it
    wanted("s3", "s3:max-keys", "many")      what a value would have to be; empty where it is good

Source: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping

from rolelab import nearest as names
from rolelab.iam.actions import is_key, keys_of
from rolelab.iam.language.operators import moment, number

_GLOBAL = {
    "ARN": "ChatbotSourceArn PrincipalArn SignInSessionArn SourceArn SourceVpcArn",
    "ArrayOfString": "CalledVia PrincipalOrgPaths PrincipalServiceNamesList ResourceOrgPaths "
    "SourceOrgPaths TagKeys VpceOrgPaths",
    "Bool": "AssumedRoot IsMcpServiceAction MultiFactorAuthPresent PrincipalIsAWSService "
    "SecureTransport ViaAWSMCPService ViaAWSService",
    "Date": "CurrentTime EpochTime TokenIssueTime",
    "IPAddress": "Ec2InstanceSourcePrivateIPv4 SourceIp VpcSourceIp",
    "Numeric": "MultiFactorAuthAge",
    "String": "CalledViaAWSMCP CalledViaFirst CalledViaLast Ec2InstanceSourceVpc FederatedProvider "
    "PrincipalAccount PrincipalOrgID PrincipalServiceName PrincipalTag/ PrincipalType RequestTag/ "
    "RequestedRegion ResourceAccount ResourceOrgID ResourceTag/ SourceAccount SourceIdentity "
    "SourceOrgID SourceOwner SourceVpc SourceVpce UserAgent VpceAccount VpceOrgID referer userid "
    "username",
}
"""Type -> names without `aws:`; one that ends in / takes the name of a tag."""
_TYPES = {f"aws:{name}": kind for kind, each in _GLOBAL.items() for name in each.split()}
_BY_LOWER = {name.lower(): name for name in _TYPES}
_OF_SESSIONS = re.compile(
    r"(?:saml|identitystore|codebuild|[a-z0-9-]+(?:\.[a-z0-9-]+)+):.+"
    r"|ec2:(?:sourceinstancearn|roledelivery)|(?:lambda|glue|ssm):(?:source.*|roleassumedby|"
    r"credentialissuingservice)"
)
"""Keys that a session brings from the service or the provider that made it."""


def is_known(service: str, key: str) -> bool:
    """Return whether a request of a service can have a condition key; case does not count."""
    lower = key.lower()
    if is_key(service, key) or _OF_SESSIONS.fullmatch(lower):
        return True
    family, slash, tag = lower.partition("/")
    return family + slash in _BY_LOWER and bool(tag) == bool(slash)


def nearest(service: str, key: str) -> str:
    """Return the key whose name is most like one that requests of a service do not have.

    Empty where nothing is like it.
    """
    family, slash, tag = key.partition("/")
    like = {"".join(name.partition("/")[:2]) for name in (*_TYPES, *keys_of(service))}
    is_prefix = key.partition(":")[0].lower() in ("aws", service)
    found = names.nearest(family + slash, like, alike=0.0 if is_prefix else 0.6)
    return found + (tag if found.endswith("/") else "")


def is_single(key: str) -> bool:
    """Return whether a request has one value of a key at most; of global ones it is known."""
    kind = _TYPES.get(_BY_LOWER.get(key.lower(), ""), "ArrayOfString")
    return not kind.startswith("ArrayOf")


def wanted(service: str, key: str, value: str) -> str:
    """Return what a key's value would have to be, in words; empty where it is that."""
    is_good, words = _VALUES.get(_type(service, key), (_is_any, ""))
    return "" if is_good(value) else words


def _type(service: str, key: str) -> str:
    lower = key.lower()
    if lower in _BY_LOWER:
        return _TYPES[_BY_LOWER[lower]]
    types = {name.lower(): kind for name, kind in keys_of(service).items()}
    kind = types.get(lower, "String").removeprefix("ArrayOf")
    # What the reference calls ARNs of services are often names and ids.
    return "String" if kind == "ARN" else kind


def _is_any(_: str) -> bool:
    return True


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


_VALUES: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "ARN": (lambda value: value.startswith("arn:"), "an ARN"),
    "Bool": (lambda value: value.lower() in ("true", "false"), "true or false"),
    "Date": (lambda value: moment(value) is not None, "a time such as 2026-01-31T12:00:00Z"),
    "IPAddress": (_is_address, "an address such as 203.0.113.7"),
    "Numeric": (lambda value: number(value) is not None, "a number"),
}
"""Type -> what its values are, and in words."""
