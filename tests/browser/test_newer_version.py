"""A newer version of the server starts under pages that are open: they say so, load themselves anew, and lose nothing that was begun."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from support.browser import CONSOLE, ROOT, DemoDesk, Shopper, Windows
from support.looks import EVERY, NAMES, dressed, look

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from faults.harness.versions import VERSION, next_version, revision

NOTHING = revision("select 1")
REPLY, QUESTION = "您的茶壶今天下午", "那可以改成周五送"
# Until a server that was away is asked again, and has said no.
PATIENT = 60_000


@pytest.fixture(scope="module")
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
    """Windows onto it. While it is away their requests fail; they are told 503 as it stops, and 409 where they are not understood."""
    windows = Windows(chrome, changing)
    yield windows
    await windows.close()
    assert [one for one in windows.noise.heard if not any(status in one for status in ("503", "502", "409"))] == []


def next_desk(folder: Path, edits: Mapping[str, tuple[str, str]] | None = None) -> dict[str, str]:
    """What makes a desk the next version of itself; the demo company lies beside its sources."""
    settings = next_version(folder, NOTHING, edits)
    for name in edits or {}:
        # What was made of the file before.
        for packed in (folder / "src/qiao" / name).parent.glob(f"{Path(name).name}.*"):
            packed.unlink()
    (folder / "demo").symlink_to(ROOT / "demo")
    return settings


def another_protocol() -> dict[str, tuple[str, str]]:
    """What makes it speak another protocol than this one, on both sides: pages of this one are not understood any more."""
    edits = {"platform/live/socket.py": ("OLDEST_PROTOCOL = 1", "OLDEST_PROTOCOL = 2")}
    for path in (ROOT / "src/qiao/app/faces").rglob("*.js"):
        if hello := re.search(r"type:([`'\"])hello\1,", path.read_text(encoding="utf-8")):
            edits[str(path.relative_to(ROOT / "src/qiao"))] = (hello[0], f"{hello[0]}protocol:2,")
    assert len(edits) == 3, "the console and the panel each say hello in one place"
    return edits


async def marked(page: Page) -> None:
    """Leaves something on the page, and in its frames, that is gone when it is loaded anew."""
    for frame in page.frames:
        await frame.evaluate("document.documentElement.dataset.kept = ''")


COUNT = "() => (sessionStorage[`loads ${location.pathname}`] = Number(sessionStorage[`loads ${location.pathname}`] ?? 0) + 1)"
# A page that is younger than a minute waits: a node that was not changed yet would send it here again.
OLD = "() => { const now = performance.now.bind(performance); performance.now = () => now() + 60_000 }"
YOUNG = "() => { performance.now = () => 1_000 }"


class Opened:
    """Pages that were open before, of one age: how often each was loaded since, and which of them are on a line again."""

    def __init__(self) -> None:
        self.welcomed: set[Page] = set()

    async def follow(self, page: Page, age: str) -> None:
        """Count from now on; what is loaded later has its true age."""
        await page.add_init_script(f"({COUNT})()")
        # The files have other names in a true release; here they are fetched again, as pages that are watched are never kept.
        await page.route("**/nothing", lambda route: route.continue_())
        for frame in page.frames:
            await frame.evaluate(age)

        def frame_received(payload: str | bytes) -> None:
            if '"type":"welcome"' in str(payload):
                self.welcomed.add(page)

        page.on("websocket", lambda socket: socket.on("framereceived", frame_received))

    async def on_a_line(self, *pages: Page) -> None:
        """Until each of them was welcomed on a socket."""
        async with asyncio.timeout(60):
            while not self.welcomed.issuperset(pages):
                await asyncio.sleep(0.1)


def too_old(page: Page) -> Locator:
    """What a console says that hears of nothing new."""
    return page.get_by_role("status").filter(has_text="收不到新消息")


async def path_of(shopper: Shopper) -> str:
    """Where the panel lies."""
    return await shopper.frame.locator("html").evaluate("() => location.pathname")


async def loads(page: Page, path: str) -> int:
    """How often what lies at this path was loaded in this window since it is followed."""
    return await page.evaluate("(path) => Number(sessionStorage[`loads ${path}`] ?? 0)", path)


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
    await looks[NAMES[0]].request.patch("/api/v1/me", data={"locale": "zh", "preferences": {"theme": "system"}}, headers=CONSOLE)
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


async def test_pages_that_are_not_understood_load_themselves_once_and_nothing_that_was_begun_is_lost(
    opened: Windows, changing: DemoDesk, tmp_path: Path
) -> None:
    shopper = await opened.shopper()
    page = await both(opened, shopper)
    calm, young = [await opened.colleague("ruolan", "/app/settings/keys") for _ in range(2)]
    before = Opened()
    for one in (page, calm, shopper.page, young):
        await marked(one)
        await before.follow(one, YOUNG if one is young else OLD)
    changing.restart(**next_desk(tmp_path / "spoken", another_protocol()))

    # Whoever is in the middle of nothing sees a page that is understood; nobody has to do anything.
    await expect(calm.locator("html[data-kept]")).to_have_count(0, timeout=PATIENT)
    await expect(calm.get_by_role("heading", level=1)).to_be_visible()
    # The panel too, under the customer's hands: what they were writing is there, and the shop's page is as it was.
    await expect(shopper.frame.locator("html[data-kept]")).to_have_count(0, timeout=PATIENT)
    await expect(shopper.field).to_have_value(QUESTION)
    assert await is_kept(shopper.page)
    # A reply that was begun is not taken from anybody: the page says what is to be done, and keeps it.
    await expect(too_old(page)).to_be_visible(timeout=PATIENT)
    await expect(page.get_by_role("textbox", name="回复")).to_have_value(REPLY)
    assert await is_kept(page)
    await page.get_by_role("button", name="刷新").press("Enter")
    await expect(page.get_by_role("textbox", name="回复")).to_have_value(REPLY)
    await before.on_a_line(page, calm, shopper.page)
    await shopper.field.press("Enter")
    await expect(page.get_by_role("log").get_by_text(QUESTION)).to_be_visible()
    await page.get_by_role("textbox", name="回复").press("Enter")
    await expect(shopper.theirs("agent")).to_contain_text(REPLY)
    for one, path in ((page, urlsplit(page.url).path), (calm, "/app/settings/keys"), (shopper.page, await path_of(shopper))):
        assert await loads(one, path) == 1, path
        await expect(one.get_by_role("button", name="刷新")).to_have_count(0)
    # Who has only just come is told so, and is not sent round in circles.
    await expect(too_old(young)).to_be_visible(timeout=PATIENT)
    assert await is_kept(young)


async def test_pages_that_go_on_not_being_understood_say_so_and_are_not_loaded_over_and_over(
    opened: Windows, changing: DemoDesk, tmp_path: Path
) -> None:
    shopper = await opened.shopper()
    await shopper.ask_for_person()
    await shopper.field.press_sequentially(QUESTION)
    calm = await opened.colleague("ruolan", "/app/settings/keys")
    before = Opened()
    for one in (calm, shopper.page):
        await marked(one)
        await before.follow(one, OLD)
    # As with a cache on the way that goes on giving the former pages.
    changing.restart(
        **next_desk(tmp_path / "unspoken", {"platform/live/socket.py": ("OLDEST_PROTOCOL = 1", "OLDEST_PROTOCOL = 3")})
    )
    await expect(calm.locator("html[data-kept]")).to_have_count(0, timeout=PATIENT)
    await expect(too_old(calm)).to_be_visible(timeout=PATIENT)
    await expect(shopper.frame.locator("html[data-kept]")).to_have_count(0, timeout=PATIENT)
    await expect(shopper.field).to_have_value(QUESTION)
    # The panel goes on without a line: what is sent arrives.
    await shopper.field.press("Enter")
    await shopper.mine(QUESTION).wait_for()
    for _ in range(2):
        # It tries again, and is told the same.
        await shopper.page.wait_for_event("websocket", timeout=PATIENT)
    assert await loads(shopper.page, await path_of(shopper)) == 1
    assert await loads(calm, "/app/settings/keys") == 1
    assert before.welcomed == set()
