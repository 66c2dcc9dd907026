"""A Toxiproxy server, by its public client. Nothing else imports the client (toxiproxy-python 0.1.1).

What that client lacks, and what is done about it here:

- Host and port belong to its class, so that two servers in one process would mix. Each :class:`Toxiproxy` has a
  subclass of the client's ``APIConsumer`` of its own; the classes ``Toxiproxy`` and ``Proxy`` of the client, which ask
  the shared one, are left aside.
- It waits for ever. Every request has a time limit, goes straight to the server (no proxy of the environment, no
  password of a ``.netrc``), and follows no redirect.
- It takes an answer of 500 for a success, or stumbles over it. Whatever is not 2xx is an error here, in the server's
  own words, and so is an answer of another form than Toxiproxy's.
- It knows no update of a toxic; the server takes a POST to the toxic for one.
- ``add_toxic`` returns nothing, ``version`` raw bytes, ``populate`` never asks the server, ``listen`` is stale once a
  proxy on port 0 was enabled. Every method here returns what the server says at that moment.
- It puts names into paths as they are. Here they are quoted, and a name that no path can hold is refused.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from queue import Empty, SimpleQueue
from typing import Any, Final, Literal
from urllib.parse import quote, urlsplit

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.evidence.telling import quoted, shown
from pytest_agentchaos.targets import refuse_unless_allowed
from pytest_agentchaos.wires.tcp.toxics import Toxic

DEFAULT_PORT: Final = 8474
_TIMEOUT_S: Final = 10.0
_ANSWER_BYTES: Final = 16_000_000
_LISTEN: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]*\]|[\w.-]*):[0-9]{1,5}")
_DIRECT: Final = {"http": None, "https": None, "all": None}
_GONE: Final = 404
_REMEDIES: Final = {
    400: "correct the value that it names",
    403: "it takes this client for a browser; use Toxiproxy 2.5 or later",
    404: "it was never made or is gone, as after a restart of the server; make it (again)",
    409: "use what is there under another name, or remove it first",
    500: "choose an address that this machine has, and a port that is free",
}

Method = Literal["get", "post", "delete"]


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, as its server described it."""

    name: str
    listen: str
    upstream: str
    enabled: bool
    toxics: tuple[Toxic, ...] = ()


class Toxiproxy:
    """One server, the real one or the embedded one."""

    def __init__(self, url: str, *, allow: Iterable[str] = (), timeout_s: float = _TIMEOUT_S) -> None:
        self._host, self._port = _address(url)
        self._allowed = tuple(allow)
        refuse_unless_allowed(self._host.strip("[]"), self._allowed)
        self._timeout_s = timeout_s
        self.url: Final = f"http://{self._host}:{self._port}"

    def version(self) -> str:
        """Which version it is."""
        answer = self._ask("get", "/version", "its version")
        return str(_within(answer, "version", "its version", self.url))

    def proxies(self) -> dict[str, Proxy]:
        """All proxies, by their names; other people's as well."""
        answer = self._ask("get", "/proxies", "its proxies")
        return {str(name): _proxy(one, self.url) for name, one in answer.items()}

    def proxy(self, name: str) -> Proxy:
        """One proxy."""
        return _proxy(self._ask("get", _path(name), f"the proxy {quoted(name)}"), self.url)

    def create(self, name: str, upstream: str, *, listen: str = "127.0.0.1:0", enabled: bool = True) -> Proxy:
        """Put up a proxy; its ``listen`` has the port that was free, on this machine unless another was allowed."""
        _path(name)
        asked = {"name": name, "upstream": upstream, "listen": listen, "enabled": enabled}
        answer = self._ask("post", "/proxies", f"a proxy {quoted(name)} on {listen}", asked)
        made = _proxy(answer, self.url)
        if not _LISTEN.fullmatch(made.listen):
            raise _strange(answer, "where it listens", self.url)
        try:
            refuse_unless_allowed(made.listen.rpartition(":")[0].strip("[]"), self._allowed)
        except UsageError:
            with suppress(UsageError):  # nobody else would ever remove it
                self.destroy(name)
            raise
        return made

    def populate(self, proxies: Sequence[Mapping[str, Any]]) -> tuple[Proxy, ...]:
        """Put up several at once; what is there in the same form stays."""
        for one in proxies:
            _path(str(one.get("name", "")))
        answer = self._ask("post", "/populate", "several proxies", list(proxies))
        return tuple(_proxy(one, self.url) for one in _within(answer, "proxies", "the proxies", self.url) or ())

    def enable(self, name: str) -> Proxy:
        """Have it listen (again)."""
        return self._set(name, enabled=True)

    def disable(self, name: str) -> Proxy:
        """Close its port and every connection through it."""
        return self._set(name, enabled=False)

    def _set(self, name: str, *, enabled: bool) -> Proxy:
        what = f"{'enabling' if enabled else 'disabling'} the proxy {quoted(name)}"
        return _proxy(self._ask("post", _path(name), what, {"enabled": enabled}), self.url)

    def destroy(self, name: str) -> None:
        """Remove a proxy, with every connection through it."""
        self._ask("delete", _path(name), f"removing the proxy {quoted(name)}")

    def toxics(self, proxy: str) -> tuple[Toxic, ...]:
        """The toxics of a proxy."""
        answer = self._ask("get", f"{_path(proxy)}/toxics", f"the toxics of {quoted(proxy)}")
        return tuple(_toxic(one, self.url) for one in answer)

    def add(self, proxy: str, toxic: Toxic) -> Toxic:
        """Add a toxic; what the server made of it."""
        asked = {"type": toxic.type, "stream": toxic.stream, **_changeable(toxic)}
        if toxic.name:
            _path(toxic.name)
            asked["name"] = toxic.name
        what = f"the toxic {quoted(toxic.type)} on {quoted(proxy)}"
        return _toxic(self._ask("post", f"{_path(proxy)}/toxics", what, asked), self.url)

    def update(self, proxy: str, toxic: Toxic) -> Toxic:
        """Change the attributes and the toxicity of the toxic of this name; its type and stream stay."""
        what = f"changing the toxic {quoted(toxic.name)} of {quoted(proxy)}"
        return _toxic(self._ask("post", _path(proxy, toxic.name), what, _changeable(toxic)), self.url)

    def remove(self, proxy: str, toxic: str) -> None:
        """Take a toxic away."""
        self._ask("delete", _path(proxy, toxic), f"removing the toxic {quoted(toxic)} of {quoted(proxy)}")

    def reset(self) -> None:
        """Enable all proxies and take away all toxics, other people's as well: for servers of one's own."""
        self._ask("post", "/reset", "a reset")

    def lease(self, seconds: float) -> bool:
        """Have the embedded server heal everything unless this is said again in time; False: it is another server."""
        return self._ask("post", "/agentchaos/lease", "a lease", {"seconds": seconds}, may_lack=True) is not None

    @cached_property
    def _consumer(self) -> Any:
        from toxiproxy.api import APIConsumer  # type: ignore[import-untyped]

        return type("Consumer", (APIConsumer,), {"host": self._host, "port": self._port})

    def _ask(self, method: Method, path: str, what: str, body: Any = None, *, may_lack: bool = False) -> Any:
        """The JSON value of its answer; None if the answer has no body, or if it has no such thing and need not."""
        import requests
        from toxiproxy import exceptions  # type: ignore[import-untyped]

        options = {"timeout": self._timeout_s, "allow_redirects": False, "proxies": _DIRECT, "auth": _anonymous}
        options |= {"hooks": {"response": _bounded}, "stream": True}
        send = partial(getattr(self._consumer, method), path, **options)
        try:
            answer = self._in_time(send if body is None else partial(send, json=body))
            status, content = answer.status_code, answer.content
        except exceptions.ProxyExists as error:
            status, content = 409, error.args[0]
        except exceptions.NotFound as error:
            status, content = _GONE, error.args[0]
        except exceptions.InvalidToxic as error:  # any answer of 400, also on a proxy
            status, content = 400, error.args[0]
        except requests.RequestException as error:
            msg = (
                f"Toxiproxy at {self.url} does not answer ({printable(_root(error), 200)}), asked for {what}; is it"
                f" running? Without AGENTCHAOS_TOXIPROXY_URL one is started"
            )
            raise UsageError(msg) from None
        if status == _GONE and may_lack:
            return None
        if not 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls a success
            remedy = _REMEDIES.get(status, "its log may say why")
            msg = f"Toxiproxy at {self.url}, asked for {what}, answers {status}: {_words(content)}; {remedy}"
            raise UsageError(msg)
        return _read(content, what, self.url) if content else {}

    def _in_time(self, send: Callable[[], Any]) -> Any:
        """Its answer. The client's own time limit begins anew with each byte, so that it would wait for ever."""
        import requests

        outcomes: SimpleQueue[Future[Any]] = SimpleQueue()

        def work() -> None:
            outcome: Future[Any] = Future()
            try:
                outcome.set_result(send())
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                outcome.set_exception(error)
            outcomes.put(outcome)

        try:
            threading.Thread(target=work, name="agentchaos-toxiproxy", daemon=True).start()
        except RuntimeError:  # there are no new threads when Python ends
            work()
        limit_s = 2 * self._timeout_s
        with suppress(Empty):
            return outcomes.get(timeout=limit_s).result()
        msg = f"its answer is not complete after {limit_s:g} s"
        raise requests.Timeout(msg)


class _Bounded:
    """A body, as far as it is of a reasonable size."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, chunk_bytes: int, **options: Any) -> Iterator[bytes]:
        """What the client's library asks for."""
        left = _ANSWER_BYTES
        for chunk in self._raw.stream(chunk_bytes, **options):
            left -= len(chunk)
            if left < 0:
                import requests

                self._raw.close()
                msg = f"its answer has more than {_ANSWER_BYTES:,} bytes"
                raise requests.RequestException(msg)
            yield chunk


def _bounded(answer: Any, **_: Any) -> None:
    answer.raw = _Bounded(answer.raw)


def _address(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme != "http" or not host or parts.path.strip("/") or parts.username or parts.query:
        msg = f"{shown(url)} is no address of a Toxiproxy server; write for example http://127.0.0.1:{DEFAULT_PORT}"
        raise UsageError(msg)
    return f"[{host}]" if ":" in host else host, DEFAULT_PORT if port is None else port


def _path(*names: str) -> str:
    """The path of a proxy, or of a toxic of it."""
    for name in names:
        if not name or "/" in name or name in {".", ".."}:
            msg = f"{quoted(name)} cannot be the name of a proxy or a toxic: no path leads to it; leave out '/'"
            raise UsageError(msg)
    return "/proxies/" + "/toxics/".join(quote(name, safe="") for name in names)


def _changeable(toxic: Toxic) -> dict[str, Any]:
    return {"toxicity": toxic.toxicity, "attributes": dict(toxic.attributes)}


def _root(error: BaseException) -> str:
    """What was wrong at the bottom of it: three libraries wrap it."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error)


def _anonymous(request: Any) -> Any:
    """No password, also if a .netrc has one for this host."""
    return request


def _read(content: bytes, what: str, url: str) -> Any:
    import json

    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        raise _strange(content.decode("utf-8", "replace"), what, url) from None
    if not isinstance(value, (dict, list)):
        raise _strange(value, what, url)
    return value


def _words(content: bytes) -> str:
    """What an error says, in the server's own words."""
    import json

    text = content.decode("utf-8", "replace")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    return (
        printable(str(said["error"]) if isinstance(said, dict) and "error" in said else text.strip(), 300) or "nothing"
    )


def _strange(value: Any, what: str, url: str) -> UsageError:
    return UsageError(f"{url}, asked for {what}, answers {quoted(value)}; is there a Toxiproxy behind that address?")


def _within(answer: Any, key: str, what: str, url: str) -> Any:
    if not isinstance(answer, dict) or key not in answer:
        raise _strange(answer, what, url)
    return answer[key]


def _proxy(said: Any, url: str) -> Proxy:
    try:
        name, listen, upstream = (str(said[key]) for key in ("name", "listen", "upstream"))
        return Proxy(name, listen, upstream, bool(said["enabled"]), tuple(_toxic(one, url) for one in said["toxics"]))
    except (KeyError, TypeError):
        raise _strange(said, "a proxy", url) from None


def _toxic(said: Any, url: str) -> Toxic:
    try:
        stream = str(said["stream"]).lower()
        if stream not in {"upstream", "downstream"}:
            raise KeyError(stream)  # noqa: TRY301 - any other form than Toxiproxy's is told in one place
        attributes = {str(key): int(value) for key, value in said["attributes"].items()}
        return Toxic(str(said["type"]), stream, attributes, float(said["toxicity"]), str(said["name"]))  # type: ignore[arg-type]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise _strange(said, "a toxic", url) from None
