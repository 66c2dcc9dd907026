"""Effects: what two looks at the world differ in, and what is no difference."""

from __future__ import annotations

from pytest_agentchaos.audit.effect import Change, effect, leaves, masked, places, steady, told, varying
from pytest_agentchaos.audit.sandbox import Sandbox, environment, files


def change(before, after, restless=()):
    """What one witness has seen."""
    return effect(leaves({"w": before}, {}), leaves({"w": after}, {}), restless)


def test_one_more_thing_in_a_list_is_one_more_wherever_it_stands():
    """Lists are compared without their order."""
    assert change(["a", "b"], ["b", "c", "a"]) == {Change("w", "[]", "+", "c"): 1}
    assert change(["a"], ["a", "a"]) == {Change("w", "[]", "+", "a"): 1}


def test_a_number_that_changed_changed_by_so_much():
    """Whatever it was before; texts and several numbers at one place are only gone and there."""
    assert change({"n": 5}, {"n": 3}) == change({"n": 9}, {"n": 7}) == {Change("w", ".n", "by", "-2"): 1}
    assert {one.sign for one in change({"n": "NaN"}, {"n": "x"})} == {"+", "-"}
    assert {one.sign for one in change([1, 2], [3, 4])} == {"+", "-"}


def test_times_and_ids_say_that_something_is_there_and_not_what():
    """They differ between two servers that did the same."""
    one = {
        "id": "0b9c3f5e-1111-4222-8333-444455556666",
        "at": "2026-11-20T10:00:00Z",
        "rev": "a1b2c3d",
        "on": 1795000000,
    }
    assert steady(repr(one), {}) == "{'id': '<hash>', 'at': '<time>', 'rev': '<hash>', 'on': <time>}"
    assert steady("Sat Nov 21 2026 10:00:00, Sat, 21 Nov 2026", {}) == "<time> <time>, <time>"
    assert steady("word deadbeef facade 1234567 12:30", {}) == "word deadbeef facade 1234567 12:30"


def test_texts_of_the_experiment_itself_are_the_same_in_all():
    """Its folder, its word."""
    assert steady("/tmp/x1/audit-a0b1c2d3e.txt", {"/tmp/x1": "{sandbox}", "a0b1c2d3e": "{token}"}) == (  # noqa: S108
        "{sandbox}/audit-{token}.txt"
    )


def test_what_changes_by_itself_is_left_out():
    """By its place."""
    assert change({"n": 1, "m": 1}, {"n": 2, "m": 2}, {("w", ".n")}) == {Change("w", ".m", "by", "+1"): 1}


def test_values_that_vary_are_masked_and_their_number_stays():
    """Two orders with random numbers are two orders."""
    one, other = change([], [{"no": "x7"}]), change([], [{"no": "q9"}])
    mask = varying(one, other)
    assert mask == places(one) == {("w", "[].no")}
    assert masked(one, mask) == masked(other, mask) != masked(change([], [{"no": "x"}, {"no": "y"}]), mask)


def test_hostile_looks_are_cut_off():
    """Too deep, too long, too many."""
    deep = []
    for _ in range(200):
        deep = [deep]
    assert leaves({"w": deep}, {}) == {}
    assert max(len(leaf.text) for leaf in leaves({"w": "x" * 10_000}, {})) <= 2_000
    assert len(leaves({"w": {str(n): n for n in range(60_000)}}, {})) <= 50_000


def test_changes_are_told_in_a_few_words():
    """The witness, where, and what."""
    assert told(change({"n": 1, "l": []}, {"n": 3, "l": ["a", "a"]})) == ["w l[]: +a (2 times)", "w n: +2"]


def test_files_are_their_lines_and_links_are_not_followed(tmp_path):
    """What is no text is its bytes; logs and hidden folders are not the work itself."""
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    (tmp_path / "b.json").write_text('{"n": 1}')
    (tmp_path / "c.bin").write_bytes(b"\0\1")
    (tmp_path / "app.log").write_text("called")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "index").write_text("x")
    (tmp_path / "link").symlink_to("/etc/hostname")
    (tmp_path / "folder").mkdir()
    seen = files([tmp_path])
    assert seen.pop("c.bin")["bytes"]
    assert seen == {
        "a.txt": ["one", "two"],
        "b.json": {"n": 1},
        "link": "neither file nor folder",
        "folder": "a folder",
    }


def test_a_sandbox_is_gone_afterwards_and_so_is_what_was_in_it(tmp_path):
    """It is a copy: what the server does to it does not reach the template."""
    (tmp_path / "notes.txt").write_text("mine")
    with Sandbox(tmp_path) as sandbox:
        (sandbox.folder / "notes.txt").write_text("changed")
    assert not sandbox.folder.exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_server_gets_to_know_where_programs_are_and_what_it_was_given():
    """No token."""
    assert environment({"A": "1"}, {"PATH": "/bin", "GITHUB_TOKEN": "x"}) == {"PATH": "/bin", "A": "1"}
