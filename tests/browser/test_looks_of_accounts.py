"""A person's or a program's way in, with something in it, in every look: accounts, links for new passwords, keys, webhooks, acts."""

import pytest
from playwright.async_api import Page, expect
from support.browser import CONSOLE, PASSWORD, DemoDesk, Windows
from support.looks import LOOKS, dressed, look

TALL = {"1440": {"width": 1440, "height": 1600}, "360": {"width": 360, "height": 1600}}
ADDRESS = "https://orders.a-very-long-name-of-a-shop-that-sells-tea.invalid/hooks/qiao/messages?shop=lanting"


@pytest.fixture(scope="module")
def hook(desk: DemoDesk) -> str:
    """A webhook that has failed, and a key; the webhook's id."""
    with desk.api() as owner:
        owner.post("/keys", json={"name": "仓库同步 warehouse sync", "scopes": ["knowledge.read"]})
        made = owner.post("/webhooks", json={"url": ADDRESS, "events": ["message.sent"]}).raise_for_status()
        hook = made.json()["endpoint"]["id"]
        owner.post(f"/webhooks/{hook}/ping")
    return hook


def reset_link(desk: DemoDesk) -> str:
    with desk.api() as owner:
        person = next(
            one for one in owner.get("/people").json()["items"] if one["role"] == "viewer" or one["email"].startswith("zimo")
        )
        return owner.post(f"/people/{person['id']}/password-reset").json()["url"]


async def looked(page: Page, name: str, opened: str, rest: list[str]) -> None:
    """At a page, as high as it is."""
    await page.goto(opened)
    await page.get_by_role("heading", level=1).wait_for()
    rest += await look(page, name)


@pytest.mark.parametrize(("lang", "scheme", "phone"), LOOKS)
async def test_ways_in_look_right(windows: Windows, desk: DemoDesk, hook: str, lang: str, scheme: str, phone: bool) -> None:
    width = "360" if phone else "1440"
    ending = f"{lang}-{scheme}-{width}"
    found: list[str] = []
    outside = await (await windows.context(**dressed(lang, scheme, phone=phone))).new_page()
    await looked(outside, f"way-forgotten-{ending}", "/app/forgotten", found)
    await looked(outside, f"way-reset-dead-{ending}", "/app/reset#qr_nothing", found)
    link = reset_link(desk)
    await looked(outside, f"way-reset-{ending}", link, found)
    await outside.locator("input[type=password]").fill(PASSWORD)
    await outside.keyboard.press("Enter")
    await expect(outside.get_by_role("status").get_by_role("link")).to_be_visible()
    found += await look(outside, f"way-reset-done-{ending}")

    context = await windows.context(**dressed(lang, scheme, phone=phone) | {"viewport": TALL[width]})
    await windows.sign_in(context, "ruolan")
    await context.request.patch("/api/v1/me", data={"locale": lang, "preferences": {"theme": scheme}}, headers=CONSOLE)
    page = await context.new_page()
    for name, path in {
        "account": "account",
        "keys": "keys",
        "audit": "audit",
        "webhooks": "webhooks",
        "webhook": f"webhooks/{hook}",
    }.items():
        await looked(page, f"way-{name}-{ending}", f"/app/settings/{path}", found)
    await context.request.patch("/api/v1/me", data={"locale": "zh", "preferences": {"theme": "system"}}, headers=CONSOLE)
    # A link that is none is refused.
    windows.noise.heard = [one for one in windows.noise.heard if "password-resets/lookup" not in one]
    assert found == []
