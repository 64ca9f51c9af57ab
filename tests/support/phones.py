"""The customer's phone in a browser window, for every channel whose folder has a simulator; no channel is named."""

import asyncio
import time
from pathlib import Path

import httpx
from playwright.async_api import Locator, Page, expect
from support.browser import Windows

from qiao.channels.registry import load_channel, read_manifest
from qiao.ports.channel import Capability, Manifest
from qiao.ports.channel_form import ShowsForm

SLOW_ENOUGH = 2.1
CHANNELS = Path(__file__).resolve().parents[2] / "src" / "qiao" / "channels"
MANIFESTS: dict[str, Manifest] = {
    path.parent.name: read_manifest(path.parent / "manifest.toml") for path in sorted(CHANNELS.glob("*/simulator.py"))
}
_PAGES = [path.parent.name for path in sorted(CHANNELS.glob("*/manifest.toml")) if path.parent.name not in MANIFESTS]
FORMS = [name for name in _PAGES if isinstance(load_channel(name), ShowsForm)]
"""Channels whose customers fill in a page of ours."""
CHATS = [name for name in _PAGES if Capability.LIVE in read_manifest(CHANNELS / name / "manifest.toml").capabilities]
"""Channels whose customers chat on a page of ours."""


class CustomerPhone:
    """One customer's phone on one channel."""

    def __init__(self, page: Page, manifest: Manifest) -> None:
        self.page = page
        self.manifest = manifest

    @classmethod
    async def open(cls, windows: Windows, name: str, *, customer: int = 0, lang: str = "zh") -> "CustomerPhone":
        """The phone, connected: what is written there arrives at the desk."""
        context = await windows.context(locale={"zh": "zh-CN", "en": "en-GB"}[lang])
        page = await context.new_page()
        await page.goto(f"/phones/{name}?lang={lang}&customer={customer}")
        await expect(page.locator(".state.connected")).to_be_visible(timeout=60_000)
        return cls(page, MANIFESTS[name])

    async def say(self, text: str) -> None:
        """Write and send; it stands on the customer's own screen."""
        await self.page.locator("#words").fill(text)
        await self.page.locator(".writing button:not(.public)").click()
        await expect(self.mine(text)).to_be_visible()

    async def send(self, kind: str) -> None:
        """Send a sample of that kind."""
        before = await self.page.locator("li.customer").count()
        await self.page.locator(f"button[name=sample][value={kind}]").click()
        await expect(self.page.locator("li.customer")).to_have_count(before + 1)

    async def misbehave(self, fault: str) -> None:
        """The platform's next answer is this fault."""
        await self.page.locator("#fault").select_option(fault)
        await self.page.locator("form[action*='/fault'] button").click()
        await expect(self.page.locator("#problem")).to_be_empty()

    def mine(self, text: str) -> Locator:
        """What the customer wrote."""
        return self.page.locator("li.customer").filter(has_text=text).last

    def theirs(self, text: str) -> Locator:
        """What came from the company."""
        return self.page.locator("li.company").filter(has_text=text).last

    @property
    def from_company(self) -> Locator:
        """Everything that came from the company."""
        return self.page.locator("li.company")


class CustomerForm:
    """The page of ours that a customer fills in, where it stands in for a phone."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.inside = page.frame_locator("#page")
        self.opened = time.monotonic()

    @classmethod
    async def open(cls, windows: Windows, name: str) -> "CustomerForm":
        """The page, empty."""
        page = await (await windows.context()).new_page()
        await page.goto(f"/phones/{name}?lang=zh")
        await expect(page.locator(".state.connected")).to_be_visible(timeout=60_000)
        return cls(page)

    def field(self, label: str) -> Locator:
        """A question."""
        return self.inside.get_by_label(label)

    async def send(self) -> None:
        """Send it as people do, two seconds after it was opened or later; what comes next is the customer's own page."""
        await asyncio.sleep(max(0.0, self.opened + SLOW_ENOUGH - time.monotonic()))
        await self.inside.get_by_role("button", name="提交").click()
        await self.inside.get_by_text("还没有回复").wait_for()

    async def receives(self, text: str) -> None:
        """The customer comes back to their page until this answer stands there."""
        async with asyncio.timeout(20):
            while not await self.theirs(text).is_visible():
                await self.inside.locator("body").evaluate("() => dispatchEvent(new Event('focus'))")
                await asyncio.sleep(0.2)

    def theirs(self, text: str) -> Locator:
        """What came from the company."""
        return self.inside.locator(".answers").get_by_text(text)


def inbox_of(owner: httpx.Client, name: str) -> str:
    """The id of the demo's inbox on a channel."""
    return next(one["id"] for one in owner.get("/inboxes").json()["items"] if one["channel"] == name)


def talks_of(owner: httpx.Client, inbox_id: str) -> list[str]:
    """Ids of an inbox's conversations, latest first."""
    return [one["id"] for one in owner.get("/conversations", params={"view": "all", "inbox_id": inbox_id}).json()["items"]]


def talk_with(owner: httpx.Client, name: str, words: str) -> str | None:
    """The conversation in which the customer wrote these words."""
    for talk in talks_of(owner, inbox_of(owner, name)):
        messages = owner.get(f"/conversations/{talk}/messages").json()["items"]
        if any(words in one["text"] and one["author"]["kind"] == "contact" for one in messages):
            return talk
    return None
