"""The help centre in a real browser: its policy breaks nothing of its own, nobody is shut out, the input method is respected."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from litestar import Litestar
from litestar.di import Provide
from playwright.async_api import Browser, Page, async_playwright

from qiao.domains.knowledge.contracts import Article
from qiao.domains.workspaces.contracts import Workspace
from qiao.portal.portal import Portal
from qiao.portal.tests.conftest import CONTROLLERS

CHROMIUM = shutil.which("chromium") or ""
AXE = Path(__file__).resolve().parents[4] / "web" / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = [
    pytest.mark.database,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM or not AXE.exists(), reason="no Chromium or no axe-core here"),
]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def address(portal: Portal, workspace: Workspace, article: Article) -> AsyncIterator[str]:
    assert article.slug
    app = Litestar(list(CONTROLLERS), dependencies={"portal": Provide(lambda: portal, sync_to_thread=False)}, openapi_config=None)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/help/{workspace.slug}"
    server.should_exit = True
    await running


async def looked_at(browser: Browser, address: str, **context: object) -> list[str]:
    """What is wrong with the pages in one window: words of the console, sideways scrolling, what axe says."""
    window = await browser.new_context(**context)
    await window.route("https://desk.example/**", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page = await window.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    for path in ("/zh/", "/en/", "/zh/articles/size", "/en/articles/size", "/zh/categories/choosing", "/zh/search?q=盖碗"):
        await page.goto(f"{address}{path}")
        await page.evaluate(AXE.read_text())
        wrong += [f"{path}: {one}" for one in await page.evaluate("axe.run().then(found => found.violations.map(one => one.id))")]
        wrong += [path] * int(await page.evaluate("document.documentElement.scrollWidth > innerWidth"))
        ink = await page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--brand')")
        assert ink.startswith("#")
    await window.close()
    return wrong


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
async def test_nobody_is_shut_out(browser: Browser, address: str, theme: str, width: int) -> None:
    assert await looked_at(browser, address, color_scheme=theme, viewport={"width": width, "height": 760}) == []


async def test_everything_works_without_script(browser: Browser, address: str) -> None:
    window = await browser.new_context(java_script_enabled=False)
    page = await window.new_page()
    await page.goto(f"{address}/zh/")
    await page.get_by_role("searchbox").fill("盖碗")
    await page.get_by_role("button", name="搜索").click()
    await page.get_by_role("link", name="盖碗选多大").click()
    await page.get_by_role("button", name="有帮助", exact=True).click()
    assert await page.get_by_text("谢谢您的反馈").is_visible()
    await page.get_by_role("link", name="English").click()
    assert await page.get_by_text("How can we help?").is_visible()
    await window.close()


async def composed(page: Page, text: str) -> None:
    session = await page.context.new_cdp_session(page)
    await session.send("Input.imeSetComposition", {"text": "gaiwan", "selectionStart": 6, "selectionEnd": 6})
    await session.send("Input.insertText", {"text": text})


async def test_near_answers_come_while_typing_by_input_method(browser: Browser, address: str) -> None:
    page = await (await browser.new_context()).new_page()
    await page.goto(f"{address}/zh/")
    await page.get_by_role("searchbox").focus()
    await composed(page, "盖碗")
    near = page.locator(".near a")
    await near.first.wait_for()
    assert await near.all_inner_texts() == ["盖碗选多大"]
    await page.keyboard.press("ArrowDown")
    assert await page.evaluate("document.activeElement.className") == "near-link"
    await page.keyboard.press("Escape")
    assert await near.count() == 0
    assert await page.evaluate("document.activeElement.type") == "search"
    await page.context.close()
