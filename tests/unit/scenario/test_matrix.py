"""One file, many variants."""

from __future__ import annotations

import pytest

from pytest_agentchaos.scenario import load

FILE = """
version: 1
system: 'shop_of_scenarios:shop(careful=${careful})'
journeys: ["${journey}"]
faults:
  - {fault: latency, seconds: "${seconds}", on: {tool: "*${what}"}}
matrix: {seconds: [5, 0.5], what: [order, look_up], journey: [one-book], careful: ["True"]}
"""


def test_every_combination_is_a_variant_in_the_order_of_the_file(write):
    """The last variable runs fastest; names say which is which."""
    names = [case.name for case in load(write(FILE)).cases()]
    assert names == [
        "one-book-seconds=5-what=order-journey=one-book-careful=True",
        "one-book-seconds=5-what=look_up-journey=one-book-careful=True",
        "one-book-seconds=0.5-what=order-journey=one-book-careful=True",
        "one-book-seconds=0.5-what=look_up-journey=one-book-careful=True",
    ]


def test_a_variable_alone_keeps_its_type_and_one_in_a_text_becomes_text(write):
    """A number for a parameter, a part of a glob, a literal of Python."""
    text = FILE.replace("careful=${careful}", "careful=True").replace(', careful: ["True"]', "")
    plan = load(write(text)).plans()[0]
    assert [str(rule) for rule in plan.schedule] == ["faults.Latency(seconds=5.0) on.tool('*order')"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'faults: [{fault: latency, seconds: "${secs}"}]\nmatrix: {seconds: [1]}',
            "3: faults[0].seconds: there is no variable 'secs'; did you mean 'seconds'? (a literal ${ is written $${)",
        ),
        (
            'trials: "${n}"',
            "3: trials: there is no variable 'n'; the file has no `matrix` (a literal ${ is written $${)",
        ),
        ("matrix: {seconds: [1]}", "3: matrix.seconds: nothing uses it; write ${seconds} where it belongs"),
        ("matrix: {seconds: 5}", "3: matrix.seconds: 5: give a list of texts and numbers, such as [5, 30]"),
        ("matrix: {seconds: []}", "3: matrix.seconds: []: give a list of texts and numbers, such as [5, 30]"),
        ("matrix: {seconds: [[1]]}", "3: matrix.seconds: [[1]]: give a list of texts and numbers, such as [5, 30]"),
        ("matrix: {a b: [1]}", "3: matrix.a b: a variable is one word: letters, digits and _"),
        ("matrix: {seconds: [1, 1]}", "3: matrix.seconds: [1, 1]: a value stands there twice"),
        ("matrix: [5]", "3: matrix: [5] is no mapping; write matrix: {seconds: [5, 30]}"),
    ],
)
def test_what_is_wrong_with_a_matrix_is_told(problems, text, said):
    """An unknown variable, one that nobody uses, values that are none."""
    assert said in problems(text)


def test_a_matrix_that_never_ends_is_refused(problems):
    """Ten variables of ten values."""
    lines = [f"  v{n}: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]" for n in range(10)]
    assert "4: matrix: 10000000000 variants are too many (at most 1000); shorten a list" in problems(
        "matrix:\n" + "\n".join(lines)
    )


def test_a_value_that_does_not_fit_is_told_once(problems):
    """Not once for each variant that has it."""
    told = problems('faults: [{fault: latency, seconds: "${s}"}]\nseed: "${n}"\nmatrix: {s: [-1], n: [1, 2, 3]}')
    assert told == ["3: faults[0].seconds: -1: input should be greater than or equal to 0"]


def test_a_dollar_and_a_brace_can_be_meant_as_such(write):
    """``$${x}`` is ``${x}``; texts about the file are left alone."""
    text = 'version: 1\nsystem: shop_of_scenarios:asks_first\nsummary: "costs ${5}"\njourneys: ["pay $${x}"]'
    scenario = load(write(text))
    assert (scenario.summary, scenario.plans()[0].journey) == ("costs ${5}", "pay ${x}")


def test_what_follows_from_an_unknown_variable_is_no_second_problem(problems):
    """That nothing stands in its place, which is no number."""
    (told,) = problems('seed: "${n}"')
    assert told.startswith("3: seed: there is no variable 'n'")
