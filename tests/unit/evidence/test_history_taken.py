"""A history that goes on for days: what was taken of it is let go of, and nothing else changes."""

from __future__ import annotations

import pytest

from pytest_agentchaos.evidence import call_sorts, site
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.op import Op
from pytest_agentchaos.evidence.spool import Spool


def told(history, *names):
    """Calls that begin and end."""
    for name in names:
        index = history.append("invoke", at_s=1.0, call=Call("tool", "air", name, {"name": name}))
        history.defer(lambda at, of=index: Op(at, "ok", 2.0, 0.0, of, data={"status": 200}))
    return history


def test_what_was_taken_is_gone_and_what_comes_has_the_index_that_it_would_have():
    """The number of ops, slices and attempts go on as if nothing had been taken."""
    whole, history = told(History(), "a", "b", "a", "c"), told(History(), "a", "b")
    before, taken = history.take()
    told(history, "a", "c")
    assert before == []
    assert (history.held, len(history), history.begun) == (4, 8, 4)
    assert [*taken, *history] == [*whole]
    assert history[4] == whole[4]
    assert history[-1] == whole[-1]
    assert history[4].site.attempt == 2
    assert history[3:6] == whole[4:6]
    with pytest.raises(IndexError, match="op 1 of 8: the first 4 were let go of"):
        history[1]


def test_the_beginning_of_a_call_stays_until_the_call_has_ended():
    """Whoever reads its end can tell what has ended."""
    history = History()
    index = history.append("invoke", at_s=0.0, call=Call("tool", "air", "slow"))
    _, (begun,) = history.take()
    assert history[index] is begun
    assert [exchange.ending for exchange in history.calls()] == ["open"]
    history.append("fault", at_s=1.0, of=index)
    assert history.take()[0] == [begun]
    history.append("ok", at_s=1.0, of=index)
    before, (ended,) = history.take()
    assert (before, ended.of) == ([begun], index)
    assert [*history] == []
    with pytest.raises(IndexError):
        history[index]


def test_which_calls_were_seen_is_remembered_in_few_words(monkeypatch):
    """Of ever new ones only the number."""
    monkeypatch.setattr(call_sorts, "DIFFERENT", 3)
    history = told(History(), "a", "b", "a")
    history.take()
    told(history, "a", "c", *(f"new {number}" for number in range(9)), "x" * 2_000)
    sorts = history.sorts()
    assert sorts.count == 15
    assert {sort.call.name: sort.count for sort in sorts.sorts.values()} == {"a": 3, "b": 1, "c": 1}


def test_attempts_of_calls_made_lately_are_counted_on(monkeypatch):
    """Of those that nobody has made for long, the next is a first one again."""
    monkeypatch.setattr(site, "REMEMBERED", 4)
    history = History()
    for number in range(40):
        told(history, "often", f"new {number}")
        taken = history.take()[1]
    assert taken[0].site.attempt == 40
    assert len(history._sites._attempts) + len(history._sites._older) <= 10
    told(history, "new 1")
    assert history[-2].site.attempt == 1


def test_what_was_spooled_can_be_recalled_as_it_was():
    """Secrets included, which no file of a history shows; so what is asked of it has the answer that it would have."""
    whole, history, spool = told(History(), "sk-aB3dE5gH7jK9mN1pQ", "b"), History(), Spool()
    for name in ("sk-aB3dE5gH7jK9mN1pQ", "b"):
        told(history, name)
        spool.put(history.take()[1])
    told(history, "c")
    history.recall(spool.ops())
    spool.close()
    assert [*history] == [*told(whole, "c")]
    assert history.to_jsonl() == whole.to_jsonl()
    assert history.held == 6
    assert history.sorts().count == 3


def test_whoever_wants_to_know_is_told_that_something_was_added():
    """Also of what is read later."""
    history, heard = History(), []
    history.told = lambda: heard.append(len(history))
    told(history, "a")
    history.defer_invoke(lambda index: Op(index, "invoke", 0.0, 0.0, call=Call("tool", "air", "x")))
    assert heard == [1, 2, 3]
