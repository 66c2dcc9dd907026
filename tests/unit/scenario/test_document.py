"""Reading YAML: plain values with their lines, and a clear word about everything that is none."""

from __future__ import annotations

import os

import pytest

from pytest_agentchaos import document
from pytest_agentchaos.document import read
from pytest_agentchaos.problems import DocumentError, Place, Problems, dotted


@pytest.fixture
def value(write):
    """What a text says."""

    def value_(text):
        problems = Problems()
        node = read(write(text), problems)
        problems.stop()
        return node.plain()

    return value_


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("on: 1", {"on": 1}),
        ("a: [yes, no, off, true, False]", {"a": ["yes", "no", "off", True, False]}),
        ("a: [12:30, 010, 0o10, 0x1f, -3, +4]", {"a": ["12:30", 10, 8, 31, -3, 4]}),
        ("a: [1e3, 1.5, .5, -2., 1.5e-3]", {"a": [1000.0, 1.5, 0.5, -2.0, 0.0015]}),
        ("a: [~, null, '', \"5\", 2027-03-05]", {"a": [None, None, "", "5", "2027-03-05"]}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        ("a: !!str 5", {"a": "5"}),
        ("\ufeffa: é", {"a": "é"}),
    ],
)
def test_it_is_read_as_editors_read_it(value, text, meant):
    """YAML 1.2: ``on`` is a key, ``no`` a text, and 1e3 a number."""
    assert value(text) == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1: the file is empty; begin with `version: 1`"),
        ("a: [1,\nb: 2", "2:5: broken YAML: expected ',' or ']', but got '<stream end>'"),
        ("a:\n\t- b", "2:1: broken YAML: found character '\\t' that cannot start any token; indent with spaces"),
        (
            "a: {tool: *}",
            (
                "1:12: broken YAML: expected alphabetic or numeric character, but found '}'; a text that begins"
                ' with * stands in quotes: "*"'
            ),
        ),
        (
            "a: {s: ${x}}",
            (
                "1:9: broken YAML: expected ',' or '}', but got '{'; inside of {...} and [...] a variable stands"
                ' in quotes: "${seconds}"'
            ),
        ),
        ("a: 1\n---\nb: 2", "2:1: broken YAML: but found another document"),
        ("a: \x07", "1:4: broken YAML: special characters are not allowed"),
        ("a: 1\nb: 2\na: 3", "3: a: stands here twice, first in line 1"),
        ("a:\n  1: 2", "2: a: the key 1 is no text; put it in quotes"),
        ("? [1]\n: 2", "1: this key is no text; put it in quotes"),
        (
            "a: !!python/object/apply:os.system [ls]",
            ("1: a: the tag '!!python/object/apply:os.system' is not allowed; write plain values"),
        ),
        ("a: !own 5", "1: a: the tag '!own' is not allowed; write plain values"),
        ("a: !!binary aGk=", "1: a: the tag '!!binary' is not allowed; write plain values"),
        ("a: !!int five", "1: a: 'five' cannot be read as int"),
        ("a: 1e999", "1: a: '1e999' cannot be read as float"),
        ("a: &x [*x]", "1: aliases make it far too large, or contain themselves"),
        (
            "a: *nobody",
            "1:4: broken YAML: found undefined alias 'nobody'; a text that begins with * stands in quotes: \"*\"",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(value, text, said):
    """The value, the place, the remedy."""
    with pytest.raises(DocumentError) as caught:
        value(text)
    assert str(caught.value) == f"lost-ack.chaos.yaml:{said}"


def test_a_short_text_that_stands_for_billions_is_refused_at_once(value):
    """Aliases of aliases of aliases."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(DocumentError, match="aliases make it far too large"):
        value("\n".join(lines))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 2000, "nested too deeply"),
        ("a: [" + "1," * 25_000 + "]", "too many values"),
        ("#" * 1_000_001, "more than 1 MB"),
    ],
)
def test_a_file_beyond_all_measure_is_refused(value, text, said):
    """Nothing of it takes long, and nothing recurses without end."""
    with pytest.raises(DocumentError, match=said):
        value(text)


def test_every_problem_of_a_file_is_told(value):
    """Not only the first."""
    with pytest.raises(DocumentError) as caught:
        value("a: 1\na: 2\nb: !x 3\n4: 5")
    assert [problem.place.line for problem in caught.value.problems] == [2, 3, 4]


def test_a_file_that_is_no_utf_8_and_one_that_is_not_there(project):
    """Each is told as what it is."""
    (project / "latin.chaos.yaml").write_bytes(b"a: 1\nb: \xe9")
    for name, said in (
        ("latin.chaos.yaml", "latin.chaos.yaml:2: byte 0xe9 is no UTF-8; save the file as UTF-8"),
        ("none.chaos.yaml", "none.chaos.yaml:1: the file cannot be read: No such file or directory"),
    ):
        problems = Problems()
        assert read(project / name, problems) is None
        with pytest.raises(DocumentError) as caught:
            problems.stop()
        assert str(caught.value) == said


def test_a_path_leads_to_the_line_of_what_stands_there(write):
    """As far as it leads: what is missing has the line of what should have it."""
    node = read(write("a:\n  - b: 1\n    c: 2\nd: 3"), Problems())
    lines = [node.at(path).line for path in ((), ("a",), ("a", 0), ("a", 0, "c"), ("a", 0, "x"), ("a", 5), ("d",))]
    assert lines == [1, 1, 2, 3, 2, 1, 4]
    assert dotted("a", 0, "c") == "a[0].c"


def test_secrets_and_commands_for_a_terminal_are_not_repeated(tmp_path):
    """A problem quotes the file."""
    problems = Problems()
    problems.add(Place(tmp_path, 1), "", "api_key=sk-abcdefghijklmnop1234 \x1b[2J")
    with pytest.raises(DocumentError) as caught:
        problems.stop()
    assert "abcdefghijklmnop" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_no_list_of_problems_goes_on_for_pages():
    """Of very many, the first, and how many more there are."""
    problems = Problems()
    for line in range(100):
        problems.add(Place(document.Path("x"), line), "", f"wrong {line}")
    with pytest.raises(DocumentError) as caught:
        problems.stop()
    assert str(caught.value).endswith("... and 60 more")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_file(tmp_path):
    """Nobody may ever write into it, and reading would wait for that."""
    os.mkfifo(tmp_path / "x.chaos.yaml")
    problems = Problems()
    assert read(tmp_path / "x.chaos.yaml", problems) is None
    with pytest.raises(DocumentError, match="it is a pipe or a device, and no file"):
        problems.stop()
