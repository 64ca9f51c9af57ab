"""A guide with pictures: read in the help centre without a script, gone through in the chat, and made by an editor."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect
from support.browser import Shopper, Windows, axe, shoot, sideways
from support.pictures import teapot

HELP = "/help/lanting"


async def is_drawn(picture: Locator) -> None:
    """The picture has come, and is called something."""
    await picture.scroll_into_view_if_needed()
    await expect(picture).not_to_have_js_property("naturalWidth", 0)
    assert (await picture.get_attribute("alt") or "").strip()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("phone", [True, False])
async def test_it_is_read_step_by_step_without_a_script(windows: Windows, theme: str, phone: bool) -> None:
    context = await windows.context(locale="en-GB", phone=phone, color_scheme=theme, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{HELP}/en/")
    await page.get_by_role("link", name="My teapot drips").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("My teapot drips")
    await is_drawn(page.get_by_role("img", name="A teapot from the side"))
    await page.get_by_role("navigation", name="Choose what fits").get_by_role("link", name="2 The lid").click()
    await is_drawn(page.get_by_role("img", name="A teapot with its lid lifted"))
    await expect(page.get_by_role("listitem").filter(has_text="air hole")).to_be_visible()
    await shoot(page, f"guide-{theme}-{'phone' if phone else 'wide'}")
    await page.get_by_role("link", name="Back", exact=True).click()
    await page.get_by_role("link", name="2 The lid").click()
    await page.get_by_role("link", name="No, it stays dry").click()
    await page.get_by_role("button", name="Yes, it did").click()
    await expect(page.get_by_role("status")).to_have_text("Great, we’re glad it helped.")
    await page.get_by_role("link", name="Start again").click()
    await expect(page).to_have_url(re.compile(r"/en/guides/my-teapot-drips$"))
    await page.get_by_role("link", name="中文").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("我的茶壶漏水怎么办")


async def test_keys_alone_lead_through_it_and_nobody_is_shut_out(windows: Windows) -> None:
    page = await (await windows.context(phone=True)).new_page()
    await page.goto(f"{HELP}/zh/guides/茶壶漏水")
    await page.get_by_role("link", name="1 壶嘴").focus()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="2 壶盖")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("打开盖子，对照图看三处")).to_be_visible()
    assert await axe(page) == []
    assert await sideways(page) <= 0
    await page.goto(f"{HELP}/zh/guides/茶壶漏水/nowhere")
    await expect(page.get_by_role("heading", level=1)).to_have_text("找不到这个页面")
    windows.noise.heard = [one for one in windows.noise.heard if "404" not in one]


async def answered(shopper: Shopper, label: str, words: str) -> None:
    """One of the buttons is pressed, and the bot goes on with these words."""
    await shopper.frame.locator(".options").get_by_role("button", name=label).click()
    await expect(shopper.theirs().last).to_contain_text(words)


async def test_in_the_chat_the_same_pictures_come_with_the_words(windows: Windows) -> None:
    shopper = await windows.shopper()
    await shopper.open()
    await shopper.say("我的茶壶漏水怎么办")
    await expect(shopper.theirs().last).to_contain_text("水是从哪里出来的")
    await is_drawn(shopper.log.get_by_role("img", name="茶壶侧面图").last)
    await shoot(shopper.page, "guide-chat-zh")
    await answered(shopper, "1 壶嘴", "还滴吗")
    await is_drawn(shopper.log.get_by_role("img", name="左边：壶倾得太少").last)
    await answered(shopper, "我再看看是哪里漏", "水是从哪里出来的")
    await answered(shopper, "3 壶身或壶底", "像哪一种")
    await is_drawn(shopper.log.get_by_role("img", name="左边：釉面布满细纹").last)
    await answered(shopper, "1 细纹", "外壁是干的吗")
    await answered(shopper, "是干的", "慢慢喝茶")
    assert await axe(shopper.page) == []
    await shoot(shopper.page, "guide-chat-done-zh")


async def test_the_help_centre_opens_the_chat_where_the_guide_goes_on(windows: Windows) -> None:
    page = await (await windows.context()).new_page()
    await page.goto(f"{HELP}/zh/guides/茶壶漏水/solved")
    await page.get_by_role("link", name="没有，打开在线客服").click()
    shopper = Shopper(page)
    await shopper.mine("我的茶壶漏水").wait_for()
    await expect(shopper.theirs().last).to_contain_text("水是从哪里出来的")
    await page.get_by_role("link", name="没有，打开在线客服").click()
    await expect(shopper.theirs()).to_have_count(1)
    await shoot(page, "guide-to-chat-zh")


# --- made -----------------------------------------------------------------------------------------------------------------


async def written(page: Page, label: str, zh: str, en: str) -> None:
    for language, text in (("中文", zh), ("English", en)):
        await page.get_by_role("textbox", name=f"{label} ({language})", exact=True).fill(text)


async def test_an_editor_makes_a_guide_with_a_picture(windows: Windows, tmp_path: Path) -> None:
    page = await windows.colleague("zhiwei", "/app/bot/flows")
    await page.get_by_role("button", name="新建流程").first.click()
    await page.get_by_role("textbox", name="流程名称").fill("选一把壶")
    await page.get_by_role("button", name="创建").click()
    await page.locator("[data-node]").filter(has_text="说一段话").click()
    await written(page, "要说的话", "看看这把壶。", "Look at this pot.")
    await page.get_by_role("switch", name="配图片或视频").click()
    await page.locator("input[type=file]").set_input_files(teapot(tmp_path))
    await expect(page.get_by_role("button", name="换一个")).to_be_visible()
    await written(page, "画面里有什么", "一把茶壶", "A teapot")
    await page.get_by_role("tab", name="触发").click()
    await written(page, "流程名称", "选一把壶", "Choose a pot")
    await written(page, "按钮文字", "选一把壶", "Choose a pot")
    await page.get_by_role("switch", name="也在帮助中心显示").click()
    await expect(page.get_by_role("textbox", name="网址 (English)")).to_have_value("choose-a-pot")
    await written(page, "一句话介绍", "看图选壶。", "Choose by the picture.")
    await expect(page.get_by_text("草稿已保存")).to_be_visible()
    assert await axe(page) == []
    await shoot(page, "guide-editor")
    await page.get_by_role("tab", name="试运行").click()
    await page.get_by_role("button", name="开始", exact=True).click()
    await is_drawn(page.get_by_role("log").get_by_role("img", name="一把茶壶"))
    await page.get_by_role("button", name="发布", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="发布", exact=True).click()
    await expect(page.get_by_text("流程已发布")).to_be_visible()
    await page.goto(f"{HELP}/en/guides/choose-a-pot")
    await is_drawn(page.get_by_role("img", name="A teapot"))
