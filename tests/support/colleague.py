"""A colleague at work in a browser window: finds the conversation of some words, takes it, answers."""

import asyncio
import re
import uuid

import httpx
from playwright.async_api import Locator, Page
from support.browser import at_rest
from support.phones import talk_with


class Agent:
    """A colleague with the console open."""

    def __init__(self, page: Page, owner: httpx.Client) -> None:
        self.page, self.owner = page, owner

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def writing(self) -> Locator:
        return self.page.get_by_role("textbox", name=re.compile("^回复"))

    @property
    def talk(self) -> str:
        """The id of the conversation that is open."""
        return self.page.url.rsplit("/", 1)[1]

    @property
    def marks(self) -> Locator:
        """Where replies are on their way."""
        return self.page.locator("[data-delivery]")

    async def found(self, name: str, words: str) -> str:
        """The id of the conversation in which a customer wrote these words."""
        async with asyncio.timeout(20):
            while (talk := talk_with(self.owner, name, words)) is None:
                await asyncio.sleep(0.1)
        return talk

    async def take(self, name: str, words: str) -> str:
        """Open the conversation in which a customer wrote these words, and take it; its id."""
        talk = await self.found(name, words)
        self.owner.post(f"/conversations/{talk}/claim")
        await self.open(talk)
        return talk

    async def open(self, talk: str) -> None:
        """Open a conversation."""
        await self.page.goto(f"/app/conversations/all/{talk}")
        await self.log.locator("[data-seq]").first.wait_for()

    async def say(self, words: str) -> None:
        """Write and send."""
        await self.writing.fill(words)
        await self.page.keyboard.press("Enter")

    async def act(self, said: Locator, name: str) -> None:
        """Choose from the menu of a message. A menu that is still moving into its place may be missed."""
        await said.get_by_role("button", name="对这条消息的操作").click()
        item = self.page.get_by_role("menuitem", name=name)
        await item.wait_for()
        await at_rest(self.page)
        await item.click()

    async def confirm(self, action: str) -> None:
        """Say yes in the dialog."""
        await self.page.get_by_role("dialog").get_by_role("button", name=action, exact=True).click()


def fresh(words: str) -> str:
    """Words that nobody said before."""
    return f"{words} {uuid.uuid4().hex[:6]}"
