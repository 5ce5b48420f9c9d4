"""A server of this machine for this machine: its socket, and uvicorn without words of its own."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn

from rolelab.localaws.http.front import App


def bound(port: int) -> socket.socket:
    """Return a listening socket on loopback; port 0 for any that is free.

    Raises:
        OSError: the port cannot be had.
    """
    # With the protocol named, asyncio turns Nagle off: without it an answer in two parts takes
    # 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(1024)
    except OSError:
        listening.close()
        raise
    return listening


class LoopbackServer(uvicorn.Server):
    """Uvicorn that asks before it ends by a signal: its own sends the signal on afterwards."""

    def __init__(self, app: App, leave: Callable[[], None], **config: Any) -> None:
        """Take what is done at SIGTERM and SIGINT, and what differs from server to server."""
        super().__init__(
            uvicorn.Config(
                app,
                ws="none",
                loop="asyncio",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                # Nobody is between: what a header says of where a request comes from is made up.
                proxy_headers=False,
                **config,
            )
        )
        self._leave = leave

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle SIGTERM and SIGINT."""
        self._leave()
