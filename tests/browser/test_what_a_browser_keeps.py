"""What is left in a browser: of a colleague who has signed out nothing, of a customer what they come back with."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Locator, Page, async_playwright, expect
from support.browser import CONSOLE, DESKTOP, FLAGS, PASSWORD, Windows, chromium
from support.pictures import teapot

KEPT = """async () => ({
  local: Object.entries(localStorage).map(String), session: Object.entries(sessionStorage).map(String),
  databases: await indexedDB.databases(), caches: await caches.keys(), cookies: document.cookie,
})"""
EMPTY = {"session": [], "databases": [], "caches": [], "cookies": ""}


@pytest.fixture
async def own(windows: Windows, tmp_path: Path) -> AsyncIterator[BrowserContext]:
    """A browser with a disk of its own, as people have one."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=chromium(),
            args=list(FLAGS),
            base_url=windows.desk.url,
            locale="zh-CN",
            viewport=DESKTOP,
        )
        context.on("page", windows.noise.listen)
        yield context
        await context.close()


async def sign_in(page: Page, who: str) -> None:
    await page.get_by_label("邮箱").fill(f"{who}@lanting.example")
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.get_by_role("button", name="个人菜单").wait_for()


async def sign_out(page: Page) -> None:
    """By the menu that every page has."""
    await page.get_by_role("button", name="个人菜单").click()
    await page.get_by_role("button", name="退出登录").last.click()
    await expect(page.get_by_label("邮箱")).to_be_visible()


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name=re.compile("^(回复|关于) "))


async def asked_with_a_picture(windows: Windows, tmp_path: Path, words: str) -> str:
    """A customer has sent words and a picture, and zhouyan has taken it; where the conversation is in the console."""
    shopper = await windows.shopper()
    await shopper.ask_for_person()
    await shopper.say(words)
    await shopper.frame.locator("input[type=file]").set_input_files(teapot(tmp_path))
    await shopper.frame.get_by_role("button", name="发送", exact=True).click()
    await expect(shopper.log.get_by_role("button", name=re.compile("查看大图"))).to_be_visible()
    page = await windows.take("zhouyan", words)
    place = page.url.replace("/waiting/", "/all/")
    await page.context.close()
    return place


def on_disk(profile: Path, words: bytes) -> set[str]:
    """What stands in the files of a browser's profile and fits this pattern."""
    read = (file.read_bytes() for file in profile.rglob("*") if file.is_file())
    return {found.decode("latin-1") for content in read for found in re.findall(words, content)}


async def test_nothing_of_anybody_is_left_when_they_have_signed_out(
    windows: Windows, own: BrowserContext, tmp_path: Path
) -> None:
    words = "青瓷壶 C-4471 的盖子裂了"
    place = await asked_with_a_picture(windows, tmp_path, words)
    page = own.pages[0]
    await page.goto(place)
    await sign_in(page, "zhouyan")
    await expect(page.get_by_role("log").get_by_text(words)).to_be_visible()
    await expect(page.get_by_role("log").get_by_role("img", name=re.compile("teapot")).first).to_be_visible()
    assert any(cookie.get("name") == "qiao_session" for cookie in await own.cookies())
    await sign_out(page)

    kept = await page.evaluate(KEPT)
    assert {one.split(",")[0] for one in kept.pop("local")} <= {"qiao.locale", "qiao.theme", "qiao.density"}
    assert kept == EMPTY
    assert await own.cookies() == []
    assert words not in await page.content()
    await page.go_back()
    await expect(page.get_by_label("邮箱")).to_be_visible()
    assert words not in await page.content()

    await own.close()
    profile = tmp_path / "profile"
    program = await asyncio.to_thread(on_disk, profile / "Default" / "Cache", rb"/app/assets/[\w.-]+\.js")
    assert program, "the program's own files are kept: otherwise this would look into nothing"
    from_desk = await asyncio.to_thread(on_disk, profile / "Default" / "Cache", rb"/(?:api/v1|files|live)/[\w./?=&-]*")
    # What anybody may see: the picture of a channel.
    assert {one for one in from_desk if not re.fullmatch(r"/api/v1/channels/\w+/icon\.svg", one)} == set()
    for secret in (words.encode(), words.encode("utf-16-le")):
        assert await asyncio.to_thread(on_disk, profile, re.escape(secret)) == set()


async def test_who_signs_in_next_in_the_same_tab_finds_no_draft_of_who_was_there(windows: Windows, tmp_path: Path) -> None:
    place = await asked_with_a_picture(windows, tmp_path, "想问问 C-4472 的釉色")
    context = await windows.context()
    page = await context.new_page()
    await page.goto(place)
    await sign_in(page, "jiayi")
    await box(page).fill("只有我自己看得到的草稿")
    await page.get_by_text("草稿已保存").or_(page.get_by_text("已保存")).first.wait_for()
    await sign_out(page)
    await sign_in(page, "zhouyan")
    # Within the tab, as people move about.
    await page.locator(f'a[href*="{place.rpartition("/")[2]}"]').first.click()
    await expect(page.get_by_role("log").get_by_text("想问问 C-4472 的釉色")).to_be_visible()
    await expect(box(page)).to_have_value("")
    await sign_out(page)
    await sign_in(page, "jiayi")
    await page.goto(place)
    await expect(box(page)).to_have_value("只有我自己看得到的草稿")
    await box(page).fill("")
    await context.request.delete("/api/v1/session", headers=CONSOLE)


async def test_a_chat_keeps_a_token_and_marks_and_no_word_that_was_sent(windows: Windows) -> None:
    words = "汝窑杯 C-4473 能不能进微波炉"
    shopper = await windows.shopper()
    await shopper.open()
    await shopper.say(words)
    await shopper.theirs().first.wait_for()
    frame = next(one for one in shopper.page.frames if "/widget/panel/" in one.url)
    kept = await frame.evaluate(KEPT)
    names = {re.sub(r"^qiao\.[\w-]+\.", "", one.split(",")[0]) for one in kept.pop("local")}
    assert "token" in names
    assert kept == EMPTY
    assert words not in str(await frame.evaluate(KEPT))
