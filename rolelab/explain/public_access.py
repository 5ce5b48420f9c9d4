"""What S3's Block Public Access of a bucket prevents, whatever the policies allow.

Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rolelab.advice import Advice
from rolelab.aws.callers import calling_as
from rolelab.aws.failures import AwsFailure, translated
from rolelab.diagnosis.reasons import Reason
from rolelab.explain.resources import ResourceReader
from rolelab.iam import Decision
from rolelab.iam.arns import bucket_of
from rolelab.iam.messages import PREVENTED

_ACL_KEY = "s3:x-amz-acl"
_PUBLIC_ACLS = frozenset({"public-read", "public-read-write", "authenticated-read"})
_SETTINGS = {
    "s3:putbucketpolicy": "BlockPublicPolicy",
    "s3:putbucketacl": "BlockPublicAcls",
    "s3:putobjectacl": "BlockPublicAcls",
    "s3:putobjectversionacl": "BlockPublicAcls",
}
"""Action -> the setting that prevents some of its calls: which, depends on what is put."""


def told(
    reason: Reason,
    decision: Decision,
    reader: ResourceReader,
    context: Mapping[str, Sequence[str]],
) -> Reason:
    """Add to the reason of a call on a bucket that it is prevented all the same if it is public."""
    request = decision.request
    setting, bucket = _setting(request.action, context), bucket_of(request.resource)
    if not decision.allowed or not setting or not bucket or not _is_on(reader, bucket, setting):
        return reason
    why = (
        f"S3 Block Public Access of bucket {bucket} refuses it all the same for public "
        f"{PREVENTED[setting]}: its setting {setting} is on, and counts for everybody, whatever "
        "policies allow."
    )
    advice = Advice(sentence=f"If the bucket is to be public: turn {setting} off.")
    return replace(reason, why=(*reason.why, why), advice=(advice,), depends=True)


def _setting(action: str, context: Mapping[str, Sequence[str]]) -> str:
    """Return the setting that prevents a call if it is public; empty for none."""
    sent = {value for key, values in context.items() if key.lower() == _ACL_KEY for value in values}
    return _SETTINGS.get(action.lower(), "BlockPublicAcls" if sent & _PUBLIC_ACLS else "")


def _is_on(reader: ResourceReader, bucket: str, setting: str) -> bool:
    try:
        with calling_as(reader.admin.require()), translated("GetPublicAccessBlock"):
            answer = reader.clients.s3.get_public_access_block(Bucket=bucket)
    except AwsFailure:
        # None is set, or nobody may look: nothing is known to prevent it.
        return False
    return answer["PublicAccessBlockConfiguration"].get(setting, False)
