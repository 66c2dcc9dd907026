"""Spans as trees: roots, orphans, circles, and ids that stand twice."""

from dataclasses import replace

import pytest

from pytest_agentchaos.doubles.story import Story
from pytest_agentchaos.evidence.spans.tree import span_tree


@pytest.fixture
def story():
    """A new one."""
    return Story()


def tree(story):
    """Of what it has told."""
    return story.history.view(span_tree)


def test_a_child_finds_its_parent(story):
    """Within its trace: ids are unique there and nowhere else."""
    root = story.span("invoke_workflow trip", span_id="1" * 16)
    child = story.span("chat gpt-5", parent=root)
    other = story.span("chat gpt-5", trace_id="f" * 32, parent_id="1" * 16)
    found = tree(story)
    assert found.parent(child).span == root
    assert found.parent(root) is None
    assert [one.span for one in found.roots] == [root]
    assert [one.span for one in found.orphans] == [other]


def test_a_span_that_is_its_own_ancestor_is_found_once(story):
    """Of each circle one span, however many stand beneath it; a span may even be its own parent."""
    story.span("a", span_id="a", parent_id="b")
    story.span("b", span_id="b", parent_id="c")
    story.span("c", span_id="c", parent_id="b")
    story.span("self", span_id="d", parent_id="d")
    assert [one.span.name for one in tree(story).circles] == ["b", "self"]


def test_a_span_that_ends_later_is_one_span(story):
    """It was written while it was open, and again when it had ended."""
    unended = story.span("chat gpt-5", start_s=1.0, end_s=None, span_id="a")
    story.history.append("span", at_s=3.0, data=replace(unended, end_s=3.0).to_data())
    found = tree(story)
    assert not found.twice
    assert [seen.span.end_s for seen in found.spans.values()] == [3.0]


def test_two_spans_with_one_id_are_told(story):
    """Whether the same one came twice or two are taken for one."""
    story.span("chat gpt-5", span_id="a")
    story.span("chat gpt-5", span_id="a")
    story.span("execute_tool book", span_id="a")
    assert [(two.first.op, two.second.op, two.same) for two in tree(story).twice] == [(0, 1, True), (0, 2, False)]


@pytest.mark.unmeasured
def test_a_chain_of_100_000_spans_is_walked_once(story):
    """No recursion, and no span twice."""
    for number in range(100_000):
        story.span("x", span_id=str(number), parent_id=str(number + 1))
    found = tree(story)
    assert [one.span.span_id for one in found.orphans] == ["99999"]
    assert found.circles == ()
