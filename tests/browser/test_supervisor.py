"""A supervisor: reads the figures, and turns what the bot could not answer into knowledge."""

import asyncio
import re

import pytest
from playwright.async_api import expect
from support.browser import DemoDesk, Windows, shoot
from support.process import eventually

PUBLISH_TO_ANSWERING = 5.0


async def test_the_overview_has_figures_that_lead_somewhere(windows: Windows) -> None:
    page = await windows.colleague("zhouyan", "/app/reports")
    await expect(page.get_by_role("heading", level=1, name="概览")).to_be_visible()
    figures = page.locator("dl").filter(has_text="首次响应")
    await expect(figures.get_by_text(re.compile(r"^[\d,]{3,}$")).first).to_be_visible()
    await expect(figures).to_contain_text("%")
    await expect(page.get_by_role("region", name="机器人没答上来的").get_by_role("link")).not_to_have_count(0)
    await expect(page.get_by_role("table").first).to_contain_text("陈晓棠")
    await shoot(page, "supervisor-overview")
    await figures.get_by_role("link").first.click()
    await expect(page).to_have_url(re.compile("/app/conversations/"))


@pytest.mark.usefixtures("learned")
async def test_an_unanswered_question_becomes_an_answer(windows: Windows, desk: DemoDesk) -> None:
    page = await windows.colleague("zhouyan", "/app/bot/unanswered")
    row = page.get_by_role("listitem").filter(has=page.get_by_role("button", name=re.compile("^为“"))).first
    asked = await row.locator("span.font-medium").first.inner_text()
    await row.get_by_role("button", name=re.compile("^为“")).click()
    drawer = page.get_by_role("dialog", name="新建问答")
    await expect(drawer.get_by_label("问题", exact=True)).to_have_value(asked)
    await drawer.get_by_role("textbox", name="答案").fill("这个月起可以，请直接在下单时备注。")
    await shoot(page, "supervisor-unanswered")
    await drawer.get_by_role("button", name="保存", exact=True).click()
    await expect(page).to_have_url(re.compile("/app/bot/unanswered"))
    await expect(page.get_by_text(asked, exact=True)).to_have_count(0)
    with desk.api("zhouyan") as supervisor:

        async def answered() -> str:
            said = supervisor.post("/bot/try", json={"question": asked, "previous": []}).json()
            return said["text"] * (said["zone"] == "answer")

        async with asyncio.timeout(PUBLISH_TO_ANSWERING):
            assert "请直接在下单时备注" in await eventually(answered)
