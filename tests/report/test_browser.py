"""The report in a real browser: no console error, no request, no text that collides or leaves the page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from synthetic import comparison

from keruen.planning import plan
from keruen.report import render

STUDY = Path(__file__).resolve().parents[2] / "examples" / "north-south"

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium)"),
]

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--virtual-time-budget=3000",
)  # fmt: skip

PROBE = """<script>window.addEventListener("load", function () {
  var errors = window.__errors || [], clash = [], size = [];
  document.querySelectorAll("svg[role=img]").forEach(function (svg) {
    if (!svg.getBoundingClientRect().width) return;
    var seen = {}, boxes = [];
    svg.querySelectorAll("text").forEach(function (text) {
      var box = text.getBoundingClientRect(), key = text.textContent + Math.round(box.x) + "," + Math.round(box.y);
      if (!text.textContent.trim()) return;
      if (parseFloat(getComputedStyle(text).fontSize) < 11) size.push(text.textContent);
      // halo and text are the same text twice, a stroke apart
      for (var k in seen) if (seen[k].t === text.textContent && Math.abs(seen[k].x - box.x) < 4) return;
      seen[key] = {t: text.textContent, x: box.x};
      boxes.push({t: text.textContent,
        l: box.left, r: box.right, u: box.top + box.height * 0.2, d: box.bottom - box.height * 0.2});
    });
    boxes.forEach(function (a, i) { boxes.slice(i + 1).forEach(function (b) {
      if (a.l < b.r && b.l < a.r && a.u < b.d && b.u < a.d) clash.push([a.t, b.t]); }); });
  });
  var heads = document.querySelectorAll("th button"); heads[1].click();
  var row = document.querySelector("table.sortable tbody tr");
  var out = {errors: errors, clash: clash, small: size, wide: document.documentElement.scrollWidth,
    inner: window.innerWidth, first: row.querySelector("th").textContent.trim(),
    sort: heads[1].closest("th").getAttribute("aria-sort"),
    requests: performance.getEntriesByType("resource").map(function (r) { return r.name; })};
  parent.postMessage(JSON.stringify(out), "*");
});</script>"""
EARLY = """<script>window.__errors = []; window.onerror = function (m) { window.__errors.push(m); };
var said = console.error; console.error = function (m) { window.__errors.push(String(m)); said(m); };</script>"""


# A window of a browser has a least width; a frame may be as narrow as a phone.
FRAME = """<!doctype html><style>body{margin:0}</style><script>window.addEventListener("message", function (event) {
  var pre = document.createElement("pre"); pre.id = "probe"; pre.textContent = event.data;
  document.body.appendChild(pre);
});</script><iframe src="page.html" width="WIDTH" height="9000" style="border:0"></iframe>"""


def probe(folder, html, width):
    html = html.replace("<head>", "<head>" + EARLY, 1).replace("</body>", PROBE + "</body>", 1)
    (folder / "page.html").write_text(html, encoding="utf-8")
    frame = folder / "frame.html"
    frame.write_text(FRAME.replace("WIDTH", str(width)), encoding="utf-8")
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", "--window-size=1400,9000", "--dump-dom"]
    command.append(frame.as_uri())
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(found[1].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))


def in_order(found, width):
    assert found["inner"] == width
    assert found["errors"] == []
    assert found["requests"] == []
    assert found["small"] == []
    assert found["clash"] == []
    assert found["wide"] <= found["inner"]
    assert found["sort"] == "ascending"


@pytest.mark.parametrize("width", [1280, 800, 390])
@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_page_in_a_browser(tmp_path, code, width):
    in_order(probe(tmp_path, render(comparison(), code).html, width), width)


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_the_reference_study_in_a_browser(tmp_path, code):
    plan(STUDY, tmp_path / "run", language=code)
    html = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    for width in (1280, 390):
        in_order(probe(tmp_path, html, width), width)
