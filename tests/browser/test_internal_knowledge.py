"""What colleagues alone may read, on the screen: chosen by an editor, marked where agents meet it, put into notes."""

import re

from playwright.async_api import Locator, Page, expect
from support.browser import Windows, shoot

QUESTION = "大客户退款谁来批？"
ANSWER = "五千元以内由主管批准，口令 K-4410。"


async def write_internal(page: Page) -> None:
    """A FAQ for colleagues, through the drawer."""
    await page.get_by_role("button", name="新建问答").first.click()
    drawer = page.get_by_role("dialog")
    await drawer.get_by_role("textbox", name="问题").fill(QUESTION)
    await drawer.get_by_role("textbox", name="相似问法").fill("大客户退款口令\n大客户退款审批")
    await drawer.get_by_role("textbox", name="答案").fill(ANSWER)
    await drawer.get_by_role("combobox", name="谁可以看").click()
    await page.get_by_role("option", name="仅内部").click()
    await expect(drawer.get_by_text("不会出现在机器人回答和帮助中心里")).to_be_visible()
    await shoot(page, "editor-internal-faq")
    await drawer.get_by_role("button", name="保存").click()
    await expect(drawer).to_be_hidden()


async def tried(page: Page, who: str) -> Locator:
    """What the test page shows when this person asks."""
    await page.get_by_role("combobox", name="谁来问").click()
    await page.get_by_role("option", name=who).click()
    await page.get_by_role("textbox", name="问题").fill("大客户退款口令")
    async with page.expect_response(re.compile("/bot/try")):
        await page.get_by_role("button", name="提问").click()
    shown = page.get_by_role("region", name={"客户": "机器人会说", "同事": "同事会看到"}[who])
    await expect(shown).to_be_visible()
    return shown


async def test_what_is_for_colleagues_is_marked_and_goes_into_notes_only(windows: Windows) -> None:
    editor = await windows.colleague("zhiwei", "/app/knowledge/faqs")
    await write_internal(editor)
    await editor.get_by_role("combobox", name="谁可以看").click()
    await editor.get_by_role("option", name="仅内部").click()
    rows = editor.get_by_role("list", name="问答").get_by_role("listitem")
    await expect(rows).to_have_count(1)
    await expect(rows.get_by_text("仅内部", exact=True)).to_be_visible()
    await shoot(editor, "editor-internal-list")

    await editor.goto("/app/bot/try")
    seen = await tried(editor, "同事")
    await expect(seen).to_contain_text("K-4410")
    await expect(seen.get_by_text("仅内部", exact=True)).to_be_visible()
    await shoot(editor, "editor-try-as-colleague")
    await expect(await tried(editor, "客户")).not_to_contain_text("K-4410")

    shopper = await windows.shopper()
    await shopper.ask_for_person()
    await shopper.say("我是 K-9031")
    page = await windows.take("zhouyan", "K-9031")
    await shopper.say("大客户退款口令")
    chip = page.get_by_role("listitem").filter(has_text=QUESTION)
    await expect(chip.get_by_text("仅内部")).to_be_visible()
    await chip.get_by_role("button").first.click()
    await shoot(page, "agent-internal-suggestion")
    await page.get_by_role("button", name="作为备注使用").click()
    area = page.get_by_role("textbox", name=re.compile("^(回复|关于) "))
    await expect(area).to_have_value(ANSWER)
    await expect(page.get_by_role("button", name="内部备注", exact=True)).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="回复", exact=True).click()
    await page.get_by_role("button", name="发送", exact=True).click()
    await expect(page.get_by_role("alert").filter(has_text="仅供内部查看")).to_be_visible()
    await shoot(page, "agent-internal-in-reply")
    await page.get_by_role("button", name="内部备注", exact=True).click()
    await page.get_by_role("button", name="添加备注").click()
    await expect(page.get_by_role("log").get_by_text("K-4410")).to_be_visible()

    await page.get_by_role("button", name="文章", exact=True).click()
    await page.get_by_role("combobox", name=re.compile("查找文章")).fill("大客户退款")
    found = page.get_by_role("option").filter(has_text=QUESTION)
    await expect(found.get_by_text("仅内部", exact=True)).to_be_visible()
    await shoot(page, "agent-internal-search")
    await expect(shopper.frame.get_by_text("K-4410")).to_have_count(0)
