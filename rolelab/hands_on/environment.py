"""The environment of a command that runs as somebody: their credentials and AWS, no others."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from rolelab.aws.endpoint import Endpoint, is_loopback
from rolelab.secret import Credentials

# Of what AWS's tools read: how they look and connect, not who they are or where.
_HARMLESS = {
    "AWS_CA_BUNDLE",
    "AWS_CLI_AUTO_PROMPT",
    "AWS_DEFAULT_OUTPUT",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_MAX_ATTEMPTS",
    "AWS_PAGER",
    "AWS_RETRY_MODE",
}
_NAME = re.compile(r"AWS_[A-Z0-9_]+")
_PROXIES = {"http_proxy", "https_proxy", "all_proxy"}


def build(
    surroundings: Mapping[str, str], endpoint: Endpoint, credentials: Credentials
) -> dict[str, str]:
    """Return the surroundings with the credentials, without variables that could take their place.

    For a local AWS the files in `~/.aws` are left out, too: they could send requests elsewhere.
    """
    environment = {name: value for name, value in surroundings.items() if not _could_mislead(name)}
    environment |= {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key.reveal(),
        "AWS_REGION": endpoint.region,
        "AWS_DEFAULT_REGION": endpoint.region,
    }
    if credentials.session_token:
        environment["AWS_SESSION_TOKEN"] = credentials.session_token.reveal()
    if endpoint.url:
        environment |= {
            "AWS_ENDPOINT_URL": endpoint.url,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
    return environment | past_proxies(surroundings, endpoint.url)


def _could_mislead(name: str) -> bool:
    return name.startswith("AWS_") and name not in _HARMLESS


def in_the_way(surroundings: Mapping[str, str], values: Iterable[str]) -> list[str]:
    """Return the variables, sorted, that could win over `values` in a shell that has both.

    A session token goes with another key, a profile or a service's own endpoint comes first.
    Source: AWS CLI User Guide, "Environment variables" and "Configuration settings and precedence".
    """
    names = {name for name in surroundings if _could_mislead(name) and _NAME.fullmatch(name)}
    return sorted(names.difference(values))


def unset_line(names: Iterable[str]) -> str:
    """Return a line that unsets variables in bash, zsh, any other POSIX shell, and fish.

    Only fish has `export` as a function, and no `unset`.
    """
    words = " ".join(names)
    return f"builtin functions -q export 2>/dev/null && set -e {words} || unset {words}"


def past_proxies(surroundings: Mapping[str, str], url: str | None) -> dict[str, str]:
    """Return the variables that keep requests to a loopback endpoint from a proxy.

    There are none for an endpoint elsewhere. Hosts that were kept from the proxy still are. Tools
    read one of the two names or the other.
    """
    if url is None or not is_loopback(url):
        return {}
    before = ",".join(surroundings.get(name, "") for name in ("no_proxy", "NO_PROXY"))
    hosts = [host.strip() for host in before.split(",")]
    hosts += ["127.0.0.1", "localhost", urlsplit(url).hostname or ""]
    # A lone asterisk means "everything", and only as long as it is alone.
    value = "*" if "*" in hosts else ",".join(filter(None, dict.fromkeys(hosts)))
    return {"NO_PROXY": value, "no_proxy": value}


def names_a_proxy(surroundings: Mapping[str, str]) -> bool:
    """Return whether an environment sends requests through a proxy."""
    return any(value and name.lower() in _PROXIES for name, value in surroundings.items())
