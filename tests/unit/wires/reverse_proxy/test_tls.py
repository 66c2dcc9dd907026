"""An upstream behind TLS: its certificate is looked at as httpx2 would."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pytest_agentchaos import faults
from pytest_agentchaos.schedule import Rule, on
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.reverse_proxy import Proxy

from .conftest import DEADLINE_S, Upstream


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Signed by itself, for the loopback address, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=2))
    builder = builder.add_extension(address, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
def upstream(certificate):
    """It speaks TLS only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Upstream(context) as serving:
        yield serving


def test_a_trusted_upstream_is_reached(upstream, certificate, monkeypatch):
    """Faults act in the clear, before it; a reset reaches the client as one."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    trial = Trial([Rule(faults.Reset(), on.any(nth=2))])
    with (
        Proxy(upstream.url, name="https://api.local") as proxy,
        httpx2.Client(trust_env=False, timeout=DEADLINE_S) as client,
        trial.live(),
    ):
        assert client.post(f"{proxy.url}/v1", json={}).json() == {}
        with pytest.raises(httpx2.ReadError):
            client.post(f"{proxy.url}/v1", json={})
    assert trial.history.calls()[0].call.target == "api.local"


def test_an_upstream_that_nobody_trusts_is_not_reached(upstream):
    """No request is sent there, and the reason is told."""
    with Proxy(upstream.url) as proxy, httpx2.Client(trust_env=False, timeout=DEADLINE_S) as client:
        told = client.get(proxy.url)
    assert told.status_code == 502
    assert "certificate verify failed" in told.text.lower()
    assert upstream.heads == []
