"""Who is let in, and with what headers everything leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab.events.records import Record
from lab.web.door import PageDoor
from lab.web.tape import Tape

Visit = Callable[..., None]
PATHS = ("/", "/static/page.js", "/v1/about", "/v1/board", "/v1/journal", "/v1/events", "/v1/object", "/nowhere")


@pytest.fixture
def door(records: list[Record]) -> PageDoor:
    """A page over the road."""
    return PageDoor(Tape(records), token="a-token", live=False)


@pytest.mark.parametrize("token", ["", "another", "a-toke", "a-token-"])
def test_nothing_is_served_without_the_token(door: PageDoor, visit: Visit, token: str) -> None:
    """Not the page, not its files, not a path that does not exist."""

    async def visiting(client: Any) -> None:
        assert [(await client.get(path)).status for path in PATHS] == [401] * len(PATHS)

    visit(door, visiting, token=token)


def test_the_address_leaves_a_cookie_that_no_script_can_read(door: PageDoor, visit: Visit) -> None:
    """The token in the address opens the page once; from then on the cookie does."""

    async def visiting(client: Any) -> None:
        first = await client.get("/?token=a-token")
        assert first.status == 200
        cookie = first.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert (await client.get("/v1/board", cookies={"lab-page": "a-token"})).status == 200
        assert (await client.get("/v1/board", cookies={"lab-page": "else"})).status == 401
        client.session.cookie_jar.clear()
        assert (await client.get("/v1/board")).status == 401

    visit(door, visiting, token="")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[::1]:80"])
def test_another_host_is_refused_even_with_the_token(door: PageDoor, visit: Visit, host: str) -> None:
    """A name that somebody makes resolve to this machine is answered nothing."""

    async def visiting(client: Any) -> None:
        assert (await client.get("/v1/board", headers={"Host": host})).status == 421

    visit(door, visiting)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:9", "localhost:8000"])
def test_a_tunnel_may_change_the_port(door: PageDoor, visit: Visit, host: str) -> None:
    """This machine by its loopback names, on any port."""

    async def visiting(client: Any) -> None:
        assert (await client.get("/v1/board", headers={"Host": host})).status == 200

    visit(door, visiting)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_the_page_only_reads(door: PageDoor, visit: Visit, method: str) -> None:
    """Every other method is refused on every path."""

    async def visiting(client: Any) -> None:
        for path in PATHS:
            reply = await client.request(method, path)
            assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")

    visit(door, visiting)


def test_every_reply_says_what_a_browser_may_do(door: PageDoor, visit: Visit) -> None:
    """Nothing from elsewhere, no inline script, no frame, no referrer, no sniffing; refusals included."""

    async def visiting(client: Any) -> None:
        for path in ("/", "/static/page.css", "/v1/board", "/nowhere", "/v1/object"):
            headers = (await client.get(path)).headers
            assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
        refused = await client.get("/", headers={"Host": "evil.example"})
        assert refused.headers["X-Frame-Options"] == "DENY"

    visit(door, visiting)


def test_looking_at_the_head_of_the_stream_does_not_wait(door: PageDoor, visit: Visit) -> None:
    """HEAD is answered everywhere at once."""

    async def visiting(client: Any) -> None:
        assert (await client.head("/v1/board")).status == 200
        assert (await client.head("/v1/events")).status == 405

    visit(door, visiting)
