"""Somebody has forgotten their password: a colleague hands them a link, and whoever was signed in as them no longer is."""

import re

import pytest
from playwright.async_api import expect
from support.browser import PASSWORD, DemoDesk, Windows, at_rest, axe, shoot, sideways

WHO, NEW = "emma", "a kettle on the stove 8"


async def looked_at(page, name: str) -> None:
    """At rest, accessible, no wider than its place; its picture is kept."""
    await at_rest(page)
    assert await axe(page) == []
    assert await sideways(page) <= 0
    await shoot(page, name)


def set_back(desk: DemoDesk) -> None:
    """The stories that follow sign in as ever."""
    with desk.api() as owner:
        person = next(one for one in owner.get("/people").json()["items"] if one["email"].startswith(WHO))
        link = owner.post(f"/people/{person['id']}/password-reset").json()["url"]
        body = {"token": link.rpartition("#")[2], "password": PASSWORD}
        assert owner.post("/password-resets/accept", json=body).is_success


@pytest.mark.parametrize("phone", [False, True])
async def test_a_colleague_hands_over_a_link(windows: Windows, desk: DemoDesk, phone: bool) -> None:
    signed_in = await windows.colleague(WHO, "/app/settings/account")
    # At the sign-in page, by keyboard, in English: this desk sends no mail, so it says who can help.
    outside = await (await windows.context(locale="en-US", phone=phone, color_scheme="dark")).new_page()
    await outside.goto("/app/login")
    await outside.get_by_role("link", name="Forgot your password?").focus()
    await outside.keyboard.press("Enter")
    await expect(outside.get_by_role("heading", name="A colleague can help")).to_be_visible()
    await expect(outside.get_by_text("qiao people reset-password")).to_be_visible()
    await looked_at(outside, "forgotten")
    owner = await windows.colleague("ruolan", "/app/settings/people", phone=phone)
    await owner.get_by_role("listitem").filter(has_text=f"{WHO}@").get_by_role("button").last.click()
    await owner.get_by_role("menuitem", name="生成重设密码链接").click()
    await owner.get_by_role("button", name="生成链接").click()
    dialog = owner.get_by_role("dialog")
    link = await dialog.get_by_text(re.compile(r"/app/reset#qr_")).inner_text()
    await looked_at(owner, "reset-link")
    await signed_in.goto("about:blank")
    assert (await signed_in.request.get("/api/v1/session")).status == 200
    try:
        await outside.goto(link.strip())
        await outside.get_by_label("New password").fill(NEW)
        await looked_at(outside, "reset")
        await outside.keyboard.press("Enter")
        await expect(outside.get_by_text("Your password was changed")).to_be_visible()
        await looked_at(outside, "reset-done")
        assert (await signed_in.request.get("/api/v1/session")).status == 401
        await outside.goto("/app/login")
        await outside.get_by_label("Email").fill(f"{WHO}@lanting.example")
        await outside.get_by_label("Password").fill(NEW)
        await outside.keyboard.press("Enter")
        await expect(outside.get_by_role("navigation").first).to_be_visible()
    finally:
        set_back(desk)
