"""Who may ask."""

from __future__ import annotations

import pytest

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.serving import access
from pytest_agentchaos.targets import is_loopback

TOKEN = "a-token-of-thirty-two-characters"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST", "localhost."])
def test_these_are_this_machine(host):
    """Nobody else reaches them."""
    assert is_loopback(host)
    access.refuse_open(host, None)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "", "10.0.0.1", "example.test", "localhost.example.test", "127.1"],  # noqa: S104 - none is bound
)
def test_anywhere_else_needs_a_token(host):
    """The refusal tells both ways out."""
    assert not is_loopback(host)
    with pytest.raises(UsageError, match=r"--token-file FILE or set AGENTCHAOS_TOKEN, or leave --host out"):
        access.refuse_open(host, None)
    access.refuse_open(host, TOKEN)


@pytest.mark.parametrize("told", ["localhost", "localhost:8765", "127.0.0.1:1", "[::1]:8765", "LocalHost:80"])
def test_a_client_that_means_this_machine_says_so(told):
    """With any port: a tunnel may have another."""
    assert access.names_loopback(told)


@pytest.mark.parametrize("told", ["", "evil.test", "evil.test:8765", "127.0.0.1.evil.test", "[::1", "a@b@localhost.x"])
def test_a_name_that_was_made_to_lead_here_is_seen(told):
    """A page from elsewhere cannot read what this server says."""
    assert not access.names_loopback(told)


def test_the_token_of_a_file_comes_before_that_of_the_environment(tmp_path):
    """Blanks around it do not count."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert access.token(file, {"AGENTCHAOS_TOKEN": "another-token-of-some-length"}) == TOKEN
    assert access.token(None, {"AGENTCHAOS_TOKEN": TOKEN}) == TOKEN
    assert access.token(None, {}) is None
    assert access.token(None, {"AGENTCHAOS_TOKEN": ""}) is None


@pytest.mark.parametrize("told", ["", "short", "two words that are long enough", "x" * 513, "tökens-are-ascii-only!"])
def test_what_is_no_token_is_refused_and_never_repeated(tmp_path, told):
    """A weak one would be as good as none; an empty file is a mistake."""
    file = tmp_path / "token"
    file.write_text(told)
    with pytest.raises(UsageError, match=str(file)) as refused:
        access.token(file, {})
    assert not told or told not in str(refused.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    """With its name."""
    with pytest.raises(UsageError, match="No such file"):
        access.token(tmp_path / "missing", {})


@pytest.mark.parametrize(
    ("header", "may"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer {TOKEN}", True),
        (TOKEN, False),
        ("", False),
        ("Bearer ", False),
        (f"Bearer {TOKEN}x", False),
        (f"Basic {TOKEN}", False),
        ("Bearer \udcff", False),
    ],
)
def test_only_the_token_opens(header, may):
    """As a bearer."""
    assert access.bears(header, TOKEN) is may
