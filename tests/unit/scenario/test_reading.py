"""What may stand in a scenario file, and what is said of everything else."""

from __future__ import annotations

import pytest

from pytest_agentchaos import faults, invariants, on
from pytest_agentchaos.scenario import DocumentError, load
from pytest_agentchaos.schedule import rule


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ('{tool: "book_*", nth: 1}', on.tool("book_*", nth=1)),
        ("{model: gpt-5, agent: planner}", on.model("gpt-5", agent="planner")),
        ("{agent: flights}", on.agent("flights")),
        ("{http: 'POST /book*'}", on.http("POST /book*")),
        ("{rpc: tools/list}", on.rpc("tools/list")),
        ("{tcp: postgres}", on.tcp("postgres")),
        ("{write: '*', times: 2}", on.write("*", times=2)),
        ("{read: 'search_*', probability: 0.5}", on.read("search_*", probability=0.5)),
        ("{any: true, between: [1, null]}", on.any(between=(1, None))),
        ("{any: true, target: 'flights*'}", on.any(target="flights*")),
        ("{edge: {caller: planner, callee: flights}}", on.edge("planner", "flights")),
        ("{edge: {callee: flights}, nth: 2}", on.edge(callee="flights", nth=2)),
        ("{site: 'planner|tool|t|book|d|1'}", on.site("planner|tool|t|book|d|1")),
        ("{kind: tool, name: book, callee: b}", on.tool("book", callee="b")),
        ("", on.any()),
    ],
)
def test_calls_are_selected_by_the_words_of_on(write, text, selector):
    """The same words as in Python, and the fields as results have them."""
    scenario = load(write(f"version: 1\nsystem: shop_of_scenarios:shop\nfaults: [{{fault: latency, on: {text}}}]"))
    assert scenario.variants[0].schedule == (rule(faults.Latency(), selector),)


def test_everything_that_a_file_can_say(write):
    """Invariants with and without parameters, conditions, effects, how it may end."""
    scenario = load(
        write("""
            version: 1
            name: lost-ack-books-once
            summary: The answer is lost.
            incident: A gateway answered after the client's timeout.
            tags: [delivery, write]
            system: shop_of_scenarios:shop
            journeys: one-book
            mode: sim
            faults: [{fault: drop_response, on: {write: "*"}}]
            invariants:
              - no_duplicate_effect
              - {at_most: {metric: steps, limit: 40}}
              - {at_most: [tool_calls, 3]}
              - pytest_agentchaos.invariants.terminates:terminates
            sometimes: [retry_succeeded, {breaker_opened: {failures: 2}}]
            expect: {outcome: [completed, degraded]}
            effects: [{name: order, tool: order, key: [title]}]
            trials: 3
            seed: 7
            if_unfired: skip
        """)
    )
    (variant,) = scenario.variants
    assert variant.invariants[:3] == (
        invariants.no_duplicate_effect(),
        invariants.at_most("steps", 40),
        invariants.at_most("tool_calls", 3),
    )
    assert variant.sometimes == ("retry_succeeded", {"breaker_opened": {"failures": 2}})
    assert (variant.expect, variant.if_unfired) == (("completed", "degraded"), "skip")
    assert [plan.seed for plan in scenario.plans(seed=100)] == [107, 108, 109]
    assert [effect.name for effect in scenario.plans()[0].effects] == ["order"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nmae: x", "3: nmae: a scenario has no key 'nmae'; did you mean 'name'?"),
        ("name: 5", "3: name: 5: input should be a valid string"),
        (
            "faults: [{fault: drop_respons}]",
            ("3: faults[0].fault: there is no fault 'drop_respons'; did you mean 'drop_response'?"),
        ),
        (
            "faults:\n  - fault: latency\n    secnds: 3",
            ("5: faults[0].secnds: latency has no parameter 'secnds'; did you mean 'seconds'?"),
        ),
        (
            "faults:\n  - fault: latency\n    seconds: -3",
            ("5: faults[0].seconds: -3: input should be greater than or equal to 0"),
        ),
        ("faults: [{fault: partition}]", "3: faults[0].groups: 'groups' is missing"),
        (
            "faults: [5]",
            ('3: faults[0]: 5 names no fault; write for example {fault: latency, seconds: 20, on: {tool: "*"}}'),
        ),
        (
            "faults: [{fault: latency, on: {tol: '*'}}]",
            ("3: faults[0].on.tol: calls are not selected by 'tol'; did you mean 'tool'?"),
        ),
        (
            "faults: [{fault: latency, on: {tool: a, nht: 1}}]",
            ("3: faults[0].on.nht: calls are not selected by 'nht'; did you mean 'nth'?"),
        ),
        (
            "faults: [{fault: latency, on: {tool: ' '}}]",
            ("3: faults[0].on.tool: ' ': an empty pattern matches nothing; use '*' for any"),
        ),
        (
            "faults: [{fault: latency, on: {tool: a, model: b}}]",
            ("3: faults[0].on: tool and model stand side by side; select by one of them"),
        ),
        (
            "faults: [{fault: latency, on: {tool: a, kind: model}}]",
            ("3: faults[0].on.kind: 'tool' says that already; leave one of them out"),
        ),
        ("faults: [{fault: latency, on: {any: false}}]", "3: faults[0].on.any: False: write any: true for every call"),
        (
            "faults: [{fault: latency, on: {edge: {calle: x}}}]",
            ("3: faults[0].on.edge: an edge has a caller, a callee or both: {caller: planner}"),
        ),
        (
            "faults: [{fault: latency, on: tool}]",
            ("3: faults[0].on: 'tool' selects no calls; write for example {tool: \"book_*\", nth: 1}"),
        ),
        ("faults: [{fault: refusal, on: {tool: '*'}}]", "3: faults[0].on: ...; select with on.model(...)"),
        (
            "invariants: [no_duplicate_efect]",
            (
                "3: invariants[0]: there is no invariant 'no_duplicate_efect'; did you mean"
                " 'no_duplicate_effect'? (one of your own: module:name)"
            ),
        ),
        (
            "invariants: [{at_most: {metrc: steps, limit: 1}}]",
            ("3: invariants[0].at_most.metrc: at_most has no 'metrc'; did you mean 'metric'?"),
        ),
        (
            "invariants: [{at_most: {metric: stepz, limit: 1}}]",
            ("3: invariants[0]: there is no metric 'stepz'; did you mean 'steps'?"),
        ),
        (
            "invariants: [{at_most: {metric: steps}}]",
            ("3: invariants[0]: at_most: ...missing 1 required positional argument: 'limit'"),
        ),
        (
            "invariants: [nowhere:thing]",
            ("3: invariants[0]: there is no invariant 'nowhere:thing': ModuleNotFoundError: No module named 'nowhere'"),
        ),
        (
            "invariants: [builtins:dict]",
            "3: invariants[0]: builtins:dict: that is no class or function of builtins's own, and is not called",
        ),
        (
            "invariants: [{a: 1, b: 2}]",
            (
                "3: invariants[0]: {'a': 1, 'b': 2} is no invariant; write its name, or"
                " {at_most: {metric: steps, limit: 40}}"
            ),
        ),
        (
            "sometimes: [retry_succeded]",
            (
                "3: sometimes[0]: there is no condition 'retry_succeded'; did you mean"
                " 'retry_succeeded'? (one of your own: module:name)"
            ),
        ),
        (
            "sometimes: [{breaker_opened: {failurs: 3}}]",
            ("3: sometimes[0].breaker_opened.failurs: breaker_opened has no 'failurs'; did you mean 'failures'?"),
        ),
        (
            "expect: {outcome: complete}",
            ("3: expect.outcome[0]: 'complete': a journey cannot end so; did you mean 'completed'?"),
        ),
        ("expect: completed", "3: expect: ..."),
        ("effects: [{name: x, tol: y, key: [a]}]", "3: effects[0].tol: an effect has no 'tol'; did you mean 'tool'?"),
        ("effects: [{name: x, tool: y}]", "3: effects[0]: the effect {'name': 'x', 'tool': 'y'} has no 'key'; ..."),
        ("trials: 0", "3: trials: 0: input should be greater than or equal to 1"),
        ("trials: true", "3: trials: True: input should be a valid integer"),
        ("if_unfired: skp", "3: if_unfired: 'skp': input should be 'invalid' or 'skip'"),
        ("mode: lve", "3: mode: 'lve': input should be 'sim' or 'live'"),
        (
            "journeys: [one-bok]",
            ("3: journeys[0]: shop_of_scenarios:shop has no journey 'one-bok'; did you mean 'one-book'?"),
        ),
    ],
)
def test_each_mistake_is_told_with_its_line_its_key_and_the_nearest_valid_name(problems, text, said):
    """Nothing but that mistake."""
    (told,) = problems(text)
    head, _, tail = said.replace("(...)", "(..)").partition("...")
    assert told.replace("(...)", "(..)").startswith(head)
    assert told.replace("(...)", "(..)").endswith(tail)


@pytest.mark.parametrize(
    ("system", "said"),
    [
        ("shop_of_scenarios:shp", "shop_of_scenarios has no 'shp'; did you mean 'shop'?"),
        ("no_such_module_at_all:shop", "there is no module 'no_such_module_at_all' on the import path"),
        ("'shop_of_scenarios:shop(open())'", "its arguments have to be literals"),
    ],
)
def test_a_system_that_is_not_there_is_a_problem_like_any_other(problems, system, said):
    """All others are told as well."""
    told = problems(f"version: 1\nsystem: {system}\ntrials: 0", head=False)
    assert told[0].startswith(f"2: system: system {system.strip(chr(39))!r}: ")
    assert said in told[0]
    assert told[1].startswith("3: trials: 0")


def test_a_file_without_a_system_needs_one_from_outside(write):
    """From an option, or from a test."""
    path = write("version: 1")
    with pytest.raises(DocumentError, match="no system is named; add `system: module:factory`, or give one"):
        load(path)
    assert load(path, system="shop_of_scenarios:shop").plans(system="shop_of_scenarios:shop")
    assert load(path, resolve=False).name == "lost-ack"


def test_the_version_is_needed_and_another_one_is_refused(problems):
    """So that a file of a later format is not misread."""
    assert problems("system: shop_of_scenarios:shop", head=False) == ["1: version: 'version' is missing"]
    assert problems("version: 2\nsystem: shop_of_scenarios:shop", head=False) == ["1: version: 2: input should be 1"]


def test_every_problem_of_every_part_is_told_at_once_in_the_order_of_the_lines(problems):
    """A file is mended in one go."""
    told = problems(
        "trials: 0\nfaults: [{fault: x}, {fault: latency, a: 1}]\ninvariants: [y]\nexpect: {outcome: z}\nw: 1"
    )
    assert [line.split(":")[0] for line in told] == ["3", "4", "4", "5", "6", "7"]
