"""Prepare a release, and print its notes: both stand in CHANGELOG.md.

python .ci/release.py prepare 0.2.0 2026-01-31    # writes the version and the changelog's heading
python .ci/release.py notes 0.2.0                 # prints the notes; fails if the version differs
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Files that hold the version, and what stands before it there.
VERSIONED = {
    "pyproject.toml": 'version = "',
    "nnest/__init__.py": '__version__ = "',
    "CITATION.cff": "version: ",
}
UNRELEASED = "## [Unreleased]\n"


def prepare(root: Path, version: str, date: str) -> None:
    """Write the version into all files, and a heading of its own into the changelog."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version) or not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        raise SystemExit(f"Got {version} and {date}: give a version as 0.2.0 and a date of today.")
    changelog = root / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    if UNRELEASED not in text:
        raise SystemExit(f"CHANGELOG.md has no heading {UNRELEASED.strip()!r}.")
    heading = f"{UNRELEASED}\n## [{version}] - {date}\n"
    written = {changelog: text.replace(UNRELEASED, heading, 1)}
    for name, start in VERSIONED.items():
        path = root / name
        pattern = rf"^{re.escape(start)}\d+\.\d+\.\d+"
        text, n = re.subn(
            pattern, start + version, path.read_text(encoding="utf-8"), flags=re.MULTILINE
        )
        if n != 1:
            raise SystemExit(f"{name} holds {n} lines with {start!r} and a version, not one.")
        written[path] = text
    for path, text in written.items():  # nothing is written before all of it is right
        path.write_text(text, encoding="utf-8", newline="\n")


def notes(root: Path, version: str) -> str:
    """Return what the changelog says of a version."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if project["version"] != version:
        raise SystemExit(f"The tag is of {version}, but pyproject.toml has {project['version']}.")
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(
        rf"^## \[{re.escape(version)}\] - [^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    if found is None or not found[1].strip():
        raise SystemExit(f"CHANGELOG.md says nothing of {version}: prepare the release first.")
    return found[1].strip()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, dest="command")
    for name in ("prepare", "notes"):
        commands.add_parser(name).add_argument("version")
    commands.choices["prepare"].add_argument("date")
    given = parser.parse_args()
    if given.command == "prepare":
        prepare(ROOT, given.version, given.date)
    else:
        sys.stdout.reconfigure(encoding="utf-8")
        print(notes(ROOT, given.version))


if __name__ == "__main__":
    main()
