"""Every channel as its customers and its agents meet it: written on the phone, answered at the desk, shown on the phone."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Locator, Page, expect
from support.browser import CONSOLE, DemoDesk, Shopper, Windows, at_rest, axe, shoot, sideways
from support.phones import CHANNELS, CHATS, FORMS, MANIFESTS, CustomerForm, CustomerPhone, inbox_of, talk_with
from support.pictures import teapot

from qiao.channels.registry import read_manifest
from qiao.ports.channel import Capability, Manifest

NAMES = list(MANIFESTS)
WITH_PICTURES = [name for name, one in MANIFESTS.items() if Capability.IMAGE in one.capabilities]
WITH_WINDOWS = [name for name, one in MANIFESTS.items() if one.windows]
Open = Callable[[str], Awaitable[Page]]
Take = Callable[[str, str], Awaitable[Page]]
TYPED = 5_000
ASKED = [
    {"key": "name", "label": {"zh": "称呼", "en": "Name"}, "type": "text"},
    {
        "key": "about",
        "label": {"zh": "关于", "en": "About"},
        "type": "choice",
        "choices": [
            {"value": "order", "label": {"zh": "订单", "en": "An order"}},
            {"value": "other", "label": {"zh": "其他", "en": "Something else"}},
        ],
    },
    {
        "key": "number",
        "label": {"zh": "订单号", "en": "Order number"},
        "required": True,
        "show_if": {"key": "about", "equals": "order"},
    },
    {"key": "message", "label": {"zh": "问题", "en": "Question"}, "type": "textarea", "required": True},
    {"key": "files", "label": {"zh": "照片", "en": "Pictures"}, "type": "file"},
]
SENT = re.compile("sent|delivered|read")


@pytest.fixture(scope="module")
def desk(beside: DemoDesk) -> DemoDesk:
    """The demo company with every platform beside it."""
    return beside


@pytest.fixture(scope="module")
def owner(desk: DemoDesk) -> Iterator[httpx.Client]:
    """Signed in once for all stories: signing in is limited."""
    with desk.api() as owner:
        yield owner


@pytest.fixture(scope="module")
def agent_session(desk: DemoDesk) -> dict[str, Any]:
    """The session of the agent of all stories, as a browser keeps it."""
    with desk.api("zhouyan") as agent:
        cookies = [{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"} for name, value in agent.cookies.items()]
    return {"cookies": cookies, "origins": []}


@pytest.fixture
async def colleague(windows: Windows, agent_session: dict[str, Any]) -> Open:
    """Opens a page of the console for the agent."""

    async def open_page(path: str) -> Page:
        context = await windows.context(storage_state=agent_session)
        page = await context.new_page()
        await page.goto(path)
        await page.get_by_role("navigation").first.wait_for()
        return page

    return open_page


@pytest.fixture
async def taken(owner: httpx.Client, colleague: Open) -> Take:
    """Opens the conversation in which a customer wrote these words, and takes it."""

    async def take(name: str, words: str) -> Page:
        async with asyncio.timeout(20):
            while (talk := talk_with(owner, name, words)) is None:
                await asyncio.sleep(0.3)
        page = await colleague(f"/app/conversations/all/{talk}")
        await page.get_by_role("log").get_by_text(words).first.wait_for()
        resolve = page.get_by_role("button", name="解决", exact=True)
        claim = page.get_by_role("button", name=re.compile("^(接入|接管)$"))
        await expect(resolve.or_(claim).first).to_be_visible()
        if await claim.is_visible():
            await claim.click()
        await resolve.wait_for()
        return page

    return take


def writing(page: Page) -> Locator:
    return page.get_by_role("textbox", name=re.compile("^回复"))


async def looks_like(agent: Page, name: str) -> None:
    """The conversation carries the drawing of its channel."""
    row = agent.locator(f"a[href*='{agent.url.rsplit('/', 1)[1]}']").first
    await expect(row.locator(f"[style*='/channels/{name}/icon.svg']")).to_be_visible()


async def expect_limit(agent: Page, manifest: Manifest) -> None:
    """What does not fit into one message of the channel is told while it is written."""
    await writing(agent).fill("一" * min(manifest.max_text + 1, TYPED))
    told = agent.get_by_role("status").filter(has_text=re.compile("短信计 [2-9]" if manifest.counted else "将分成 2 条发送"))
    await expect(told).to_have_count(int(manifest.max_text < TYPED))


@pytest.mark.parametrize("name", NAMES)
async def test_what_the_customer_writes_is_answered_on_their_phone(windows: Windows, taken: Take, name: str) -> None:
    phone = await CustomerPhone.open(windows, name)
    words, answer = f"请帮我看看订单 {name[::-1]}", f"您好，已经查到了：{name[::-1]} 明天送到。"
    await phone.say(words)
    agent = await taken(name, words)
    await looks_like(agent, name)
    await expect_limit(agent, MANIFESTS[name])
    await writing(agent).fill(answer)
    await agent.keyboard.press("Enter")
    await expect(phone.theirs(answer)).to_be_visible(timeout=20_000)
    await expect(agent.locator("[data-delivery]").last).to_have_attribute("data-state", SENT, timeout=20_000)
    await shoot(agent, f"channel-{NAMES.index(name)}-agent")
    await shoot(phone.page, f"channel-{NAMES.index(name)}-phone")


@pytest.mark.parametrize("name", WITH_PICTURES)
async def test_pictures_go_both_ways(windows: Windows, taken: Take, name: str, tmp_path: Path) -> None:
    phone = await CustomerPhone.open(windows, name, customer=1)
    words = f"我拍给您看 {name[::-1]}"
    await phone.say(words)
    agent = await taken(name, words)
    await phone.send("image")
    await expect(agent.get_by_role("log").get_by_role("img").first).to_be_visible(timeout=20_000)
    await agent.locator("input[type=file]").set_input_files(teapot(tmp_path))
    send = agent.get_by_role("button", name="发送", exact=True)
    await expect(send).to_be_enabled()
    await send.click()
    # What the platform does not take goes as a link.
    came = phone.page.locator("li.company img, li.company .file, li.company .text:has-text('/files/')")
    await expect(came.last).to_be_visible(timeout=20_000)


@pytest.mark.parametrize("name", CHATS)
async def test_a_chat_on_our_own_page_is_beside_the_phones(windows: Windows, taken: Take, name: str) -> None:
    page = await (await windows.context()).new_page()
    await page.goto(f"/phones/{name}?lang=zh")
    shopper, words = Shopper(page), f"转人工，谢谢 {uuid.uuid4().hex[:6]}"
    await shopper.say(words)
    agent = await taken(name, words)
    await looks_like(agent, name)
    await writing(agent).fill("您好，我是小桥。")
    await agent.keyboard.press("Enter")
    await expect(shopper.theirs("agent").filter(has_text="我是小桥")).to_be_visible()


@pytest.mark.parametrize("name", FORMS)
async def test_a_form_is_answered_on_the_page_of_whoever_filled_it_in(
    windows: Windows, owner: httpx.Client, taken: Take, name: str, tmp_path: Path
) -> None:
    owner.patch(f"/inboxes/{inbox_of(owner, name)}", json={"settings": {"fields": ASKED}}).raise_for_status()
    form = await CustomerForm.open(windows, name)
    words = f"壶嘴裂了 {uuid.uuid4().hex[:6]}"
    await form.field("称呼").fill("顾南星")
    await expect(form.field("订单号")).to_be_hidden()
    await form.field("关于").select_option("order")
    await form.field("订单号").fill("LT20260017")
    await form.field("问题").fill(words)
    await form.field("照片").set_input_files(teapot(tmp_path))
    await form.send()
    agent = await taken(name, words)
    log = agent.get_by_role("log")
    asked = log.locator("dl").first
    await expect(asked).to_contain_text("订单号")
    await expect(asked).to_contain_text("LT20260017")
    await expect(log.get_by_role("img").first).to_be_visible(timeout=20_000)
    await looks_like(agent, name)
    await expect_limit(agent, read_manifest(CHANNELS / name / "manifest.toml"))
    await agent.locator("input[type=file]").set_input_files(teapot(tmp_path, "新壶.png"))
    await writing(agent).fill("给您换一把新的。")
    send = agent.get_by_role("button", name="发送", exact=True)
    await expect(send).to_be_enabled()
    await send.click()
    await form.receives("给您换一把新的。")
    await expect(form.theirs("新壶.png")).to_have_attribute("href", re.compile("/files/"))
    await shoot(agent, "channel-form-agent")
    await shoot(form.page, "channel-form-page")


@pytest.mark.parametrize("name", WITH_WINDOWS)
async def test_a_shut_window_is_told_before_anything_is_written(colleague: Open, owner: httpx.Client, name: str) -> None:
    begun = owner.post(
        "/conversations",
        json={
            "inbox_id": inbox_of(owner, name),
            "text": "您好，您的订单已经发货。",
            "client_id": uuid.uuid4().hex,
            "contact": {"name": "周先生", "email": "zhou@customer.example"},
        },
    ).raise_for_status()
    talk = begun.json()["conversation"]["id"]
    agent = await colleague(f"/app/conversations/all/{talk}")
    await expect(agent.get_by_text("现在不能直接回复")).to_be_visible()
    await expect(writing(agent)).to_be_disabled()
    await expect(agent.get_by_role("button", name="发送", exact=True)).to_be_disabled()
    await agent.get_by_role("button", name="写备注给同事").click()
    note = agent.get_by_role("textbox", name=re.compile("^.*备注"))
    await note.fill("等客户来消息再回")
    await agent.keyboard.press("Enter")
    await expect(agent.get_by_role("log").get_by_text("等客户来消息再回")).to_be_visible()


@pytest.mark.parametrize("name", [name for name, one in MANIFESTS.items() if one.webhook][:1])
async def test_a_delivery_that_comes_four_times_is_one_message(
    windows: Windows, owner: httpx.Client, taken: Take, name: str
) -> None:
    phone = await CustomerPhone.open(windows, name)
    words = f"只说一次 {uuid.uuid4().hex[:6]}"
    await phone.say(words)
    agent = await taken(name, words)
    await phone.page.locator("form[action*='/redeliver'] button").click()
    await expect(phone.page.locator("#problem")).to_be_empty()
    afterwards = f"然后说这句 {words[-6:]}"
    await phone.say(afterwards)
    await agent.get_by_role("log").get_by_text(afterwards).first.wait_for()
    messages = owner.get(f"/conversations/{agent.url.rsplit('/', 1)[1]}/messages").json()["items"]
    assert [one["text"] for one in messages if one["author"]["kind"] == "contact" and words in one["text"]] == [words]


@pytest.mark.parametrize("name", [name for name in NAMES if MANIFESTS[name].hosts and not MANIFESTS[name].listens][:1])
async def test_a_reply_that_is_refused_says_why_and_is_sent_again(windows: Windows, taken: Take, name: str) -> None:
    phone = await CustomerPhone.open(windows, name)
    words = f"还在吗 {uuid.uuid4().hex[:6]}"
    await phone.say(words)
    agent = await taken(name, words)
    await asyncio.sleep(1)
    await phone.misbehave("blocked")
    await writing(agent).fill("在的，请讲。")
    await agent.keyboard.press("Enter")
    mark = agent.locator("[data-delivery][data-state=rejected]").last
    await expect(mark).to_contain_text("没有送到", timeout=20_000)
    await shoot(agent, "channel-refused")
    await mark.get_by_role("button", name="再发一次").click()
    await expect(phone.theirs("在的，请讲。")).to_be_visible(timeout=20_000)
    await expect(agent.locator("[data-delivery][data-state=rejected]")).to_have_count(0)


@pytest.mark.parametrize(("lang", "scheme", "phone"), [("zh", "light", False), ("en", "dark", True)])
async def test_accounts_and_phones_look_right(windows: Windows, owner: httpx.Client, lang: str, scheme: str, phone: bool) -> None:
    options = {"locale": {"zh": "zh-CN", "en": "en-GB"}[lang], "color_scheme": scheme, "phone": phone}
    context = await windows.context(**options)
    await windows.sign_in(context, "ruolan")
    await context.request.put("/api/v1/me/availability", data={"availability": "away"}, headers=CONSOLE)
    await context.request.patch("/api/v1/me", data={"locale": lang, "preferences": {"theme": scheme}}, headers=CONSOLE)
    page = await context.new_page()
    found: list[str] = []
    longest = max(NAMES, key=lambda name: len(MANIFESTS[name].settings))
    for name, path in {
        "health": "/app/settings/channels",
        "account": f"/app/settings/inboxes/{inbox_of(owner, longest)}",
        "phone": f"/phones/{longest}?lang={lang}",
    }.items():
        await page.goto(path)
        await page.get_by_role("main").first.wait_for()
        await at_rest(page)
        look = f"channels-{name}-{lang}-{scheme}"
        await shoot(page, look)
        wide = await sideways(page)
        found += [f"{look}: {wide} px too wide"] if wide > 0 else []
        found += [f"{look}: {one}" for one in await axe(page)]
    await context.request.patch("/api/v1/me", data={"locale": "zh", "preferences": {"theme": "system"}}, headers=CONSOLE)
    assert found == []
