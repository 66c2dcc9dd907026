"""A suite as many projects have it: pytest-asyncio and a service on a port. The last two tests were added."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import pytest_asyncio
from agent import Weather
from pytest_agentchaos import faults, on


class Forecast(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"rain": "Porto" in self.path}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def service():
    with HTTPServer(("127.0.0.1", 0), Forecast) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest_asyncio.fixture
async def weather(service):
    async with Weather(service) as agent:
        yield agent


async def test_rain(weather):
    assert await weather.advise("Porto") == "take an umbrella"


async def test_sun(weather):
    assert await weather.advise("Faro") == "take a hat"


# Added: the same fixtures, the same client, and a world that fails.


async def test_a_service_that_is_down(weather, agentchaos):
    agentchaos.inject(faults.Unavailable(), on.http("GET /forecast"))
    async with agentchaos.live():
        assert await weather.advise("Porto") == "look out of the window"


async def test_a_service_that_says_nothing(weather, agentchaos):
    agentchaos.inject(faults.Hang(), on.http("GET /forecast"))
    async with agentchaos.live():
        assert await weather.advise("Porto") == "look out of the window"
