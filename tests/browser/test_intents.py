"""Intents in the console: made by an editor, tried, waited for by a flow's page and by a rule, and gone without a trace of harm."""

import re

from playwright.async_api import Page, expect
from support.browser import DemoDesk, Windows, at_rest, shoot, sideways

REPAIR = "壶坏了要修\n帮我修一下茶壶\n盖子裂了能修吗\ncan you mend my pot"
WHOLESALE = "想大批量拿货\n我们公司要批发茶叶\n给个批发报价"


async def made(page: Page, key: str, names: tuple[str, str], examples: str) -> None:
    await page.get_by_role("button", name="新建意图").first.click()
    dialog = page.get_by_role("dialog", name="新建意图")
    for language, name in zip(("中文", "English"), names, strict=True):
        await dialog.get_by_role("textbox", name=f"名称 ({language})").fill(name)
    await dialog.get_by_role("textbox", name="标识").fill(key)
    await dialog.get_by_role("textbox", name=re.compile("^例句")).fill(examples)
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog).to_be_hidden()


async def test_an_editor_makes_intents_and_a_rule_goes_by_one(windows: Windows, desk: DemoDesk) -> None:
    page = await windows.colleague("zhiwei", "/app/bot/intents")
    await made(page, "repair", ("维修", "Repair"), REPAIR)
    await made(page, "wholesale", ("批发", "Wholesale"), WHOLESALE)
    try:
        await page.get_by_role("textbox", name="试一句").fill("壶嘴坏了帮我修")
        await page.get_by_role("button", name="看看是什么意图").click()
        await expect(page.locator("ol").get_by_role("listitem").first).to_contain_text("维修")
        await page.get_by_role("button", name="新建意图").click()
        await page.get_by_role("textbox", name="标识").fill("Repair it")
        await page.get_by_role("button", name="保存").click()
        await expect(page.get_by_text("至少写一种语言的名称").first).to_be_visible()
        await page.get_by_role("button", name="取消").click()
        await at_rest(page)
        assert await sideways(page) == 0
        await shoot(page, "intents-zh")
        owner = await windows.colleague("ruolan", "/app/bot/rules")
        await owner.get_by_role("button", name="添加规则").click()
        await owner.get_by_role("combobox", name="客户的意图").click()
        await owner.get_by_role("option", name="维修").click()
        await owner.get_by_role("combobox", name="优先级").click()
        await owner.get_by_role("option", name="高", exact=True).click()
        await owner.get_by_role("button", name="保存规则").click()
        await expect(owner.get_by_text("规则已保存")).to_be_visible()
        with desk.api() as api:
            (rule,) = api.get("/routing/rules").json()["items"]
        assert (rule["intent"], rule["priority"]) == ("repair", "high")
        await page.reload()
        await page.get_by_role("button", name="删除“维修”").click()
        await page.get_by_role("dialog").get_by_role("button", name="删除").click()
        await expect(page.get_by_text("repair", exact=True)).to_have_count(0)
        await owner.reload()
        await expect(owner.get_by_role("combobox", name="客户的意图")).to_contain_text("repair")
    finally:
        with desk.api() as api:
            api.put("/routing/rules", json={"rules": []}).raise_for_status()
            for intent in api.get("/bot/intents").json()["items"]:
                api.delete(f"/bot/intents/{intent['id']}").raise_for_status()
