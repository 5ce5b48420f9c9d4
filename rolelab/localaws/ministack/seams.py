"""Where MiniStack's own is replaced: every place by name, each looked at before it is touched.

MiniStack's enforcement is young and changes with every release: a place that is not as expected here
means that the pin was moved without this list.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rolelab.errors import LabError
from rolelab.localaws.accounts.caller import is_root_key
from rolelab.localaws.accounts.identities import IdentityStore
from rolelab.localaws.accounts.records import SessionRecord
from rolelab.localaws.ministack import routes
from rolelab.localaws.ministack.emulator import PINS, Foreign, module
from rolelab.localaws.ministack.s3 import S3
from rolelab.localaws.ministack.signatures import Signatures


@dataclass(frozen=True, slots=True)
class Seam:
    """One function of MiniStack: its module, name, parameters, and who else holds it by that name."""

    module: str
    name: str
    parameters: tuple[str, ...]
    why: str
    also_in: tuple[str, ...] = ()


REPLACED = (
    Seam(
        "core.iam_evaluator", "resolve_credential", ("access_key_id", "account_id", "session_token"),
        "root keys have a secret; sessions end by the clock that can be moved", ("services.sts", "services.s3"),
    ),
    Seam("core.iam_evaluator", "is_root_access_key", ("access_key_id",), "only 12 digits are root", ("services.sts",)),
    Seam("core.iam_evaluator", "_is_root_key", ("access_key_id",), "no key's signature goes unchecked"),
    Seam(
        "core.iam_evaluator", "find_iam_access_key_account", ("access_key_id",),
        "by an index, not through all keys at every request", ("app", "services.sts", "services.s3"),
    ),
    Seam(
        "core.iam_evaluator", "enforce",
        ("access_key_id", "iam_action", "service", "region", "resource_arn", "service_context"),
        "the layer decides what S3 allows",
    ),
    Seam(
        "core.iam_actions", "access_denied_response",
        ("service", "action", "principal_arn", "request_id", "error_code", "message", "headers"),
        "AWS's sentence for the cause",
    ),
    Seam(
        "services.s3", "_foreign_bucket_allows",
        ("owner_account", "bucket_name", "key", "method", "query_params", "caller", "headers"),
        "a caller of another account is who they are",
    ),
    Seam(
        "services.s3", "handle_request",
        ("method", "path", "headers", "body", "query_params"),
        "403 before 404; principals of bucket policies",
    ),
    Seam("app", "detect_service", ("method", "path", "headers"), "what reaches MiniStack is S3 and nothing else"),
    Seam(
        "app", "_handle_pre_body_request", ("method", "path", "headers", "query_params", "request_id"),
        "a path is a bucket's and no other service's",
    ),
    Seam(
        "app", "_handle_post_body_shortcuts", ("method", "path", "headers", "body", "query_params", "request_id"),
        "a path is a bucket's and no other service's",
    ),
    Seam(
        "app", "_handle_special_data_plane_request",
        ("method", "path", "headers", "body", "query_params", "request_id"),
        "a host is a bucket's and no other service's",
    ),
    Seam("services.sts", "get_state", (), "sessions outlive a restart"),
    Seam("services.sts", "load_persisted_state", ("data",), "sessions outlive a restart"),
)  # fmt: skip
"""Replaced by a function of the layer."""

USED = (
    Seam(
        "core.iam_evaluator",
        "pin_signed_request",
        ("method", "raw_path", "query_params", "raw_headers"),
        "signatures",
    ),
    Seam("core.iam_evaluator", "pin_signed_body", ("body",), "signatures"),
    Seam("core.iam_evaluator", "authenticate", ("access_key_id", "account_id"), "signatures"),
    Seam("core.iam_evaluator", "_s3_scope_failure", ("service",), "signatures"),
    Seam(
        "core.iam_evaluator", "_validate_session_token", ("expected", "supplied"), "session tokens"
    ),
    Seam("core.iam_evaluator", "_invalid_session_token", (), "session tokens"),
    Seam("core.iam_evaluator", "_unknown_access_key", (), "keys"),
    Seam(
        "core.iam_actions",
        "_auth_failure",
        ("service", "code", "message", "headers"),
        "words of failed signatures",
    ),
    Seam("core.router", "extract_access_key_id", ("headers", "query_params"), "which key"),
    Seam(
        "core.responses", "set_request_account_id", ("access_key_id",), "the account of a request"
    ),
    Seam("services.s3", "_bucket_owner_account", ("name",), "whose bucket"),
    Seam("services.s3", "_error", ("code", "message", "status"), "S3's errors"),
    Seam(
        "services.s3",
        "cors_response_headers",
        ("bucket_name", "method", "headers"),
        "what other sites may do",
    ),
    Seam(
        "app",
        "_handle_options_request",
        ("method", "path", "headers", "query_params", "request_id"),
        "what other sites may do",
    ),
    Seam(
        "app",
        "_handle_s3_vhost_request",
        ("host", "path", "method", "headers", "body", "query_params"),
        "buckets named by the host",
    ),
    Seam("app", "_s3_cors_target", ("host", "path", "path_style"), "what other sites may do"),
    Seam(
        "app",
        "_with_data_plane_headers",
        ("response", "request_id", "include_s3_id", "wildcard_cors"),
        "buckets named by the host",
    ),
    Seam("app", "_load_persisted_state", (), "state"),
    Seam("app", "_build_persistence_save_dict", (), "state"),
    Seam("services.s3", "_object_disk_path", ("bucket", "key"), "state"),
    Seam("services.s3", "_atomic_write", ("fpath", "data"), "state"),
    Seam("services.s3", "_persist_object", ("bucket", "key", "obj"), "state"),
    Seam("core.persistence", "_json_default", ("obj",), "state"),
    Seam("core.persistence", "_state_format_version", ("service",), "state"),
    Seam("services.iam", "reset", (), "state"),
)
"""Called as they are."""

STORES = {
    "services.iam": (
        "_users", "_roles", "_groups", "_policies", "_instance_profiles", "_access_keys", "_user_inline_policies",
        "_group_inline_policies", "_mfa_devices", "_login_profiles", "_account_password_policy",
        "_aws_managed_policies", "_oidc_providers",
        "_saml_providers", "_IAM_HANDLERS",
    ),
    "services.sts": ("_sessions",),
    "services.s3": ("_buckets", "_bucket_policies"),
    "core.iam_evaluator": ("_signed_request", "_anonymous"),
}  # fmt: skip
"""Data of MiniStack's that the layer reads or writes."""

_originals: dict[tuple[str, str], Foreign] = {}


def original(module_name: str, name: str) -> Foreign:
    """Return MiniStack's own function, whether or not the layer took its place."""
    return _originals.get((module_name, name)) or getattr(module(module_name), name)


def check() -> None:
    """Look whether every place is as the layer expects it.

    Raises:
        LabError: one is missing or takes other parameters; it names the place and the pin.
    """
    for seam in (*REPLACED, *USED):
        function = getattr(module(seam.module), seam.name, None) and original(
            seam.module, seam.name
        )
        if function is None or not _takes(function, seam.parameters):
            raise _broken(f"{seam.module}.{seam.name}")
        for other in seam.also_in:
            if not hasattr(module(other), seam.name):
                raise _broken(f"{other}.{seam.name}")
    for module_name, names in STORES.items():
        for name in names:
            if not hasattr(module(module_name), name):
                raise _broken(f"{module_name}.{name}")


def install(store: IdentityStore, signatures: Signatures) -> None:
    """Put the layer in its places."""
    s3 = S3(store, original)

    def restore_sessions(saved: Mapping[str, dict[str, SessionRecord]]) -> None:
        store.sessions.update(saved.get("sessions", {}))

    ours: dict[str, Callable[..., Foreign]] = {
        "resolve_credential": signatures.resolve,
        "is_root_access_key": is_root_key,
        "_is_root_key": _is_no_key,
        "find_iam_access_key_account": store.keys.account_of,
        "enforce": s3.enforce,
        "detect_service": _is_s3,
        "_handle_pre_body_request": routes.before_body,
        "_handle_post_body_shortcuts": routes.after_body,
        "_handle_special_data_plane_request": routes.ahead_of_router,
        "access_denied_response": s3.access_denied_response,
        "_foreign_bucket_allows": s3.foreign_bucket_allows,
        "handle_request": s3.handle_request,
        "get_state": lambda: {"sessions": store.sessions},
        "load_persisted_state": restore_sessions,
    }
    for seam in REPLACED:
        _originals.setdefault((seam.module, seam.name), getattr(module(seam.module), seam.name))
        for place in (seam.module, *seam.also_in):
            setattr(module(place), seam.name, ours[seam.name])


def _is_no_key(access_key_id: str) -> bool:
    """Answer whether a signature goes unchecked: that of no key, which is decided elsewhere."""
    return not access_key_id


def _is_s3(*_request: object, **_more: object) -> str:
    """Name a request's service: MiniStack would guess by action and host, and read every model."""
    return "s3"


def _takes(function: Foreign, parameters: tuple[str, ...]) -> bool:
    try:
        given = tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return False
    return given[: len(parameters)] == parameters


def _broken(place: str) -> LabError:
    return LabError(
        f"MiniStack's {place} is not what the local AWS was written for",
        do=f"install ministack=={PINS['ministack']}, as requirements.txt pins it",
    )
