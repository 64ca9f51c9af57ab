"""The widget on a company's site: what other windows say to it changes nothing, and nobody around it reads what is said inside."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Frame, Page, Response, expect
from support.browser import ROOT, DemoDesk, Shopper, Windows
from support.sites import Sites

BRIDGE = (ROOT / "web/apps/widget/src/bridge/messages.ts").read_text(encoding="utf-8")
SECRET, REPLY, EMAIL = "我的暗号是青瓷七号", "暗号已经记下，请放心", "wen.secret@example.com"

# Values that would be seen at once where they were believed; any other field is given one by its type.
FORGED = {
    "locale": "en",
    "corner": "left",
    "colour": "#ff0000",
    "ink": "#00ff00",
    "url": "https://forged.example/",
    "flow": "x" * 36,
}
LISTEN = "<script>heard = []; addEventListener('message', event => heard.push(JSON.stringify([event.origin, event.data])), true)</script>"
_SHOP = """<!doctype html><title>Shop</title>{listen}
<script src="{desk}/qiao.js" data-inbox="{key}" data-locale="zh"></script>
<iframe name="advert" src="{foreign}/advert"></iframe>
<iframe name="bare" src="{desk}/widget/panel/{key}?origin={shop}"></iframe>"""
PAGES = {
    "shop/": _SHOP,
    "shop/other": "<!doctype html><title>Another window of the shop</title>{listen}",
    "blog/": '<!doctype html><title>Blog</title>{listen}<iframe src="{desk}/widget/panel/{key}?origin={shop}&locale=zh"></iframe>',
    "foreign/advert": "<!doctype html><title>Advert</title>{listen}",
    "foreign/popup": "<!doctype html><title>Pop-up</title>{listen}",
}
FRAME = "document.querySelector('qiao-widget').shadowRoot.querySelector('iframe')"
SHOWN = """() => {
  const host = document.querySelector('qiao-widget')
  const [button, box] = host.shadowRoot.querySelectorAll('button, div')
  return [host.style.cssText, button.outerHTML, getComputedStyle(box).display, JSON.stringify({ ...localStorage }), ({}).poisoned]
}"""
INSIDE = """() => {
  const { lang, innerText } = document.documentElement
  return [lang, innerText, ({}).poisoned]
}"""
READ = f"""() => {{
  const frame = {FRAME}
  const ways = {{
    document: () => frame.contentDocument.body.innerText,
    window: () => frame.contentWindow.document.body.innerText,
    address: () => frame.contentWindow.location.href,
    storage: () => JSON.stringify(frame.contentWindow.localStorage),
    history: () => frame.contentWindow.history.state,
    opened: () => frame.contentWindow.open,
  }}
  return Object.keys(ways).filter(way => {{ try {{ ways[way](); return true }} catch {{ return false }} }})
}}"""


def to(targets: str) -> str:
    """A function that says every word it is given to these windows."""
    return f"words => {{ for (const target of {targets}) for (const word of words) target.postMessage(JSON.parse(word), '*') }}"


def around(window: str) -> str:
    """A window and the frames that another may find in it."""
    return f"[{window}, ...Array.from({{ length: {window}.length }}, (_, at) => {window}[at])]"


def vocabulary() -> list[str]:
    """Every word that loader and panel know, each with every field that any has, forged, as JSON; and what is no word at all."""
    names = sorted(set(re.findall(r"qiao: '(\w+)'", BRIDGE)))
    fields = re.findall(r"^  (\w+)\??: (\w+)$", BRIDGE, re.MULTILINE)

    def forged(yes: bool) -> dict[str, Any]:
        by_type = {"string": "forged {}", "number": 77, "boolean": yes}
        return {field: FORGED.get(field, by_type[kind]) for field, kind in fields}

    words = [json.dumps({"qiao": name, **forged(yes)}) for name in names for yes in (True, False)]
    poison = '{"qiao": "page", "shown": true, "__proto__": {"poisoned": 1}, "constructor": {"prototype": {"poisoned": 1}}}'
    return [*words, poison, "null", "7", '"close"', "[]", '{"qiao": null}', '{"qiao": "__proto__"}']


WORDS = vocabulary()


def test_every_word_of_the_bridge_is_forged() -> None:
    """Whatever is added to it is said in these stories from then on."""
    said = [json.loads(word) for word in WORDS]
    assert {one["qiao"] for one in said if isinstance(one, dict)} >= {"page", "state", "ready", "close"}
    assert said[0].keys() >= {"shown", "identify", "ask", "flow", "locale", "unread", "colour", "open"}
    declared = re.findall(r"^  (\w+)\??:", BRIDGE, re.MULTILINE)
    assert set(declared) == said[0].keys()


class Site:
    """The shop's page with the chat in it, on an address of its own, and what stands around it."""

    def __init__(self, page: Page, sites: Sites, inbox: str, owner: httpx.Client) -> None:
        self.page, self.at, self.inbox, self.owner = page, sites.origin, inbox, owner
        self.visits: list[Response] = []
        page.context.on("response", lambda answer: "/visitor/v1/sessions" in answer.url and self.visits.append(answer))
        self.shopper = Shopper(page)
        self.shopper.frame = page.frame_locator("qiao-widget iframe")

    @property
    def bare(self) -> Frame:
        """A panel that the page holds without a loader: other windows find it."""
        return self._named("bare")

    @property
    def advert(self) -> Frame:
        """Somebody else's page in a frame of the shop's."""
        return self._named("advert")

    @property
    def panel(self) -> Frame:
        """The loader's."""
        return next(frame for frame in self.page.frames if "/widget/panel/" in frame.url and frame != self.bare)

    def _named(self, name: str) -> Frame:
        return next(frame for frame in self.page.frames if frame.name == name)

    async def beside(self, name: str, path: str) -> Page:
        """A window that the shop opens."""
        async with self.page.expect_popup() as opened:
            await self.page.evaluate("address => void open(address)", self.at(name) + path)
        popup = await opened.value
        await popup.wait_for_load_state()
        return popup

    async def seen(self) -> list[Any]:
        """All that there is to be seen of the chat, what the page keeps of it, and how many visits were begun."""
        return [
            len(self.visits),
            await self.page.evaluate(SHOWN),
            await self.panel.evaluate(INSIDE),
            await self.bare.evaluate(INSIDE),
        ]

    def talk(self, view: str) -> dict[str, Any]:
        """The one conversation that there is."""
        talks = self.owner.get("/conversations", params={"view": view, "limit": 100}).json()["items"]
        [talk] = [one for one in talks if one["inbox_id"] == self.inbox]
        return talk

    def reply(self, talk: str) -> None:
        body = {"client_id": uuid4().hex, "text": REPLY}
        self.owner.post(f"/conversations/{talk}/messages", json=body).raise_for_status()


@pytest.fixture
async def site(windows: Windows, desk: DemoDesk) -> AsyncIterator[Site]:
    sites = Sites()
    await sites.open()
    with desk.api() as owner:
        inbox = owner.post("/inboxes", json={"channel": "webchat", "name": "别处的网站"}).raise_for_status().json()
        changes = {"settings": {"allowed_origins": [sites.origin("shop"), sites.origin("blog")]}, "hours": None}
        owner.patch(f"/inboxes/{inbox['id']}", json=changes).raise_for_status()
        names = {name: sites.origin(name) for name in ("shop", "foreign")}
        sites.pages = {name: text.format(desk=desk.url, key=inbox["key"], listen=LISTEN, **names) for name, text in PAGES.items()}
        site = Site(await (await windows.context()).new_page(), sites, inbox["id"], owner)
        await site.page.goto(site.at("shop"))
        yield site
    await sites.close()


async def counts(*frames: Frame | Page) -> None:
    """Counts what arrives in windows, behind their own listeners: those have then done with it."""
    for frame in frames:
        await frame.evaluate("() => { arrived = 0; addEventListener('message', () => void arrived++) }")


async def arrived(frame: Frame | Page, windows: int) -> None:
    """Until all words of so many windows have."""
    await frame.wait_for_function("times => arrived >= times", arg=windows * len(WORDS))


async def test_what_other_windows_say_changes_nothing(site: Site) -> None:
    # Nothing else happens meanwhile: no bot answers.
    site.owner.patch(f"/inboxes/{site.inbox}", json={"bot_enabled": False}).raise_for_status()
    await site.shopper.open()
    await site.shopper.say(SECRET)
    await expect(site.shopper.mine(SECRET)).to_contain_text("已发送")
    stranger, other = await site.beside("foreign", "/popup"), await site.beside("shop", "/other")
    before = await site.seen()
    await counts(site.page, site.panel, site.bare)
    # Strangers: the loader's panel they do not even find. Then the shop's own other window, which does; and frames of the desk itself.
    await site.advert.evaluate(to(around("parent")), WORDS)
    await stranger.evaluate(to(around("opener")), WORDS)
    await other.evaluate(to(f"[...{around('opener')}, opener.{FRAME}.contentWindow]"), WORDS)
    await site.bare.evaluate(to("[parent]"), WORDS)
    await site.page.evaluate(to("[window]"), WORDS)
    await arrived(site.page, 5)
    await arrived(site.bare, 3)
    await arrived(site.panel, 1)
    assert await site.seen() == before
    await site.shopper.say("还在吗")
    await expect(site.shopper.mine("还在吗")).to_contain_text("已发送")
    talk = site.talk("all")
    messages = site.owner.get(f"/conversations/{talk['id']}/messages").json()["items"]
    assert [one["text"] for one in messages if one["author"]["kind"] == "contact"] == [SECRET, "还在吗"]

    # Another site that may hold the chat says that it is the shop: neither hears the other.
    blog = await site.page.context.new_page()
    await blog.goto(site.at("blog"))
    held = blog.frames[1]
    await held.wait_for_function("() => document.body.innerText !== ''")
    visits, inside = len(site.visits), await held.evaluate(INSIDE)
    await counts(held)
    await blog.evaluate(to("[window[0]]"), WORDS)
    await arrived(held, 1)
    assert (len(site.visits), await held.evaluate(INSIDE)) == (visits, inside)
    assert await blog.evaluate("heard") == []

    # What the panel's frame is led to is not the panel.
    led, shown = site.panel, await site.page.evaluate(SHOWN)
    await led.goto(site.at("foreign") + "/advert")
    await led.evaluate(to("[parent]"), WORDS)
    await arrived(site.page, 6)
    assert await site.page.evaluate(SHOWN) == shown


async def test_nobody_around_reads_what_is_said_inside(site: Site, desk: DemoDesk) -> None:
    shopper, stranger = site.shopper, await site.beside("foreign", "/popup")
    await shopper.ask_for_person()
    await shopper.frame.get_by_label("邮箱地址").fill(EMAIL)
    await shopper.frame.get_by_label("邮箱地址").press("Enter")
    await expect(shopper.frame.get_by_text(EMAIL)).to_be_visible()
    await shopper.say(SECRET)
    talk = site.talk("waiting")
    site.owner.post(f"/conversations/{talk['id']}/claim").raise_for_status()
    site.reply(talk["id"])
    await expect(shopper.theirs("agent")).to_contain_text(REPLY)
    await shopper.frame.get_by_role("button", name="关闭").press("Enter")
    await expect(site.page.get_by_role("button", name="在线客服")).to_have_attribute("aria-expanded", "false")
    site.reply(talk["id"])
    await expect(site.page.get_by_role("button", name="在线客服 (1)")).to_be_visible()
    token = (await site.visits[-1].json())["token"]
    assert await site.page.evaluate(READ) == []

    heard = [json.loads(one) for one in await site.page.evaluate("heard")]
    assert {origin for origin, _ in heard} == {desk.url}
    assert {name for _, data in heard for name in data} <= {"qiao", *re.findall(r"^  (\w+)\??:", BRIDGE, re.MULTILINE)}
    assert [data["unread"] for _, data in heard if data["qiao"] == "state"][-1] == 1
    around_it = json.dumps(
        [heard, await site.page.evaluate("[JSON.stringify({ ...localStorage }), document.cookie]")], ensure_ascii=False
    )
    secrets = [SECRET, REPLY, EMAIL, token, talk["id"], talk["contact"]["id"]]
    assert [one for one in secrets if one in around_it] == []
    assert [await one.evaluate("heard") for one in (site.advert, stranger)] == [[], []]
