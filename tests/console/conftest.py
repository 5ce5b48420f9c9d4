"""A console over the tests' local AWS, and browsers that look at it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from rolelab.console.serving import ConsoleServer
from rolelab.localaws.process.record import Instance

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def console(local_aws: Instance, account: str) -> Iterator[ConsoleServer]:
    """A console for an account of its own."""
    with serving(ConsoleServer(local_aws, account)) as server:
        yield server


@contextmanager
def serving(server: ConsoleServer) -> Iterator[ConsoleServer]:
    """Serve a console on a thread of its own."""
    thread = threading.Thread(target=server.run, name="console", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.end()
        thread.join(10)
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium as the system has it; nothing is downloaded."""
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture
def window(chromium: Browser, console: ConsoleServer) -> Iterator[Page]:
    """A browser window; what fails in it shows within seconds."""
    context = new_window(chromium, console)
    yield context.new_page()
    context.close()


@pytest.fixture
def private_window(chromium: Browser, console: ConsoleServer) -> Iterator[Page]:
    """Another window that shares nothing with the first."""
    context = new_window(chromium, console)
    yield context.new_page()
    context.close()


def new_window(chromium: Browser, console: ConsoleServer) -> BrowserContext:
    """Return a window that reaches this machine only."""
    context = chromium.new_context(base_url=console.around.address)
    context.set_default_timeout(8000)
    context.route(
        lambda url: not url.startswith((console.around.address, "data:")),
        lambda route: route.abort(),
    )
    return context
