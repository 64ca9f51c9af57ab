"""Typing through an input method, as Chinese is."""

from playwright.async_api import Locator, Page, expect


async def compose_and_choose(page: Page, field: Locator, pinyin: str, chosen: str) -> None:
    """As an input method does it: letters underlined, Enter with key code 229, then the chosen characters."""
    cdp = await page.context.new_cdp_session(page)
    await field.focus()
    for end in range(1, len(pinyin) + 1):
        await cdp.send("Input.imeSetComposition", {"text": pinyin[:end], "selectionStart": end, "selectionEnd": end})
    for kind in ("rawKeyDown", "keyUp"):
        key = {"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229, "nativeVirtualKeyCode": 229}
        await cdp.send("Input.dispatchKeyEvent", key)
    await cdp.send("Input.insertText", {"text": chosen})
    await expect(field).to_have_value(chosen)
    await cdp.detach()
