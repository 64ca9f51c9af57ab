"""An agent: signs in, is given a customer, answers with what the desk offers, and passes the conversation on."""

import base64
import re
from pathlib import Path

from playwright.async_api import Locator, Page, expect
from support.browser import PASSWORD, DemoDesk, Shopper, Windows, promised, shoot
from support.pictures import PASTE, teapot

# Somebody who looks elsewhere, whose browser shows notices and plays sounds: both are written down instead.
LISTEN = """() => {
  const notice = Promise.withResolvers()
  const sound = Promise.withResolvers()
  window.told = Promise.all([notice.promise, sound.promise])
  window.Notification = class {
    static permission = 'granted'
    constructor(title) { notice.resolve(title) }
    close() {}
  }
  document.hasFocus = () => false
  const make = AudioContext.prototype.createOscillator
  AudioContext.prototype.createOscillator = function () { sound.resolve('heard'); return make.call(this) }
}"""


def box(page: Page) -> Locator:
    """Where the agent writes."""
    return page.get_by_role("textbox", name=re.compile("^(回复|关于) "))


def log(page: Page) -> Locator:
    """The conversation on the agent's screen."""
    return page.get_by_role("log")


async def waiting(windows: Windows, words: str) -> Shopper:
    """A customer who has asked something, then for a person, then said these words."""
    shopper = await windows.shopper()
    await shopper.open()
    await shopper.say("可以开发票吗")
    await shopper.theirs().first.wait_for()
    await shopper.say("转人工")
    # With nobody on duty the offer of a message or a call follows.
    await expect(shopper.theirs().nth(1)).to_be_visible()
    await shopper.say(words)
    return shopper


async def test_a_conversation_arrives_by_itself_with_its_whole_story(windows: Windows, desk: DemoDesk) -> None:
    with desk.api("xiaotang") as agent:
        agent.patch("/me", json={"preferences": {"sound": True, "desktop": True}}).raise_for_status()
    context = await windows.context()
    page = await context.new_page()
    await page.add_init_script(f"({LISTEN})()")
    await page.goto("/app/conversations/mine")
    await page.get_by_label("邮箱").fill("xiaotang@lanting.example")
    await page.get_by_label("密码").fill(PASSWORD)
    await shoot(page, "agent-sign-in")
    await page.get_by_role("button", name="登录").click()
    await page.get_by_role("button", name="个人菜单").click()
    switch = page.get_by_role("switch", name=re.compile("在线|离开"))
    if not await switch.is_checked():
        await switch.click()
    await expect(switch).to_be_checked()
    await page.keyboard.press("Escape")
    shopper = await waiting(windows, "订单 K-7731 的发票抬头写错了")
    row = page.get_by_role("link", name=re.compile("K-7731"))
    await expect(row).to_be_visible()
    notice, sound = await promised(page, "told")
    assert (bool(notice), sound) == (True, "heard")
    await shoot(page, "agent-arrived")
    await row.click()
    await expect(log(page).get_by_text("交接摘要")).to_be_visible()
    for words in ("可以开发票吗", "转人工", "订单 K-7731 的发票抬头写错了"):
        await expect(log(page).get_by_text(words, exact=True).first).to_be_visible()
    await expect(shopper.frame.get_by_text("陈晓棠 正在为您服务")).to_be_visible()
    await box(page).fill("马上给您重开一张。")
    await box(page).press("Enter")
    await expect(shopper.theirs("agent").last).to_contain_text("马上给您重开一张")
    await expect(log(page).get_by_text("已读").last).to_be_visible()
    await shoot(page, "agent-answered")


async def test_what_the_composer_offers_reaches_the_customer_and_a_note_never(windows: Windows, tmp_path: Path) -> None:
    shopper = await waiting(windows, "想问问 K-7732")
    page = await windows.take("zhouyan", "K-7732")
    await box(page).press("/")
    await page.get_by_role("combobox", name=re.compile("快捷码")).fill("order")
    await shoot(page, "agent-snippets")
    await page.keyboard.press("Enter")
    await expect(box(page)).to_have_value(re.compile("订单号"))
    await box(page).press("Enter")
    await expect(shopper.theirs("agent").last).to_contain_text("订单号")

    await page.get_by_role("button", name="文章", exact=True).click()
    await page.get_by_role("combobox", name=re.compile("查找文章")).fill("退货")
    await page.get_by_role("option").filter(has=page.get_by_text("文章", exact=True)).first.click()
    await expect(page.get_by_role("button", name="移除文章")).to_be_visible()
    await box(page).fill("请看这里：")
    await box(page).press("Enter")
    await expect(shopper.theirs("agent").last.get_by_role("link")).to_have_count(1)

    await page.get_by_role("button", name="文章", exact=True).click()
    await page.get_by_role("combobox", name=re.compile("查找文章")).fill("可以开发票吗")
    await page.get_by_role("option").filter(has=page.get_by_text("问答", exact=True)).first.click()
    await expect(box(page)).to_have_value(re.compile("^可以。在「我的订单.*90 天内都可以申请。$"))
    await box(page).fill("")

    data = base64.b64encode(teapot(tmp_path).read_bytes()).decode()
    await box(page).evaluate(PASTE, ["screenshot.png", data])
    await expect(page.get_by_text("screenshot.png")).to_be_visible()
    await page.get_by_role("button", name="发送", exact=True).click()
    await expect(shopper.log.get_by_role("button", name="查看大图：screenshot.png")).to_be_visible()

    await page.get_by_role("button", name="内部备注", exact=True).click()
    await box(page).fill("老客户，请优先处理")
    await shoot(page, "agent-note")
    await page.get_by_role("button", name="添加备注").click()
    await expect(log(page).get_by_text("老客户，请优先处理")).to_be_visible()
    await page.get_by_role("button", name="回复", exact=True).click()
    await box(page).fill("还在吗？")
    await box(page).press("Enter")
    await expect(shopper.theirs("agent").last).to_contain_text("还在吗")
    await expect(shopper.frame.get_by_text("老客户，请优先处理")).to_have_count(0)
    await shoot(shopper.page, "customer-article-and-picture")
    await shopper.page.reload()
    await shopper.open()
    await expect(shopper.theirs("agent").last).to_contain_text("还在吗")
    await expect(shopper.frame.get_by_text("老客户，请优先处理")).to_have_count(0)


async def test_two_colleagues_see_each_other_and_pass_a_conversation_on(windows: Windows) -> None:
    shopper = await waiting(windows, "想问问 K-7733")
    page = await windows.take("zhouyan", "K-7733")
    await shopper.field.press_sequentially("我再看看")
    await expect(page.get_by_text("客户正在输入…")).to_be_visible()
    await shopper.field.press("Enter")
    await expect(page.get_by_text("客户正在输入…")).to_have_count(0)
    colleague = await windows.colleague("jiayi", page.url.replace("/waiting/", "/all/"))
    await expect(page.get_by_text("何嘉怡正在查看")).to_be_visible()
    await box(colleague).press_sequentially("我来")
    await expect(page.get_by_text("何嘉怡正在回复")).to_be_visible()
    await shoot(page, "agent-presence")
    await box(colleague).fill("")

    await page.get_by_role("button", name="添加标签").click()
    await page.get_by_role("textbox", name="添加标签").fill("发票")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    await expect(colleague.get_by_role("list", name="标签").get_by_text("发票")).to_be_visible()

    await page.get_by_role("button", name="转接", exact=True).click()
    dialog = page.get_by_role("dialog", name="转接给")
    await dialog.get_by_role("radio", name=re.compile("何嘉怡")).click()
    await dialog.get_by_label(re.compile("备注")).fill("请接着看发票")
    await shoot(page, "agent-transfer")
    await dialog.get_by_role("button", name="转接").click()
    await expect(shopper.frame.get_by_text("何嘉怡 正在为您服务")).to_be_visible()
    await expect(log(colleague).get_by_text("请接着看发票")).to_be_visible()

    here = colleague.url
    await colleague.get_by_role("button", name="稍后", exact=True).click()
    await colleague.get_by_role("button", name=re.compile("一小时后")).click()
    await colleague.wait_for_url(lambda url: url != here)
    await colleague.goto(here)
    await expect(colleague.get_by_text(re.compile("推迟到")).first).to_be_visible()
    await shopper.say("我回来了")
    await expect(colleague.get_by_role("button", name="稍后", exact=True)).to_be_visible()
    await colleague.get_by_role("button", name="解决", exact=True).click()
    await expect(shopper.log.get_by_text("本次对话已结束")).to_be_visible()
    await shoot(shopper.page, "customer-resolved")


async def test_search_finds_two_characters_and_english_words(windows: Windows) -> None:
    page = await windows.colleague("zhouyan", "/app/search")
    field = page.get_by_role("searchbox", name="搜索消息、客户、文章")
    for words in ("退货", "kettle"):
        await field.fill(words)
        results = page.get_by_role("region", name="搜索结果")
        await expect(results.get_by_role("link").filter(has_text=re.compile(words, re.IGNORECASE)).first).to_be_visible()
        await shoot(page, f"agent-search-{words}")
    await page.keyboard.press("Control+k")
    palette = page.get_by_role("combobox", name=re.compile("输入操作"))
    await palette.fill("报表")
    await page.keyboard.press("Escape")
    await expect(palette).to_have_count(0)
