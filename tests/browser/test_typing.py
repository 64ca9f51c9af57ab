"""Chinese is typed through an input method: Enter that chooses a candidate never sends. In both fields people chat in."""

from playwright.async_api import CDPSession, Locator, Page, expect
from support.browser import Windows


async def compose_and_choose(page: Page, field: Locator, pinyin: str, chosen: str) -> None:
    """As an input method does it: letters underlined, Enter with key code 229, then the chosen characters."""
    cdp: CDPSession = await page.context.new_cdp_session(page)
    await field.focus()
    for end in range(1, len(pinyin) + 1):
        await cdp.send("Input.imeSetComposition", {"text": pinyin[:end], "selectionStart": end, "selectionEnd": end})
    for kind in ("rawKeyDown", "keyUp"):
        key = {"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229, "nativeVirtualKeyCode": 229}
        await cdp.send("Input.dispatchKeyEvent", key)
    await cdp.send("Input.insertText", {"text": chosen})
    await expect(field).to_have_value(chosen)
    await cdp.detach()


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
