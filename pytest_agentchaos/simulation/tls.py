"""TLS contexts whose CA certificates are read when they are first needed.

An HTTP client reads some 150 certificates when it is built, 20-40 ms, and in virtual time nothing is encrypted.
So a big bundle is only noted. A client that outlives its trial is as strict as ever: the first use of its
context reads what was noted, and from then on it is a plain ``ssl.SSLContext`` again.
"""

from __future__ import annotations

import functools
import os
import ssl
import threading
from collections.abc import Callable
from typing import Any, Final

from pytest_agentchaos.simulation.state import SimState, here

_BIG_BYTES: Final = 32_768
"""A bundle below this is read at once: that is quick, and a mistake in it shows at the right place."""

_NOTED: Final = "_agentchaos_noted"
_lock = threading.RLock()


def _first_read(name: str) -> Callable[..., Any]:
    @functools.wraps(getattr(ssl.SSLContext, name))
    def method(self: ssl.SSLContext, *args: Any, **kwargs: Any) -> Any:
        _read_noted(self)
        return getattr(self, name)(*args, **kwargs)

    return method


def _read_noted(context: ssl.SSLContext) -> None:
    with _lock:
        for read, *arguments in vars(context).pop(_NOTED, ()):
            read(context, *arguments)
        context.__class__ = ssl.SSLContext


class LazyContext(ssl.SSLContext):
    """A context that has not read its CA certificates yet."""

    # wrap_socket(), wrap_bio(), asyncio and urllib3 all come through the first two.
    _wrap_socket = _first_read("_wrap_socket")
    _wrap_bio = _first_read("_wrap_bio")
    get_ca_certs = _first_read("get_ca_certs")
    cert_store_stats = _first_read("cert_store_stats")


_load_verify_locations = ssl.SSLContext.load_verify_locations
_set_default_verify_paths = ssl.SSLContext.set_default_verify_paths


def _note(context: ssl.SSLContext, read: Callable[..., object], *arguments: Any) -> bool:
    """Note what to read later, if this is a context for which that is possible."""
    if here() is None or type(context) not in (ssl.SSLContext, LazyContext):
        return False
    vars(context).setdefault(_NOTED, []).append((read, *arguments))
    context.__class__ = LazyContext
    return True


def load_verify_locations(self: ssl.SSLContext, cafile: Any = None, capath: Any = None, cadata: Any = None) -> None:
    """Load CA certificates, a big file of them only when it is needed."""
    if cadata is None and _is_big(cafile) and _note(self, _load_verify_locations, cafile, capath):
        return
    _load_verify_locations(self, cafile, capath, cadata)


def set_default_verify_paths(self: ssl.SSLContext) -> None:
    """Load the system's CA certificates, when they are needed."""
    # What the environment names may have changed by the time that the certificates are needed.
    given = "SSL_CERT_FILE" in os.environ or "SSL_CERT_DIR" in os.environ
    if given or not _note(self, _set_default_verify_paths):
        _set_default_verify_paths(self)


def _is_big(cafile: Any) -> bool:
    try:
        return cafile is not None and os.path.getsize(cafile) >= _BIG_BYTES  # noqa: PTH202 - bytes are allowed too
    except (OSError, TypeError, ValueError):
        return False


def install(state: SimState) -> None:
    """Put off reading CA certificates."""
    state.patches.set(ssl.SSLContext, "load_verify_locations", load_verify_locations)
    state.patches.set(ssl.SSLContext, "set_default_verify_paths", set_default_verify_paths)
