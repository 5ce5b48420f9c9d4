"""MiniStack's ways around its router, closed: by path or host it answers for services that are not part of this.

Cognito's pages, API Gateway, Lambda's addresses, load balancers, registries and its own administration have paths
that a bucket's name can have too. Here a request that reaches MiniStack is one of S3, whatever its path.
"""

from __future__ import annotations

from typing import Any

from rolelab.localaws.ministack.emulator import module


async def before_body(
    method: str, path: str, headers: dict[str, str], query: Any, request_id: str
) -> Any:
    """Answer what needs no body: the question of a browser, what a bucket lets other sites do."""
    return module("app")._handle_options_request(method, path, headers, query, request_id)


async def after_body(*_request: Any) -> None:
    """Answer nothing ahead of S3."""


async def ahead_of_router(
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query_params: Any,
    request_id: str,
    **_more: Any,
) -> Any:
    """Answer a request that names its bucket by the host, as MiniStack does; nothing else is ahead of S3."""
    app, host = module("app"), headers.get("host", "")
    response = await app._handle_s3_vhost_request(host, path, method, headers, body, query_params)
    if not response:
        return None
    target = app._s3_cors_target(host, path, path_style=False)
    if target:
        response[1].update(module("services.s3").cors_response_headers(target[0], method, headers))
    return app._with_data_plane_headers(
        response, request_id, include_s3_id=True, wildcard_cors=False
    )
