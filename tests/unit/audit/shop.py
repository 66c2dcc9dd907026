"""A tool server of a few dozen lines without any library, so that it starts in no time; what it does wrong is meant.

usage: python shop.py [--era modern|legacy|dies|silent|crashes|garbage|asks] [--marker FILE] TOOL...
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import uuid
from pathlib import Path

STATE = "state.json"
HINTS = {"reads": {"readOnlyHint": True}, "adds": {"readOnlyHint": False, "destructiveHint": False}}
TEXT = {"type": "string"}


class Shop:
    """What the tools do. The state is a file, as that of a real server would be; keys are kept there or in memory."""

    def __init__(self, folder=None, marker=None):
        self.folder, self.marker = folder, marker
        self.memory = {"orders": [], "stock": {}, "peeks": 0, "keys": {}, "balance": 100}
        self.keys, self.known = {}, frozenset()
        self.lock = threading.Lock()
        self.secret = []

    def look(self):
        """What is known before any of the requests that have come together is carried out."""
        self.known = frozenset(self.keys)

    @property
    def state(self):
        """All that is kept."""
        if self.folder is None:
            return self.memory
        path = Path(self.folder, STATE)
        return json.loads(path.read_text()) if path.exists() else self.memory

    def save(self, state):
        """Keep it."""
        if self.folder is not None:
            Path(self.folder, STATE).write_text(json.dumps(state))

    def changed(self, change):
        """Change it, one call after the other."""
        with self.lock:
            state = self.state
            answer = change(state)
            self.save(state)
        return answer

    # Tools that read

    def list_orders(self):
        """What anybody may see."""
        return {"orders": self.state["orders"], "stock": self.state["stock"], "balance": self.state["balance"]}

    def peeks(self):
        """How often somebody has peeked."""
        return {"peeks": self.state["peeks"]}

    def peek(self):
        """Says that it reads, and counts."""
        return self.changed(lambda state: state.update(peeks=state["peeks"] + 1))

    def weather(self):
        """Never the same."""
        return {"numbers": [uuid.uuid4().int for _ in range(3)]}

    # Tools that write

    def add_order(self, item):
        """One more."""
        return self.changed(lambda state: state["orders"].append(item))

    order = add_order

    def withdraw(self, amount):
        """Less is left."""
        return self.changed(lambda state: state.update(balance=state["balance"] - amount))

    def upsert(self, name, stock):
        """So many, whatever there was."""
        return self.changed(lambda state: state["stock"].update({name: stock}))

    def register(self, name):
        """Only one of a name."""

        def change(state):
            if name in state["stock"]:
                msg = f"{name} exists already"
                raise ValueError(msg)
            state["stock"][name] = 0

        return self.changed(change)

    def pay(self, item, idempotency_key=None):
        """Once for a key that is kept with the order."""

        def change(state):
            if idempotency_key is None or idempotency_key not in state["keys"]:
                state["orders"].append(item)
                state["keys"][idempotency_key] = True

        return self.changed(change)

    def pay_forgetful(self, item, idempotency_key):
        """Its keys are gone with the process."""
        if idempotency_key not in self.keys:
            self.keys[idempotency_key] = True
            self.add_order(item)

    def pay_racing(self, item, idempotency_key):
        """Between the look and the deed, another call gets in."""
        if idempotency_key not in self.known:
            self.keys[idempotency_key] = True
            self.add_order(item)

    def destroy(self):
        """Leaves a trace."""
        Path(self.marker).write_text("called")

    def notify(self, text):
        """Nobody sees what it does."""

    def ticket(self, text):
        """Another one each time."""
        return {"ticket_id": str(uuid.uuid4())}

    def counted(self, text):
        """Counts, and tells nobody but who calls."""
        self.secret.append(text)
        return {"sent": len(self.secret)}

    def ticket_kept(self, text, idempotency_key):
        """The same one for the same key."""
        return self.keys.setdefault(idempotency_key, {"ticket_id": str(uuid.uuid4())})

    def hang(self, text):
        """Says nothing, ever."""

    def die(self, text):
        """The second time it does."""
        if self.secret:
            os._exit(7)
        self.secret.append(text)
        self.add_order(text)

    def picky(self, text):
        """Refuses everything."""
        msg = "\x1b[31mnot with me; password=hunter22"
        raise ValueError(msg)


def _tool(name, arguments=None, optional=(), **hints):
    arguments = arguments or {}
    schema = {
        "type": "object",
        "properties": arguments,
        "required": [one for one in arguments if one not in optional],
    }
    return {"name": name, "inputSchema": schema, **({"annotations": hints} if hints else {})}


KEY = {"idempotency_key": TEXT}
ADDS, READS = HINTS["adds"], HINTS["reads"]
TOOLS = {
    tool["name"]: tool
    for tool in (
        _tool("list_orders", **READS),
        _tool("peeks", **READS),
        _tool("peek", **READS),
        _tool("weather", **READS),
        _tool("add_order", {"item": TEXT}, **ADDS),
        _tool("order", {"item": TEXT}),
        _tool("withdraw", {"amount": {"type": "integer"}}, **ADDS),
        _tool("upsert", {"name": TEXT, "stock": {"type": "integer"}}, **ADDS),
        _tool("register", {"name": TEXT}, **ADDS),
        _tool("pay", {"item": TEXT, **KEY}, ["idempotency_key"], **ADDS),
        _tool("pay_forgetful", {"item": TEXT, **KEY}, **ADDS),
        _tool("pay_racing", {"item": TEXT, **KEY}, **ADDS),
        _tool("destroy", readOnlyHint=False, destructiveHint=True),
        _tool("notify", {"text": TEXT}, **ADDS),
        _tool("ticket", {"text": TEXT}),
        _tool("counted", {"text": TEXT}, **ADDS, idempotentHint=True),
        _tool("ticket_kept", {"text": TEXT, **KEY}, **ADDS),
        _tool("hang", {"text": TEXT}, **ADDS),
        _tool("die", {"text": TEXT}, **ADDS),
        _tool("picky", {"text": TEXT}, **ADDS),
    )
}


def answered(shop, names, message, era="modern"):
    """The answer to one message; None to what needs none."""
    method, params = message.get("method"), message.get("params") or {}
    if "id" not in message:
        return None
    result = None
    if method == "server/discover" and era != "legacy":
        server = {"io.modelcontextprotocol/serverInfo": {"name": "shop", "version": "1.0"}}
        result = {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "_meta": server}
    elif method == "initialize":
        result = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "shop", "version": "1.0"}}
    elif method == "tools/list":
        at = int(params.get("cursor", 0))  # a page holds two
        result = {"tools": [TOOLS[name] for name in names[at : at + 2]]}
        result |= {"nextCursor": str(at + 2)} if len(names) > at + 2 else {}
    elif method == "tools/call" and params["name"] == "hang":
        return None
    elif method == "tools/call":
        result = _called(shop, params)
    if result is None:
        return {"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": "Method not found"}}
    return {"jsonrpc": "2.0", "id": message["id"], "result": result}


def _called(shop, params):
    try:
        given = getattr(shop, params["name"])(**params.get("arguments", {}))
    except (TypeError, ValueError) as error:
        return {"content": [{"type": "text", "text": str(error)}], "isError": True}
    return {"content": [{"type": "text", "text": json.dumps(given) if given is not None else "done"}]}


def main():
    """Speak as a server does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--era", default="modern")
    parser.add_argument("--marker")
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    shop = Shop(Path.cwd(), given.marker)
    if given.era == "crashes":
        sys.exit("\x1b[2Jno database; password=hunter22")
    if given.era == "garbage":
        say("Welcome to the shop!")
    while lines := os.read(0, 1_000_000).splitlines():  # what is written at once is read at once
        shop.look()
        for line in lines:
            message = json.loads(line)
            if given.era == "dies" and message.get("method") == "server/discover":
                sys.exit(1)
            if given.era == "asks" and message.get("method") == "tools/list":
                say(json.dumps({"jsonrpc": "2.0", "id": "s1", "method": "ping"}))
                say(json.dumps({"jsonrpc": "2.0", "id": "s2", "method": "roots/list"}))
                said = b""
                while said.count(b"\n") < 2:
                    said += os.read(0, 1_000_000)
                if b'"result": {}' not in said or b"-32601" not in said:
                    sys.exit("it was not answered as it should be")
            answer = answered(shop, given.names, message, given.era)
            if answer is not None and given.era not in {"silent", "garbage"}:
                say(json.dumps(answer))


def say(line):
    """One line, at once."""
    print(line, flush=True)  # noqa: T201 - so it speaks


if __name__ == "__main__":
    main()
