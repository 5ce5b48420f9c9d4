"""The wire: how long a client may take to send a request, and how much of it comes before a body.

uvicorn waits for ever for a request that was begun, and takes headers of any size.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

IDLE_S = 20.0
"""A client that sends nothing for so long, in the middle of a request, has gone."""
REQUEST_S = 900.0
"""No request takes longer to arrive, whatever drips."""
MOST_HEADER_BYTES = 64 * 1024
"""Of the request line and the headers."""


class Wire(HttpToolsProtocol):
    """One connection, closed where its client is too slow or sends no end of headers."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._begun: float | None = self.loop.time()
        """When the request that is coming began; None between two."""
        self._heard = self._begun
        self._header_bytes: int | None = 0
        """How much has come before the body; None from there on."""
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch."""
        super().connection_made(transport)
        self._watch = self.loop.call_later(IDLE_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the watch."""
        if self._watch:
            self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        self._heard = self.loop.time()
        super().data_received(data)
        if self._header_bytes is not None and not self.transport.is_closing():
            self._header_bytes += len(data)
            if self._header_bytes > MOST_HEADER_BYTES:
                self._refuse(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """Note when a request begins."""
        self._begun, self._header_bytes = self.loop.time(), 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that the headers are there."""
        self._header_bytes = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that the request is there."""
        self._begun = None
        super().on_message_complete()

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        now, begun = self.loop.time(), self._begun
        # What is not read because the one before is being answered is no fault of the client's.
        is_awaited = begun is not None and not self.flow.read_paused
        if is_awaited and (now - self._heard >= IDLE_S or now - (begun or now) >= REQUEST_S):
            self._refuse(b"408 Request Timeout")
            return
        self._watch = self.loop.call_later(IDLE_S, self._look)

    def _refuse(self, status: bytes) -> None:
        if not self.cycle or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(
                b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
        self.transport.close()
