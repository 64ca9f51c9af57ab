"""An owner gives a program a key, takes it away, and reads about it; a webhook fails, is sent again, and that is read about too."""

import httpx
from playwright.async_api import expect
from support.browser import DemoDesk, Windows, at_rest, axe, sideways
from support.composing import compose_and_choose


async def test_a_key_is_made_used_revoked_and_read_about(windows: Windows, desk: DemoDesk) -> None:
    page = await windows.colleague("ruolan", "/app/settings/keys")
    await page.get_by_role("button", name="新建密钥").first.click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_role("textbox", name="名称")
    await dialog.get_by_role("button", name="创建密钥").click()
    await expect(dialog.get_by_text("请填写密钥名称")).to_be_visible()
    await compose_and_choose(page, name, "cangku", "仓库同步")
    scope = dialog.get_by_role("checkbox", name="查看知识库")
    await scope.focus()
    await page.keyboard.press("Space")
    assert await axe(page) == []
    await name.focus()
    await page.keyboard.press("Enter")
    secret = await dialog.get_by_text("qiao_key_").inner_text()
    await page.keyboard.press("Escape")
    await expect(dialog.get_by_role("alert")).to_contain_text("还没有复制")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    asked = {"url": f"{desk.url}/api/v1/knowledge/faqs", "headers": {"Authorization": f"Bearer {secret}"}}
    assert httpx.get(**asked).status_code == 200
    assert secret not in await page.content()
    await page.get_by_role("button", name="吊销 仓库同步").click()
    await dialog.get_by_role("button", name="吊销").click()
    await expect(page.get_by_text("仓库同步")).to_have_count(0)
    assert httpx.get(**asked).status_code == 401
    await page.goto("/app/settings/audit?kind=people")
    log = page.get_by_role("list", name="审计日志")
    await expect(log.get_by_text("吊销了 API 密钥“仓库同步”")).to_be_visible()
    await expect(log.get_by_text("新建了 API 密钥“仓库同步”")).to_be_visible()
    await at_rest(page)
    assert await axe(page) == []
    windows.noise.heard = [one for one in windows.noise.heard if "401" not in one]


async def test_a_changed_setting_reads_as_a_sentence_with_before_and_after_and_filters_stand_in_the_address(
    windows: Windows, desk: DemoDesk
) -> None:
    with desk.api() as owner:
        team = owner.post("/teams", json={"name": {"zh": "夜班", "en": "Night shift"}}).json()
        owner.patch(f"/teams/{team['id']}", json={"name": {"zh": "晚班", "en": "Late shift"}})
        owner.delete(f"/teams/{team['id']}")
    page = await windows.colleague("ruolan", "/app/settings/audit?kind=people")
    log = page.get_by_role("list", name="审计日志", exact=True)
    changed = log.get_by_role("listitem").filter(has_text="修改了团队“晚班”")
    await expect(changed.locator("del").last).to_have_text("夜班")
    await expect(changed.locator("ins").last).to_have_text("晚班")
    await page.get_by_label("类别").click()
    await page.get_by_role("option", name="订单服务").click()
    await expect(page).to_have_url(f"{desk.url}/app/settings/audit?kind=commerce")
    await page.get_by_label("起始日期").fill("2099-01-01")
    await expect(page.get_by_text("没有符合条件的记录")).to_be_visible()
    await page.get_by_role("button", name="清除筛选").click()
    await expect(log.get_by_role("listitem").first).to_be_visible()
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await sideways(page) <= 0


async def test_what_failed_is_sent_again_with_its_progress_and_read_about(windows: Windows, desk: DemoDesk) -> None:
    with desk.api() as owner:
        made = owner.post("/webhooks", json={"url": "https://shop.invalid/hook", "events": ["message.sent"]}).json()["endpoint"]
    page = await windows.colleague("ruolan", f"/app/settings/webhooks/{made['id']}")
    await page.get_by_role("button", name="发送测试事件").click()
    row = page.get_by_role("list", name="发送记录").get_by_role("listitem")
    await expect(row).to_contain_text("地址不存在或不允许访问")
    await row.get_by_role("button", name="ping").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="现在就发").click()
    await expect(dialog.locator("ol > li")).to_have_count(2)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="批量重发").click()
    await dialog.get_by_role("checkbox", name="连已送达的也重发").focus()
    await page.keyboard.press("Space")
    await dialog.get_by_role("button", name="重新发送").click()
    await page.goto("/app/settings/audit?kind=webhooks")
    log = page.get_by_role("list", name="审计日志")
    await expect(log.get_by_text("向 Webhook 地址“https://shop.invalid/hook”重新发送了事件").first).to_be_visible()
    await expect(log.get_by_text("向 Webhook 地址“https://shop.invalid/hook”发送了测试事件")).to_be_visible()
