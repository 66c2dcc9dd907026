"""What is written down for people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reference_system.errors import StoreError
from reference_system.store.interface import EscalationRow, LogMessage

MESSAGE = LogMessage(
    trip="T-1",
    correlation="c1",
    at_s=1_800_000_000.5,
    sender="orchestrator",
    receiver="flights",
    kind="task",
    body={"text": "Fly to Lisbon"},
)
ESCALATION = EscalationRow(
    escalation="E-1",
    trip="T-1",
    correlation="c1",
    at_s=1_800_000_000.5,
    why="three failures in a row",
    document={"done": ["F-1"], "do": ["call the hotel"]},
)


@pytest.fixture
def journal(store):
    """A store with four messages."""
    store.log(
        [
            MESSAGE,
            replace(MESSAGE, sender="flights", receiver="model", kind="model_call", body={"ask": "step"}),
            replace(MESSAGE, trip="T-2", correlation="c2", body={"text": 'say "Zürich" \\ 100% _'}),
        ]
    )
    store.log(iter([replace(MESSAGE, sender="flights", receiver="orchestrator", kind="answer", body={"n": 1})]))
    return store


def _numbers(messages):
    return [message.number for message in messages]


def test_messages_come_back_in_order_and_numbered(journal):
    """As they were written, and the store gives the numbers."""
    messages = journal.messages()
    assert messages[0] == replace(MESSAGE, number=1)
    assert _numbers(messages) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"trip": "T-1"}, [1, 2, 4]),
        ({"correlation": "c2"}, [3]),
        ({"kind": "task"}, [1, 3]),
        ({"party": "flights"}, [1, 2, 3, 4]),
        ({"party": "model"}, [2]),
        ({"party": "light"}, []),
        ({"text": "Lisbon"}, [1]),
        ({"text": 'say "Zürich" \\'}, [3]),
        ({"text": "100%"}, [3]),
        ({"text": "%"}, [3]),
        ({"text": "_"}, [3]),
        ({"text": "?"}, []),
        ({"trip": "T-1", "kind": "task", "party": "orchestrator", "text": "Fly"}, [1]),
        ({"limit": 2}, [1, 2]),
        ({"trip": "T-1", "limit": 2}, [1, 2]),
    ],
)
def test_messages_are_searched(journal, wanted, numbers):
    """Each thing that is asked for must hold; text is looked for as it stands."""
    assert _numbers(journal.messages(**wanted)) == numbers


def test_nothing_to_log_is_fine(store):
    """A flush without messages."""
    store.log([])
    assert store.messages() == ()


def test_a_batch_is_written_together_or_not_at_all(store):
    """A message that cannot be stored takes the others with it."""
    with pytest.raises(StoreError):
        store.log([MESSAGE, replace(MESSAGE, sender="\ud800")])
    assert store.messages() == ()


@pytest.mark.parametrize("value", ["\ud800", "\x00", float("inf"), [None, True, {"a": []}]])
def test_whatever_a_model_says_can_be_logged(store, value):
    """A log that fails on strange text would hide just the strange."""
    store.log([replace(MESSAGE, body={"said": value})])
    assert store.messages()[0].body == {"said": value}


def test_an_escalation_is_stored_once(store):
    """Repeating it does not open it again."""
    store.escalate(ESCALATION)
    store.escalate(replace(ESCALATION, why="again"))
    assert store.escalations() == (ESCALATION,)
    store.close_escalation("E-1")
    store.escalate(ESCALATION)
    assert store.escalations("open") == ()
    assert store.escalations("closed") == (replace(ESCALATION, state="closed"),)


def test_escalations_come_in_order(store):
    """Whoever waits longest is first."""
    for name in ("E-2", "E-1"):
        store.escalate(replace(ESCALATION, escalation=name))
    assert [row.escalation for row in store.escalations("open")] == ["E-2", "E-1"]


def test_an_unknown_escalation_cannot_be_closed(store):
    """It names the escalation."""
    with pytest.raises(StoreError, match="no escalation 'E-9'"):
        store.close_escalation("E-9")


def test_what_shadow_runs_did_differently_is_kept_in_order(store):
    """Also twice for one trip."""
    store.add_shadow("T-2", {"route": ["trip", "question"]})
    store.add_shadow("T-1", {})
    store.add_shadow("T-2", {"reason": ["completed", "failed"]})
    assert store.shadows() == (
        ("T-2", {"route": ["trip", "question"]}),
        ("T-1", {}),
        ("T-2", {"reason": ["completed", "failed"]}),
    )
