"""The credential report: a line for each user, four hours old at most.

Source: IAM User Guide, "Generate credential reports for your AWS account"; IAM API Reference,
GenerateCredentialReport, GetCredentialReport; what IAM answers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from rolelab.localaws.accounts import clock
from rolelab.localaws.accounts.aws_error import AwsError
from rolelab.localaws.accounts.records import KeyRecord, UserRecord
from rolelab.localaws.operations import lookup
from rolelab.localaws.operations.api_call import ApiCall, Result
from rolelab.localaws.operations.passwords import next_rotation

_KEPT_S = 4 * 3600
_KEY = "report"
"""Under which MiniStack keeps the one report of an account."""
_OF_KEY = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
_OF_USE = ("LastUsedDate", "Region", "ServiceName")
_OF_CERTIFICATE = ("active", "last_rotated")
_COLUMNS = (
    "user", "arn", "user_creation_time", "password_enabled", "password_last_used",
    "password_last_changed", "password_next_rotation", "mfa_active",
    *(f"access_key_{number}_{part}" for number in (1, 2) for part in _OF_KEY),
    *(f"cert_{number}_{part}" for number in (1, 2) for part in _OF_CERTIFICATE),
)  # fmt: skip


def generate(call: ApiCall) -> Result:
    """GenerateCredentialReport: a new one, unless the last is fresh."""
    report = call.store.reports.get(call.account, _KEY)
    if report is not None and clock.iso(clock.now() - _KEPT_S) <= report["generated_time"]:
        return {"State": "COMPLETE"}
    call.store.reports.put(
        call.account, _KEY, {"content": _content(call), "generated_time": clock.iso()}
    )
    return {
        "State": "STARTED",
        "Description": "No report exists. Starting a new report generation task",
    }


def get(call: ApiCall) -> Result:
    """GetCredentialReport."""
    report = call.store.reports.get(call.account, _KEY)
    if report is None:
        raise AwsError("ReportNotPresent", "")
    return {
        "Content": report["content"].encode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": report["generated_time"],
    }


def _content(call: ApiCall) -> str:
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(_COLUMNS)
    table.writerow(_root(call))
    for user in call.store.users.all(call.account):
        table.writerow(_line(call, user))
    return file.getvalue()


def _root(call: ApiCall) -> list[str]:
    arn = f"arn:aws:iam::{call.account}:root"
    password = ["not_supported", "no_information", "not_supported", "not_supported", "false"]
    return [
        "<root_account>",
        arn,
        "2020-01-01T00:00:00Z",
        *password,
        *_keys([]),
        *_certificates([]),
    ]


def _line(call: ApiCall, user: UserRecord) -> list[str]:
    name = user["UserName"]
    login = call.store.logins.get(call.account, name)
    changed = login.get("PasswordDate") or login["CreateDate"] if login else "N/A"
    return [
        name,
        user["Arn"],
        user["CreateDate"],
        _said(login),
        user.get("PasswordLastUsed") or "no_information" if login else "N/A",
        changed,
        next_rotation(call, changed) if login else "N/A",
        _said(bool(lookup.devices_of(call, name))),
        *_keys(call.store.keys.of_user(call.account, name)),
        *_certificates(user.get("SigningCertificates", [])),
    ]


def _keys(keys: Sequence[KeyRecord]) -> list[str]:
    """Return the columns of two keys; active ones come first, and then the oldest."""
    keys = sorted(keys, key=lambda key: key["Status"] != "Active")
    cells: list[str] = []
    for number in (0, 1):
        key = keys[number] if number < len(keys) else None
        used = key.get("LastUsed") if key else None
        cells += [_said(key is not None and key["Status"] == "Active")]
        cells += [key["CreateDate"] if key else "N/A"]
        cells += [str(used.get(part, "N/A")) if used else "N/A" for part in _OF_USE]
    return cells


def _certificates(certificates: Sequence[Mapping[str, str]]) -> list[str]:
    cells: list[str] = []
    for number in (0, 1):
        held = certificates[number] if number < len(certificates) else None
        cells += [_said(held is not None and held["Status"] == "Active")]
        cells += [held["UploadDate"] if held else "N/A"]
    return cells


def _said(yes: object) -> str:
    return "true" if yes else "false"
