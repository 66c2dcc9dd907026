"""What a test declares about its system, and what invariants then know: effects, claims, the world, secrets, prices."""

from __future__ import annotations

import pytest

HEAD = """
from pytest_agentchaos import Claim, Effect, faults, invariants, on, reached
import pytest

SEAT = Effect("seat", tool="book", key=("traveller", "flight"), id="result.booking", undo="cancel")

class Airline:
    def __init__(self):
        self.sold = {}
    def book(self, traveller, flight):
        booking = f"B{len(self.sold) + 1}"
        self.sold[booking] = (traveller, flight)
        return {"booking": booking}
    def cancel(self, booking):
        del self.sold[booking]
        return {"cancelled": booking}

def agent(book):
    for attempt in range(3):
        try:
            done = book("Ada", "LX1")
        except TimeoutError:
            continue
        return {"text": "Booked.", "bookings": [{"traveller": "Ada", "flight": "LX1", "booking": done["booking"]}]}

@pytest.fixture
def airline(agentchaos):
    airline = Airline()
    airline.book, airline.cancel = agentchaos.tool(airline.book), agentchaos.tool(airline.cancel)
    return airline
"""


def run(project: pytest.Pytester, source: str, *args: str) -> pytest.RunResult:
    """Run this test module inside the project."""
    project.makepyfile(test_it=HEAD + source)
    return project.runpytest_inprocess(*args)


def test_an_effect_that_is_declared_is_judged_without_another_word(project):
    """A lost answer and an agent that asks again: two bookings, and the verdict names the key and both calls."""
    result = run(
        project,
        """
def test_it(agentchaos, airline):
    agentchaos.effect(SEAT)
    agentchaos.inject(faults.DropResponse(), on.tool("book", nth=1))
    agentchaos.run(agent, airline.book)
    agentchaos.check(invariants.no_duplicate_effect())
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*FAIL*no_duplicate_effect*seat*Ada*LX1*2 times*"])


def test_without_trouble_the_same_agent_is_right(project):
    """Nothing is lost, nothing is done twice; the ledger stands in the history."""
    result = run(
        project,
        """
def test_it(agentchaos, airline):
    agentchaos.effect(SEAT)
    agentchaos.run(agent, airline.book)
    agentchaos.check(invariants.no_duplicate_effect(), invariants.no_duplicate_effect("seat"))
    (effect,) = [op for op in agentchaos.history if op.kind == "effect"]
    assert agentchaos.history[effect.of].call.name == "book"
    assert effect.data["key"] == ["Ada", "LX1"]
""",
    )
    result.assert_outcomes(passed=1)


def test_effects_stand_in_a_fixture_for_all_tests(project):
    """A conftest declares them once."""
    project.makeconftest(
        """
import pytest
from pytest_agentchaos import Effect

@pytest.fixture(scope="session")
def agentchaos_effects():
    return [Effect("seat", tool="book", key=("traveller", "flight"))]
"""
    )
    result = run(
        project,
        """
def test_it(agentchaos, airline):
    agentchaos.inject(faults.DropResponse(), on.tool("book", nth=1))
    agentchaos.run(agent, airline.book)
    with pytest.raises(pytest.fail.Exception, match="seat"):
        agentchaos.check(invariants.no_duplicate_effect("seat"))
""",
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "claims",
    [
        'Claim("seat", at="bookings.*", key=("traveller", "flight"), id="booking")',
        'lambda answer: [{"effect": "seat", "key": [b["traveller"], b["flight"]]} for b in answer["bookings"]]',
    ],
    ids=["declared", "by a function"],
)
def test_what_the_answer_claims_is_compared_with_what_was_done(project, claims):
    """An agent that says so without doing it tells of a phantom."""
    result = run(
        project,
        f"""
CLAIMS = {claims}

def liar():
    return {{"bookings": [{{"traveller": "Ada", "flight": "LX1", "booking": "B1"}}]}}

def test_it(agentchaos, airline):
    agentchaos.effect(SEAT)
    agentchaos.claims(CLAIMS)
    agentchaos.run(agent, airline.book)
    agentchaos.check(invariants.no_phantom(), invariants.no_orphan())

def test_liar(agentchaos, airline):
    agentchaos.effect(SEAT)
    agentchaos.claims(CLAIMS)
    agentchaos.run(liar)
    agentchaos.check(invariants.no_phantom())
""",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*FAIL*no_phantom*"])


def test_a_claims_function_that_raises_makes_nothing_green(project):
    """The defect is told; nothing is known."""
    result = run(
        project,
        """
def test_it(agentchaos, airline):
    agentchaos.effect(SEAT)
    agentchaos.claims(lambda answer: answer["nowhere"])
    agentchaos.run(agent, airline.book)
    agentchaos.check(invariants.no_phantom())
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*UNKNOWN*no_phantom*KeyError*"])


@pytest.mark.parametrize("look", ["def look():", "async def look():"], ids=["sync", "async"])
def test_the_world_is_looked_at_after_each_run(project, look):
    """Rows of a database against the wires: somebody else's row is a finding."""
    result = run(
        project,
        f"""
def test_it(agentchaos, airline):
    {look}
        return [{{"traveller": t, "flight": f, "booking": b}} for b, (t, f) in airline.sold.items()]
    agentchaos.effect(SEAT)
    agentchaos.probe("seat", look)
    agentchaos.run(agent, airline.book)
    agentchaos.check(invariants.world_agrees())
    airline.sold["B9"] = ("Eve", "LX1")
    agentchaos.run(agent, airline.book)
    with pytest.raises(pytest.fail.Exception, match="Eve"):
        agentchaos.check(invariants.world_agrees())
""",
    )
    result.assert_outcomes(passed=1)


def test_a_row_has_the_fields_of_the_effect_unless_told_otherwise(project):
    """What the table calls otherwise is named; the rest is as declared."""
    result = run(
        project,
        """
PAID = Effect("seat", tool="book", key=("traveller", "flight"), id="result.booking", amount="result.price")

def test_it(agentchaos):
    agentchaos.effect(PAID)
    row = {"traveller": "Ada", "flight": "LX1", "who": "Ada", "what": "LX1", "booking": "B1", "price": 7}
    agentchaos.probe("seat", lambda: [row])
    agentchaos.probe("seat", lambda: [row], key=("who", "what"))
    agentchaos.run(lambda: None)
    found = [op.data["rows"] for op in agentchaos.history if "world" in op.data]
    assert found == [[{"key": ["Ada", "LX1"], "id": "B1", "amount": 7}]] * 2
""",
    )
    result.assert_outcomes(passed=1)


def test_a_probe_that_fails_says_so_and_nothing_is_known(project):
    """A database that is down must not look like an empty one."""
    result = run(
        project,
        """
def test_it(agentchaos, airline):
    agentchaos.effect(SEAT)
    agentchaos.probe("seat", lambda: 1 / 0)
    agentchaos.run(agent, airline.book)
    agentchaos.check(invariants.world_agrees())
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*UNKNOWN*world_agrees*ZeroDivisionError*"])


def test_a_canary_that_comes_out_anywhere_is_found(project):
    """In an argument, in a log line, in the answer; no verdict repeats its text."""
    result = run(
        project,
        """
import logging

@pytest.mark.parametrize("place", ["arguments", "logs", "answer", "nowhere"])
def test_it(agentchaos, airline, place):
    secret = agentchaos.canary("card number")
    def careless():
        airline.book(secret if place == "arguments" else "Ada", "LX1")
        logging.getLogger("agent").warning("paid with %s", secret if place == "logs" else "a card")
        return secret if place == "answer" else "Booked."
    agentchaos.run(careless)
    agentchaos.check(invariants.no_secret_leaked())
""",
        "-p", "no:logging", "--show-capture=no",
    )  # fmt: skip
    result.assert_outcomes(passed=1, failed=3)
    assert sum("card number" in line and "FAIL" in line for line in result.outlines) == 3


def test_prices_make_tokens_a_cost(project):
    """The user's own table replaces the one that is shipped."""
    result = run(
        project,
        """
import httpx2
from pytest_agentchaos import ScriptedModel

def ask():
    body = {"model": "house-model", "input": "Hello"}
    return httpx2.post("https://api.openai.com/v1/responses", json=body).status_code

def test_it(agentchaos):
    agentchaos.upstream("https://api.openai.com", ScriptedModel(["Hello"]))
    agentchaos.prices({"house-*": (1_000_000, 0)}, currency="CHF")
    agentchaos.run(ask)
    measures = agentchaos.measures()
    assert measures.cost == measures.input_tokens > 0
    assert measures.currency == "CHF"
    with pytest.raises(pytest.fail.Exception, match="cost"):
        agentchaos.check(invariants.at_most("cost", 0.5))
""",
    )
    result.assert_outcomes(passed=1)


def test_tools_that_no_wire_lists_can_be_declared(project):
    """Then messages are judged against their schemas."""
    result = run(
        project,
        """
def test_it(agentchaos, airline):
    schema = {"type": "object", "properties": {"flight": {"type": "string", "pattern": "^TP"}}}
    agentchaos.tools({"name": "book", "inputSchema": schema})
    agentchaos.run(agent, airline.book)
    agentchaos.check(invariants.valid_messages())
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*FAIL*valid_messages*book*"])


def test_sometimes_may_ask_the_history(project):
    """A condition that is a function gets it; what was never true is named."""
    result = run(
        project,
        """
@pytest.mark.parametrize("lost", [False, True])
def test_it(agentchaos, airline, lost):
    if lost:
        agentchaos.inject(faults.DropResponse(), on.tool("book", nth=1))
    agentchaos.run(agent, airline.book)
    agentchaos.sometimes("a retry succeeded", reached.retry_succeeded)
    agentchaos.sometimes("the breaker opened", reached.breaker_opened())
""",
    )
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["sometimes, never reached: the breaker opened"])
    result.stdout.no_fnmatch_line("*never reached: a retry succeeded*")


def test_a_live_block_can_tell_the_answer(project):
    """There is no return value of it to look at."""
    result = run(
        project,
        """
def test_it(agentchaos, airline):
    agentchaos.effect(SEAT)
    agentchaos.claims(Claim("seat", at="bookings.*", id="booking"))
    agentchaos.probe("seat", lambda: list(airline.sold))
    with agentchaos.live() as live:
        live.answer(agent(airline.book))
    agentchaos.check(invariants.no_phantom(), invariants.no_orphan())
    assert [op.data["rows"] for op in agentchaos.history if "world" in op.data] == [[{"id": "B1"}]]
""",
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("agentchaos.effect('seat')", "'seat' is not an effect; write for example Effect("),
        ("agentchaos.effect(SEAT, Effect('seat', tool='x', key='y'))", "the effect 'seat' is declared twice"),
        ("agentchaos.probe('sead', list)", "a probe of 'sead', which is no declared effect"),
        ("agentchaos.prices({'x': 'cheap'})", "cheap"),
        ("agentchaos.claims(3)", "3 is no claim"),
    ],
)
def test_a_wrong_declaration_is_an_error_that_says_what_to_write(project, wrong, said):
    """Before anything runs."""
    result = run(project, f"def test_it(agentchaos):\n    {wrong}\n")
    result.assert_outcomes(failed=1)
    assert said in result.stdout.str()


def test_what_recovery_costs_is_the_difference_of_two_runs(project):
    """The same journey twice, each in a fresh trial; the trial of the test itself is not touched."""
    result = run(
        project,
        """
def build(chaos):
    airline = Airline()
    chaos.effect(SEAT)
    book = chaos.tool(airline.book)
    return lambda: agent(book)

def test_it(agentchaos):
    pair = agentchaos.paired(build, (faults.DropResponse(), on.tool("book", nth=1)))
    assert pair.cost.seconds == pytest.approx(30, abs=0.1)
    assert (pair.cost.calls, pair.cost.effects) == (1, {"seat": 1})
    assert pair.trials[0].seed == agentchaos.seed
    assert len(agentchaos.history) == 0
    assert agentchaos.paired(build, faults.Latency(seconds=2)).cost.seconds == pytest.approx(2, abs=0.1)

def test_unfired(agentchaos):
    agentchaos.paired(build, (faults.DropResponse(), on.tool("nothing")))
""",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*InvalidTrialError: invalid: 1 of 1 faults never fired*"])
