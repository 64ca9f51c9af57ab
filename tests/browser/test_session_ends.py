"""A session ends elsewhere while its page is open: calmly to sign-in, with a word why, and back to the same page."""

import pytest
from playwright.async_api import expect
from support.browser import CONSOLE, PASSWORD, Windows
from support.looks import LOOKS, dressed, look

WORDS = {
    "zh": ("您已在别处退出", "邮箱", "密码", "登录"),
    "en": ("You were signed out elsewhere", "Email", "Password", "Sign in"),
}


@pytest.mark.parametrize(("lang", "scheme", "phone"), LOOKS)
async def test_sign_in_says_why_and_leads_back(windows: Windows, lang: str, scheme: str, phone: bool) -> None:
    why, email, password, sign_in = WORDS[lang]
    context = await windows.context(**dressed(lang, scheme, phone=phone))
    await windows.sign_in(context, "emma")
    await context.request.patch("/api/v1/me", data={"locale": lang, "preferences": {"theme": scheme}}, headers=CONSOLE)
    page = await context.new_page()
    await page.goto("/app/settings/account?from=here")
    await page.get_by_role("heading", level=1).wait_for()
    # As another tab of this browser does it.
    assert (await context.request.delete("/api/v1/session", headers=CONSOLE)).ok
    await expect(page.get_by_role("status").filter(has_text=why)).to_be_visible()
    await expect(page.get_by_label(email)).to_be_focused()
    found = await look(page, f"session-ended-{lang}-{scheme}-{360 if phone else 1440}")
    await page.keyboard.type("emma@lanting.example")
    await page.get_by_label(password).fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/app/settings/account?from=here")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.get_by_role("button", name=sign_in, exact=True)).to_have_count(0)
    await context.request.patch("/api/v1/me", data={"locale": "en", "preferences": {"theme": "system"}}, headers=CONSOLE)
    assert found == []


ADMIN_WORDS = {
    "zh": ("{}的更多操作", "退出所有设备", "让{}在所有设备上退出登录？", "{}已在所有设备上退出登录"),
    "en": ("More actions for {}", "Sign out everywhere", "Sign {} out everywhere?", "{} is signed out everywhere"),
}


@pytest.mark.parametrize(("lang", "scheme", "phone"), LOOKS)
async def test_an_admin_signs_somebody_out_everywhere(windows: Windows, lang: str, scheme: str, phone: bool) -> None:
    agent = await windows.colleague("zimo", "/app/settings/account")
    name = (await (await agent.request.get("/api/v1/session")).json())["person"]["name"]
    actions, make, title, done = (words.format(name) for words in ADMIN_WORDS[lang])
    admin = await windows.context(**dressed(lang, scheme, phone=phone))
    await windows.sign_in(admin, "ruolan")
    await admin.request.patch("/api/v1/me", data={"locale": lang, "preferences": {"theme": scheme}}, headers=CONSOLE)
    page = await admin.new_page()
    await page.goto("/app/settings/people")
    await page.get_by_role("button", name=actions).click()
    await page.get_by_role("menuitem", name=make).click()
    dialog = page.get_by_role("dialog", name=title)
    found = await look(page, f"sign-out-of-another-{lang}-{scheme}-{360 if phone else 1440}")
    await dialog.get_by_role("button", name=make).click()
    await expect(page.get_by_text(done)).to_be_visible()
    await expect(dialog).to_have_count(0)
    await agent.wait_for_url("**/app/login**")
    await expect(agent.get_by_text(WORDS["en"][0]).or_(agent.get_by_text(WORDS["zh"][0]))).to_be_visible()
    await admin.request.patch("/api/v1/me", data={"locale": "zh", "preferences": {"theme": "system"}}, headers=CONSOLE)
    assert found == []


OWN_WORDS = {
    "zh": ("退出其他所有设备", "让其他所有设备退出登录？", "当前密码", "当前密码不对", "退出登录", "其他设备已退出登录"),
    "en": (
        "Sign out all other devices",
        "Sign out all other devices?",
        "Current password",
        "That is not your current password",
        "Sign out",
        "Signed out on all other devices",
    ),
}


@pytest.mark.parametrize(("lang", "scheme", "phone"), LOOKS)
async def test_own_devices_are_signed_out_with_the_password(windows: Windows, lang: str, scheme: str, phone: bool) -> None:
    others, title, password, wrong, sign_out, done = OWN_WORDS[lang]
    elsewhere = [await windows.colleague("jiayi", "/app/settings/account") for _ in range(2)]
    context = await windows.context(**dressed(lang, scheme, phone=phone))
    await windows.sign_in(context, "jiayi")
    await context.request.patch("/api/v1/me", data={"locale": lang, "preferences": {"theme": scheme}}, headers=CONSOLE)
    page = await context.new_page()
    await page.goto("/app/settings/account")
    await page.get_by_role("button", name=others).click()
    dialog = page.get_by_role("dialog", name=title)
    await expect(dialog.get_by_label(password)).to_be_focused()
    await page.keyboard.type("not the one")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_text(wrong)).to_be_visible()
    found = await look(page, f"end-own-sessions-{lang}-{scheme}-{360 if phone else 1440}")
    await dialog.get_by_label(password).fill(PASSWORD)
    await dialog.get_by_role("button", name=sign_out, exact=True).click()
    await expect(page.get_by_text(done)).to_be_visible()
    for window in elsewhere:
        await window.wait_for_url("**/app/login**")
    await expect(page.get_by_role("button", name=others)).to_have_count(0)
    assert len((await (await context.request.get("/api/v1/sessions")).json())["items"]) == 1
    await context.request.patch("/api/v1/me", data={"locale": "zh", "preferences": {"theme": "system"}}, headers=CONSOLE)
    assert found == []


async def test_who_signs_out_is_not_told_that_it_was_elsewhere(windows: Windows) -> None:
    page = await windows.colleague("emma", "/app/settings/account")
    await page.get_by_role("button", name="个人菜单").or_(page.get_by_role("button", name="Your menu")).first.click()
    # Other sessions on this page have a button of the same name; that of the menu is the last once it is open.
    await expect(page.get_by_text("emma@lanting.example ·")).to_be_visible()
    await page.get_by_role("button", name="退出登录").or_(page.get_by_role("button", name="Sign out", exact=True)).last.click()
    await page.wait_for_url("**/app/login")
    await expect(page.get_by_text(WORDS["en"][0]).or_(page.get_by_text(WORDS["zh"][0]))).to_have_count(0)
