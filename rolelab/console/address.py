"""Where the console of a project is: kept beside its local AWS, so that links stay good.

Light: `rolelab status` needs the standard library only.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from rolelab import whole_file

_FILE = "console.json"
_ANSWER_S = 0.5
SERVER = "rolelab-console"
"""What its answers call it, in the header `Server`."""


def keep(home: Path, address: str) -> None:
    """Write down where the console is.

    Raises:
        OSError: it cannot be written.
    """
    whole_file.replace(home / _FILE, json.dumps({"address": address}), mode=0o600)


def open_in_browser(home: Path, link: str) -> bool:
    """Open a secret link, by a file of the owner's: others see command lines. Return whether."""
    import webbrowser

    page = home / "console-open.html"
    text = f'<!doctype html><title>…</title><meta http-equiv="refresh" content="0; url={link}">'
    try:
        whole_file.replace(page, text, mode=0o600)
        return webbrowser.open(page.as_uri())
    except (OSError, webbrowser.Error):
        return False


def last(home: Path) -> str:
    """Return where the console is, or was the last time; empty where there was none."""
    with suppress(OSError, ValueError, TypeError, AttributeError):
        address = json.loads((home / _FILE).read_text(encoding="utf-8")).get("address")
        if isinstance(address, str) and (urlsplit(address).port or 0) > 0:
            return address
    return ""


def last_port(home: Path) -> int:
    """Return the port that the console had the last time; 0 where there was none."""
    return urlsplit(last(home)).port or 0


def running(home: Path) -> str:
    """Return where the console is; empty where it does not run, or another program has its port."""
    address = last(home)
    if not address:
        return ""
    host = urlsplit(address).netloc
    request = f"GET /static/console.js HTTP/1.0\r\nHost: {host}\r\n\r\n"
    with suppress(OSError):
        place = ("127.0.0.1", urlsplit(address).port or 0)
        with socket.create_connection(place, timeout=_ANSWER_S) as connection:
            connection.sendall(request.encode())
            head = connection.recv(4096).partition(b"\r\n\r\n")[0]
        if f"\r\nserver: {SERVER}" in head.decode("latin-1").lower():
            return address
    return ""


def switch_role(address: str, account: str, role_arn: str) -> str:
    """Return the address that switches to a role, whose name carries its path."""
    name = role_arn.partition(":role/")[2]
    return f"{address}/switchrole?{urlencode({'account': account, 'roleName': name})}"


def sign_in(address: str, account: str = "") -> str:
    """Return the line that says where one signs in; without an account to that of the console."""
    return f"sign in      {address}/signin{f'?account={account}' if account else ''}"


def of_lab(address: str, outputs: dict[str, object]) -> Iterator[str]:
    """Yield the lab's addresses, the local ones and AWS's, a line each, and which is for where."""
    account, role = str(outputs.get("accountId", "")), outputs.get("role")
    if not account or not isinstance(role, dict):
        return
    arn = str(role.get("arn", ""))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    on_aws = str(role.get("switchRoleUrl", ""))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    yield sign_in(address, account)
    yield f"switch role  {switch_role(address, account, arn)}"
    yield f"(the addresses among the outputs, such as {on_aws}, are for a lab in an AWS account)"
