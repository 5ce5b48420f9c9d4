"""The environment of a command that runs as somebody: their credentials and AWS, no others."""

from __future__ import annotations

import os
from collections.abc import Mapping
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
_PROXIES = {"http_proxy", "https_proxy", "all_proxy"}


def build(
    surroundings: Mapping[str, str], endpoint: Endpoint, credentials: Credentials
) -> dict[str, str]:
    """Return the surroundings with the credentials, without variables that could take their place.

    For a local AWS the files in `~/.aws` are left out, too: they could send requests elsewhere.
    """
    environment = {
        name: value
        for name, value in surroundings.items()
        if not name.startswith("AWS_") or name in _HARMLESS
    }
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
