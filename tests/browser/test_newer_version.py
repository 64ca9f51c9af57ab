"""A newer version of the server starts under pages that are open: they say so, load themselves anew, and lose nothing that was begun."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from support.browser import CONSOLE, ROOT, DemoDesk, Shopper, Windows
from support.looks import EVERY, NAMES, dressed, look

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.versions import VERSION, next_version, revision

NOTHING = revision("select 1")
REPLY, QUESTION = "您的茶壶今天下午", "那可以改成周五送"


@pytest.fixture
def changing() -> Iterator[DemoDesk]:
    """A desk of its own: it changes its version."""
    desk = DemoDesk(QIAO_LOG_LEVEL="warning")
    try:
        desk.start()
        yield desk
    finally:
        desk.stop()


@pytest.fixture
async def opened(chrome: Browser, changing: DemoDesk) -> AsyncIterator[Windows]:
    """Windows onto it. While it is away their requests fail, and they are told 503 as it stops."""
    windows = Windows(chrome, changing)
    yield windows
    await windows.close()
    assert [one for one in windows.noise.heard if "503" not in one and "502" not in one] == []


def next_desk(folder: Path) -> dict[str, str]:
    """What makes a desk the next version of itself; the demo company lies beside its sources."""
    settings = next_version(folder, NOTHING)
    (folder / "demo").symlink_to(ROOT / "demo")
    return settings


async def marked(page: Page) -> None:
    """Leaves something on the page, and in its frames, that is gone when it is loaded anew."""
    for frame in page.frames:
        await frame.evaluate("document.documentElement.dataset.kept = ''")


async def is_kept(page: Page) -> bool:
    return await page.evaluate("'kept' in document.documentElement.dataset")


async def both(windows: Windows, shopper: Shopper) -> Page:
    """A customer and who answers them, each with something begun."""
    await shopper.ask_for_person()
    page = await windows.take("zhouyan", "转人工")
    await page.get_by_role("textbox", name="回复").press_sequentially(REPLY)
    await shopper.field.press_sequentially(QUESTION)
    await marked(page)
    await marked(shopper.page)
    return page


async def test_old_pages_say_so_quietly_and_what_was_begun_is_there_afterwards(
    opened: Windows, changing: DemoDesk, tmp_path: Path
) -> None:
    looks: dict[str, Page] = {}
    for name in NAMES:
        lang, scheme, phone = EVERY[name]
        context = await opened.context(**dressed(lang, scheme, phone=phone))
        await opened.sign_in(context, "ruolan")
        await context.request.put("/api/v1/me/availability", data={"availability": "away"}, headers=CONSOLE)
        await context.request.patch("/api/v1/me", data={"locale": lang, "preferences": {"theme": scheme}}, headers=CONSOLE)
        looks[name] = page = await context.new_page()
        await page.goto("/app/settings/keys")
        await page.get_by_role("heading", level=1).wait_for()
    shopper = await opened.shopper()
    page = await both(opened, shopper)
    changing.restart(**next_desk(tmp_path / "next"))
    found: list[str] = []
    for name, one in looks.items():
        banner = one.get_by_role("status").filter(has=one.get_by_role("button", name={"zh": "刷新", "en": "Reload"}[name[:2]]))
        await expect(banner).to_be_visible()
        found += await look(one, f"newer-version-{name}")
    assert found == []
    assert await is_kept(page)
    await page.get_by_role("button", name="刷新").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="回复")).to_have_value(REPLY)
    await expect(page.get_by_role("button", name="刷新")).to_have_count(0)
    assert not await is_kept(page)
    assert (await page.request.get("/api/v1/session")).headers["qiao-version"] == VERSION

    # The panel waits until nobody looks: it is closed and opened.
    await expect(shopper.field).to_have_value(QUESTION)
    await expect(shopper.frame.locator("html[data-kept]")).to_have_count(1)
    old = shopper.frame.locator("html[data-kept]")
    for _ in range(30):
        # It hears of the newer version when its line is back.
        await shopper.frame.get_by_role("button", name="关闭").click()
        await shopper.open()
        if not await old.count():
            break
        await asyncio.sleep(1)
    await expect(old).to_have_count(0)
    await expect(shopper.field).to_have_value(QUESTION)
    await shopper.field.press("Enter")
    await expect(page.get_by_role("log").get_by_text(QUESTION)).to_be_visible()
    await page.get_by_role("textbox", name="回复").press("Enter")
    await expect(shopper.theirs("agent")).to_contain_text(REPLY)
