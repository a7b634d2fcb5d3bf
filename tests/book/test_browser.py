"""The built book in a real browser: nothing leaves the host, nothing overflows a phone."""

from __future__ import annotations

import functools
import html
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.book.sources import build, chapter, code, count_widgets
from tests.helpers import require

pytestmark = pytest.mark.browser

PHONE, DESK = 390, 1280
# Opens each page in a frame as wide as a phone, moves every control, and writes down what it sees.
_VISIT = """
async function open(page, width, hash = "") {
  const frame = document.createElement("iframe");
  frame.style = `width: ${width}px; height: 800px; border: 0`;
  frame.src = page + ".html" + hash;
  document.body.appendChild(frame);
  await new Promise((done) => { frame.onload = done; });
  return frame;
}
// What a reader would have to scroll sideways for, as words.
function hidden(inside) {
  const view = inside.defaultView;
  const edge = (node) => {
    let box = node.parentElement;
    while (box.parentElement && view.getComputedStyle(box).overflowX === "visible") {
      box = box.parentElement;
    }
    return Math.min(box.getBoundingClientRect().right, view.innerWidth);
  };
  const found = (selector, wrong) => [...inside.querySelectorAll(selector)].filter(wrong)
    .map((node) => node.textContent.replace(/\\s+/g, " ").slice(0, 60));
  const left = (node) => node.getBoundingClientRect().left;
  const starts = (node) =>
    Math.min(Infinity, ...[...node.querySelectorAll(".katex-html .base")].map(left));
  const covered = (node) => {
    const number = node.querySelector(".eqno");
    const ends = [...node.querySelectorAll(".katex-html .base")]
      .map((base) => base.getBoundingClientRect().right);
    return number && Math.max(0, ...ends) > left(number) + 1;
  };
  return {
    tables: found(".bd-article table", (node) =>
      node.getBoundingClientRect().right > edge(node) + 1),
    formulas: found("div.math", (node) => starts(node) < left(node) - 1 || covered(node)),
    code: found(".bd-article pre", (node) => node.scrollWidth > node.clientWidth + 1),
  };
}
function light(color) {
  const [r, g, b] = color.match(/[\\d.]+/g).map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function ratio(color, other) {
  const pair = [color, other].map(light).sort((a, b) => b - a);
  return (pair[0] + 0.05) / (pair[1] + 0.05);
}
// The least contrast of lines, ticks and buttons of all parts with what is behind them.
function contrast(inside, theme) {
  inside.documentElement.dataset.theme = theme;
  const style = (node) => inside.defaultView.getComputedStyle(node);
  const ratios = [...inside.querySelectorAll(".nn-plot path, .nn-plot line, .nn-plot circle")]
    .map((node) => {
      const { fill, stroke } = style(node);
      const behind = style(node.closest(".nn-widget")).backgroundColor;
      return ratio(stroke === "none" ? fill : stroke, behind);
    });
  return Math.min(21, ...ratios);
}
// Of each figure that a scheme shows: the least contrast of its axes' words with the page, and
// whether it or what is behind it has a ground of its own, as what is around a part must not.
async function figures(inside, theme) {
  inside.documentElement.dataset.theme = theme;
  const style = (node) => inside.defaultView.getComputedStyle(node);
  const page = style(inside.body).backgroundColor;
  const clear = (node) => style(node).backgroundColor === "rgba(0, 0, 0, 0)";
  const around = [...inside.querySelectorAll(".text_html:has(.nn-widget)")].map((node) =>
    ({ words: 21, ground: !clear(node) }));
  const shown = [...inside.querySelectorAll(".bd-article img")]
    .filter((node) => style(node).display !== "none");
  return Promise.all(shown.map(async (node) => {
    const text = await (await fetch(node.src)).text();
    const holder = inside.body.appendChild(inside.createElement("div"));
    holder.innerHTML = text.slice(Math.max(0, text.indexOf("<svg")));
    const words = [...holder.querySelectorAll("[id^='matplotlib.axis'] [id^='text_'] use")]
      .map((one) => ratio(style(one).fill, page));
    holder.remove();
    await node.decode();
    const canvas = inside.createElement("canvas");
    [canvas.width, canvas.height] = [node.naturalWidth, node.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(node, 0, 0);
    const corner = context.getImageData(0, 0, 1, 1).data[3] > 0;
    return { words: Math.min(21, ...words), ground: corner || !clear(node) };
  }).concat(around));
}
async function visit(page) {
  const desk = await open(page, %(desk)d);
  const wide = hidden(desk.contentDocument);
  desk.remove();
  const frame = await open(page, %(phone)d);
  const inside = frame.contentDocument;
  const says = () => [...inside.querySelectorAll(".nn-says")].map((node) => node.textContent);
  const seen = {
    hidden: { desk: wide, phone: hidden(inside) },
    width: inside.documentElement.scrollWidth,
    loaded: frame.contentWindow.performance.getEntriesByType("resource").map((one) => one.name),
    first: says(),
    broken: [...inside.querySelectorAll(".sig-name, .sig-param > .n, dl.py dt > strong")]
      .map((node) => [node.textContent, node.getClientRects().length])
      .filter(([name, lines]) => lines > 1 && /^[A-Za-z_0-9]+$/.test(name)),
    unnamed: [...inside.querySelectorAll(".nn-widget input, .nn-widget select")]
      .filter((node) => !node.labels.length).length,
  };
  inside.querySelectorAll(".nn-widget input[type=range]").forEach((slider) => {
    slider.value = slider.max;
    slider.dispatchEvent(new Event("input"));
  });
  seen.contrast = ["light", "dark"].map((theme) => contrast(inside, theme));
  seen.figures = { light: await figures(inside, "light"), dark: await figures(inside, "dark") };
  const link = inside.querySelector(".nn-figure");
  if (link) {
    link.click();
    const opened = inside.querySelector("dialog.nn-open");
    const widths = [...opened.querySelectorAll("img")].map((one) => one.offsetWidth);
    seen.opened = Math.max(...widths) / Number(opened.querySelector("img").getAttribute("width"));
    opened.querySelector("button").click();
    seen.closed = !inside.querySelector("dialog[open]");
  }
  seen.titles = [...inside.querySelectorAll(".nn-plot")].map((plot) => [
    plot.parentElement.querySelectorAll(".nn-legend li").length,
    plot.querySelectorAll(":scope > text").length,
  ]);
  const slid = says();
  const controls = [...inside.querySelectorAll(".nn-widget input[type=range]")];
  controls.forEach((slider) => slider.dispatchEvent(new Event("change")));
  const state = frame.contentWindow.location.hash;
  if (controls.length) {
    const again = await open(page, %(phone)d, state);
    seen.sent = [...again.contentDocument.querySelectorAll(".nn-says")]
      .every((node, i) => node.textContent === slid[i]);
    again.remove();
  }
  inside.querySelectorAll(".nn-reset").forEach((button) => button.click());
  seen.reset = says();
  seen.hash = frame.contentWindow.location.hash;
  controls.forEach((slider) => {
    slider.value = slider.max;
    slider.dispatchEvent(new Event("input"));
  });
  inside.querySelectorAll(".nn-widget form").forEach((form) => form.requestSubmit());
  seen.pressed = says();
  inside.querySelectorAll(".nn-widget form").forEach((form) => {
    form.querySelector("input").checked = true;
    form.requestSubmit();
  });
  seen.moved = says();
  seen.live = [...inside.querySelectorAll(".nn-says")]
    .filter((node) => node.getAttribute("aria-live") === "polite").length;
  frame.remove();
  return seen;
}
(async () => {
  const report = {};
  for (const page of %(pages)s) report[page] = await visit(page);
  const search = await open("search", %(desk)d, "?q=dropout");
  const excerpts = () =>
    [...search.contentDocument.querySelectorAll(".context")].map((node) => node.textContent);
  for (let i = 0; i < 50; i++) await new Promise((done) => setTimeout(done, 100));
  report.search = excerpts();
  const node = document.createElement("pre");
  node.id = "report";
  node.textContent = JSON.stringify(report);
  document.body.appendChild(node);
})();
"""


class _Quiet(SimpleHTTPRequestHandler):
    """Serves the built book, and a page that visits all others."""

    def do_GET(self) -> None:
        """Answer a request."""
        if self.path != "/visit":
            super().do_GET()
            return
        script = _VISIT % {"phone": PHONE, "desk": DESK, "pages": json.dumps(build.pages())}
        answer = f"<!doctype html><body><script>{script}</script>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *unused: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve the built book on this machine."""
    require(not build.missing_pages(), "the book is not built; run: make book")
    handler = functools.partial(_Quiet, directory=str(build.HTML))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def visited(address: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Visit every page once and return what was seen, with the browser's messages."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    require(browser is not None, "there is no chromium")
    profile: Path = tmp_path_factory.mktemp("profile")
    command = [
        str(browser),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        f"--user-data-dir={profile}",
        "--virtual-time-budget=600000",
        "--dump-dom",
        f"{address}/visit",
    ]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    found = re.search(r'<pre id="report">(.*?)</pre>', shown.stdout, flags=re.DOTALL)
    assert found is not None, shown.stderr[-2000:]
    return {"pages": json.loads(html.unescape(found[1])), "messages": shown.stderr}


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("foundations/activations.html", r'class="nn-says"[^>]*>[^<]*= 0\.105'),
        ("foundations/pixels.html", r'class="nn-says"'),
        ("search.html?q=dropout", r'<a href="regularization/dropout\.html[^"]*"'),
    ],
)
def test_a_page_works_from_disk(address: str, seen: str, tmp_path: Path) -> None:
    """Widgets speak, and a search finds pages, without a server."""
    require(not build.missing_pages(), "the book is not built; run: make book")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    require(browser is not None, "there is no chromium")
    command = [str(browser), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += [f"--user-data-dir={tmp_path}", "--virtual-time-budget=10000"]
    path, _, query = address.partition("?")
    command.append(f"{(build.HTML / path).resolve().as_uri()}?{query}")
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert re.search(seen, shown.stdout)


@pytest.mark.parametrize("page", build.pages())
def test_no_request_leaves_the_host(page: str, address: str, visited: dict[str, Any]) -> None:
    """What a page loads while it is used comes from where the page comes from."""
    loaded = visited["pages"][page]["loaded"]
    assert [one for one in loaded if not one.startswith((address, "data:", "blob:"))] == []


@pytest.mark.parametrize("page", build.pages())
def test_no_page_is_wider_than_a_phone(page: str, visited: dict[str, Any]) -> None:
    """Formulas scroll within themselves."""
    assert visited["pages"][page]["width"] <= PHONE


@pytest.mark.parametrize("page", [one for one in build.pages() if one.startswith("reference/")])
def test_no_name_breaks_in_the_middle(page: str, visited: dict[str, Any]) -> None:
    """Names of functions and of parameters stay in one line on a phone."""
    assert visited["pages"][page]["broken"] == []


@pytest.mark.parametrize("page", build.pages())
def test_nothing_is_hidden_at_the_side(page: str, visited: dict[str, Any]) -> None:
    """Tables and code are seen whole; formulas begin at their beginning and cover no number."""
    nothing = {"tables": [], "formulas": [], "code": []}
    assert visited["pages"][page]["hidden"] == {"desk": nothing, "phone": nothing}


@pytest.mark.parametrize("page", [one for one in build.pages() if count_widgets(one)])
def test_widgets_speak_and_answer(page: str, visited: dict[str, Any]) -> None:
    """The first state says something, a moved slider something else; all controls have names."""
    seen = visited["pages"][page]
    assert len(seen["first"]) == seen["live"] == count_widgets(page)
    assert all(text and "NaN" not in text for text in seen["first"] + seen["moved"])
    assert all(a != b for a, b in zip(seen["first"], seen["moved"], strict=True))
    assert seen["unnamed"] == 0


@pytest.mark.parametrize("page", [one for one in build.pages() if 'data-nn="' in chapter(one)])
def test_widgets_are_explained_seen_and_kept(page: str, visited: dict[str, Any]) -> None:
    """Lines have a legend, axes titles, both schemes contrast; an address brings a state back."""
    seen = visited["pages"][page]
    assert all(lines >= 1 and titles == 2 for lines, titles in seen["titles"])
    assert min(seen["contrast"]) >= 3
    assert seen["sent"]
    assert (seen["reset"], seen["hash"]) == (seen["first"], "")


DRAWN = [one for one in build.pages() if "plt." in code(one) or "plots." in code(one)]


@pytest.mark.parametrize("page", DRAWN)
def test_figures_follow_the_scheme(page: str, visited: dict[str, Any]) -> None:
    """Words of axes are read in both, and no figure is a white box in the dark."""
    seen = visited["pages"][page]
    assert len(seen["figures"]["light"]) == len(seen["figures"]["dark"]) > 0
    for figure in seen["figures"]["light"] + seen["figures"]["dark"]:
        assert figure["words"] >= 4.5
        assert not figure["ground"]


@pytest.mark.parametrize("page", DRAWN)
def test_a_figure_opens_in_its_own_size(page: str, visited: dict[str, Any]) -> None:
    """On a phone a tap makes its words as large as on a desk, and a button goes back."""
    assert visited["pages"][page]["opened"] >= 1
    assert visited["pages"][page]["closed"]


@pytest.mark.parametrize("page", [one for one in build.pages() if "```{quiz}" in chapter(one)])
def test_a_question_tells_why(page: str, visited: dict[str, Any]) -> None:
    """It asks for a choice first, and then says whether it is right, with a reason."""
    seen, questions = visited["pages"][page], chapter(page).count("```{quiz}")
    assert seen["pressed"].count("Choose an answer first.") == questions
    told = [one for one in seen["moved"] if one.startswith(("Right. ", "Not right. "))]
    assert len(told) == questions
    assert all(len(one) > 20 for one in told)


def test_the_console_is_silent(visited: dict[str, Any]) -> None:
    """No error and no message, but for what the theme tells of its state."""
    said = re.findall(r"CONSOLE.*", visited["messages"])
    assert [one for one in said if "[PST]" not in one] == []


def test_a_search_shows_prose(visited: dict[str, Any]) -> None:
    """No button, no list of contents, no code and no table of the pages that it finds."""
    found = visited["pages"]["search"]
    assert len(found) > 5
    chrome = ("Show code", "Contents", ".pdf", "import ", "seeds: ")
    assert [one for one in found if any(word in one for word in chrome)] == []
