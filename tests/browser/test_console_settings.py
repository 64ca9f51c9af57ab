"""What admins and editors set in the console, and what agents have of it: care, orders, the language model, tools, urgency."""

import re

import pytest
from playwright.async_api import Page, expect
from support.browser import CONSOLE, DemoDesk, Windows, at_rest, axe, shoot, sideways

SECRET = "a-secret-of-the-shop-2026"


async def whole(page: Page, name: str) -> None:
    """The page is at rest, accessible, no wider than its place; its picture is kept."""
    await at_rest(page)
    assert await axe(page) == []
    assert await sideways(page) <= 0
    await shoot(page, name)


async def chosen(page: Page) -> float:
    """Which share of the Chinese questions the curve says is answered, for the target that is chosen."""
    told = await page.get_by_role("status").filter(has_text="允许答错").inner_text()
    found = re.search(r"中文问题约有 ([\d.]+)% 会直接回答", told)
    return float(found[1]) if found else 0.0


@pytest.mark.usefixtures("learned")
async def test_an_editor_sees_what_more_care_would_cost_before_saving_it(windows: Windows) -> None:
    page = await windows.colleague("zhiwei", "/app/bot/settings")
    slider = page.get_by_role("slider", name="允许答错的比例")
    await slider.fill("0.2")
    much = await chosen(page)
    await slider.focus()
    for _ in range(17):
        await page.keyboard.press("ArrowLeft")
    await expect(slider).to_have_value("0.03")
    little = await chosen(page)
    assert 0 <= little < much
    await whole(page, "curve")
    await page.get_by_role("button", name="查看数据表").click()
    table = page.get_by_role("region", name="多谨慎一点，少答多少").get_by_role("table")
    await expect(table.get_by_role("columnheader").first).to_have_text("把握不低于")
    assert await table.get_by_role("row").count() > 40
    await page.get_by_role("button", name="放弃修改").click()
    assert little < await chosen(page) <= much


async def test_an_admin_connects_a_service_and_its_secret_is_shown_nowhere(windows: Windows, desk: DemoDesk) -> None:
    page = await windows.colleague("ruolan", "/app/settings/commerce")
    await page.get_by_role("radio", name=re.compile("自己的服务")).check()
    await page.get_by_role("textbox", name="服务地址").fill("orders.example.com")
    await page.get_by_role("textbox", name="密钥").fill("short")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("alert")).to_have_count(2)
    await page.get_by_role("textbox", name="服务地址").fill("http://169.254.10.10/qiao")
    await page.get_by_role("textbox", name="密钥").fill(SECRET)
    try:
        await page.get_by_role("button", name="保存").click()
        await expect(page.get_by_text("已经保存了密钥")).to_be_visible()
        await expect(page.get_by_role("textbox", name="密钥")).to_have_value("")
        assert SECRET not in await page.content()
        await page.get_by_role("button", name="测试", exact=True).click()
        await expect(page.get_by_text("这个地址不存在，或者不允许访问。")).to_be_visible()
        await whole(page, "commerce-service")
        await page.get_by_role("radio", name=re.compile("内置订单库")).check()
        await page.get_by_role("button", name="保存").click()
        await expect(page.get_by_role("spinbutton", name="签收后几天内可退换")).to_be_visible()
        await page.get_by_role("button", name="测试", exact=True).click()
        await expect(page.get_by_text("连接正常")).to_be_visible()
        await whole(page, "commerce-store")
    finally:
        with desk.api() as owner:
            owner.patch("/commerce/settings", json={"provider": "store", "base_url": "", "secret": None}).raise_for_status()


async def with_orders(page: Page) -> str:
    """A conversation that somebody has with a proven customer whose parcel is under way or was delivered."""
    talks = (await (await page.request.get("/api/v1/conversations?view=all&limit=100")).json())["items"]
    for talk in talks:
        seen = await (await page.request.get(f"/api/v1/contacts/{talk['contact']['id']}/orders")).json()
        if any(order["status"] in {"shipped", "delivered"} for order in seen["orders"][:3]):
            return talk["id"]
    raise AssertionError("nobody with a parcel")


async def test_an_agent_sees_the_customers_orders_and_puts_a_number_into_the_reply(windows: Windows) -> None:
    page = await windows.colleague("xiaotang", "/app/conversations/all")
    await page.goto(f"/app/conversations/all/{await with_orders(page)}")
    side = page.get_by_role("complementary", name="客户资料与往来")
    row = side.get_by_role("listitem").filter(has=page.get_by_text(re.compile("运输中|已签收"))).first
    await row.locator("summary").first.click()
    number = await row.get_by_text(re.compile(r"^LT\d{8}-\d{4}$")).inner_text()
    await expect(row.get_by_text(re.compile("送达|签收|在路上|动静")).first).to_be_visible()
    await whole(page, "orders-beside")
    await row.get_by_role("button", name="插入订单号").click()
    field = page.get_by_role("textbox", name=re.compile("^回复"))
    await expect(field).to_have_value(number)
    await expect(field).to_be_focused()
    await field.fill("")


async def test_the_orders_are_reached_on_a_phone_too(windows: Windows) -> None:
    page = await windows.colleague("emma", "/app/conversations/all", phone=True, locale="en-US", color_scheme="dark")
    await page.goto(f"/app/conversations/all/{await with_orders(page)}?panel=details")
    sheet = page.get_by_role("dialog", name="Details")
    await sheet.locator("details summary").first.click()
    await sheet.get_by_role("button", name="Insert number").first.click()
    await expect(sheet).to_be_hidden()
    await expect(page.get_by_role("textbox", name=re.compile("^Reply"))).to_have_value(re.compile(r"^LT\d{8}-\d{4}$"))
    await page.get_by_role("textbox", name=re.compile("^Reply")).fill("")


async def test_an_admin_is_told_how_a_language_model_is_connected_and_sets_its_bounds(windows: Windows) -> None:
    page = await windows.colleague("ruolan", "/app/bot/language-model", color_scheme="dark")
    await expect(page.get_by_text("QIAO_LLM_URL")).to_be_visible()
    bound = page.get_by_role("spinbutton", name="每天最多 token")
    before = await bound.input_value()
    await page.get_by_role("switch", name="在这个工作区使用语言模型").click()
    await expect(page.get_by_text("不会发出：备注、内部内容和其他会话。")).to_be_visible()
    await bound.fill("-5")
    await expect(page.get_by_role("button", name="保存")).to_be_disabled()
    await bound.fill("50000")
    await whole(page, "language-model")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("0 / 50,000")).to_be_visible()
    await page.get_by_role("textbox", name="问题").fill("下单后几天能到？")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("服务器还没有接上模型。", exact=True)).to_be_visible()
    await page.get_by_role("switch", name="在这个工作区使用语言模型").click()
    await bound.fill(before)
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text(f"0 / {int(before):,}")).to_be_visible()
    agent = await windows.colleague("xiaotang", "/app/bot/try")
    await expect(agent.get_by_role("link", name="流程", exact=True)).to_be_visible()
    await expect(agent.get_by_role("link", name="语言模型")).to_have_count(0)


async def test_an_admin_tries_a_tool_and_is_told_why_it_does_not_answer(windows: Windows, desk: DemoDesk) -> None:
    definition = {
        "name": "points_of_card",
        "title": {"zh": "会员积分", "en": "Member points"},
        "url": "https://10.1.2.3/members/{card}",
        "arguments": [{"name": "card", "where": "url", "description": {"zh": "会员卡号", "en": "Card number"}}],
        "results": [{"name": "points", "path": "points", "type": "number"}],
    }
    with desk.api() as owner:
        owner.put("/bot/tools/hosts", json={"hosts": ["10.1.2.3"]}).raise_for_status()
        tool = owner.post("/bot/tools/http", json={"definition": definition}).raise_for_status().json()["id"]
        page = await windows.colleague("ruolan", "/app/bot/tools")
        await page.get_by_role("button", name="试一试：会员积分").click()
        sheet = page.get_by_role("dialog", name="试一试：会员积分")
        await sheet.get_by_role("button", name="调用一次").click()
        await expect(sheet.get_by_text("请按这个参数的类型填写")).to_be_visible()
        await sheet.get_by_role("textbox", name="会员卡号").fill("A-1001")
        await sheet.get_by_role("button", name="调用一次").click()
        await expect(sheet.get_by_text("这个地址不存在，或者不允许访问。")).to_be_visible()
        await whole(page, "tool-tried")
        owner.delete(f"/bot/tools/http/{tool}").raise_for_status()
        owner.put("/bot/tools/hosts", json={"hosts": []}).raise_for_status()


async def test_an_editor_deletes_a_flow_for_good(windows: Windows) -> None:
    page = await windows.colleague("zhiwei", "/app/bot/flows")
    answer = await page.request.post("/api/v1/bot/flows", data={"shipped": "complaint"}, headers=CONSOLE)
    flow = (await answer.json())["flow"]["id"]
    definition = {**(await answer.json())["draft"], "name": {"zh": "不要的流程", "en": "Unwanted"}}
    await page.request.patch(f"/api/v1/bot/flows/{flow}", data={"draft": definition}, headers=CONSOLE)
    await page.reload()
    row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="不要的流程"))
    await row.get_by_role("button", name="删除流程“不要的流程”").click()
    dialog = page.get_by_role("dialog", name="删除“不要的流程”？")
    await dialog.get_by_role("button", name="取消").click()
    await expect(row).to_be_visible()
    await row.get_by_role("button", name="删除流程“不要的流程”").click()
    await whole(page, "flow-delete")
    await dialog.get_by_role("button", name="删除").click()
    # Behind an open dialog nothing has a role, so the row would seem to be gone at once.
    await expect(dialog).to_have_count(0)
    await expect(row).to_have_count(0)
    await page.reload()
    await at_rest(page)
    await expect(row).to_have_count(0)


async def test_what_is_urgent_is_marked_in_the_list_and_comes_first_when_wanted(windows: Windows) -> None:
    page = await windows.colleague("zhouyan", "/app/conversations/open")
    rows = page.locator("a[data-id]")
    await expect(rows.nth(3)).to_be_visible()
    wanted = await rows.nth(3).get_attribute("data-id")
    put = await page.request.put(f"/api/v1/conversations/{wanted}/priority", data={"priority": "urgent"}, headers=CONSOLE)
    assert put.ok, await put.text()
    marked = page.locator(f'a[data-id="{wanted}"]').get_by_role("img", name="紧急")
    await expect(marked).to_be_visible()
    await page.get_by_role("button", name="更多视图与团队").click()
    await page.get_by_role("menuitem", name="紧急的在前").click()
    await expect(rows.first).to_have_attribute("data-id", str(wanted))
    await whole(page, "urgent-first")
    await page.reload()
    await expect(rows.first).to_have_attribute("data-id", str(wanted))
    await page.request.put(f"/api/v1/conversations/{wanted}/priority", data={"priority": "normal"}, headers=CONSOLE)
    await expect(marked).to_have_count(0)
