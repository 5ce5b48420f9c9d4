"""Where MiniStack's own is replaced: every place by name, each looked at before it is touched.

MiniStack's enforcement is young and changes with every release: a place that is not as expected
here means that the pin was moved without this list.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rolelab.errors import LabError
from rolelab.localaws.accounts.caller import is_root_key
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.accounts.records import ServerCertificateRecord
from rolelab.localaws.ministack import s3_files, s3_hashes, s3_xml
from rolelab.localaws.ministack.emulator import PINS, Foreign, module, original, replace
from rolelab.localaws.ministack.s3 import S3
from rolelab.localaws.ministack.signatures import Signatures


@dataclass(frozen=True, slots=True)
class Seam:
    """One function of MiniStack."""

    module: str
    name: str
    first: tuple[str, ...]
    """Its first parameters."""
    also_in: tuple[str, ...] = ()
    """The modules that hold it by the same name."""


def _seam(signature: str, *also_in: str) -> Seam:
    place, _, parameters = signature.removesuffix(")").partition("(")
    module_name, _, name = place.rpartition(".")
    return Seam(module_name, name, tuple(parameters.replace(",", " ").split()), also_in)


_STS, _S3 = "services.sts", "services.s3"
_REQUEST = "method, path, headers, body, query_params"

REPLACED = (
    # Root keys have a secret, sessions end by the clock that can be moved, 12 digits alone are
    # root.
    _seam(
        "core.iam_evaluator.resolve_credential(access_key_id, account_id, session_token)", _STS, _S3
    ),
    _seam("core.iam_evaluator.is_root_access_key(access_key_id)", _STS),
    _seam("core.iam_evaluator._is_root_key(access_key_id)"),
    # By an index, not through all keys at every request.
    _seam("core.iam_evaluator.find_iam_access_key_account(access_key_id)", "app", _STS, _S3),
    # What S3 is asked for has been read and decided before it comes there.
    _seam("services.s3._foreign_bucket_allows(owner_account, bucket_name, key, method)"),
    _seam("core.iam_actions._s3_action(method, path, query_params)"),
    _seam("core.iam_evaluator.enforce(access_key_id, iam_action, service, region, resource_arn)"),
    # The hashes of large bodies are worked out before, not on the event loop; and in half a second
    # instead of eight for 100 MB.
    _seam("services.s3._compute_s3_checksum(algorithm, body)"),
    _seam("core.responses.md5_hash(data)", _S3),
    # Nor are their files written and read there.
    _seam("services.s3._persist_object(bucket, key, obj)"),
    _seam("services.s3._atomic_write(fpath, data)"),
    _seam("services.s3._read_body(bucket_name, key, obj)"),
    # Any key can be read from what is written; encoding-type counts wherever S3 has it.
    _seam("services.s3.tostring(element, encoding)"),
    _seam("services.s3._esc(data)"),
    # Sessions and server certificates outlive a restart.
    _seam("services.sts.get_state()"),
    _seam("services.sts.load_persisted_state(data)"),
)
"""Replaced by a function of ours."""

USED = tuple(
    map(
        _seam,
        (
            "core.iam_evaluator.pin_signed_request(method, raw_path, query_params, raw_headers)",
            "core.iam_evaluator.pin_signed_body(body)",
            "core.iam_evaluator.authenticate(access_key_id, account_id)",
            "core.iam_evaluator.pin_request_origin(source_ip, secure_transport)",
            "core.iam_evaluator._s3_presigned_query(query_params)",
            "core.iam_evaluator._validate_session_token(expected, supplied)",
            "core.iam_evaluator._invalid_session_token()",
            "core.iam_evaluator._unknown_access_key()",
            "core.iam_actions._auth_failure(service, code, message, headers)",
            "core.router.extract_access_key_id(headers, query_params)",
            "core.router.extract_region(headers, query_params)",
            "core.sigv4.decode_header_value(value)",
            "core.responses.set_request_account_id(access_key_id)",
            "core.responses.set_request_client_ip(address)",
            "core.responses.set_request_region(region)",
            "core.responses.request_scope(account_id, region)",
            "core.persistence._json_default(obj)",
            "core.persistence._state_format_version(service)",
            "services.iam.reset()",
            "services.s3._acl_grants(stored_xml, grantee)",
            "services.s3._bucket_acl_wants(method, bucket_name, key, query_params)",
            "services.s3._bucket_owner_account(name)",
            "services.s3._bucket_owner_enforced(bucket)",
            "services.s3._canonical_owner_id(account_id)",
            "services.s3._error(code, message, status)",
            "services.s3._enforce_signed_post_policy(fields, bucket_name, region, size, sigv4)",
            "services.s3._foreign_object_acl(owner_account, bucket_name, key, method)",
            "services.s3._policy_is_public(policy_text)",
            "services.s3._public_access_blocked(owner_account, bucket_name, setting)",
            "services.s3.object_tags_for_condition(bucket_name, key, query_params)",
            "services.s3.upload_encryption_header(upload_id)",
            "services.s3._object_error(code, message, status)",
            "services.s3._parse_multipart_form(content_type, body)",
            "services.s3._verify_presigned_sigv4(method, path, headers, query_params)",
            "services.s3.bucket_region(name)",
            "services.s3.cors_preflight(bucket_name, key, headers)",
            "services.s3.cors_response_headers(bucket_name, method, headers)",
            "services.s3.format_head_response(path, headers, response)",
            "services.s3.fromstring(text)",
            f"services.s3.handle_request({_REQUEST})",
            "services.s3.validate_object_request(method, path, headers, query_params)",
            "services.s3._object_disk_path(bucket, key)",
            "app._decode_aws_chunked_body(body, headers)",
            "app._request_account_scope(access_key_id)",
            "app._send_response(send, status, headers, body)",
            "app._asgi_header_list(headers)",
            "app._with_date_header(send)",
            "app._load_persisted_state()",
            "app._build_persistence_save_dict()",
        ),
    )
)
"""Called as they are."""

STORES = {
    "services.iam": (
        "_users _roles _groups _policies _instance_profiles _access_keys _user_inline_policies "
        "_group_inline_policies _mfa_devices _login_profiles _account_password_policy "
        "_aws_managed_policies _oidc_providers _saml_providers _account_aliases "
        "_credential_reports _service_linked_role_deletion_tasks _sla_jobs"
    ),
    "services.sts": "_sessions",
    "services.s3": (
        "_buckets _bucket_acl _bucket_policies _multipart_uploads _object_versions hashlib "
        "_ACL_GROUP_ALL_USERS _ACL_GROUP_AUTHENTICATED"
    ),
    "core.iam_evaluator": "_anonymous",
    "app": "_IncompleteRequestBody",
}
"""Data of MiniStack that is read or written here."""


def check() -> None:
    """Look whether every place is as it is expected here.

    Raises:
        LabError: one is missing or takes other parameters; it names the place and the pin.
    """
    for seam in (*REPLACED, *USED):
        function = getattr(module(seam.module), seam.name, None) and original(
            seam.module, seam.name
        )
        if function is None or not _takes(function, seam.first):
            raise _broken(f"{seam.module}.{seam.name}")
        for other in seam.also_in:
            if not hasattr(module(other), seam.name):
                raise _broken(f"{other}.{seam.name}")
    for module_name, names in STORES.items():
        for name in names.split():
            if not hasattr(module(module_name), name):
                raise _broken(f"{module_name}.{name}")


def install(store: IdentityStore, signatures: Signatures, s3: S3) -> None:
    """Replace what is to be replaced."""

    def kept() -> dict[str, object]:
        certificates: dict[str, dict[str, ServerCertificateRecord]] = {}
        for (account, name), record in store.certificates.rows.items():
            certificates.setdefault(account, {})[name] = record
        return {"sessions": store.sessions, "server_certificates": certificates}

    def restore(saved: Mapping[str, Any]) -> None:
        store.sessions.update(saved.get("sessions", {}))
        for account, records in saved.get("server_certificates", {}).items():
            for name, record in records.items():
                store.certificates.put(account, name, record)

    ours: dict[str, Callable[..., Foreign]] = {
        "resolve_credential": signatures.resolve,
        "is_root_access_key": is_root_key,
        "_is_root_key": _is_no_key,
        "find_iam_access_key_account": store.keys.account_of,
        "_foreign_bucket_allows": s3.foreign_bucket_allows,
        "_s3_action": s3.action_name,
        "enforce": s3.enforce,
        "_compute_s3_checksum": s3_hashes.checksum,
        "md5_hash": s3_hashes.md5_hash,
        "_persist_object": s3_files.persist_object,
        "_atomic_write": s3_files.atomic_write,
        "_read_body": s3_files.read_body,
        "tostring": s3_xml.element_text,
        "_esc": s3_xml.escaped,
        "get_state": kept,
        "load_persisted_state": restore,
    }
    for seam in REPLACED:
        replace(seam.module, seam.name, ours[seam.name], seam.also_in)
    module(_S3).hashlib = s3_hashes.HASHLIB


def _is_no_key(access_key_id: str) -> bool:
    """Answer whether a signature goes unchecked: that of no key, which is decided elsewhere."""
    return not access_key_id


def _takes(function: Foreign, first: tuple[str, ...]) -> bool:
    try:
        parameters = tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return False
    return parameters[: len(first)] == first


def _broken(place: str) -> LabError:
    return LabError(
        f"MiniStack's {place} is not what the local AWS was written for",
        do=f"install ministack=={PINS['ministack']}, as requirements.txt pins it",
    )
