"""Chinese is typed through an input method: Enter that chooses a candidate never sends. Where people chat, and in forms."""

from playwright.async_api import Locator, Page, expect
from support.browser import DemoDesk, Windows
from support.composing import compose_and_choose

# Page, the button that opens the form, the field, and what must be filled in besides. Whatever is in a field, the form may be sent:
# an address in Chinese is no reason not to.
OUTSIDE = {"/app/login": "邮箱", "/app/forgotten": "邮箱", "reset": "新密码"}
INSIDE = (
    ("/app/settings/account", "", "姓名", ""),
    ("/app/settings/account", "", "新密码", "当前密码"),
    ("/app/settings/keys", "新建密钥", "名称", ""),
    ("/app/settings/webhooks", "添加地址", "说明", ""),
    ("/app/settings/inboxes/{inbox}?tab=hours", "添加日期", "名称 (中文)", ""),
)
HOLD = """() => {
  window.submitted = 0
  for (const form of document.forms) form.noValidate = true
  document.addEventListener('submit', event => { submitted += 1; event.preventDefault(); event.stopImmediatePropagation() }, true)
}"""


async def test_enter_that_chooses_a_candidate_does_not_send(windows: Windows) -> None:
    shopper = await windows.shopper()
    await shopper.ask_for_person()
    said = shopper.log.locator("li.mine")
    await compose_and_choose(shopper.page, shopper.field, "chahu", "茶壶")
    await expect(said).to_have_count(1)
    await shopper.field.press("Enter")
    await expect(said).to_have_count(2)

    page = await windows.take("zhouyan", "茶壶")
    box = page.get_by_role("textbox", name="回复")
    await compose_and_choose(page, box, "ninhao", "您好")
    await expect(shopper.theirs("agent")).to_have_count(0)
    await expect(page.get_by_role("log").get_by_text("您好", exact=True)).to_have_count(0)
    await box.press("Enter")
    await expect(shopper.theirs("agent")).to_have_count(1)


async def held(page: Page, field: Locator) -> tuple[int, int]:
    """How often the field's form was sent by Enter that chose, and by Enter after it; nothing goes to the server."""
    await field.clear()
    await page.evaluate(HOLD)
    await compose_and_choose(page, field, "chahu", "茶壶")
    chosen = await page.evaluate("submitted")
    await field.press("Enter")
    return chosen, await page.evaluate("submitted")


async def test_enter_that_chooses_a_candidate_sends_no_form(windows: Windows, desk: DemoDesk) -> None:
    with desk.api() as owner:
        person = next(one for one in owner.get("/people").json()["items"] if one["email"].startswith("zimo@"))
        link = owner.post(f"/people/{person['id']}/password-reset").json()["url"]
        inbox = owner.get("/inboxes").json()["items"][0]["id"]
    outside = await (await windows.context()).new_page()
    # This desk sends no mail, and would not ask for an address.
    await outside.route("**/api/v1/password-resets", lambda route: route.fulfill(json={"by_mail": True}))
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for path, name in OUTSIDE.items():
        await outside.goto(link if path == "reset" else path)
        found[path, name] = await held(outside, outside.get_by_label(name, exact=True))
    page = await windows.colleague("ruolan")
    changes: list[str] = []
    page.on("request", lambda request: request.method != "GET" and changes.append(f"{request.method} {request.url}"))
    for path, button, name, besides in INSIDE:
        await page.goto(path.format(inbox=inbox))
        if button:
            await page.get_by_role("button", name=button).first.click()
        if besides:
            await page.get_by_label(besides).fill("x")
        found[path, name] = await held(page, page.get_by_label(name, exact=True))
    assert found == dict.fromkeys(found, (0, 1))
    assert changes == []
