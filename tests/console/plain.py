"""A browser without a screen: addresses, forms and the cookie, over plain HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode, urlsplit

import urllib3

from rolelab.console.serving import ConsoleServer
from tests.console.steps import PASSWORD


@dataclass
class Answer:
    """What came back."""

    status: int
    text: str
    headers: urllib3.HTTPHeaderDict

    @property
    def to(self) -> str:
        """Where it leads on to."""
        return self.headers.get("location", "")

    @property
    def alert(self) -> str:
        """What the page's first alert says."""
        found = re.search(r'role="alert"\s*><p>(.*?)</p>', self.text, re.DOTALL)
        return unescape(found[1]) if found else ""

    @property
    def csrf(self) -> str:
        """The token of its forms."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.text)
        assert found, self.text
        return found[1]


@dataclass
class PlainBrowser:
    """One browser."""

    console: ConsoleServer
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    _pool: urllib3.PoolManager = field(default_factory=urllib3.PoolManager)

    def get(self, path: str, **headers: str) -> Answer:
        """Look at a page."""
        return self._send("GET", path, b"", headers)

    def head(self, path: str) -> Answer:
        """Ask for what a page would say of itself, as previews of links do."""
        return self._send("HEAD", path, b"", {})

    def post(
        self, path: str, csrf: str = "", /, form: dict[str, str] | None = None, **headers: str
    ) -> Answer:
        """Send a form; the token is that of the page at the same address, unless one is given."""
        token = csrf or self.get(path).csrf
        body = urlencode({"csrf": token, **(form or {})}).encode()
        headers.setdefault("content-type", "application/x-www-form-urlencoded")
        return self._send("POST", path, body, headers)

    def as_root(self) -> PlainBrowser:
        """Sign root in."""
        link = urlsplit(self.console.root_link())
        assert self.get(f"{link.path}?{link.query}").to == "/console/home"
        return self

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> Answer:
        """Send the sign-in form, and with a `code` the one that asks for it."""
        account, code = self.console.around.account, more.pop("code", "")
        form = {"do": "sign-in", "account": account, "username": name, "password": password}
        answer = self.post("/signin", form=form | more)
        half = re.search(r'name="half" value="([^"]+)"', answer.text)
        if not code or half is None:
            return answer
        form = {"do": "give-code", "half": half[1], "code": code}
        return self.post("/signin", answer.csrf, form=form | more)

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        own = {"cookie": self.cookie} if self.cookie else {}
        response = self._pool.request(
            method,
            self.console.around.address + path,
            body=body or None,
            headers={**own, **self.headers, **headers},
            redirect=False,
        )
        if "set-cookie" in response.headers:
            self.cookie = response.headers["set-cookie"].partition(";")[0]
        return Answer(response.status, response.data.decode("utf-8", "replace"), response.headers)
