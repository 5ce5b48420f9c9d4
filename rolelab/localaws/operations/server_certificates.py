"""Server certificates: kept for a load balancer or a distribution, and told of.

Source: IAM API Reference, UploadServerCertificate … UpdateServerCertificate; IAM User Guide,
"Manage server certificates in IAM".
"""

from __future__ import annotations

from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.records import ServerCertificateRecord
from rolelab.localaws.operations import lookup, pages, tagging
from rolelab.localaws.operations.api_call import ApiCall, Result, unique_id


def _metadata(record: ServerCertificateRecord) -> Result:
    shown: dict[str, object] = {
        name: record[name]
        for name in ("Path", "ServerCertificateName", "ServerCertificateId", "Arn", "Expiration")
    }
    return {**shown, "UploadDate": record["CreateDate"]}


def upload(call: ApiCall) -> Result:
    """UploadServerCertificate: the certificate and its key belong together."""
    body = call.text("CertificateBody")
    expiration = _expiration(body, call.text("PrivateKey"))
    record: ServerCertificateRecord = {
        **lookup.new_entity(call, "server-certificate", "ServerCertificatesQuota"),
        "ServerCertificateName": call.text("ServerCertificateName"),
        "ServerCertificateId": unique_id("ASCA"),
        "CertificateBody": body.strip(),
        "Expiration": expiration,
        "Tags": tagging.new(call),
    }
    if "CertificateChain" in call.params:
        record["CertificateChain"] = call.text("CertificateChain").strip()
    call.store.certificates.add(call.account, record)
    return {"ServerCertificateMetadata": _metadata(record), "Tags": record.get("Tags") or None}


def _expiration(body: str, private_key: str) -> str:
    """Return until when a certificate is valid.

    Raises:
        AwsError: MalformedCertificate; KeyPairMismatch.
    """
    # Read when it is needed: few labs upload a certificate, and it takes a while.
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        certificate = x509.load_pem_x509_certificate(body.encode())
    except ValueError:
        message = "Unable to parse certificate. Please ensure the certificate is in PEM format."
        raise AwsError("MalformedCertificate", message) from None
    try:
        key = load_pem_private_key(private_key.encode(), None)
    except (ValueError, TypeError):
        message = "Unable to parse key. Please ensure the key is in PEM format."
        raise AwsError("MalformedCertificate", message) from None
    if key.public_key() != certificate.public_key():
        raise AwsError("KeyPairMismatch", "Private key does not match the certificate.")
    return clock.iso(certificate.not_valid_after_utc.timestamp())


def get(call: ApiCall) -> Result:
    """GetServerCertificate: never with its key."""
    record = lookup.server_certificate(call)
    certificate: dict[str, object] = {
        "ServerCertificateMetadata": _metadata(record),
        "CertificateBody": record["CertificateBody"],
        "CertificateChain": record.get("CertificateChain"),
        "Tags": record.get("Tags") or [],
    }
    return {"ServerCertificate": certificate}


def list_all(call: ApiCall) -> Result:
    """ListServerCertificates."""
    certificates = call.store.certificates
    return pages.listing(
        call,
        "ServerCertificateMetadataList",
        pages.below_path(call, certificates.all(call.account)),
        certificates.name_of,
        _metadata,
    )


def update(call: ApiCall) -> None:
    """UpdateServerCertificate: a new name or path."""
    lookup.move(call, "server-certificate", lookup.server_certificate(call))


def delete(call: ApiCall) -> None:
    """DeleteServerCertificate."""
    call.store.certificates.remove(call.account, lookup.server_certificate(call))
