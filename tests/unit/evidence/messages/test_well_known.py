"""Well-known forms of secrets."""

from __future__ import annotations

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.messages.texts import texts
from pytest_agentchaos.evidence.messages.well_known import well_known
from pytest_agentchaos.evidence.redaction import redact

SECRETS = {
    "sk-aB3dE5gH7jK9mN1pQ": "a key or token (sk-...)",
    "AKIAIOSFODNN7EXAMPLE": "a key or token (AKI...)",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a": "a key or token (ghp...)",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N": "a key or token (eyJ...)",
    "Bearer 9f8b7c6d5e4f3a2b1c0d": "a bearer token",
    "postgres://app:hunter2@db.internal/trips": "a password in an address",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----": "a private key",
}


def found(text):
    """What is found in a text."""
    return [what for _, what in well_known(texts(Story().call("note", x=text).ok().history, {"arguments"}))]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_known_by_its_form(secret):
    """Wherever it stands; a saved history hides the same."""
    assert found(f"İt is {secret} and more") == [SECRETS[secret]]
    assert secret not in redact(secret)


@pytest.mark.parametrize(
    "text",
    [
        "Use bearer authentication-and-authorization here",
        "sk-learn-pipeline-of-several-steps",
        "https://example.com/a?b=c@d",
        "https://example.com:8443/path",
        "task-flight-height sk- xoxo hf_ akia",
        "",
    ],
)
def test_a_word_is_no_secret(text):
    """A verdict needs more than what may be hidden once too often."""
    assert found(text) == []
