"""The packages of the agent, and the agent compiled: both outside of its sources."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parent
NODE = (20, 3)
_INSTALL = (
    "install",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-package-lock",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=500",
)
_UNREACHABLE = ("EAI_AGAIN", "ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ENOTCACHED")


class MissingError(Exception):
    """This machine lacks what is needed to run an agent in TypeScript."""


def compiled(folder: Path) -> Path:
    """The agent, compiled in this folder; gives its main file."""
    packages = _packages()
    shutil.copytree(SOURCES / "src", folder / "src")
    for name in ("package.json", "tsconfig.json"):
        shutil.copy(SOURCES / name, folder)
    (folder / "node_modules").symlink_to(packages / "node_modules")
    _run(["node", "node_modules/typescript/bin/tsc"], folder)
    return folder / "build" / "main.js"


def _packages() -> Path:
    """Where npm has installed what package.json asks for: once for each package.json, beside Python's packages."""
    _check_node()
    asked = (SOURCES / "package.json").read_bytes()
    home = Path(sys.prefix) / "npm" / hashlib.blake2b(asked, digest_size=8).hexdigest()
    if home.is_dir():
        return home
    begun = home.with_name(f"{home.name}.{os.getpid()}")
    begun.mkdir(parents=True)
    try:
        (begun / "package.json").write_bytes(asked)
        _run(["npm", *_INSTALL], begun)
        begun.rename(home)
    except OSError:
        if not home.is_dir():  # else another process was faster
            raise
    finally:
        shutil.rmtree(begun, ignore_errors=True)
    return home


def _check_node() -> None:
    wanted = ".".join(map(str, NODE))
    if shutil.which("node") is None or shutil.which("npm") is None:
        msg = f"an agent in TypeScript needs Node.js {wanted} or newer and npm; one of them is not installed"
        raise MissingError(msg)
    version = _run(["node", "--version"], SOURCES).strip()
    if tuple(map(int, version.removeprefix("v").split(".")[:2])) < NODE:
        msg = f"an agent in TypeScript needs Node.js {wanted} or newer; this is {version}"
        raise MissingError(msg)


def _run(command: list[str], folder: Path) -> str:
    ran = subprocess.run(  # noqa: S603 - node and npm, with what stands above
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=90
    )
    if ran.returncode == 0:
        return ran.stdout
    said = f"{ran.stdout}{ran.stderr}"
    if command[0] == "npm" and (code := next((code for code in _UNREACHABLE if code in said), None)):
        msg = f"an agent in TypeScript needs packages of npm, whose registry cannot be reached ({code})"
        raise MissingError(msg)
    msg = f"{' '.join(command)} failed in {folder}:\n{said}"
    raise RuntimeError(msg)
