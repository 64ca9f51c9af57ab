"""An editor: writes in two languages, imports what is there already, and sees at once what the bot makes of it."""

import asyncio
import io
import re
import time
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from support.browser import Windows, promised, shoot
from support.pictures import teapot

CSV = """question,answer,variants,category,language
可以在茶壶上刻名字吗？,可以，刻字 30 元，多等两天。,能刻字吗|盖子上可以刻字吗,定制,zh
,没有问题的答案,,定制,zh
没有答案的问题？,,,定制,zh
Can you engrave a teapot?,Yes: $5 and two more days.,,Custom,en
可以在茶壶上刻名字吗？,重复的一行,,定制,zh
"""
LIVE_WITHIN_S = 5
ROWS = 2000
WATCH_BAR = """() => {
  const moved = Promise.withResolvers()
  window.bars = []
  window.moved = moved.promise
  const look = () => document.querySelectorAll('[role=progressbar]').forEach((bar) => {
    bars.push(Number(bar.ariaValueNow))
    if (bars.at(-1) > 0) moved.resolve()
  })
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true })
}"""


async def write_article(page: Page, title: str, body: str) -> float:
    """Fill in the language that is open and publish it; the moment of publishing."""
    await page.get_by_role("textbox", name="标题", exact=True).fill(title)
    await page.get_by_role("textbox", name="摘要", exact=True).fill(title)
    text = page.get_by_role("textbox", name="正文")
    await text.click()
    await page.keyboard.press("Control+End")
    await page.keyboard.insert_text(body)
    await expect(page.get_by_text("草稿已保存").or_(page.get_by_text(re.compile("保存$"))).first).to_be_visible()
    await page.get_by_role("button", name="发布", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()
    published = time.monotonic()
    await expect(page.get_by_role("link", name="在帮助中心查看")).to_be_visible()
    return published


async def ask(page: Page, question: str, expected: str) -> float:
    """Try the question until the bot says what is expected; the seconds it took."""
    await page.get_by_role("textbox", name="问题").fill(question)
    began = time.monotonic()
    said = page.get_by_role("region", name="机器人会说")
    while True:
        async with page.expect_response(re.compile("/bot/try")):
            await page.get_by_role("button", name="提问").click()
        await expect(said).to_be_visible()
        if expected in await said.inner_text() or time.monotonic() - began > 3 * LIVE_WITHIN_S:
            return time.monotonic() - began


async def import_file(page: Page, name: str, kind: str, content: bytes) -> None:
    """Give a file to the import page, published right away, and open its report when it is done."""
    await page.goto("/app/knowledge/import")
    await page.get_by_label("选择文件").set_input_files({"name": name, "mimeType": kind, "buffer": content})
    await page.get_by_role("switch", name="导入后直接发布").click()
    await page.get_by_role("button", name="开始导入").click()
    row = page.get_by_role("listitem").filter(has_text=name).first
    await expect(row.get_by_text("已完成")).to_be_visible(timeout=30_000)
    if await row.get_by_text(re.compile("收下")).count() == 0:
        await row.get_by_role("button", name=re.compile("报告")).click()


@pytest.mark.usefixtures("learned")
async def test_an_article_in_two_languages_goes_live_and_the_bot_knows_it(windows: Windows, tmp_path: Path) -> None:
    tester = await windows.colleague("zhiwei", "/app/bot/try")
    reader = await (await windows.context()).new_page()
    page = await windows.colleague("zhiwei", "/app/knowledge/articles")
    await page.get_by_role("button", name="新建文章").click()
    await page.get_by_role("textbox", name="正文").wait_for()
    await page.locator("input[type=file]").set_input_files(teapot(tmp_path))
    await expect(page.get_by_role("textbox", name="正文").locator("img")).to_have_count(1)
    published = await write_article(page, "茶会包场怎么订", "包场茶会请提前七天预订，最多二十四位客人。")
    live = await page.get_by_role("link", name="在帮助中心查看").get_attribute("href")
    await asyncio.gather(reader.goto(str(live)), ask(tester, "茶会包场怎么订", "提前七天"))
    await expect(reader.get_by_role("heading", level=1)).to_have_text("茶会包场怎么订")
    assert time.monotonic() - published < LIVE_WITHIN_S
    await shoot(page, "editor-article")
    await expect(tester.get_by_role("region", name="机器人会说").get_by_role("listitem").first).to_contain_text("茶会包场怎么订")
    await expect(tester.get_by_role("region", name="机器人会说").get_by_text("综合").first).to_be_visible()
    await shoot(tester, "editor-try")

    await page.get_by_role("tab", name=re.compile("英文")).click()
    await write_article(page, "Booking a private tea party", "Book seven days ahead, for up to 24 guests.")
    picture = reader.get_by_role("article").locator("img").first
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    await shoot(reader, "help-article-zh")
    await reader.goto(str(live).replace("/zh/", "/en/"))
    await expect(reader.get_by_role("heading", level=1)).to_have_text("Booking a private tea party")


@pytest.mark.usefixtures("learned")
async def test_a_spreadsheet_is_taken_and_each_bad_row_is_named(windows: Windows) -> None:
    page = await windows.colleague("zhiwei", "/app/knowledge/import")
    await import_file(page, "定制.csv", "text/csv", CSV.encode())
    report = page.get_by_role("listitem").filter(has_text="定制.csv").first
    await expect(report.get_by_text("收下 2 条")).to_be_visible()
    await expect(report.get_by_role("row")).to_have_count(4)
    await expect(report.get_by_role("table")).to_contain_text("没有问题")
    await expect(report.get_by_role("table")).to_contain_text("没有答案")
    await expect(report.get_by_role("table")).to_contain_text("与第 2 行的问题重复")
    await shoot(page, "editor-import-report")
    await page.goto("/app/bot/try")
    assert await ask(page, "能刻字吗", "刻字 30 元") < LIVE_WITHIN_S


async def test_a_folder_of_markdown_becomes_articles_with_their_pictures(windows: Windows, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("工坊/龙窑参观.md", "# 龙窑参观\n\n每月第一个周六开放参观。\n\n![茶壶](teapot.png)\n")
        archive.write(teapot(tmp_path), "工坊/teapot.png")
        archive.writestr("工坊/空白.md", "")
    page = await windows.colleague("zhiwei", "/app/knowledge/import")
    await import_file(page, "工坊.zip", "application/zip", packed.getvalue())
    report = page.get_by_role("listitem").filter(has_text="工坊.zip").first
    await expect(report.get_by_text("收下 1 条")).to_be_visible()
    await expect(report.get_by_role("table")).to_contain_text("空白.md")
    await page.goto("/app/knowledge/articles?q=龙窑参观")
    await page.get_by_role("link", name=re.compile("龙窑参观")).click()
    await expect(page.get_by_role("textbox", name="正文").locator("img")).to_have_count(1)


async def test_a_bar_shows_how_far_a_long_import_has_come(windows: Windows) -> None:
    rows = "".join(f"第 {number} 种茶怎么泡？,水温 {60 + number % 40} 度。\n" for number in range(ROWS))
    table = {"name": "泡茶.csv", "mimeType": "text/csv", "buffer": f"问题,答案\n{rows}".encode()}
    page = await windows.colleague("zhiwei", "/app/knowledge/import")
    await page.evaluate(WATCH_BAR)
    await page.get_by_label("选择文件").set_input_files(table)
    await page.get_by_role("button", name="开始导入").click()
    await promised(page, "moved")
    await shoot(page, "editor-import-running")
    report = page.get_by_role("listitem").filter(has_text="泡茶.csv").first
    await expect(report.get_by_text("已完成")).to_be_visible(timeout=60_000)
    await expect(report.get_by_text(f"收下 {ROWS} 条")).to_be_visible()
    bars = await page.evaluate("bars")
    assert bars == sorted(bars)
