"""TLS contexts that read their CA certificates late, and are as strict as ever."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import gc
import ipaddress
import ssl
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

import certifi
import httpx
import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.simulation import Simulation
from pytest_agentchaos.simulation.tls import LazyContext


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for the loopback address, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = dt.datetime.now(dt.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture(scope="module")
def bundle(certificate: Path) -> Path:
    """A big bundle that trusts the certificate too."""
    path = certificate.with_name("bundle.pem")
    path.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + certificate.read_bytes())
    return path


@pytest.fixture(scope="module")
def url(certificate: Path) -> Iterator[str]:
    """A server on the loopback address that has the certificate."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    class Server(ThreadingTCPServer):
        def get_request(self) -> Any:
            connection, address = super().get_request()
            return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

        def handle_error(self, *_: object) -> None:
            """Clients that do not trust it hang up."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"https://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _in_trial(make: Callable[[], Any]) -> Any:
    with Simulation(VirtualClock(), 1):
        return make()


LIBRARIES = {"httpx": httpx, "httpx2": httpx2}


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_client_built_in_a_trial_reads_no_certificates(name: str) -> None:
    """Nothing is encrypted there."""
    library: Any = LIBRARIES[name]
    with _in_trial(lambda: library.Client(trust_env=False)) as client:
        assert type(client._transport._pool._ssl_context) is LazyContext
    with library.Client(trust_env=False) as outside:
        assert type(outside._transport._pool._ssl_context) is ssl.SSLContext


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_client_that_outlives_its_trial_still_distrusts(name: str, url: str) -> None:
    """A certificate that nobody signed is refused, as by a client that was built outside."""
    library: Any = LIBRARIES[name]
    with _in_trial(lambda: library.Client(trust_env=False)) as client:
        with pytest.raises(library.ConnectError, match="certificate verify failed"):
            client.get(url)
        assert type(client._transport._pool._ssl_context) is ssl.SSLContext
        assert client._transport._pool._ssl_context.get_ca_certs()


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_context_of_the_agents_own_still_trusts(name: str, url: str, bundle: Path, certificate: Path) -> None:
    """Whether its bundle is big, and read late, or small."""
    library: Any = LIBRARIES[name]
    for path, kind in ((bundle, LazyContext), (certificate, ssl.SSLContext)):
        context = _in_trial(functools.partial(ssl.create_default_context, cafile=path))
        assert type(context) is kind
        with library.Client(verify=context, trust_env=False) as client:
            assert client.get(url).text == "ok"


def test_asyncio_reads_them_too(url: str, bundle: Path) -> None:
    """It wraps buffers, not sockets."""
    context = _in_trial(lambda: ssl.create_default_context(cafile=bundle))

    async def get() -> str:
        async with httpx2.AsyncClient(verify=context, trust_env=False) as client:
            return (await client.get(url)).text

    assert asyncio.run(get()) == "ok"
    assert type(context) is ssl.SSLContext


def test_looking_at_the_certificates_reads_them(bundle: Path) -> None:
    """What a context contains is what it would have contained."""
    real = ssl.create_default_context(cafile=bundle)
    for look in (ssl.SSLContext.get_ca_certs, ssl.SSLContext.cert_store_stats):
        lazy = _in_trial(lambda: ssl.create_default_context(cafile=bundle))
        assert getattr(lazy, look.__name__)() == look(real)
        assert type(lazy) is ssl.SSLContext


def test_settings_of_a_context_work_before_it_is_read(bundle: Path, certificate: Path) -> None:
    """It is a context all the time; more certificates can be added to it."""

    def make() -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=bundle)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname = False
        context.verify_mode = ssl.CERT_OPTIONAL
        context.set_alpn_protocols(["h2"])
        context.load_verify_locations(cafile=certificate)
        context.load_verify_locations(cadata=certificate.read_text().partition("-----BEGIN PRIVATE")[0])
        return context

    context = _in_trial(make)
    assert isinstance(context, ssl.SSLContext)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert context.verify_mode is ssl.CERT_OPTIONAL
    assert not context.check_hostname
    assert len(context.get_ca_certs()) == len(make().get_ca_certs())


def test_mistakes_show_at_the_right_place(tmp_path: Path) -> None:
    """A file that is missing or no certificate is an error at once."""
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    with Simulation(VirtualClock(), 1):
        with pytest.raises(FileNotFoundError):
            ssl.create_default_context(cafile=tmp_path / "missing.pem")
        with pytest.raises(ssl.SSLError):
            ssl.create_default_context(cafile=bad)
        with pytest.raises(TypeError):
            ssl.create_default_context(cafile=5)  # type: ignore[arg-type]


def test_the_systems_certificates_are_read_late_unless_the_environment_names_them(
    monkeypatch: pytest.MonkeyPatch, certificate: Path
) -> None:
    """The environment may have changed by then."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    real = ssl.create_default_context()
    lazy = _in_trial(ssl.create_default_context)
    assert type(lazy) is LazyContext
    assert lazy.cert_store_stats() == real.cert_store_stats()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    named = _in_trial(ssl.create_default_context)
    assert type(named) is ssl.SSLContext
    assert named.cert_store_stats()["x509"] == 1


def test_other_threads_and_other_kinds_of_context_read_at_once(bundle: Path) -> None:
    """Only the trial's thread is in virtual time, and a subclass may rely on what it loaded."""

    class Own(ssl.SSLContext):
        pass

    seen: list[ssl.SSLContext] = []
    with Simulation(VirtualClock(), 1):
        thread = threading.Thread(target=lambda: seen.append(ssl.create_default_context(cafile=bundle)))
        thread.start()
        thread.join()
        own = Own(ssl.PROTOCOL_TLS_CLIENT)
        own.load_verify_locations(bundle)
    assert type(seen[0]) is ssl.SSLContext
    assert type(own) is Own
    assert own.get_ca_certs()


def test_a_context_that_is_dropped_is_freed(bundle: Path) -> None:
    """What it noted does not hold it."""
    gc.collect()
    context = _in_trial(lambda: ssl.create_default_context(cafile=bundle))
    reference = weakref.ref(context)
    del context
    assert reference() is None
