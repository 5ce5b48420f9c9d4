"""MiniStack's ways around its router, closed: other services that it answers by path or host.

Cognito's pages, API Gateway, Lambda's addresses, load balancers, registries and its own
administration have paths that a bucket's name can have too. Here a request that reaches MiniStack
is one of S3, whatever its path.
"""

from __future__ import annotations

from rolelab.localaws.ministack.emulator import Foreign, module


async def before_body(
    method: str, path: str, headers: dict[str, str], query: Foreign, request_id: str
) -> Foreign:
    """Answer what needs no body: a browser's question what a bucket allows other sites."""
    return module("app")._handle_options_request(method, path, headers, query, request_id)


async def after_body(*_request: object) -> None:
    """Answer nothing ahead of S3."""


async def ahead_of_router(
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query_params: Foreign,
    request_id: str,
    **_more: object,
) -> Foreign:
    """Answer a request that names its bucket by the host; nothing else is ahead of S3."""
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
