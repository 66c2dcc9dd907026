"""The shelf: reports, and nothing else of the disk."""

from __future__ import annotations

import json

import pytest

from pytest_agentchaos.serving.shelf import Shelf


@pytest.fixture
def folder(tmp_path):
    """Reports, and beside them what is nobody's business."""
    root = tmp_path / "reports"
    for name in ("nightly", "releases/1.4", "my run"):
        (root / name).mkdir(parents=True)
        (root / name / "index.html").write_text(f"<p>{name}")
        (root / name / "trials.html").write_text("<p>trials")
        (root / name / "results.jsonl").write_text("{}")
    (root / "nightly" / "summary.json").write_text(json.dumps({"title": "Night", "verdict": "fail", "reason": "two"}))
    (root / "releases" / "summary.json").write_text("{}")
    (root / ".hidden").mkdir()
    (root / ".hidden" / "index.html").write_text("hidden")
    (tmp_path / "secret.html").write_text("secret")
    (root / "linked.html").symlink_to(tmp_path / "secret.html")
    (root / "out").symlink_to(tmp_path)
    (root / "inside").symlink_to(root / "nightly")
    return root


def test_reports_are_listed_with_what_their_summaries_say(folder):
    """By name, with links that a browser can follow; links on the disk are not followed."""
    told = [(one.name, one.verdict, one.link) for one in Shelf(folder).reports()]
    assert told == [
        ("my run", "", "/reports/my%20run/index.html"),
        ("nightly", "fail", "/reports/nightly/index.html"),
        ("releases/1.4", "", "/reports/releases/1.4/index.html"),
    ]


def test_the_folder_itself_can_be_a_report(folder):
    """As ``agentchaos run --out`` makes it."""
    [one] = Shelf(folder / "nightly").reports()
    assert (one.name, one.title, one.link) == ("", "Night", "/reports/index.html")


@pytest.mark.parametrize(
    "summary", ["", "[]", "null", '"text"', "[" * 100_000, '{"verdict": {"a": 1}}'], ids=lambda text: text[:9]
)
def test_a_summary_that_is_none_hides_no_report(folder, summary):
    """It is listed all the same."""
    (folder / "nightly" / "summary.json").write_text(summary)
    assert "nightly" in [one.name for one in Shelf(folder).reports()]


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("nightly/index.html", "text/html; charset=utf-8"),
        ("nightly/trials.html", "text/html; charset=utf-8"),
        ("nightly/summary.json", "application/json"),
        ("my%20run/index.html", "text/html; charset=utf-8"),
        ("releases/1.4/index.html", "text/html; charset=utf-8"),
    ],
)
def test_files_of_reports_are_shown(folder, path, media_type):
    """With a type that a browser does not have to guess."""
    body, told = Shelf(folder).file(path)
    assert body
    assert told == media_type


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nightly",
        "nightly/",
        "nightly//index.html",
        "/nightly/index.html",
        "nightly/results.jsonl",
        "../secret.html",
        "nightly/../../secret.html",
        "nightly/../nightly/index.html",
        "./nightly/index.html",
        "%2e%2e/secret.html",
        "%2E%2E%2Fsecret.html",
        "nightly%2findex.html",
        "nightly%5cindex.html",
        "..%5csecret.html",
        "..\\secret.html",
        "%252e%252e/secret.html",
        "..%c0%afsecret.html",
        "nightly/index.html%00",
        "nightly/index.html%00.html",
        "nightly/index%0a.html",
        "C:/secret.html",
        "C%3a%5csecret.html",
        "%5c%5chost%5cshare/secret.html",
        "nightly/index.html.",
        "nightly/index.html%20",
        "nightly/index.html::$DATA",
        "NIGHTL~1/index.html",
        ".hidden/index.html",
        "linked.html",
        "out/secret.html",
        "inside/index.html",
        "missing/index.html",
        "a/" * 3000 + "index.html",
        "%e2%80%ae/index.html",
    ],
)
def test_nothing_else_is(folder, path):
    """However it is written, wherever it leads."""
    assert Shelf(folder).file(path) is None


def test_an_absolute_path_is_none(folder, tmp_path):
    """Neither as it is nor escaped."""
    secret = tmp_path / "secret.html"
    assert Shelf(folder).file(str(secret)) is None
    assert Shelf(folder).file(str(secret).replace("/", "%2f")) is None


def test_a_shelf_may_itself_be_reached_by_a_link(folder, tmp_path):
    """Only what stands on it is held against links."""
    (tmp_path / "current").symlink_to(folder)
    assert Shelf(tmp_path / "current").file("nightly/index.html") is not None


def test_a_folder_that_went_away_has_no_reports(tmp_path):
    """And breaks nothing."""
    assert Shelf(tmp_path / "gone").reports() == []
    assert Shelf(tmp_path / "gone").file("index.html") is None
