"""What agents do beside answering: one person on many channels, shut windows, comments that everybody reads, channels in trouble."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.async_api import expect
from support.browser import DemoDesk, Windows, shoot
from support.colleague import Agent, fresh
from support.past import hours_go_by
from support.phones import MANIFESTS, CustomerPhone, inbox_of

from qiao.ports.channel import Capability

OWN_ADDRESSES = [name for name, one in MANIFESTS.items() if one.address == "local"]
COMMENTED = [name for name, one in MANIFESTS.items() if {Capability.MODERATION, Capability.PRIVATE_REPLY} <= one.capabilities]
RECALLED = [name for name, one in MANIFESTS.items() if Capability.RECALL in one.capabilities]
TEMPLATED = [name for name, one in MANIFESTS.items() if one.windows and "template" in one.after_window]
TAGGED = [name for name, one in MANIFESTS.items() if one.windows and "tagged" in one.after_window]
MAPPED = [name for name, one in MANIFESTS.items() if any(field.key == "receiving" for field in one.settings)]
TEMPLATES = [{"name": "on_its_way", "language": "zh_CN", "body": "{{1}}您好，订单 {{2}} 已发货。"}]
DAYS = 72
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


@pytest.fixture
async def agent(windows: Windows, owner: httpx.Client) -> Agent:
    """The owner, who answers as well."""
    cookies: Any = [{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"} for name, value in owner.cookies.items()]
    context = await windows.context(storage_state={"cookies": cookies, "origins": []})
    return Agent(await context.new_page(), owner)


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
        await agent.act(said, act)
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
    await agent.act(said, "删除评论")
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
    await agent.act(said, "撤回")
    await agent.confirm("撤回")
    await expect(said.get_by_text("已撤回", exact=True)).to_be_visible()
    await expect(phone.page.locator("li.company.recalled").last).to_be_visible()
    await shoot(agent.page, "recalled")


@pytest.mark.parametrize("name", TEMPLATED[-1:])
async def test_after_the_window_a_template_is_picked_filled_and_sent(
    windows: Windows, desk: DemoDesk, owner: httpx.Client, agent: Agent, name: str
) -> None:
    phone, words = await CustomerPhone.open(windows, name), fresh("在吗")
    owner.put(f"/inboxes/{inbox_of(owner, name)}/templates", json={"items": TEMPLATES}).raise_for_status()
    await phone.say(words)
    talk = await agent.found(name, words)
    contact = owner.get(f"/conversations/{talk}").json()["conversation"]["contact"]["id"]
    owner.patch(f"/contacts/{contact}", json={"email": "yutong@customer.example"}).raise_for_status()
    await hours_go_by(desk, inbox_of(owner, name), DAYS)
    await agent.take(name, words)
    page, dialog = agent.page, agent.page.get_by_role("dialog")
    await expect(page.get_by_text("已过回复时限，这条渠道现在不能直接回复")).to_be_visible()
    await expect(page.get_by_role("status").locator("a[href^='mailto:']")).to_be_visible()
    await expect(agent.writing).to_be_disabled()
    await shoot(page, "window-shut")
    await page.get_by_role("button", name="发送模板消息").click()
    await dialog.get_by_role("button", name=re.compile("on_its_way")).click()
    send = dialog.get_by_role("button", name="发送模板")
    await expect(send).to_be_disabled()
    for place, value in enumerate(("林女士", "LT20261123"), 1):
        await dialog.get_by_label(f"第 {place} 处").fill(value)
    await expect(dialog.get_by_text("林女士您好，订单 LT20261123 已发货。")).to_be_visible()
    await shoot(page, "template-filled")
    await send.click()
    await expect(agent.marks.last).to_have_attribute("data-state", SENT)
    await expect(phone.theirs("林女士")).to_be_visible()


@pytest.mark.parametrize("name", TAGGED[:1])
async def test_after_the_window_a_person_may_answer_as_a_person(
    windows: Windows, desk: DemoDesk, owner: httpx.Client, agent: Agent, name: str
) -> None:
    phone, words, answer = await CustomerPhone.open(windows, name), fresh("还没修好"), fresh("今天给您换新")
    await phone.say(words)
    await agent.found(name, words)
    await hours_go_by(desk, inbox_of(owner, name), DAYS)
    await agent.take(name, words)
    await expect(agent.writing).to_be_disabled()
    await agent.page.get_by_role("switch", name=re.compile("以人工回复的身份发送")).click()
    await agent.say(answer)
    await expect(phone.theirs(answer)).to_be_visible()
    await expect(agent.log.get_by_text("人工回复", exact=True).last).to_be_visible()
    await shoot(agent.page, "window-tagged")


@pytest.mark.parametrize("name", MAPPED[:1])
async def test_what_could_not_be_read_is_shown_and_read_again(
    windows: Windows, owner: httpx.Client, agent: Agent, name: str
) -> None:
    inbox, words, page = inbox_of(owner, name), fresh("没读懂的一条"), agent.page
    settings = next(one for one in owner.get("/inboxes").json()["items"] if one["id"] == inbox)["settings"]
    owner.patch(f"/inboxes/{inbox}", json={"settings": {"receiving": {"list": "nowhere"}}}).raise_for_status()
    await (await CustomerPhone.open(windows, name)).say(words)
    card = page.get_by_role("listitem").filter(has=page.locator(f"a[href$='{inbox}']"))
    await page.goto("/app/settings/channels")
    await card.get_by_role("button", name=re.compile("没能读懂，已搁置")).click()
    await expect(card).to_contain_text("按“接收映射”找不到消息")
    await shoot(page, "parked")
    owner.patch(f"/inboxes/{inbox}", json={"settings": {"receiving": settings["receiving"]}}).raise_for_status()
    await card.get_by_role("button", name="重新读取").click()
    await expect(page.get_by_text("已重新排队")).to_be_visible()
    await agent.found(name, words)
