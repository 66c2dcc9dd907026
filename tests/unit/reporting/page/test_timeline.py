"""A timeline on a page: an ordered list that is the picture."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from pytest_agentchaos.doubles import Story
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.reporting.lanes import timeline
from pytest_agentchaos.reporting.page.timeline import anchor, draw

VOID = {"br", "hr", "img", "input", "meta", "link"}


class Tree(HTMLParser):
    """Elements with their attributes and texts; an element that is not closed is an error."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.open = []
        self.elements = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        """An element begins."""
        element = {"tag": tag, "attrs": dict(attrs), "text": "", "inside": [one["tag"] for one in self.open]}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        """It has to be the one that was opened last."""
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        """Text, of all elements around it."""
        for element in self.open:
            element["text"] += data

    def all(self, tag, **attrs):
        """The elements of that name with these attributes."""
        return [one for one in self.elements if one["tag"] == tag and attrs.items() <= one["attrs"].items()]

    def lines(self):
        """The lines of the chart."""
        return [
            one for one in self.all("li") if one["attrs"].get("class", "").startswith("tl-") and "ol" in one["inside"]
        ]


def result(**given):
    """What a verdict says of the trial."""
    told = {"verdicts": (Verdict("no_duplicate_effect", "fail", "seat was done twice", (1, 3, 5)),)} | given
    return Result("3f2a", {"scenario": "lost-ack", "seed": 0, "schedule": [{"fault": "drop_response"}]}, "fail", **told)


def lost():
    """A booking whose answer is lost, and that is made again."""
    story = Story()
    story.ask("book", agent="booker").says("", ("book", {"flight": "LX1"}), tokens=(1000, 20))
    story.call("book", flight="LX1", agent="booker", target="air.example/mcp").lost(10, result={"booking": "B1"})
    story.call("book", flight="LX1", agent="booker", target="air.example/mcp").ok({"booking": "B2"})
    return story.ended(answer="Booked.")


@pytest.fixture(name="tree")
def _tree():
    return Tree(draw(timeline(lost().history, result(), replay="agentchaos replay out#3f2a")))


def test_what_happened_can_be_read_line_by_line(tree):
    """Without the picture, in the order in which it happened, with the pause that a caller waited."""
    words = [one["text"] for one in tree.elements if one["tag"] in {"summary", "p"} and "ol" in one["inside"]]
    assert words == [
        "booker asks gpt-5 asks for book",
        "booker calls book at air.example attempt 1 of 2 (flight LX1)",
        "drop_response It was done, and the answer was lost: the caller does not know.",
        "air.example gets it",
        "10 s pass",
        "booker has no answer from book ReadTimeout: the answer did not come",
        "booker calls book at air.example attempt 2 of 2 (flight LX1)",
        "It ended: completed",
    ]
    assert [one["text"] for one in tree.all("time")] == ["0 s", "10 s"]


def test_each_line_can_be_linked_to_by_its_op(tree):
    """``#trial-3f2a/op-2`` leads to the call that begins there; verdicts lead to the lines that show them."""
    ids = [line["attrs"]["id"] for line in tree.lines() if "id" in line["attrs"]]
    assert ids[:3] == ["trial-3f2a/op-0", "trial-3f2a/op-2", "trial-3f2a/op-3"]
    assert len(ids) == len(set(ids))
    links = {link["attrs"]["href"] for link in tree.all("a")}
    assert {"#trial-3f2a/op-3", "#trial-3f2a/op-5"} <= links
    assert {link[1:] for link in links} <= set(ids)


def test_a_verdict_that_points_at_an_answer_leads_to_the_line_that_shows_it():
    """A call that is told on one line has its answer there."""
    story = Story()
    call = story.call("book").ok(1)
    end = call.history.calls()[0].end
    told = result(verdicts=(Verdict("one", "fail", "twice", (end,)),))
    assert [link["attrs"]["href"] for link in Tree(draw(timeline(story.history, told))).all("a")] == [
        "#trial-3f2a/op-0"
    ]


def test_every_link_leads_to_a_line_and_every_line_has_a_name_of_its_own():
    """Also to what a call did that is told on one line, by a fault that left no trace of its own."""
    story = Story().note(effects=["seat"])
    for name in ("B1", "B2"):
        story.call("book", flight="LX1").fault("latency").delivered(name).ok(name)
        call = story.history.calls()[-1]
        data = {"effect": "seat", "key": ["LX1"], "sure": 1, "ids": [name], "shown": [call.end]}
        story.history.append("effect", at_s=0.0, of=call.index, data=data)
        story.history.append("effect", at_s=0.0, of=call.index, data=data | {"effect": "hold", "ids": []})
    pointing = tuple(range(len(story.history)))
    tree = Tree(draw(timeline(story.history, result(verdicts=(Verdict("one", "fail", "twice", pointing),)))))
    ids = [one["attrs"]["id"] for one in tree.elements if "id" in one["attrs"]]
    assert len(ids) == len(set(ids))
    links = {link["attrs"]["href"][1:] for link in tree.all("a")}
    calls = {anchor("3f2a", exchange.index) for exchange in story.history.calls()}
    assert calls <= links <= set(ids)


def test_two_lines_of_one_op_do_not_share_a_name():
    """A page with one id twice leads nobody anywhere."""
    drawn = timeline(lost().history, result())
    ids = [one["attrs"].get("id") for one in Tree(draw(replace(drawn, marks=drawn.marks * 2))).lines()]
    assert ids.count(anchor("3f2a", drawn.marks[-1].op)) == 1
    assert len(ids) == len(Tree(draw(drawn)).lines()) + 1


def test_a_call_opens_its_messages_without_a_script(tree):
    """What was asked, what the callee truly answered, what the caller was told, and the tokens."""
    panels = [one["text"] for one in tree.all("details") if "asked" in one["text"]]
    assert len(panels) == 3
    assert "flight: LX1" in panels[1]
    assert "truly answeredbooking: B1" in panels[1]
    assert "the caller was toldReadTimeout" in panels[1]
    assert "1,000 + 20 tokens" in panels[0]


def test_the_picture_is_decoration_and_holds_no_text(tree):
    """The words of the list say the same; a screen reader passes the drawing over."""
    drawings = [one for one in tree.all("svg") if "svg" not in one["inside"] and "ol" in one["inside"]]
    assert len(drawings) == len(tree.lines())
    assert all(one["attrs"].get("aria-hidden") == "true" and not one["text"] for one in drawings)
    assert not tree.all("text")


def test_the_page_needs_no_style_attribute_and_no_handler(tree):
    """Its policy forbids both."""
    for element in tree.elements:
        assert "style" not in element["attrs"]
        assert not [name for name in element["attrs"] if name.startswith("on")]
        assert element["tag"] not in {"script", "style", "iframe", "object", "embed", "form"}


def test_what_was_lost_breaks_off_in_the_picture(tree):
    """A cross stands beside the callee whose answer never came, a bolt where the fault struck."""
    html = draw(timeline(lost().history, result()))
    assert html.count('class="z"') == 1
    assert html.count('class="c"') == 1
    for shape in ("c", "z"):  # the middle may be the lane of somebody who has no part in it
        assert re.search(
            rf'<svg x="83.3%" y="\d+"><path class="{shape}" d="[^"]+" transform="translate\(-16 0\)"/>', html
        )
    assert tree.all("code", **{"class": "tl-replay"})[0]["text"] == "agentchaos replay out#3f2a"


@pytest.mark.parametrize(
    ("plan", "title"),
    [
        ({"scenario": "lost-ack", "journey": "trip"}, "lost-ack · trip"),
        ({"system": "", "test": "tests/test_a.py::test_x"}, "tests/test_a.py::test_x"),
    ],
)
def test_a_test_is_named_once(plan, title):
    """Its address begins with its file; a scenario and a journey are two names."""
    told = Result("3f2a", {"seed": 0, "schedule": []} | plan, "fail")
    assert timeline(lost().history, told).title == title


def test_a_call_that_only_took_longer_stays_one_line():
    """With the fault and the time on it."""
    story = Story()
    story.call("book").fault("latency", seconds=4).wait(4).delivered(1).ok(1)
    tree = Tree(draw(timeline(story.ended().history, result())))
    first, end = tree.lines()
    assert "latency took 4 s" in first["text"]
    assert "It ended" in end["text"]


def test_calls_that_overlap_end_on_lines_of_their_own():
    """Two calls at once: both begin, then both end."""
    story = Story()
    one, other = story.call("one"), story.call("other")
    one.ok(1)
    other.ok(2)
    words = [line["text"] for line in Tree(draw(timeline(story.history, result()))).lines()]
    assert ["calls one" in words[0], "calls other" in words[1]] == [True, True]
    assert "has its answer from one" in words[2]
    assert "has its answer from other" in words[3]


def test_where_it_parts_from_the_journey_without_faults_is_told():
    """And what only one of them does."""
    golden = Story()
    golden.ask("book", agent="booker").says("", ("book", {"flight": "LX1"}), tokens=(1000, 20))
    golden.call("book", flight="LX1", agent="booker", target="air.example/mcp").ok({"booking": "B1"})
    text = Tree(draw(timeline(lost().history, result(), golden=golden.history))).all("details")[0]["text"]
    assert text.startswith(
        "After 2 calls it parts from the same journey without faults: it calls booker: tool book, and"
    )
    assert "only here: booker: tool book" in text


def test_an_empty_history_says_so():
    """A trial that never began has a timeline too."""
    html = draw(timeline(Story().history, result(verdicts=(), why="the system did not start")))
    assert "No call crossed a wire" in html
    assert "the system did not start" in html


def test_a_call_that_never_ends_is_told_as_such():
    """Its callee stays at work to the last line."""
    story = Story()
    story.call("book").fault("hang")
    story.call("other").ok(1)
    html = draw(timeline(story.history, result()))
    assert "it never ends" in html
    assert '<rect class="w"' in html


def test_the_same_history_makes_the_same_bytes():
    """Nothing of a page depends on when it was made."""
    assert draw(timeline(lost().history, result())) == draw(timeline(lost().history, result()))


def test_sixty_calls_with_long_messages_stay_below_forty_kilobytes():
    """Thirty timelines are to fit on one page; what happened keeps its messages, the others share what is left."""
    story = Story()
    for turn in range(29):
        story.ask([{"role": "user", "content": f"{turn}" + "x" * 5_000}], agent="a").says("y" * 5_000)
        story.call("search", q="z" * 5_000 + f"{turn}", agent="a").ok({"hits": ["h" * 900] * 9})
    story.call("book", flight="L" * 5_000, agent="a").lost(result={"booking": "B" * 5_000})
    story.call("book", flight="L" * 5_000, agent="a").ok({"booking": "B" * 5_000})
    drawn = timeline(story.history, result())
    assert len(drawn.bars) == 60
    html = draw(drawn)
    assert len(html.encode()) < 40_000
    assert "L" * 500 in html


def test_an_anchor_is_an_id_whatever_a_trial_is_called():
    """Names of tests have brackets, spaces and slashes."""
    assert anchor("3f2a", 3) == "trial-3f2a/op-3"
    names = ["tests/test_a.py::test[x y]", "tests/test_a.py::test[x-y]", "tests-test_a.py::test-x-y-", "x" * 200, ""]
    anchors = [anchor(name, 3) for name in names]
    assert all(re.fullmatch(r"trial-[\w.:-]*/op-3", one) for one in anchors)
    assert len(set(anchors)) == len(names)
    assert "sk-" not in anchor("of sk-0123456789abcdef0123")
