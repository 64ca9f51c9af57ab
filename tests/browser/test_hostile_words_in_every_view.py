"""Words that would run, through every entry into every view: the routes of the program are the entries and the console's own list of
pages the views, so that a new one is here the day it is written. Attacks 41, 42, 64, 73, 78.

One desk of its own takes the whole corpus by its API, as visitor, agent, letter, company's app and form; then each view is looked at
once. Nothing may run, nobody outside may be asked, the policy may have nothing to stop, and no element may have been made of a word.
"""

import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.browser import at_rest
from support.desk import Desk
from support.hostile_entries import Hall, enter_everything
from support.hostile_words import CANARY, CORPUS, HEAR, LOOK, SUM
from support.stage import Stage

from qiao.app.server import open_database
from qiao.domains.people.contracts import Role, Visit
from qiao.domains.people.service.sessions import begin_session
from qiao.platform.auth.middleware import COOKIE_NAME

ROOT = Path(__file__).resolve().parents[2]
FEATURES = ROOT / "web" / "apps" / "console" / "src" / "features"
ID_OF_PAGE = {
    "conversations": "conversation_id", "contacts": "contact_id", "flows": "flow_id", "articles": "article_id", "inboxes": "inbox_id",
    "webhooks": "endpoint_id", "tickets": "ticket_id", "evaluation": "set_id",
}  # fmt: skip
MADE = re.compile(r"<[^>]*\bdata-xss")
"""An element that was made of a word; what stands in quotes is a value."""
MUST_TAKE = {
    "PATCH /api/v1/contacts/{contact_id:uuid}", "PATCH /api/v1/workspace", "PATCH /api/v1/me", "PATCH /visitor/v1/contact",
    "PATCH /api/v1/inboxes/{inbox_id:uuid}", "POST /api/v1/teams", "POST /api/v1/knowledge/snippets", "POST /api/v1/knowledge/faqs",
    "POST /api/v1/knowledge/categories", "PUT /api/v1/knowledge/articles/{article_id:uuid}/translations/{language:str}",
    "POST /api/v1/conversations/{conversation_id:uuid}/messages", "PUT /api/v1/conversations/{conversation_id:uuid}/tags",
    "POST /api/v1/tickets", "PATCH /api/v1/tickets/{ticket_id:uuid}", "POST /api/v1/webhooks", "POST /api/v1/keys",
    "POST /visitor/v1/sessions", "POST /visitor/v1/messages", "POST /api/v1/bot/intents",
}  # fmt: skip
"""Entries that have to take the corpus: a test that is refused everywhere shows nothing."""


@pytest.fixture(scope="module")
async def hall() -> AsyncIterator[Hall]:
    desk = Desk()
    desk.folder.chmod(0o711)
    try:
        async with open_database(desk.settings) as (database, dsn):
            stage = Stage(database, dsn, desk.folder)
            home = stage.home = await stage.company("home")
            async with database.scope(home.workspace.id) as scope:
                begun = await begin_session(scope, home.faces[Role.OWNER], Visit("192.0.2.1", "tests"))
            await stage.close()
        desk.start()
        hall = Hall(desk, stage, begun.token, dict(home.ids), home.workspace.slug, home.inbox_key)
        async with httpx.AsyncClient(base_url=desk.url, timeout=30) as client:
            await enter_everything(hall, client)
        yield hall
    finally:
        await desk.close()


class Watch:
    """What happened in a browser behind the reader's back."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.seen = 0

    async def over(self, context: BrowserContext, desk: Desk) -> None:
        async def asked(route: Route) -> None:
            self.wrong.append(f"asked {route.request.url}")
            await route.abort()

        await context.add_init_script(HEAR)
        await context.route(re.compile(rf"^(?!{re.escape(desk.url)}|ws://127\.0\.0\.1|data:|blob:)"), asked)
        context.on("dialog", self._dialog)
        context.on("page", self._page)

    async def _dialog(self, dialog: Any) -> None:
        self.wrong.append(f"dialog {dialog.message}")
        await dialog.dismiss()

    def _page(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.wrong.append(f"error at {page.url}: {error}"))

    async def look(self, page: Page, where: str) -> None:
        """What is in the page and in its frames now."""
        for frame in page.frames:
            if frame.url.startswith(("about:", "chrome-error:")):
                continue
            if "/original" in frame.url:
                # Nothing can be run inside, which is how it should be: its text of markup is looked at instead.
                continue
            self.wrong += [f"{where}: {one}" for one in await frame.evaluate(LOOK, CANARY)]
            self.wrong += [f"{where}: stopped {one}" for one in await frame.evaluate("window.__refused.splice(0)")]
            text = await frame.evaluate("document.body.innerText")
            self.wrong += [f"{where}: {SUM[1]}"] if SUM[1] in text else []
            self.seen += sum(one in text for one in ("alert(", "data-xss", CANARY))


def console_pages(ids: dict[str, Any]) -> list[str]:
    """Every address of the console, as its own lists of pages name them."""
    found = [
        path
        for file in sorted(FEATURES.glob("*/routes.ts"))
        for path in re.findall(r"path: ['`](/[^'`(]*?)['`]", file.read_text(encoding="utf-8"))
    ]
    pages = []
    for path in found:
        # Where people sign in nothing of the corpus is shown, and whoever comes there signed in leaves everything behind; lists of
        # conversations are named below.
        if path in {"/login", "/forgotten"} or ":token" in path or "${" in path:
            continue
        section = path.split("/")[-2]
        pages.append(re.sub(r":\w+\??$", lambda _, name=section: str(ids[ID_OF_PAGE[name]]), path))
    talks = [f"/conversations/all/{ids[name]}" for name in ("conversation_id", "mail_id")]
    views = [f"/conversations/{view}" for view in ("waiting", "unassigned", "all")]
    return [*pages, *talks, *views, "/search?q=alert", "/search?q=" + "%3Cimg%20data-xss%20src%3Dx%20onerror%3Dalert(1)%3E"]


async def open_context(chrome: Browser, hall: Hall, watch: Watch, **options: Any) -> BrowserContext:
    context = await chrome.new_context(base_url=hall.desk.url, viewport={"width": 1440, "height": 900}, **options)
    context.set_default_timeout(30_000)
    await watch.over(context, hall.desk)
    return context


def test_every_entry_took_its_words(hall: Hall) -> None:
    assert not {name: hall.refused.get(name, "never asked") for name in MUST_TAKE - set(hall.taken)}
    assert len(CORPUS) >= 60 and len(hall.taken) > 35


async def test_no_word_becomes_anything_in_the_console(chrome: Browser, hall: Hall) -> None:
    watch = Watch()
    context = await open_context(chrome, hall, watch, locale="en-GB")
    await context.add_cookies([{"name": COOKIE_NAME, "value": hall.cookie, "url": hall.desk.url}])
    page = await context.new_page()
    await page.goto("/app/")
    await page.get_by_role("navigation").first.wait_for()
    for path in console_pages(hall.ids):
        await page.evaluate(
            "to => { history.pushState(null, '', '/app' + to); dispatchEvent(new PopStateEvent('popstate')) }", path
        )
        await at_rest(page)
        assert "/app" + path.split("?")[0] in page.url or path in {"/conversations", "/settings", "/"}, page.url
        await watch.look(page, path)
    await page.get_by_role("button", name=re.compile("notification", re.IGNORECASE)).first.click()
    await page.get_by_role("heading", name="Notifications").wait_for()
    await watch.look(page, "notifications")
    await look_at_the_letter(page, hall)
    await context.close()
    assert not watch.wrong, "\n".join(watch.wrong)
    assert watch.seen > 30


async def look_at_the_letter(page: Page, hall: Hall) -> None:
    """As it was laid out, in its frame and alone: nothing can be asked inside, so its text is read, and whoever is asked is heard."""
    await page.goto(f"/app/conversations/all/{hall.ids['mail_id']}")
    await page.get_by_role("button", name="original", exact=False).last.click()
    await page.frame_locator("iframe").get_by_text("原信的第一行").wait_for()
    address = page.frames[-1].url
    text = await (await page.context.request.get(address)).text()
    made = re.sub(r'"[^"]*"', '""', text)
    assert not re.search(r"<[^>]*\son\w+=|<(?:script|iframe|object|embed|base|meta http|link|form|svg|math|plaintext)\b", made), (
        made
    )
    assert not re.search(r'(?:href|src|action)="\s*(?:javascript|vbscript|data:text)', text, re.IGNORECASE)
    assert f'src="//{CANARY}' not in text and f'src="https://{CANARY}' not in text


async def test_no_word_becomes_anything_for_customers(chrome: Browser, hall: Hall) -> None:
    watch = Watch()
    context = await open_context(chrome, hall, watch, locale="en-GB")
    page = await context.new_page()
    help_centre = f"/help/{hall.slug}/en"
    await page.goto(help_centre)
    inside = await page.eval_on_selector_all("main a[href^='/help/']", "all => all.map(one => one.getAttribute('href'))")
    assert inside
    pages = [help_centre, *dict.fromkeys(inside), f"{help_centre}/search?q=alert", f"{help_centre}/guides"]
    for path in (*pages, f"/form/{hall.ids['form_key']}", f"/chat/{hall.inbox_key}"):
        await page.goto(path)
        await at_rest(page)
        await watch.look(page, path)
    token = hall.stage.home.visitor_token
    await page.evaluate("([key, token]) => localStorage.setItem(`qiao.${key}.token`, token)", [hall.inbox_key, token])
    await page.reload()
    await page.get_by_role("log").get_by_text("alert(1)").first.wait_for()
    await watch.look(page, "the visitor's own talk")
    for word in CORPUS:
        answer = await context.request.get(f"{help_centre}/search", params={"q": word})
        assert not MADE.search(re.sub(r'"[^"]*"', '""', await answer.text())), word
    await context.close()
    assert not watch.wrong, "\n".join(watch.wrong)
    assert watch.seen
