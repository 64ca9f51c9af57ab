# ruff: noqa: INP001 - a program of its own
"""Pictures for the pages of the docs, taken from a running demo.

`./dev run` in one window, `.venv/bin/python tools/screenshots.py` in another.

Writes docs/images/console.png, at most 300 KB. Needs Chromium (CHROMIUM, or one on the PATH).
"""

import argparse
import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent))

from dev.browser import find_chromium
from dev.machine import ROOT, say

IMAGES = ROOT / "docs" / "images"
WINDOW = {"width": 1440, "height": 900}
LIMIT = 300 * 1024
EMAIL, PASSWORD = "zhouyan@lanting.example", "lanting-demo-2026"


def main() -> int:
    """Take them; 1 when there is no browser."""
    parser = argparse.ArgumentParser(prog="tools/screenshots.py")
    parser.add_argument("--url", default="http://127.0.0.1:8717", help="address of the running demo")
    given = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        say("No Chromium here; set CHROMIUM.")
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport=WINDOW, locale="zh-CN", color_scheme="light", reduced_motion="reduce")
        answer = context.request.post(
            f"{given.url}/api/v1/session", data={"email": EMAIL, "password": PASSWORD}, headers={"X-Qiao-Client": "console"}
        )
        if not answer.ok:
            say(f"The demo at {given.url} did not let us in ({answer.status}).")
            return 1
        console(context.new_page(), given.url)
        browser.close()
    return 0


def console(page: Page, url: str) -> None:
    """A conversation that the bot handed over, among all of them and beside its customer."""
    page.goto(f"{url}/app/conversations/mine")
    # Whoever comes online is given what waits.
    page.locator("a[data-id]").first.click(timeout=20_000)
    page.wait_for_url("**/mine/*")
    page.goto(page.url.replace("/mine/", "/all/"))
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(800)
    keep("console.png", page.screenshot())


def keep(name: str, data: bytes) -> None:
    """Write a picture with as many colours as fit into the limit."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    for colours in (None, 256, 128, 64):
        target = io.BytesIO()
        (picture if colours is None else picture.quantize(colours)).save(target, "PNG", optimize=True)
        if len(target.getvalue()) <= LIMIT:
            break
    IMAGES.mkdir(parents=True, exist_ok=True)
    (IMAGES / name).write_bytes(target.getvalue())
    say(f"{name}: {len(target.getvalue()) // 1024} KB")


if __name__ == "__main__":
    sys.exit(main())
