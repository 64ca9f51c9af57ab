"""A hostile letter as a colleague looks at it: it is read, runs nothing, and nobody outside hears of it unasked. Attack 41."""

import base64
import hashlib
import hmac
import io
import re
import uuid
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image
from playwright.async_api import Page, Route, expect
from support.browser import AXE, AXE_RUN, PHONE, DemoDesk, Windows, shoot, sideways
from support.phones import MANIFESTS

MAIL = next(name for name, one in MANIFESTS.items() if one.address == "email" and one.listens)
Mailbox = tuple[httpx.Client, dict[str, str]]
CANARY = "canary.example"
SECRET = "the desk's own mail server"
TRICKS = f"""
<base href="https://{CANARY}/"><meta http-equiv="refresh" content="0;url=https://{CANARY}/moved">
<link rel="stylesheet" href="https://{CANARY}/a.css">
<link rel="dns-prefetch" href="//{CANARY}">
<style>@import "https://{CANARY}/b.css"; p {{ background: url(https://{CANARY}/c) }}</style>
<script src="https://{CANARY}/d.js"></script><script>alert('ran'); top.location='https://{CANARY}/e'</script>
<p style="background:url(https://{CANARY}/f);position:fixed;inset:0;z-index:99" onclick="alert('ran')" onmouseover="alert('ran')">
原信的第一行</p>
<img src="https://{CANARY}/open.gif" alt="跟踪" width="24" height="24" onerror="alert('ran')">
<img src="//{CANARY}/g" srcset="https://{CANARY}/h 2x">
<img src=x onerror="alert('ran')"><svg onload="alert('ran')"><image href="https://{CANARY}/i"/></svg><iframe src="https://{CANARY}/j"></iframe>
<video src="https://{CANARY}/k" poster="https://{CANARY}/l" autoplay></video><object data="https://{CANARY}/m"></object>
<form action="https://{CANARY}/n"><input autofocus onfocus="alert('ran')"><button>领奖</button></form>
<a href="javascript:alert('ran')">点我</a>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert('ran')&gt;"></math>
"""
FAIR = '<table width="100%" style="border:1px solid #ccc"><tr><td style="padding:8px;color:teal"><h2>订单 A-1024</h2></td></tr></table>'
LETTER = FAIR + '<p><img src="cid:pot@1" alt="茶壶"></p><p><a href="https://shop.example/o/7">查看订单</a></p>' + TRICKS


@pytest.fixture(scope="module")
def mailbox(desk: DemoDesk) -> Iterator[Mailbox]:
    """A mailbox whose own server hands over what comes."""
    with desk.api() as owner:
        inbox = owner.post("/inboxes", json={"channel": MAIL, "name": "邮件"}).raise_for_status().json()
        settings = {"address": f"help-{uuid.uuid4().hex[:6]}@lanting.example", "smtp_host": "mx.lanting.example"}
        changes = {"settings": settings, "bot_enabled": False}
        owner.patch(f"/inboxes/{inbox['id']}", json=changes).raise_for_status()
        owner.put(f"/inboxes/{inbox['id']}/secrets", json={"handover_secret": SECRET, "password": "x"}).raise_for_status()
        yield owner, inbox
        owner.patch(f"/inboxes/{inbox['id']}", json={"enabled": False}).raise_for_status()


def written(words: str) -> bytes:
    """A letter with a picture of its own and every trick."""
    picture = io.BytesIO()
    Image.new("RGB", (120, 60), "teal").save(picture, "PNG")
    drawn = base64.b64encode(picture.getvalue()).decode()
    head = f"From: Yutong <yutong@example.com>\r\nSubject: pot\r\nMessage-ID: <{uuid.uuid4().hex}@example.com>\r\n"
    parts = (
        "--e\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n"
        f"--a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"
        f"--a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{LETTER}\r\n--a--\r\n"
        f"--e\r\nContent-Type: image/png\r\nContent-ID: <pot@1>\r\nContent-Transfer-Encoding: base64\r\n\r\n{drawn}\r\n--e--\r\n"
    )
    return f"{head}MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=e\r\n\r\n{parts}".encode()


async def opened(windows: Windows, desk: DemoDesk, mailbox: Mailbox, **options: object) -> tuple[Page, list[str]]:
    """The conversation of such a letter at the desk, and what anybody outside has been asked for since."""
    owner, inbox = mailbox
    body, words = written("壶嘴裂了"), "壶嘴裂了"
    signed = {"X-Mail-Signature": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}
    httpx.post(f"{desk.url}/in/{inbox['key']}", content=body, headers=signed).raise_for_status()
    page = await windows.colleague("zhouyan", **options)
    outside: list[str] = []

    async def heard(route: Route) -> None:
        outside.append(route.request.url)
        await route.fulfill(status=200, content_type="image/gif", body=base64.b64decode("R0lGODlhAQABAAAAACwAAAAAAQABAAA="))

    await page.context.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), heard)
    page.on("dialog", lambda dialog: outside.append(f"dialog: {dialog.message}"))
    talk = None
    while talk is None:
        items = owner.get("/conversations", params={"inbox_id": inbox["id"]}).json()["items"]
        talk = next((one["id"] for one in items if one["preview"]), None)
    await page.goto(f"/app/conversations/all/{talk}")
    await page.get_by_role("log").get_by_text(words).first.wait_for()
    return page, outside


async def test_a_hostile_letter_is_read_and_does_nothing(windows: Windows, desk: DemoDesk, mailbox: Mailbox) -> None:
    page, outside = await opened(windows, desk, mailbox)
    show = page.get_by_role("button", name="查看原信").last
    await expect(page.locator("iframe")).to_have_count(0)
    await show.focus()
    await page.keyboard.press("Enter")
    frame = page.frame_locator('iframe[title="原信的排版"]')
    await expect(frame.get_by_text("原信的第一行")).to_be_visible()
    await expect(frame.get_by_role("img", name="茶壶")).to_have_js_property("naturalWidth", 120)
    link = frame.get_by_role("link", name="查看订单")
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    assert windows.noise.heard == []
    await frame.get_by_text("原信的第一行").click()
    await frame.get_by_text("点我").click()
    # The driver looks with a script of its own where it presses: that is blocked as well, and said.
    windows.noise.heard[:] = [one for one in windows.noise.heard if "Blocked script execution" not in one]
    assert await page.locator("iframe").get_attribute("sandbox") == "allow-popups allow-popups-to-escape-sandbox"
    assert outside == []
    await shoot(page, "original-mail")

    await page.get_by_role("button", name="显示外部图片").click()
    await expect(frame.get_by_role("img", name="跟踪")).to_have_js_property("naturalWidth", 1)
    assert outside == [f"https://{CANARY}/open.gif"]
    await page.get_by_role("button", name="收起原信").click()
    await expect(page.locator("iframe")).to_have_count(0)


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "dark"), (None, "light")])
async def test_it_has_room_and_can_be_read_by_all(
    windows: Windows, desk: DemoDesk, mailbox: Mailbox, viewport: dict[str, int] | None, scheme: str
) -> None:
    options = {"color_scheme": scheme} | ({"viewport": viewport} if viewport else {})
    page, _ = await opened(windows, desk, mailbox, **options)
    await page.get_by_role("button", name="查看原信").last.click()
    await expect(page.frame_locator("iframe").get_by_text("原信的第一行")).to_be_visible()
    await shoot(page, f"original-mail-{scheme}")
    assert await sideways(page) <= 0
    around, inside = await page.get_by_role("log").bounding_box(), await page.locator("iframe").bounding_box()
    assert around and inside
    assert around["x"] <= inside["x"] < inside["x"] + inside["width"] <= around["x"] + around["width"]
    assert inside["width"] >= 250
    # The page around the frame: inside it nothing can be run, no checker either.
    await page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    found = await page.evaluate(AXE_RUN)
    assert [one["id"] for one in found["violations"]] == []
