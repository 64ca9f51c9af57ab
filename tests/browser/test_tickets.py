"""Tickets: a customer's form makes one that arrives at the desk by itself, and an agent makes one of a conversation."""

import re
from time import monotonic

from playwright.async_api import expect
from support.browser import CONSOLE, DemoDesk, Windows

REF = re.compile(r"T-\d{4,}")


def form_of(desk: DemoDesk) -> str:
    """The address of a form whose submissions are tickets: whichever channel offers that."""
    with desk.api() as owner:
        channels = owner.get("/channels").json()["items"]
        name = next(one["name"] for one in channels if any(field["key"] == "makes" for field in one["settings"]))
        inbox = owner.post("/inboxes", json={"channel": name, "name": "售后表单"}).json()
        changed = owner.patch(f"/inboxes/{inbox['id']}", json={"settings": {"makes": "ticket"}, "bot_enabled": False})
        changed.raise_for_status()
    return f"/form/{inbox['key']}?lang=zh"


async def test_a_customer_s_form_is_a_ticket_on_both_sides(windows: Windows, desk: DemoDesk) -> None:
    customer = await (await windows.context()).new_page()
    await customer.goto(form_of(desk))
    shown = monotonic()
    page = await windows.colleague("xiaotang", "/app/tickets")
    row = page.locator("main a[data-ticket]").filter(has_text="公道杯")
    await expect(page.locator("main a[data-ticket]").first).to_be_visible()
    await customer.get_by_label("邮箱").fill("lin@example.com")
    await customer.get_by_label("主题").fill("公道杯的把手断了")
    await customer.get_by_label("您的问题").fill("收到时就断了，想换一只。")
    # Who sends within two seconds is no person.
    await customer.wait_for_timeout(max(0.0, 2_200 - (monotonic() - shown) * 1_000))
    await customer.get_by_role("button", name="提交").click()
    await expect(customer.get_by_text("处理中")).to_be_visible(timeout=15_000)
    ref = REF.search(await customer.locator(".made").inner_text())
    assert ref is not None
    await expect(row.first).to_contain_text(ref[0], timeout=15_000)
    await row.first.click()
    await expect(page.get_by_role("log").get_by_text("收到时就断了").first).to_be_visible(timeout=15_000)
    await expect(page.get_by_role("log").get_by_text(f"建立工单 {ref[0]}")).to_be_visible()
    await expect(page.get_by_label("邮箱")).to_have_value("lin@example.com")
    await page.get_by_role("button", name="标记为已解决").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("已解决")
    await customer.reload()
    await expect(customer.locator(".made")).to_contain_text("已解决")


async def test_an_agent_makes_a_ticket_of_a_conversation(windows: Windows) -> None:
    page = await windows.colleague("xiaotang", "/app/conversations/all")
    await page.locator("a[data-id]").first.click()
    await page.get_by_role("button", name="更多操作").click()
    await page.get_by_role("menuitem", name="建工单").click()
    dialog = page.get_by_role("dialog", name="建工单")
    await dialog.get_by_label("主题").fill("补开发票")
    await dialog.get_by_role("button", name="建工单").click()
    await expect(page.get_by_role("log").get_by_text(re.compile(r"建立了工单 T-\d+")).last).to_be_visible()
    await page.get_by_role("button", name="查看", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("补开发票", timeout=15_000)
    found = await page.context.request.get("/api/v1/tickets?limit=1", headers=CONSOLE)
    assert (await found.json())["items"][0]["origin"] == "agent"
