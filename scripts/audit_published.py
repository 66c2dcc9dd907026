"""Audit MCP servers that are published, each in the version that stands here, and write the table of docs/audit.md.

usage: python scripts/audit_published.py [NAME...]      (needs pip, npm and git; a few minutes)

Everything is installed into a temporary folder, which is gone afterwards. With names, only these are audited, and the
table is printed instead of being written.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parents[1] / "docs" / "audit.md"
BEGIN, END = "<!-- published: begin -->", "<!-- published: end -->"


@dataclass(frozen=True)
class Published:
    """One server as it is published."""

    name: str
    version: str
    kind: str
    """``npm`` or ``pip``."""
    program: str
    words: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Other packages in a certain version."""
    examples: dict[str, Any] = field(default_factory=dict)
    repository: bool = False
    """Whether its sandbox is a git repository."""


_ENTITIES = [{"name": name, "entityType": "city", "observations": ["old"]} for name in ("Basel", "Bern")]
_RELATION = {"from": "Basel", "to": "Bern", "relationType": "near"}
_BACK = {"from": "Bern", "to": "Basel", "relationType": "near"}
_REPO = {"repo_path": "{sandbox}"}

SERVERS = (
    Published(
        "@modelcontextprotocol/server-filesystem", "2026.8.31", "npm", "mcp-server-filesystem", ("{sandbox}",),
        examples={
            "tools": {
                "edit_file": [
                    {"path": "{sandbox}/existing.txt", "edits": [{"oldText": "line", "newText": "line and line"}]},
                    {"path": "{sandbox}/existing.txt", "edits": [{"oldText": "one", "newText": "one and one"}]},
                ],
            }
        },
    ),
    Published(
        "@modelcontextprotocol/server-memory", "2026.8.31", "npm", "mcp-server-memory",
        env=("MEMORY_FILE_PATH={sandbox}/memory.jsonl",),
        examples={
            "setup": [
                {"create_entities": {"entities": _ENTITIES}},
                {"create_relations": {"relations": [_BACK]}},
            ],
            "tools": {
                "create_relations": [{"relations": [_RELATION]}],
                "add_observations": [{"observations": [{"entityName": "Basel", "contents": ["new"]}]}],
                "delete_entities": [{"entityNames": ["Bern"]}],
                "delete_relations": [{"relations": [_BACK]}],
                "delete_observations": [{"deletions": [{"entityName": "Basel", "observations": ["old"]}]}],
            },
        },
    ),
    Published("@modelcontextprotocol/server-everything", "2026.8.31", "npm", "mcp-server-everything"),
    Published("@modelcontextprotocol/server-sequential-thinking", "2026.8.31", "npm", "mcp-server-sequential-thinking"),
    Published(
        "mcp-server-git", "2026.10.19", "pip", "mcp-server-git", repository=True,
        examples={
            "setup": [{"git_add": {**_REPO, "files": ["staged.txt"]}}],
            "tools": {
                "git_add": [{**_REPO, "files": ["existing.txt"]}],
                "git_commit": [{**_REPO, "message": "staged"}],
                "git_branch": [{**_REPO, "branch_type": "local"}],
                "git_checkout": [{**_REPO, "branch_name": "other"}],
            },
        },
    ),
    Published(
        "mcp-server-sqlite", "2025.4.25", "pip", "mcp-server-sqlite", ("--db-path", "{sandbox}/data.db"),
        needs=("mcp==1.30.0",),
        examples={
            "setup": [{"create_table": {"query": "CREATE TABLE notes (text TEXT)"}}],
            "tools": {
                "read_query": [{"query": "SELECT text FROM notes"}],
                "write_query": [
                    {"query": "INSERT INTO notes VALUES ('a {token}')"},
                    {"query": "INSERT INTO notes VALUES ('b {token}')"},
                ],
                "create_table": [{"query": "CREATE TABLE more (text TEXT)"}],
                "describe_table": [{"table_name": "notes"}],
            },
        },
    ),
    Published("mcp-server-time", "2026.10.19", "pip", "mcp-server-time"),
)  # fmt: skip


def install(server: Published, folder: Path) -> Path:
    """The program, in a folder of its own."""
    if server.kind == "npm":
        packages = [f"{server.name}@{server.version}", *server.needs]
        _run("npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", *packages)
        return folder / "node_modules" / ".bin" / server.program
    venv.create(folder, with_pip=True)
    _run(str(folder / "bin" / "pip"), "install", "--quiet", f"{server.name}=={server.version}", *server.needs)
    return folder / "bin" / server.program


def repository(folder: Path) -> None:
    """Two branches, a file that has changed, and one that is new."""
    folder.mkdir()
    git = ("git", "-C", str(folder))
    _run(*git, "init", "--quiet", "--initial-branch=main")
    for name, value in (("user.name", "audit"), ("user.email", "audit@localhost")):
        _run(*git, "config", name, value)
    (folder / "existing.txt").write_text("one\n", encoding="utf-8")
    _run(*git, "add", ".")
    _run(*git, "commit", "--quiet", "--message", "first")
    _run(*git, "branch", "other")
    (folder / "existing.txt").write_text("one\ntwo\n", encoding="utf-8")
    (folder / "staged.txt").write_text("new\n", encoding="utf-8")


def audit(server: Published, folder: Path) -> dict[str, Any]:
    """What the command says of it."""
    program = install(server, folder / "installed")
    examples = folder / "examples.json"
    examples.write_text(json.dumps(server.examples or {"tools": {}}), encoding="utf-8")
    options = ["--json", "--examples", str(examples), "--allow-destructive", "*"]
    options += [word for one in server.env for word in ("--env", one)]
    if server.repository:
        repository(folder / "repository")
        options += ["--sandbox", str(folder / "repository")]
    code = "import sys; from pytest_agentchaos.cli import main; main(sys.argv[1:], prog_name='agentchaos')"
    command = [sys.executable, "-c", code, "audit", *options, "--", str(program), *server.words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        sys.exit(f"{server.name}: {done.stderr}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def rows(server: Published, report: dict[str, Any]) -> list[str]:
    """Its part of the table; what only reads stands in one row."""
    told = [f"**{server.name} {server.version}**, protocol {report['server']['protocol']}"]
    if server.needs:
        told[0] += f", with {', '.join(server.needs)}"
    found = []
    for tool in report["tools"]:
        if tool["verdict"] == "reads" and not tool["findings"]:
            continue
        why = "; ".join([tool["why"], *(_finding(one) for one in tool["findings"] if one["text"] != tool["why"])])
        found.append((f"`{tool['tool']}`", tool["verdict"], ", ".join(tool["seen_by"][:3]), why))
    reading = [f"`{tool['tool']}`" for tool in report["tools"] if tool["verdict"] == "reads" and not tool["findings"]]
    if reading:
        found.append((", ".join(reading), "reads", "", ""))
    return [f"| {told[0]} | | | |", *(f"| {' | '.join(_cell(part) for part in row)} |" for row in found)]


def _finding(finding: dict[str, str]) -> str:
    return f"*{finding['rule']}*" if finding["rule"] == "not-annotated" else f"*{finding['rule']}*: {finding['text']}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main(names: list[str]) -> None:
    """Install, audit, write."""
    lines = ["| tool | verdict | seen by | why |", "|---|---|---|---|"]
    for server in SERVERS:
        if names and server.name not in names:
            continue
        print(f"{server.name} {server.version} ...", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            lines += rows(server, audit(server, Path(folder)))
    table = "\n".join(lines)
    if names:
        print(table)
        return
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
