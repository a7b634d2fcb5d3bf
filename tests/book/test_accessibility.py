"""What axe finds on every built page, in both color schemes."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.book.sources import build
from tests.helpers import require

pytestmark = pytest.mark.browser

# A package that brings the script of axe 4.12.1; nothing else of it is used.
_PACKAGE = (
    "axe-playwright-python==0.1.8 "
    "--hash=sha256:fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8"
)
#: Each with the reason why it is not ours.
OF_OTHERS = {
    "definition-list": "Sphinx writes a signature of several lines as a list without terms",
    "region": "the theme puts the title of the sidebar outside of all landmarks",
    "aria-allowed-role": "docutils gives citations the role doc-biblioentry",
    "aria-deprecated-role": "docutils gives citations the role doc-biblioentry",
    "aria-required-children": "docutils puts anchors into the list of citations",
    "label-content-name-mismatch": "the theme names its search button otherwise than it looks",
}
# Opens each page in a frame, runs axe there in both schemes, and posts what it found.
_CHECK = """
<!doctype html><meta charset="utf-8"><body><script>
(async () => {
  for (const page of %s) {
    const frame = document.createElement("iframe");
    frame.style = "width: 1280px; height: 800px; border: 0";
    frame.src = page;
    document.body.appendChild(frame);
    await new Promise((done) => { frame.onload = done; });
    const script = frame.contentDocument.createElement("script");
    script.src = "/axe.js";
    frame.contentDocument.head.appendChild(script);
    await new Promise((done) => { script.onload = done; });
    const seen = [];
    for (const theme of ["light", "dark"]) {
      frame.contentDocument.documentElement.dataset.theme = theme;
      const result = await frame.contentWindow.axe.run(frame.contentDocument,
        { resultTypes: ["violations"] });
      for (const one of result.violations) for (const node of one.nodes)
        seen.push([one.id, theme, node.target.join(" ").slice(0, 120)]);
    }
    frame.remove();
    await fetch("/found", { method: "POST", body: JSON.stringify([page, seen]) });
  }
  await fetch("/found", { method: "POST", body: "null" });
})();
</script>
"""


def axe(folder: Path) -> bytes:
    """Return the script of axe, from the registry, if it is the one that is pinned."""
    wanted = folder / "wanted.txt"
    wanted.write_text(_PACKAGE)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--require-hashes", "-r", str(wanted), "-d", str(folder)]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    require(shown.returncode == 0, "the registry of packages cannot be reached")
    (archive,) = folder.glob("*.whl")
    with zipfile.ZipFile(archive) as packed:
        return packed.read("axe_playwright_python/axe.min.js")


def pages() -> list[str]:
    """Return all pages, and one listing of records."""
    listings = (build.HTML / "_static" / "records").glob("*/*.html")
    first = sorted(one.relative_to(build.HTML).as_posix() for one in listings)[:1]
    return [*(f"{one}.html" for one in build.pages()), *first]


class _Checking(SimpleHTTPRequestHandler):
    """Serves the built book, axe, the page that runs it, and takes what that finds."""

    axe: bytes
    found: dict[str, list[list[str]]]
    ended: threading.Event

    def do_GET(self) -> None:
        """Answer a request."""
        answers = {
            "/check": ("text/html; charset=utf-8", (_CHECK % json.dumps(pages())).encode()),
            "/axe.js": ("text/javascript", self.axe),
        }
        if self.path not in answers:
            super().do_GET()
            return
        kind, answer = answers[self.path]
        self._answer(kind, answer)

    def do_POST(self) -> None:
        """Take what was found on a page; null says that it was the last."""
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if told is None:
            self.ended.set()
        else:
            self.found[told[0]] = told[1]
        self._answer("text/plain", b"")

    def _answer(self, kind: str, answer: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *unused: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    """Run axe on every page once."""
    require(not build.missing_pages(), "the book is not built; run: make book")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    require(browser is not None, "there is no chromium")
    script = axe(tmp_path_factory.mktemp("axe"))
    seen: dict[str, Any] = {}
    ended = threading.Event()
    kind = type("Checking", (_Checking,), {"axe": script, "found": seen, "ended": ended})
    handler = functools.partial(kind, directory=str(build.HTML))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [
            str(browser),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
            f"http://127.0.0.1:{server.server_address[1]}/check",
        ]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
            ended.wait(timeout=600)
            process.terminate()
        server.shutdown()
    return seen


@pytest.mark.parametrize("page", pages())
def test_axe_finds_nothing_that_is_ours(page: str, found: dict[str, list[list[str]]]) -> None:
    """In light and in dark; what is of others has its reason."""
    assert [one for one in found[page] if one[0] not in OF_OTHERS] == []
