"""What agents do beside answering: one person on many channels, comments that everybody reads, messages taken back."""

import asyncio
import re
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.async_api import Locator, Page, expect
from support.browser import DemoDesk, Windows, shoot
from support.phones import MANIFESTS, CustomerPhone, talk_with

from qiao.ports.channel import Capability

OWN_ADDRESSES = [name for name, one in MANIFESTS.items() if one.address == "local"]
COMMENTED = [name for name, one in MANIFESTS.items() if {Capability.MODERATION, Capability.PRIVATE_REPLY} <= one.capabilities]
RECALLED = [name for name, one in MANIFESTS.items() if Capability.RECALL in one.capabilities]
SENT = re.compile("sent|delivered|read")


@pytest.fixture(scope="module")
def desk(beside: DemoDesk) -> DemoDesk:
    """The one with every platform beside it."""
    return beside


@pytest.fixture(scope="module")
def owner(desk: DemoDesk) -> Iterator[httpx.Client]:
    """Signed in once: signing in is limited."""
    with desk.api() as owner:
        yield owner


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

    async def confirm(self, action: str) -> None:
        """Say yes in the dialog."""
        await self.page.get_by_role("dialog").get_by_role("button", name=action, exact=True).click()


@pytest.fixture
async def agent(windows: Windows, owner: httpx.Client) -> Agent:
    """The owner, who answers as well."""
    cookies: Any = [{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"} for name, value in owner.cookies.items()]
    context = await windows.context(storage_state={"cookies": cookies, "origins": []})
    return Agent(await context.new_page(), owner)


def fresh(words: str) -> str:
    return f"{words} {uuid.uuid4().hex[:6]}"


async def test_one_person_on_two_channels_is_joined_and_parted_again(windows: Windows, owner: httpx.Client, agent: Agent) -> None:
    here, there = OWN_ADDRESSES[:2]
    words, others = fresh("这里问一下"), fresh("那边也问过")
    for name, said in ((there, others), (here, words)):
        await (await CustomerPhone.open(windows, name, customer=1)).say(said)
    elsewhere = await agent.found(there, others)
    email = f"{uuid.uuid4().hex[:8]}@customer.example"
    contact = owner.get(f"/conversations/{elsewhere}").json()["conversation"]["contact"]["id"]
    owner.patch(f"/contacts/{contact}", json={"email": email}).raise_for_status()
    await agent.take(here, words)
    page, dialog = agent.page, agent.page.get_by_role("dialog")
    join = page.get_by_role("button", name="合并", exact=True).first
    await join.click()
    # Whoever bears the same name is proposed before anything is typed.
    await expect(dialog.get_by_role("button", name=re.compile(email))).to_be_visible()
    await dialog.get_by_role("searchbox").fill(email)
    await dialog.get_by_role("button", name=re.compile(email)).click()
    await shoot(page, "join-proposed")
    await agent.confirm("合并")
    await expect(page.get_by_text("依据：同事确认")).to_be_visible()
    history = page.locator(f"aside a[href$='{elsewhere}']")
    await expect(history).to_be_visible()
    await shoot(page, "joined")
    await page.get_by_role("button", name="拆开", exact=True).click()
    await agent.confirm("拆开")
    await expect(history).to_have_count(0)
    await expect(page.get_by_role("button", name="拆开", exact=True)).to_have_count(0)


@pytest.mark.parametrize("name", COMMENTED[:1])
async def test_a_comment_is_hidden_answered_privately_and_deleted(windows: Windows, agent: Agent, name: str) -> None:
    phone, words, answer = await CustomerPhone.open(windows, name), fresh("多少钱？"), fresh("私下告诉您")
    await phone.page.locator("#words").fill(words)
    await phone.page.get_by_role("button", name="公开评论").click()
    await expect(phone.mine(words)).to_contain_text("公开评论")
    public = await agent.take(name, words)
    page = agent.page
    said = agent.log.locator("[data-seq]").filter(has_text=words)
    await expect(said).to_contain_text("公开评论")
    await expect(page.get_by_text("所有人都能看到这里的评论和回复")).to_be_visible()
    await shoot(page, "comment")
    await expect(agent.log.locator("[data-delivery]")).to_have_count(0)
    for act, mark in (("隐藏评论", 1), ("恢复显示", 0)):
        await said.get_by_role("button", name="对这条消息的操作").click()
        await page.get_by_role("menuitem", name=act).click()
        if mark:
            await agent.confirm(act)
        await expect(said.get_by_text("已隐藏", exact=True)).to_have_count(mark)
    await said.get_by_role("button", name="私下回复").click()
    await page.wait_for_url(lambda url: public not in url)
    await agent.say(answer)
    await expect(phone.theirs(answer)).to_be_visible()
    await expect(phone.theirs(answer)).not_to_contain_text("公开评论")
    await shoot(page, "comment-private")
    await agent.open(public)
    await said.get_by_role("button", name="对这条消息的操作").click()
    await page.get_by_role("menuitem", name="删除评论").click()
    await agent.confirm("删除评论")
    await expect(said.get_by_text("已删除", exact=True)).to_be_visible()
    await shoot(page, "comment-deleted")


@pytest.mark.parametrize("name", RECALLED[:1])
async def test_what_was_sent_is_taken_back(windows: Windows, agent: Agent, name: str) -> None:
    phone, words, answer = await CustomerPhone.open(windows, name), fresh("改地址"), fresh("发错了的话")
    await phone.say(words)
    await agent.take(name, words)
    await agent.say(answer)
    await expect(phone.theirs(answer)).to_be_visible()
    await expect(agent.marks.last).to_have_attribute("data-state", SENT)
    said = agent.log.locator("[data-seq]").filter(has_text=answer)
    await said.hover()
    await said.get_by_role("button", name="对这条消息的操作").click()
    await agent.page.get_by_role("menuitem", name="撤回").click()
    await agent.confirm("撤回")
    await expect(said.get_by_text("已撤回", exact=True)).to_be_visible()
    await expect(phone.page.locator("li.company.recalled").last).to_be_visible()
    await shoot(agent.page, "recalled")
