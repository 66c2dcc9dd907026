"""docs/live.md: its test runs, and finds what it is there to find."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "live.md").read_text("utf-8")

AIRLINE = """
import itertools, json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

numbers, sold = itertools.count(1), {}

class Airline(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers.get("Idempotency-Key") or str(next(numbers))
        body = json.dumps({"booking": sold.setdefault(key, len(sold) + 1), "seat": order["seat"]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = ThreadingHTTPServer(("127.0.0.1", 0), Airline)
print("port", server.server_port, flush=True)
server.serve_forever()
"""

AGENT = """
import json, sys, urllib.request

for attempt in range(2):
    request = urllib.request.Request(sys.argv[1] + "/book", json.dumps({"seat": "12A"}).encode(), HEADERS)
    request.add_header("Content-Type", "application/json")
    try:
        print(urllib.request.urlopen(request, timeout=0.5).read().decode())
        break
    except OSError:
        continue
"""


@pytest.mark.parametrize(("headers", "outcome"), [({"Idempotency-Key": "one"}, "passed"), ({}, "failed")])
def test_the_first_test_of_the_document_finds_a_missing_key(pytester, headers, outcome):
    """Two programs, a proxy between them, and an answer that is lost."""
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if "books_once" in block]
    pytester.makepyfile(test_live=code)
    pytester.makepyfile(airline=AIRLINE, agent=AGENT.replace("HEADERS", repr(headers)))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(**{outcome: 1})
    if outcome == "failed":
        result.stdout.fnmatch_lines(["*no_duplicate_effect*was executed 2 times*"])


def test_its_links_lead_somewhere():
    """To documents and examples that are there."""
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (Path(__file__).parents[2] / "docs" / target).resolve().exists(), target
