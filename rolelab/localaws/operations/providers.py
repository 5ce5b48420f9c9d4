"""Identity providers: OpenID Connect and SAML. Their tokens are not taken here.

Source: IAM API Reference, CreateOpenIDConnectProvider …, CreateSAMLProvider …; what IAM answers.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from rolelab.iam import arns
from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.records import OidcRecord, SamlRecord
from rolelab.localaws.operations import lookup, requirements, tagging
from rolelab.localaws.operations.api_call import ApiCall, Result, unique_id

_THUMBPRINTS = 5
_VALID_S = 100 * 365 * 86400.0


def oidc_arn(call: ApiCall) -> str:
    """Return the ARN of the OpenID Connect provider that the call is to make."""
    host = call.text("Url").partition("://")[2] or call.text("Url")
    return arns.iam(call.account, "oidc-provider", host.partition("?")[0].rstrip("/"))


def saml_arn(call: ApiCall) -> str:
    """Return the ARN of the SAML provider that the call is to make."""
    return arns.iam(call.account, "saml-provider", call.text("Name"))


# -- OpenID Connect --------------------------------------------------------------------------------


def create_oidc(call: ApiCall) -> Result:
    """CreateOpenIDConnectProvider."""
    url, arn = call.text("Url"), oidc_arn(call)
    parsed = urlsplit(url)
    if parsed.scheme not in ("https", "http") or not parsed.hostname:
        raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
    if call.store.oidc_providers.get(call.account, arn):
        raise AwsError("EntityAlreadyExists", f"Provider with url {url} already exists.")
    clients = list(dict.fromkeys(call.texts("ClientIDList")))
    requirements.require_at_most("ClientIdsPerOpenIdConnectProviderQuota", len(clients))
    record: OidcRecord = {
        "Arn": arn,
        "Url": url,
        "ClientIDList": clients,
        "ThumbprintList": _thumbprints(call),
        "CreateDate": clock.iso(),
        "Tags": tagging.new(call, case_counts=True),
    }
    call.store.oidc_providers.put(call.account, arn, record)
    return {"OpenIDConnectProviderArn": arn, "Tags": record.get("Tags") or None}


def _thumbprints(call: ApiCall) -> list[str]:
    thumbprints = call.texts("ThumbprintList")
    if len(thumbprints) > _THUMBPRINTS:
        raise AwsError("InvalidInput", "Thumbprint list must contain fewer than 5 entries.")
    return thumbprints


def oidc(call: ApiCall) -> OidcRecord:
    """Return the OpenID Connect provider that the call names.

    Raises:
        AwsError: NoSuchEntity.
    """
    missing = "OpenIDConnect Provider not found for arn {}"
    return lookup.named(call, call.store.oidc_providers, "OpenIDConnectProviderArn", missing)


def get_oidc(call: ApiCall) -> Result:
    """GetOpenIDConnectProvider; the URL without its scheme, as IAM shows it."""
    record = oidc(call)
    return {
        "Url": record["Url"].partition("://")[2],
        "ClientIDList": record["ClientIDList"],
        "ThumbprintList": record["ThumbprintList"],
        "CreateDate": record["CreateDate"],
        "Tags": record.get("Tags") or [],
    }


def list_oidc(call: ApiCall) -> Result:
    """ListOpenIDConnectProviders."""
    records = call.store.oidc_providers.all(call.account)
    return {"OpenIDConnectProviderList": [{"Arn": record["Arn"]} for record in records]}


def delete_oidc(call: ApiCall) -> None:
    """DeleteOpenIDConnectProvider."""
    arn = call.text("OpenIDConnectProviderArn")
    if call.store.oidc_providers.pop(call.account, arn) is None:
        raise lookup.no_such(f"OpenId connect Provider {arn} cannot be found.")


def update_thumbprints(call: ApiCall) -> None:
    """UpdateOpenIDConnectProviderThumbprint: the new list in place of the old one."""
    oidc(call)["ThumbprintList"] = _thumbprints(call)


def add_client(call: ApiCall) -> None:
    """AddClientIDToOpenIDConnectProvider: nothing new where it is there already."""
    clients, client = oidc(call)["ClientIDList"], call.text("ClientID")
    if client not in clients:
        requirements.require_below("ClientIdsPerOpenIdConnectProviderQuota", len(clients))
        clients.append(client)


def remove_client(call: ApiCall) -> None:
    """RemoveClientIDFromOpenIDConnectProvider: no error where it is not there."""
    record, client = oidc(call), call.text("ClientID")
    record["ClientIDList"] = [known for known in record["ClientIDList"] if known != client]


# -- SAML ------------------------------------------------------------------------------------------


def create_saml(call: ApiCall) -> Result:
    """CreateSAMLProvider."""
    arn = saml_arn(call)
    if call.store.saml_providers.get(call.account, arn):
        raise AwsError("EntityAlreadyExists", f"SAML provider {arn} already exists.")
    record: SamlRecord = {
        "Arn": arn,
        "Name": call.text("Name"),
        "SAMLMetadataDocument": call.text("SAMLMetadataDocument"),
        "SAMLProviderUUID": unique_id("SAMLSP"),
        "AssertionEncryptionMode": call.text("AssertionEncryptionMode", "Allowed"),
        "PrivateKeyList": _private_key(call),
        "CreateDate": clock.iso(),
        "ValidUntil": clock.iso(clock.now() + _VALID_S),
        "Tags": tagging.new(call, case_counts=True),
    }
    call.store.saml_providers.put(call.account, arn, record)
    return {"SAMLProviderArn": arn, "Tags": record.get("Tags") or None}


def _private_key(call: ApiCall) -> list[dict[str, str]]:
    """Return what is told of the private key that the call brings, if it brings one."""
    if "AddPrivateKey" not in call.params:
        return []
    return [{"KeyId": unique_id("SAMLPK"), "Timestamp": clock.iso()}]


def saml(call: ApiCall) -> SamlRecord:
    """Return the SAML provider that the call names.

    Raises:
        AwsError: NoSuchEntity.
    """
    missing = "Manifest not found for arn {}"
    return lookup.named(call, call.store.saml_providers, "SAMLProviderArn", missing)


def get_saml(call: ApiCall) -> Result:
    """GetSAMLProvider."""
    record = saml(call)
    return {
        "SAMLProviderUUID": record.get("SAMLProviderUUID"),
        "SAMLMetadataDocument": record["SAMLMetadataDocument"],
        "CreateDate": record["CreateDate"],
        "ValidUntil": record["ValidUntil"],
        "Tags": record.get("Tags") or [],
        "AssertionEncryptionMode": record.get("AssertionEncryptionMode", "Allowed"),
        "PrivateKeyList": record.get("PrivateKeyList", []),
    }


def list_saml(call: ApiCall) -> Result:
    """ListSAMLProviders."""
    records = call.store.saml_providers.all(call.account)
    return {
        "SAMLProviderList": [
            {"Arn": record["Arn"], "ValidUntil": record["ValidUntil"],
             "CreateDate": record["CreateDate"]}
            for record in records
        ]
    }  # fmt: skip


def update_saml(call: ApiCall) -> Result:
    """UpdateSAMLProvider: what the call gives, and nothing else."""
    record = saml(call)
    if "SAMLMetadataDocument" in call.params:
        record["SAMLMetadataDocument"] = call.text("SAMLMetadataDocument")
    if "AssertionEncryptionMode" in call.params:
        record["AssertionEncryptionMode"] = call.text("AssertionEncryptionMode")
    keys = record.get("PrivateKeyList", [])
    gone = call.text("RemovePrivateKey")
    record["PrivateKeyList"] = [key for key in keys if key["KeyId"] != gone] + _private_key(call)
    return {"SAMLProviderArn": record["Arn"]}


def delete_saml(call: ApiCall) -> None:
    """DeleteSAMLProvider."""
    call.store.saml_providers.pop(call.account, saml(call)["Arn"])
