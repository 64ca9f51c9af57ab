"""Every page in both languages, light and dark, wide and narrow: nothing sideways, nothing complained of, axe-core content.

Two of the eight combinations hold each language, theme and width once; `LOOKS=all` takes all eight (tools/looks.py asks for them).
"""

import re

import pytest
from playwright.async_api import Page
from support.browser import CONSOLE, PHONE, DemoDesk, Windows
from support.line import Line
from support.looks import LOOKS, dressed, look

CONSOLE_PAGES = {
    "mine": "conversations/mine",
    "waiting": "conversations/waiting",
    "all": "conversations/all",
    "tickets": "tickets",
    "contacts": "contacts",
    "faqs": "knowledge/faqs",
    "articles": "knowledge/articles",
    "categories": "knowledge/categories",
    "snippets": "knowledge/snippets",
    "import": "knowledge/import",
    "try": "bot/try",
    "flows": "bot/flows",
    "tools": "bot/tools",
    "intents": "bot/intents",
    "unanswered": "bot/unanswered",
    "learning": "bot/learning",
    "outcomes": "bot/learning?tab=outcomes",
    "evaluation": "bot/evaluation",
    "bot-settings": "bot/settings",
    "language-model": "bot/language-model",
    "reports": "reports",
    "inboxes": "settings/inboxes",
    "channel-health": "settings/channels",
    "people": "settings/people",
    "teams": "settings/teams",
    "workspace": "settings/workspace",
    "commerce": "settings/commerce",
    "keys": "settings/keys",
    "audit": "settings/audit",
    "audit-nothing": "settings/audit?kind=commerce&until=2020-01-01",
    "webhooks": "settings/webhooks",
    "account": "settings/account",
    "search": "search?q=tea",
    "nowhere": "no/such/page",
}
PUBLIC_PAGES = {
    "shop": "/demo/?lang={lang}",
    "product": "/demo/products/GW-INK-120?lang={lang}",
    "shop-account": "/demo/account?lang={lang}",
    "help": "/help/lanting/{lang}/",
    "help-category": "/help/lanting/{lang}/categories/returns",
    "help-faq": "/help/lanting/{lang}/faq/when-ships",
    "help-article": "/help/lanting/{lang}/articles/returns",
    "help-search": "/help/lanting/{lang}/search?q=tea",
    "help-nothing": "/help/lanting/{lang}/search?q=zzzzqqqq",
}


GO = """path => {
  history.pushState({}, '', path)
  dispatchEvent(new PopStateEvent('popstate', { state: {} }))
}"""


async def go(page: Page, path: str) -> None:
    """To another page of the console as a link does it, without loading everything again."""
    await page.evaluate(GO, path)


@pytest.mark.parametrize(("lang", "scheme", "phone"), LOOKS)
async def test_the_console_looks_right(windows: Windows, lang: str, scheme: str, phone: bool) -> None:
    context = await windows.context(**dressed(lang, scheme, phone=phone))
    await windows.sign_in(context, "ruolan")
    await context.request.put("/api/v1/me/availability", data={"availability": "away"}, headers=CONSOLE)
    await context.request.patch("/api/v1/me", data={"locale": lang, "preferences": {"theme": scheme}}, headers=CONSOLE)
    page = await context.new_page()
    look_of = f"{lang}-{scheme}-{PHONE['width'] if phone else 1440}"
    await page.goto("/app/")
    await page.get_by_role("navigation").first.wait_for()
    found: list[str] = []
    for name, path in CONSOLE_PAGES.items():
        await go(page, f"/app/{path}")
        found += await look(page, f"console-{name}-{look_of}")
    await go(page, "/app/conversations/all")
    await page.locator("a[data-id]").first.click()
    await page.get_by_role("log").wait_for()
    found += await look(page, f"console-conversation-{look_of}")
    await page.keyboard.press("Control+k")
    await page.get_by_role("dialog").wait_for()
    found += await look(page, f"console-palette-{look_of}")
    await page.keyboard.press("Escape")
    await go(page, "/app/contacts")
    await page.locator("main a[href*='/contacts/']").first.click()
    await page.wait_for_url("**/app/contacts/*")
    found += await look(page, f"console-contact-{look_of}")
    await go(page, "/app/knowledge/articles")
    await page.locator("main a[href*='/articles/']").first.click()
    await page.get_by_role("textbox", name=re.compile("正文|Body")).wait_for()
    found += await look(page, f"console-article-{look_of}")
    await go(page, "/app/settings/inboxes")
    await page.locator("main a[href*='/inboxes/']").last.click()
    await page.get_by_role("tablist").wait_for()
    for tab in ("look", "hours", "install", "security", "routing"):
        await go(page, f"{page.url.split('?')[0]}?tab={tab}")
        found += await look(page, f"console-inbox-{tab}-{look_of}")
    await context.request.patch("/api/v1/me", data={"locale": "zh", "preferences": {"theme": "system"}}, headers=CONSOLE)
    await context.clear_cookies()
    await page.goto("/app/login")
    found += await look(page, f"console-login-{look_of}")
    assert found == []


@pytest.mark.parametrize(("lang", "scheme", "phone"), LOOKS)
async def test_shop_and_help_centre_look_right(windows: Windows, lang: str, scheme: str, phone: bool) -> None:
    context = await windows.context(**dressed(lang, scheme, phone=phone))
    page = await context.new_page()
    found: list[str] = []
    for name, path in PUBLIC_PAGES.items():
        await page.goto(path.format(lang=lang))
        found += await look(page, f"{name}-{lang}-{scheme}-{360 if phone else 1440}")
    assert found == []


@pytest.mark.parametrize(("lang", "scheme", "phone"), LOOKS)
async def test_the_widget_looks_right_in_every_state(windows: Windows, line: Line, lang: str, scheme: str, phone: bool) -> None:
    shopper = await windows.shopper(f"/demo/?lang={lang}", base_url=line.url, **dressed(lang, scheme, phone=phone))
    look_of = f"{lang}-{scheme}-{360 if phone else 1440}"
    await shopper.open()
    found = await look(shopper.page, f"widget-open-{look_of}")
    await shopper.frame.locator(".menu button").first.click()
    await shopper.frame.locator(".sheet").wait_for()
    found += await look(shopper.page, f"widget-menu-{look_of}")
    await shopper.page.keyboard.press("Escape")
    await shopper.frame.locator(".sheet").wait_for(state="detached")
    await shopper.say({"zh": "我的订单什么时候发货", "en": "When will my order ship?"}[lang])
    await shopper.theirs().first.wait_for()
    found += await look(shopper.page, f"widget-answer-{look_of}")
    await shopper.say({"zh": "杯子", "en": "cups"}[lang])
    await shopper.theirs().nth(1).wait_for()
    found += await look(shopper.page, f"widget-unsure-{look_of}")
    await shopper.say({"zh": "转人工", "en": "talk to a person"}[lang])
    await shopper.frame.locator(".card").first.wait_for()
    found += await look(shopper.page, f"widget-away-{look_of}")
    line.cut()
    await shopper.frame.locator(".banner").wait_for()
    found += await look(shopper.page, f"widget-offline-{look_of}", deep=False)
    assert found == []


@pytest.mark.parametrize(("lang", "scheme", "phone"), LOOKS)
async def test_the_chat_page_and_an_invitation_look_right(
    windows: Windows, desk: DemoDesk, lang: str, scheme: str, phone: bool
) -> None:
    look_of = f"{lang}-{scheme}-{360 if phone else 1440}"
    with desk.api() as owner:
        key = owner.get("/inboxes").json()["items"][0]["key"]
        invite = owner.post("/invites", json={"email": f"{look_of}@lanting.example", "role": "agent", "team_ids": []}).json()
    context = await windows.context(**dressed(lang, scheme, phone=phone))
    page = await context.new_page()
    await page.goto(f"/chat/{key}")
    await page.locator("form.composer textarea").wait_for()
    found = await look(page, f"chat-page-{look_of}")
    await page.goto(invite["url"])
    await page.locator("input[type=password]").wait_for()
    found += await look(page, f"invite-{look_of}")
    assert found == []
