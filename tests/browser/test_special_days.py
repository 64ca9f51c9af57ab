"""Holidays beside an inbox's hours: brought in at once, written by hand, told to the customer; in every look."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect
from support.browser import CONSOLE, Windows
from support.looks import LOOKS, dressed, look

pytestmark = pytest.mark.browser

WORDS = {
    "zh": {
        "import": "导入节假日",
        "plan": "中国法定节假日 2026",
        "add": "添加日期",
        "name": "名称 (中文)",
        "save": "保存",
        "file": "选择日历文件",
    },
    "en": {
        "import": "Import holidays",
        "plan": "China, public holidays 2026",
        "add": "Add days",
        "name": "Name (English)",
        "save": "Save",
        "file": "Choose a calendar file",
    },
}


@pytest.mark.parametrize(("lang", "scheme", "phone"), LOOKS)
async def test_holidays_are_looked_through_added_changed_and_told(
    windows: Windows, tmp_path: Path, lang: str, scheme: str, phone: bool
) -> None:
    context, words = await windows.context(**dressed(lang, scheme, phone=phone)), WORDS[lang]
    await windows.sign_in(context, "ruolan")
    await context.request.patch("/api/v1/me", data={"locale": lang, "preferences": {"theme": scheme}}, headers=CONSOLE)
    page, name = await context.new_page(), f"special-{{}}-{lang}-{scheme}-{360 if phone else 1440}"
    inboxes = (await (await context.request.get("/api/v1/inboxes")).json())["items"]
    await page.goto(f"/app/settings/inboxes/{inboxes[-1]['id']}?tab=hours")
    wrong: list[str] = []

    await page.get_by_role("button", name=words["import"]).click()
    await page.get_by_role("button", name=words["plan"]).click()
    await expect(page.get_by_role("checkbox")).to_have_count(13)
    wrong += await look(page, name.format("plan"))
    year = datetime.now(UTC).year
    day = datetime.now(UTC).date() + timedelta(days=40)
    (tmp_path / "days.ics").write_text(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Feast\r\n"
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}\r\nEND:VEVENT\r\n"
        f"BEGIN:VEVENT\r\nSUMMARY:Old\r\nDTSTART;VALUE=DATE:{year - 3}0101\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    await page.locator("input[type=file]").set_input_files(tmp_path / "days.ics")
    await expect(page.get_by_role("checkbox", name="Feast")).to_be_visible()
    wrong += await look(page, name.format("file"))
    if await page.get_by_role("checkbox", name="Feast").is_enabled():
        await page.get_by_role("dialog").get_by_role("button").last.click()
    else:
        await page.keyboard.press("Escape")
    await expect(page.get_by_text("Feast", exact=True)).to_be_visible()

    await page.get_by_role("button", name=words["add"]).click()
    await page.get_by_label(words["name"]).fill("Closed")
    wrong += await look(page, name.format("day"))
    await page.keyboard.press("Escape")
    wrong += await look(page, name.format("list"))
    await context.request.patch("/api/v1/me", data={"locale": "zh", "preferences": {"theme": "system"}}, headers=CONSOLE)
    assert wrong == []
