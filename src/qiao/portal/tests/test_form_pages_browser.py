"""A form in a real browser: inside another site's page, with conditions and without script, and nobody is shut out."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from litestar import Litestar, get
from litestar.di import Provide
from playwright.async_api import Browser, async_playwright

from qiao.domains.inboxes.contracts import InboxChanges, NewInbox
from qiao.portal import form_http, http
from qiao.portal.tests.test_form_pages import FIELDS
from qiao.ports.channel_form import ShowsForm

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


@get("/contact", media_type="text/html")
async def another_site(form: str) -> str:
    """A page of somebody else, by its other name of this machine."""
    return f'<!doctype html><iframe src="{form}" width="600" height="900"></iframe>'


@pytest.fixture
async def address(house, workspace, monkeypatch) -> AsyncIterator[str]:
    """The page of a form, served alone."""
    name = next(name for name, channel in house.channels.items() if isinstance(channel, ShowsForm))
    monkeypatch.setattr(f"qiao.channels.{name}.stamps.MIN_SECONDS", 0)
    async with house.database.scope(workspace.id) as scope:
        inbox = await house.inboxes.create(scope, NewInbox(channel=name, name="售后表单"))
        fields = [{**one, "required": False} if one["key"] == "email" else one for one in FIELDS]
        await house.inboxes.change(scope, inbox.id, InboxChanges(settings={"fields": fields}))
    parts = {
        "forms": Provide(lambda: house.forms, sync_to_thread=False),
        "portal": Provide(lambda: house.portal, sync_to_thread=False),
    }
    app = Litestar([*form_http.CONTROLLERS, *http.CONTROLLERS, another_site], dependencies=parts, openapi_config=None)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/form/{inbox.key}"
    server.should_exit = True
    await running


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_nobody_is_shut_out(browser: Browser, address: str, theme: str, language: str) -> None:
    window = await browser.new_context(color_scheme=theme, viewport={"width": 360, "height": 760})
    page = await window.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    await page.goto(f"{address}?lang={language}")
    for _ in range(2):
        await page.evaluate(AXE.read_text())
        wrong += await page.evaluate("axe.run().then(found => found.violations.map(one => one.id))")
        wrong += ["sideways"] * int(await page.evaluate("document.documentElement.scrollWidth > innerWidth"))
        # Once more with everything that can be wrong on the page.
        await page.evaluate("document.querySelector('form').noValidate = true")
        await page.locator("button.send").click()
        await page.wait_for_load_state()
        wrong = [one for one in wrong if "422" not in one]
    assert wrong == []
    await window.close()


async def test_a_question_appears_when_it_is_asked_and_the_focus_goes_to_what_is_wrong(browser: Browser, address: str) -> None:
    page = await browser.new_page()
    await page.goto(f"{address}?lang=zh")
    assert not await page.get_by_label("订单号").is_visible()
    await page.get_by_label("关于").select_option("order")
    assert await page.get_by_label("订单号").is_visible()
    await page.get_by_label("问题").fill("壶漏水")
    await page.get_by_role("button", name="提交").click()
    await page.get_by_role("alert").wait_for()
    assert await page.evaluate("document.activeElement.id") == "wrong"
    assert await page.get_by_label("问题").input_value() == "壶漏水"
    await page.get_by_label("订单号").fill("1001")
    await page.get_by_role("button", name="提交").click()
    await page.get_by_text("还没有回复").wait_for()


async def test_it_works_in_another_site_s_page_without_script(browser: Browser, address: str) -> None:
    window = await browser.new_context(java_script_enabled=False)
    page = await window.new_page()
    await page.goto(f"{address.partition('/form')[0].replace('127.0.0.1', 'localhost')}/contact?form={address}?lang=en")
    form = page.frame_locator("iframe")
    await form.get_by_label("Question").fill("It leaks")
    await form.get_by_label("About").select_option("other")
    await form.get_by_label("Files").set_input_files([{"name": "pot.txt", "mimeType": "text/plain", "buffer": b"pot"}])
    await form.get_by_role("button", name="Send").click()
    await form.get_by_text("Thank you, we have it").wait_for()
    await window.close()
