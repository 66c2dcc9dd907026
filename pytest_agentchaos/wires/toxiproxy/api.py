"""The API: which path does what. Requests and replies are plain data here; `http_door.py` puts them on the wire."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote

from pytest_agentchaos.wires.toxiproxy import go_json
from pytest_agentchaos.wires.toxiproxy.go_json import written
from pytest_agentchaos.wires.toxiproxy.go_values import fill, float64
from pytest_agentchaos.wires.toxiproxy.lease import Lease
from pytest_agentchaos.wires.toxiproxy.proxies import Proxies
from pytest_agentchaos.wires.toxiproxy.proxy import Proxy
from pytest_agentchaos.wires.toxiproxy.refusal import Refusal

VERSION: Final = "2.12.0"
"""Of the real one, whose API this is."""

_JSON: Final = "application/json"
_TEXT: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked."""

    method: str
    target: str
    user_agent: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered. Whatever is matched by a path has a number that a log could name."""

    status: int
    body: str = ""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=())
    numbered: bool = True


class Api:
    """The routes of the real one, and one of our own: the lease."""

    def __init__(self, proxies: Proxies, lease: Lease) -> None:
        self._proxies = proxies
        self._lease = lease
        here = Callable[..., Reply]
        self._routes: dict[tuple[str, ...], dict[str, here]] = {
            ("version",): {"GET": self._version},
            ("reset",): {"POST": self._reset},
            ("populate",): {"POST": self._populate},
            ("proxies",): {"GET": self._index, "POST": self._create},
            ("proxies", "*"): {"GET": self._show, "POST": self._update, "PATCH": self._update, "DELETE": self._delete},
            ("proxies", "*", "toxics"): {"GET": self._toxics, "POST": self._create_toxic},
            ("proxies", "*", "toxics", "*"): {
                "GET": self._show_toxic,
                "POST": self._update_toxic,
                "PATCH": self._update_toxic,
                "DELETE": self._delete_toxic,
            },
            ("agentchaos", "lease"): {"POST": self._renew},
        }

    def answer(self, request: Request) -> Reply:
        """One request, done and answered."""
        path = unquote(request.target.partition("?")[0], errors="replace")
        clean = _clean(path)
        if clean != path:
            return Reply(301, headers=(("Location", quote(clean)),), numbered=False)
        parts = path.removeprefix("/").split("/")
        for pattern, methods in self._routes.items():
            if len(pattern) == len(parts) and all(
                one in ("*", part) and part for one, part in zip(pattern, parts, strict=True)
            ):
                if request.method not in methods:
                    return Reply(405, numbered=False)
                if request.user_agent.startswith("Mozilla/"):
                    return _text("User agent not allowed\n", 403)
                named = [part for one, part in zip(pattern, parts, strict=True) if one == "*"]
                try:
                    return methods[request.method](request.body, *named)
                except Refusal as refusal:
                    return _text(f'{{"error":{written(refusal.text)},"status":{refusal.status}}}\n', refusal.status)
        return _text("404 page not found\n", 404, numbered=False)

    def _version(self, body: bytes) -> Reply:
        del body
        return Reply(200, f'{{"version": "{VERSION}"}}\n', "application/json;charset=utf-8")

    def _reset(self, body: bytes) -> Reply:
        del body
        self._proxies.reset()
        return Reply(204)

    def _populate(self, body: bytes) -> Reply:
        made: list[Proxy] = []
        try:
            self._proxies.populate(body, made)
        except Refusal as refusal:
            status, told = refusal.status, f'"error":{written(refusal.text)},"status":{refusal.status},'
        else:
            status, told = 201, ""
        listed = f"[{','.join(proxy.to_json() for proxy in made)}]" if made else "null"
        return Reply(status, f'{{{told}"proxies":{listed}}}', _JSON)

    def _index(self, body: bytes) -> Reply:
        del body
        return _json(f"{{{','.join(f'{written(proxy.name)}:{proxy.to_json()}' for proxy in self._proxies)}}}")

    def _create(self, body: bytes) -> Reply:
        return _json(self._proxies.create(body).to_json(), 201)

    def _show(self, body: bytes, name: str) -> Reply:
        del body
        return _json(self._proxies.get(name).to_json())

    def _update(self, body: bytes, name: str) -> Reply:
        proxy = self._proxies.get(name)
        self._proxies.update(proxy, body)
        return _json(proxy.to_json())

    def _delete(self, body: bytes, name: str) -> Reply:
        del body
        self._proxies.delete(name)
        return Reply(204)

    def _toxics(self, body: bytes, name: str) -> Reply:
        del body
        doses = self._proxies.get(name).doses.values()
        return _json(f"[{','.join(dose.to_json() for given in doses for dose in given)}]")

    def _create_toxic(self, body: bytes, name: str) -> Reply:
        return _json(self._proxies.create_toxic(self._proxies.get(name), body).to_json())

    def _show_toxic(self, body: bytes, name: str, toxic: str) -> Reply:
        del body
        return _json(self._proxies.toxic(self._proxies.get(name), toxic).to_json())

    def _update_toxic(self, body: bytes, name: str, toxic: str) -> Reply:
        return _json(self._proxies.update_toxic(self._proxies.get(name), toxic, body).to_json())

    def _delete_toxic(self, body: bytes, name: str, toxic: str) -> Reply:
        del body
        proxy = self._proxies.get(name)
        proxy.remove(self._proxies.toxic(proxy, toxic))
        return Reply(204)

    def _renew(self, body: bytes) -> Reply:
        given: dict[str, float] = {}
        complaint = fill(go_json.read(body), {"seconds": float64}, given, "Lease", "agentchaos.Lease")
        if complaint is not None:
            raise complaint
        if "seconds" not in given:
            raise Refusal(400, "missing required field: seconds")
        self._lease.renew(given["seconds"])
        return _json(f'{{"seconds":{given["seconds"]:g}}}')


def _clean(path: str) -> str:
    """Without empty parts and steps back, but with a slash at the end if there was one."""
    clean = posixpath.normpath("/" + path.lstrip("/"))
    return clean + "/" if path.endswith("/") and clean != "/" else clean


def _json(body: str, status: int = 200) -> Reply:
    return Reply(status, body, _JSON)


def _text(body: str, status: int, *, numbered: bool = True) -> Reply:
    """As Go's library writes errors."""
    return Reply(status, body, _TEXT, (("X-Content-Type-Options", "nosniff"),), numbered)
