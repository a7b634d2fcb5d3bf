"""The page about a network in a real browser: it works, asks nobody, and axe finds nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from nnest.explain import write_page
from tests.book.test_accessibility import axe
from tests.helpers import require
from tests.networks import cnn, pictures

pytestmark = pytest.mark.browser

# Opens the page in a frame, uses it, lets axe look at it, and posts what it saw.
_USE = """
<!doctype html><meta charset="utf-8"><body><script>
const pause = (time) => new Promise((done) => setTimeout(done, time));
async function open(page) {
  const frame = document.createElement("iframe");
  frame.style = "width: 390px; height: 800px; border: 0";
  frame.src = page;
  document.body.appendChild(frame);
  await new Promise((done) => { frame.onload = done; });
  return frame;
}
async function use(inside) {
  const part = (id) => inside.getElementById(id), text = (id) => part(id).textContent;
  const seen = { first: text("image-says"), about: text("about") };
  part("after").click();
  seen.next = [text("image-says"), part("number").value];
  part("before").click();
  part("before").click();
  seen.last = part("number").value;
  part("wrong").click();
  seen.wrong = text("listed");
  part("confusion").querySelector("button").click();
  seen.cell = [text("listed"), inside.activeElement.parentElement.id];
  part("class").value = "1";
  part("class").dispatchEvent(new Event("change"));
  part("occlude").click();
  for (let i = 0; i < 100 && part("occlusion").hidden; i++) await pause(50);
  seen.occlusion = text("occlusion-says");
  inside.querySelectorAll("summary").forEach((one) => one.click());
  await pause(300);
  seen.figures = [...inside.querySelectorAll("#layers details")].map(
    (one) => [one.querySelector("summary").textContent, one.querySelectorAll("canvas").length]);
  const controls = [...inside.querySelectorAll("button, input, select, summary, [tabindex]")];
  seen.unreachable = controls.filter((one) => {
    one.focus();
    return !one.hidden && (one.tabIndex !== 0 || inside.activeElement !== one);
  }).map((one) => one.outerHTML);
  seen.unnamed = [...inside.querySelectorAll("canvas")]
    .filter((one) => !one.hidden && !one.getAttribute("aria-label")).length;
  seen.width = inside.documentElement.scrollWidth;
  seen.error = text("error");
  return seen;
}
(async () => {
  const frame = await open("/page");
  const seen = await use(frame.contentDocument);
  seen.loaded = frame.contentWindow.performance.getEntriesByType("resource").length;
  seen.dark = frame.contentWindow.matchMedia("(prefers-color-scheme: dark)").matches;
  const style = frame.contentWindow.getComputedStyle(frame.contentDocument.body);
  seen.background = style.backgroundColor;
  frame.remove();
  const bare = await open("/bare");
  await use(bare.contentDocument);
  const result = await bare.contentWindow.axe.run(bare.contentDocument,
    { resultTypes: ["violations"] });
  seen.axe = result.violations.flatMap((one) =>
    one.nodes.map((node) => [one.id, node.target.join(" "), node.failureSummary]));
  await fetch("/seen", { method: "POST", body: JSON.stringify(seen) });
})();
window.addEventListener("unhandledrejection", (event) =>
  fetch("/seen", { method: "POST", body: JSON.stringify({ broken: String(event.reason.stack) }) }));
</script>
"""


class _Serving(BaseHTTPRequestHandler):
    """Serves the pages, and takes what was seen."""

    pages: dict[str, bytes]
    seen: dict[str, Any]
    ended: threading.Event

    def do_GET(self) -> None:
        """Answer with a page."""
        self._answer(self.pages.get(self.path, b""))

    def do_POST(self) -> None:
        """Take what was seen."""
        self.seen.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(b"")
        self.ended.set()

    def _answer(self, answer: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *unused: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the page, the page with axe instead of its rules for scripts, and what uses both."""
    folder = tmp_path_factory.mktemp("page")
    script = axe(folder).decode()
    X, y = pictures()
    write_page(cnn().fit(X, y), folder / "net.html", X, y)
    page = (folder / "net.html").read_text(encoding="utf-8")
    bare = re.sub(r"<meta http-equiv[^>]*>", "", page)
    bare = bare.replace("</body>", f"<script>{script}</script></body>")
    return {"/page": page.encode(), "/bare": bare.encode(), "/use": _USE.encode()}


@pytest.fixture(scope="module", params=["light", "dark"])
def seen(
    request: pytest.FixtureRequest, pages: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Use the page in one of the color schemes."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    require(browser is not None, "there is no chromium")
    found: dict[str, Any] = {"scheme": request.param}
    ended = threading.Event()
    kind = type("Serving", (_Serving,), {"pages": pages, "seen": found, "ended": ended})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [
            str(browser),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--blink-settings=preferredColorScheme={int(request.param == 'light')}",
            f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
            f"http://127.0.0.1:{server.server_address[1]}/use",
        ]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
            ended.wait(timeout=90)
            process.terminate()
        server.shutdown()
    assert "broken" not in found, found["broken"]
    assert "axe" in found, "the browser has seen nothing"
    return found


def test_every_part_of_the_page_works(seen: dict[str, Any]) -> None:
    """Next and previous, lists, cells of the matrix, occlusion, layers."""
    assert seen["first"].startswith("Image 1: label 0, predicted ")
    assert seen["about"].startswith("199 parameters, 64 images.")
    assert seen["next"][0].startswith("Image 2: label 1")
    assert seen["next"][1] == "2"
    assert seen["last"] == "64"
    assert re.match(r"Wrong predictions: \d+", seen["wrong"])
    assert re.match(r"Label 0, predicted \d: \d+\.", seen["cell"][0])
    assert seen["cell"][1] == "thumbs"
    assert seen["occlusion"].startswith("Occlusion: how far a gray patch lowers the probability")
    figures = dict(seen["figures"])
    assert all(figures.values())
    assert figures["conv_1: Conv2D, 6 x 6 x 2, 20 parameters"] == 2
    assert seen["error"] == ""


def test_it_asks_nobody_and_fits_a_phone(seen: dict[str, Any]) -> None:
    """No request but for the page; nothing to scroll for sideways; both schemes are there."""
    assert seen["loaded"] == 0
    assert seen["width"] <= 390
    assert seen["dark"] == (seen["scheme"] == "dark")
    assert seen["background"] == ("rgb(22, 22, 22)" if seen["dark"] else "rgb(255, 255, 255)")


def test_it_needs_no_mouse_and_axe_finds_nothing(seen: dict[str, Any]) -> None:
    """Each control takes the focus, each picture has words."""
    assert seen["unreachable"] == []
    assert seen["unnamed"] == 0
    assert seen["axe"] == []
