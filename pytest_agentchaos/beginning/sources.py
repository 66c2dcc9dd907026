"""What a project's own code imports, and which of its functions may be the agent. It is parsed, never executed."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_FOREIGN: Final = frozenset(
    {"build", "dist", "env", "node_modules", "site-packages", "venv", "virtualenv", "__pycache__", "__pypackages__"}
)
"""Folders with code that is not the project's own. Those whose name begins with a dot are left out anyway."""
_TESTS: Final = frozenset({"test", "tests", "testing", "examples"})
_FILES: Final = 2_000
_BYTES: Final = 1_000_000

OWN: Final = "chaos_system.py"
"""What an earlier beginning has written says nothing of the project."""
_ASKS: Final = ("Runner.run", "Runner.run_sync", "responses.create", "chat.completions.create", "messages.create")
"""How the SDKs of models and agents are asked."""
_RUNS: Final = ("run", "run_sync", "invoke", "ainvoke", "call_tool")
"""The same for those whose methods have names that anything may have: they count where such an SDK is imported."""
_SDKS: Final = frozenset({"agents", "langgraph", "langchain", "mcp", "pydantic_ai"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A function that looks as if it were the agent."""

    address: str
    """``my_project.agent:answer``"""
    parameter: str
    """What it calls the request; empty if it takes none."""
    where: str
    """``src/my_project/agent.py:12``"""


@dataclass(frozen=True, slots=True)
class Sources:
    """All that was read."""

    imports: dict[str, str]
    """Module, down to its second name -> where it is imported first."""
    entries: tuple[Entry, ...]
    """The likeliest first."""


def read(root: Path, tests: Path) -> Sources:
    """The files of a project; what cannot be parsed tells nothing."""
    imports: dict[str, str] = {}
    entries: list[Entry] = []
    for path in _files(root):
        tree = None if path.name == OWN else _parsed(path)
        if tree is None:
            continue
        where = path.relative_to(root).as_posix()
        here = dict(_imports(tree))
        for module, line in here.items():
            imports.setdefault(module, f"{where}:{line}")
        if not path.is_relative_to(tests) and not _is_test(path.relative_to(root)):
            sdk = any(module.partition(".")[0] in _SDKS for module in here)
            entries += _entries(tree, path.relative_to(root), asks_by_method=sdk)
    entries.sort(key=lambda one: (not one.parameter, one.where.count("/"), one.where))
    return Sources(imports, tuple(entries))


def _is_test(path: Path) -> bool:
    return path.name.startswith(("test_", "conftest")) or not _TESTS.isdisjoint(path.parts)


def _files(root: Path) -> Iterator[Path]:
    left = _FILES
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(one for one in folders if one not in _FOREIGN and not one.startswith("."))
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        for name in sorted(names):
            if name.endswith(".py"):
                yield Path(folder, name)
                left -= 1
                if not left:
                    return


def _parsed(path: Path) -> ast.Module | None:
    try:
        if path.stat().st_size > _BYTES:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the project's own code, which is not what was asked
            return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Later lines first, so that a dictionary keeps the first of them."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(".".join(one.name.split(".")[:2]), node.lineno) for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [(f"{node.module.split('.')[0]}.{one.name}", node.lineno) for one in node.names]
            found.append((".".join(node.module.split(".")[:2]), node.lineno))
    return iter(sorted(found, key=lambda one: -one[1]))


def _entries(tree: ast.Module, path: Path, *, asks_by_method: bool) -> Iterator[Entry]:
    module = _module(path)
    if module is None:
        return
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.name.startswith("_"):
            continue
        needed = _needed(node.args)
        if node.decorator_list or needed is None or not _asks(node, asks_by_method=asks_by_method):
            continue
        yield Entry(f"{module}:{node.name}", needed, f"{path.as_posix()}:{node.lineno}")


def _module(path: Path) -> str | None:
    parts = list(path.with_suffix("").parts)
    parts = parts[1:] if parts[0] == "src" else parts
    parts = parts[:-1] if parts and parts[-1] in {"__init__", "__main__"} else parts
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


def _needed(arguments: ast.arguments) -> str | None:
    """The one argument that it is called with; empty if it needs none, None if it needs more."""
    named = [*arguments.posonlyargs, *arguments.args]
    needed = named[: len(named) - len(arguments.defaults)]
    keywords = [
        one for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None
    ]
    if len(needed) > 1 or keywords:
        return None
    return next((one.arg for one in named), "")


def _asks(function: ast.AST, *, asks_by_method: bool) -> bool:
    """Whether a model or an agent of an SDK is asked in its body."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            by_method = asks_by_method and node.func.attr in _RUNS and not called.startswith("asyncio")
            if by_method or called.endswith(_ASKS):
                return True
    return False
