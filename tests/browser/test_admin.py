"""An admin: opens an inbox and puts it on a site, asks somebody in, makes a team, sets limits."""

import re

from playwright.async_api import Page, expect
from support.browser import DemoDesk, Windows, shoot


async def save(page: Page) -> None:
    """Save what the form holds; the bar goes."""
    await page.get_by_role("button", name="保存", exact=True).click()
    await expect(page.get_by_text("收件箱已保存").last).to_be_visible()
    await expect(
        page.get_by_role("button", name="保存", exact=True).and_(page.locator("[type=submit]:not([disabled])"))
    ).to_have_count(0)


async def open_tab(page: Page, name: str) -> None:
    await page.get_by_role("tab", name=name, exact=True).click()


async def test_an_inbox_is_made_dressed_and_put_on_a_site(windows: Windows, desk: DemoDesk) -> None:
    page = await windows.colleague("ruolan", "/app/settings/inboxes", permissions=["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="新建收件箱").click()
    dialog = page.get_by_role("dialog", name="新建收件箱")
    await dialog.get_by_label("名称").fill("批发网站")
    await dialog.get_by_role("button", name="创建").click()
    await expect(page.get_by_role("heading", level=1, name="批发网站")).to_be_visible()

    await open_tab(page, "外观")
    await page.get_by_role("textbox", name=re.compile("问候语.*中文")).fill("您好，批发请说一声数量。")
    await page.get_by_role("textbox", name="品牌色", exact=True).fill("#B4526E")
    await save(page)
    await shoot(page, "admin-look")
    await open_tab(page, "开放时间")
    await page.get_by_role("switch", name="全天开放").click()
    await save(page)
    await open_tab(page, "安全")
    await page.get_by_role("textbox", name="允许嵌入的网站").fill("https://wholesale.example")
    await save(page)
    await page.get_by_role("button", name="新建密钥").click()
    await expect(page.get_by_text("请现在保存，之后无法再次查看")).to_be_visible()
    secret = await page.locator("code.select-all").first.inner_text()
    assert len(secret) >= 32
    await shoot(page, "admin-security")
    await page.reload()
    await expect(page.get_by_text(f"以 {secret[-4:]} 结尾")).to_be_visible()
    await expect(page.get_by_text(secret)).to_have_count(0)
    await open_tab(page, "安装")
    await page.get_by_role("button", name="复制代码").click()
    snippet = str(await page.evaluate("navigator.clipboard.readText()"))
    assert re.fullmatch(rf'<script async src="{desk.url}/qiao\.js" data-inbox="[^"]+" data-colour="#B4526E"></script>', snippet)
    link = await page.get_by_role("link", name="打开").get_attribute("href")
    await shoot(page, "admin-install")

    answer = await page.context.request.get(f"{desk.url}/widget/panel/{snippet.split('data-inbox=')[1].split(chr(34))[1]}")
    assert "frame-ancestors 'self' https://wholesale.example" in answer.headers["content-security-policy"]
    customer = await (await windows.context()).new_page()
    await customer.goto(str(link))
    await expect(customer.get_by_text("您好，批发请说一声数量。")).to_be_visible()
    await shoot(customer, "chat-page")


async def test_somebody_is_asked_in_joins_a_team_and_has_a_limit(windows: Windows, desk: DemoDesk) -> None:
    page = await windows.colleague("ruolan", "/app/settings/people")
    await page.get_by_role("button", name="邀请成员").click()
    dialog = page.get_by_role("dialog", name="邀请成员")
    await dialog.get_by_label("邮箱").fill("lin@lanting.example")
    await dialog.get_by_role("button", name="生成邀请链接").click()
    link = await dialog.get_by_text(re.compile("/app/invite#")).inner_text()
    await shoot(page, "admin-invite")
    await dialog.get_by_role("button", name="完成").click()

    guest = await (await windows.context()).new_page()
    await guest.goto(link)
    await expect(guest.get_by_role("heading", name=re.compile("兰亭茶器"))).to_be_visible()
    await guest.get_by_label("姓名").fill("林小满")
    await guest.get_by_label("新密码").fill("四只青瓷杯 with saucers")
    await shoot(guest, "invite-accept")
    await guest.get_by_role("button", name="开始使用").click()
    await expect(guest.get_by_role("navigation", name="主导航")).to_be_visible()

    await page.goto("/app/settings/teams")
    await page.get_by_role("button", name="新建团队").click()
    team = page.get_by_role("dialog", name="新建团队")
    await team.get_by_role("textbox", name=re.compile("团队名称.*中文")).fill("批发")
    await team.get_by_role("checkbox", name=re.compile("林小满")).click()
    await team.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("listitem").filter(has_text="批发").get_by_text("1 人")).to_be_visible()

    await page.goto("/app/settings/people")
    limit = page.get_by_role("spinbutton", name="林小满的接待上限")
    await limit.fill("3")
    await limit.press("Tab")
    await expect(page.get_by_text("已保存").last).to_be_visible()
    await shoot(page, "admin-people")
    with desk.api() as owner:
        joined = next(one for one in owner.get("/people").json()["items"] if one["name"] == "林小满")
    assert (joined["chat_limit"], joined["role"], len(joined["team_ids"])) == (3, "agent", 1)
