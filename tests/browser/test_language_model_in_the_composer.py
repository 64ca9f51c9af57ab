"""Agents' drafts reworded and translated where a language model is connected: from the composer to the endpoint and back."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect
from support.browser import DemoDesk, Windows, shoot

from qiao.ports.testing.llm_endpoint import FakeEndpoint, fake_endpoint, says, status

DRAFT = "谢谢您的耐心等待，订单 LT20261101-0001 正在打包。"
WARMER = "非常感谢您耐心等待，您的订单 LT20261101-0001 正在打包哦。"
ENGLISH = "Thank you for your patience. Order LT20261101-0001 is being packed."


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    async with fake_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def connected(chrome: Browser, endpoint: FakeEndpoint) -> AsyncIterator[Windows]:
    """Windows onto a desk of its own that has a model, switched on by its owner."""
    desk = DemoDesk(QIAO_LLM_URL=endpoint.url, QIAO_LLM_MODEL="scripted", QIAO_BOT_MODEL="off")
    try:
        await asyncio.to_thread(desk.start)
        with desk.api() as owner:
            owner.patch("/bot/language-model/settings", json={"enabled": True}).raise_for_status()
        windows = Windows(chrome, desk)
        yield windows
        await windows.close()
        assert windows.noise.heard == []
    finally:
        desk.stop()


async def composed(windows: Windows) -> Page:
    """An agent with a draft in the composer of a conversation."""
    customer = await windows.shopper()
    await customer.ask_for_person("我的包裹到哪里了？转人工")
    page = await windows.take("xiaotang", "我的包裹到哪里了")
    await page.get_by_role("textbox", name="回复").first.fill(DRAFT)
    return page


async def chosen(page: Page, label: str) -> None:
    await page.get_by_role("button", name="改写").click()
    await page.get_by_role("menuitem", name=label).click()


async def test_a_draft_is_reworded_translated_taken_back_and_never_made_to_say_more(
    connected: Windows, endpoint: FakeEndpoint
) -> None:
    page = await composed(connected)
    draft = page.get_by_role("textbox", name="回复").first

    def kept(text: str):
        """The order number is away as a mask, and comes back as it went."""
        return lambda request: text.replace("LT20261101-0001", _mask_in(request.prompt))

    endpoint.then(says(kept(WARMER)))
    await chosen(page, "更亲切")
    await expect(draft).to_have_value(WARMER)
    await shoot(page, "composer-reworded-zh")
    assert "LT20261101-0001" not in endpoint.requests[-1].prompt
    await chosen(page, "还原")
    await expect(draft).to_have_value(DRAFT)
    endpoint.then(says(kept(ENGLISH)))
    await chosen(page, "译成英文")
    await expect(draft).to_have_value(ENGLISH)
    await chosen(page, "还原")
    endpoint.then(says(kept(DRAFT + "我们会退您 999 元。")))
    await chosen(page, "更正式")
    await expect(page.get_by_text("改写后的内容与原文不符，没有采用。")).to_be_visible()
    await expect(draft).to_have_value(DRAFT)
    endpoint.then(status(500))
    await chosen(page, "更简短")
    await expect(page.get_by_text("这次没有改成，原文没有变。")).to_be_visible()
    await expect(draft).to_have_value(DRAFT)


def _mask_in(prompt: str) -> str:
    """What stands for the order number in this prompt."""
    start = prompt.index("订单 ") + len("订单 ")
    return prompt[start : prompt.index("]", start) + 1]
