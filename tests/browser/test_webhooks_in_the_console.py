"""An admin has another system told of what happens: chooses events, sees the secret once, and why nothing arrives."""

import re

from playwright.async_api import expect
from support.browser import Windows, at_rest, axe, shoot, sideways


async def test_an_admin_adds_an_endpoint_sees_its_secret_once_and_what_became_of_a_test_event(windows: Windows) -> None:
    page = await windows.colleague("ruolan", "/app/settings/webhooks")
    await page.get_by_role("button", name="添加地址").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox", name="接收地址").fill("http://10.0.0.9/hook")
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog.get_by_text("请至少选择一种事件。")).to_be_visible()
    await dialog.get_by_role("button", name="全选：消息").click()
    await expect(dialog.get_by_role("checkbox", name="客户来信")).to_be_checked()
    await expect(dialog.get_by_role("checkbox", name="内部备注")).not_to_be_checked()
    await dialog.get_by_role("button", name="保存").click()
    await expect(dialog.get_by_text("这个地址不能使用。")).to_be_visible()
    assert await axe(page) == []
    await dialog.get_by_role("textbox", name="接收地址").fill("https://erp.invalid/qiao")
    await dialog.get_by_role("button", name="保存").click()
    secret = await dialog.get_by_text("whsec_").inner_text()
    await dialog.get_by_role("button", name="完成").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("还没有复制")
    await dialog.get_by_role("button", name="完成").click()
    await page.get_by_role("link", name="https://erp.invalid/qiao").click()
    await page.get_by_role("button", name="发送测试事件").click()
    await page.get_by_role("button", name="ping").click()
    await expect(dialog.get_by_text("webhook-id: msg_")).to_be_visible()
    await dialog.get_by_role("button", name="完成").click()
    await at_rest(page)
    assert await axe(page) == []
    assert await sideways(page) <= 0
    assert secret not in await page.content()
    await shoot(page, "webhook")
    await page.get_by_role("button", name="删除").click()
    await page.get_by_role("dialog").get_by_role("button", name="删除").click()
    await expect(page).to_have_url(re.compile(r"/settings/webhooks$"))
    await expect(page.get_by_role("link", name="https://erp.invalid/qiao")).to_have_count(0)
    # The address that was refused on purpose.
    windows.noise.heard = [one for one in windows.noise.heard if "422" not in one]
