"""Who is let in: a browser on this machine that was given the token, and only to read.

The address of the page carries the token once; a cookie that no script can read carries it from then on. A request
that names another host is refused, so that no foreign name that resolves to this machine gets an answer.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HOSTS = frozenset({"127.0.0.1", "localhost"})
READING = frozenset({"GET", "HEAD"})
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

REFUSED = "This page needs its key. Type `lab open` and use the address that it prints."


class Entry:
    """The guard in front of every route. `cookie` is a name of this lab's own: cookies do not know ports."""

    def __init__(self, token: str, cookie: str) -> None:
        self._token = token
        self._cookie = cookie

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what must be refused; add the headers to everything."""
        refusal = self._refusal(request)
        if refusal is not None:
            refusal.headers.update(HEADERS)
            return refusal
        try:
            response = await handler(request)
        except web.HTTPException as error:
            error.headers.update(HEADERS)
            raise
        if not response.prepared:
            response.headers.update(HEADERS)
            if self._matches(request.query.get("token", "")):
                response.set_cookie(self._cookie, self._token, httponly=True, samesite="Strict", path="/")
        return response

    def _refusal(self, request: web.Request) -> web.Response | None:
        if (request.host or "").rpartition(":")[0] not in HOSTS and request.host not in HOSTS:
            return web.Response(status=421, text="This address is not the page's.")
        if request.method not in READING:
            return web.Response(status=405, text="The page only reads.", headers={"Allow": "GET, HEAD"})
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        known = (request.query.get("token", ""), request.cookies.get(self._cookie, ""), bearer)
        if not any(self._matches(shown) for shown in known):
            return web.Response(status=401, text=REFUSED)
        return None

    def _matches(self, shown: str) -> bool:
        return hmac.compare_digest(shown.encode(), self._token.encode())
