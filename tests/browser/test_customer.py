"""A customer: asks, is answered with a source, asks for a person, loses the line, comes back."""

import base64
import re
from pathlib import Path

import pytest
from playwright.async_api import expect
from support.browser import DemoDesk, Windows, shoot
from support.browser_times import best_of, median_ms
from support.line import Line
from support.pictures import PASTE, teapot

QUEUE = re.compile("下一位就是您|您前面还有")
ESTIMATE = re.compile("不到 1 分钟|约 \\d+ 分钟")
ANSWERED_WITHIN_MS = 1000


@pytest.mark.usefixtures("learned")
async def test_a_question_is_answered_with_its_source(windows: Windows) -> None:
    shopper = await windows.shopper()
    await shopper.open()
    await expect(shopper.frame.get_by_text("您正在与 AI 助手对话")).to_be_visible()
    await shopper.say("我的订单什么时候发货")
    answer = shopper.theirs().first
    await expect(answer.locator(".sources li")).to_have_count(1)
    await expect(answer).to_contain_text("16:00")
    await expect(answer.locator(".tag")).to_have_text("AI")
    order = await shopper.log.locator("li.mine, li.bot").evaluate_all("rows => rows.map(row => row.classList[1])")
    assert order == ["mine", "bot"]
    await shopper.say("那运费呢")
    await expect(shopper.theirs()).to_have_count(2)
    await expect(shopper.theirs().last).to_contain_text("运费")
    await shoot(shopper.page, "customer-answer-zh")


@pytest.mark.usefixtures("learned")
async def test_an_answer_stands_there_within_a_second(windows: Windows) -> None:
    shopper = await windows.shopper()
    await shopper.open()
    questions = ["我的订单什么时候发货", "可以开发票吗", "运费怎么算"]
    took = await best_of(lambda: median_ms(shopper, questions), ANSWERED_WITHIN_MS)
    assert took < ANSWERED_WITHIN_MS


@pytest.mark.usefixtures("learned")
async def test_an_english_shopper_reads_english(windows: Windows) -> None:
    shopper = await windows.shopper("/demo/?lang=en", locale="en-GB")
    await shopper.open()
    await expect(shopper.frame.get_by_text("You are talking with an AI assistant")).to_be_visible()
    await shopper.say("Do you ship to Canada?")
    await expect(shopper.theirs().first.locator(".sources li")).to_have_count(1)
    await shopper.say("how do I return a kettle")
    await expect(shopper.theirs()).to_have_count(2)
    await expect(shopper.theirs().last).to_contain_text(re.compile("return", re.IGNORECASE))
    await shoot(shopper.page, "customer-answer-en")


@pytest.mark.usefixtures("learned")
async def test_an_unsure_bot_offers_and_the_choice_is_answered(windows: Windows) -> None:
    shopper = await windows.shopper()
    await shopper.open()
    await shopper.say("杯子")
    options = shopper.frame.get_by_role("group", name="请选择").get_by_role("button")
    await expect(options.last).to_have_text("都不是，转人工")
    await shoot(shopper.page, "customer-offer")
    await options.first.click()
    await expect(shopper.theirs().last.locator(".sources")).to_be_visible()
    await expect(shopper.frame.get_by_role("group", name="请选择")).to_have_count(0)


async def test_while_nobody_is_there_an_address_is_asked_for_and_no_place_in_line_is_told(windows: Windows) -> None:
    shopper = await windows.shopper()
    await shopper.ask_for_person()
    await expect(shopper.frame.get_by_role("heading", name="我们现在不在线")).to_be_visible()
    await expect(shopper.frame.get_by_text(QUEUE)).to_have_count(0)
    await expect(shopper.frame.get_by_role("button", name="转人工")).to_have_count(0)
    await shoot(shopper.page, "customer-away")
    await shopper.frame.get_by_label("邮箱地址").fill("wen@example.com")
    await shopper.frame.get_by_role("button", name="留下邮箱").click()
    await expect(shopper.frame.get_by_text("已记下 wen@example.com")).to_be_visible()


async def test_whoever_asks_for_a_person_waits_in_line_and_is_met_by_name(windows: Windows, desk: DemoDesk) -> None:
    with desk.full("jiayi"):
        await windows.colleague("jiayi", online=True)
        await waits_in_line(windows)


async def waits_in_line(windows: Windows) -> None:
    """The story, with somebody on duty who has no hand free."""
    first, second = await windows.shopper(), await windows.shopper()
    await first.ask_for_person("转 人工！！")
    await expect(first.frame.get_by_role("status").filter(has_text=QUEUE)).to_be_visible()
    await expect(first.frame.get_by_role("status").filter(has_text=ESTIMATE)).to_be_visible()
    await second.ask_for_person("我要人工客服，谢谢")
    await expect(second.frame.get_by_role("status").filter(has_text=QUEUE)).to_be_visible()
    await shoot(second.page, "customer-queue")
    await first.say("盖碗缺了一个角")
    agent = await windows.take("zhouyan", "盖碗缺了一个角")
    await expect(first.log.get_by_text("周砚 已加入对话")).to_be_visible()
    await expect(first.frame.get_by_text("周砚 正在为您服务")).to_be_visible()
    await agent.get_by_role("textbox", name=re.compile("^回复")).fill("您好，我来帮您补发。")
    await agent.keyboard.press("Enter")
    await expect(first.theirs("agent").last).to_contain_text("我来帮您补发")
    await expect(first.theirs("agent").last).to_contain_text("周砚")
    await shoot(first.page, "customer-person")


async def test_a_picture_reaches_the_agent(windows: Windows, tmp_path: Path) -> None:
    shopper = await windows.shopper()
    await shopper.ask_for_person()
    await shopper.say("青瓷壶盖裂了")
    await shopper.frame.locator("input[type=file]").set_input_files(teapot(tmp_path))
    await shopper.frame.locator(".uploads img, .uploads li").first.wait_for()
    await expect(shopper.frame.get_by_role("button", name="发送", exact=True)).to_be_enabled()
    await shopper.frame.get_by_role("button", name="发送", exact=True).click()
    await expect(shopper.log.get_by_role("button", name=re.compile("查看大图"))).to_be_visible()
    data = base64.b64encode(teapot(tmp_path).read_bytes()).decode()
    await shopper.field.evaluate(PASTE, ["pasted.png", data])
    await expect(shopper.frame.locator(".uploads li")).to_have_count(1)
    await expect(shopper.frame.locator(".uploads progress")).to_have_count(0)
    await shopper.field.press("Enter")
    await expect(shopper.log.get_by_role("button", name="查看大图：pasted.png")).to_be_visible()
    agent = await windows.take("zhouyan", "青瓷壶盖裂了")
    picture = agent.get_by_role("log").get_by_role("img", name=re.compile("teapot"))
    await expect(picture.first).to_be_visible()
    await expect(agent.get_by_role("log").get_by_role("img", name=re.compile("pasted")).first).to_be_visible()
    await shoot(agent, "agent-picture")


async def test_words_written_while_the_line_was_down_arrive_once_and_in_order(windows: Windows, line: Line) -> None:
    shopper = await windows.shopper(base_url=line.url)
    await shopper.ask_for_person()
    await shopper.say("断网试试")
    agent = await windows.take("zhouyan", "断网试试")
    await expect(shopper.frame.get_by_text("周砚 正在为您服务")).to_be_visible()
    line.cut()
    await shopper.page.context.set_offline(True)
    box = agent.get_by_role("textbox", name=re.compile("^回复"))
    for words in ("第一句", "第二句", "第三句"):
        await box.fill(words)
        await box.press("Enter")
        await expect(agent.get_by_role("log").get_by_text(words)).to_be_visible()
    await shopper.field.fill("我断线时写的")
    await shopper.field.press("Enter")
    await shopper.frame.get_by_text("网络已断开").wait_for()
    await shoot(shopper.page, "customer-offline")
    line.mend()
    await shopper.page.context.set_offline(False)
    await expect(shopper.theirs("agent").get_by_text("第三句")).to_be_visible(timeout=20_000)
    await expect(agent.get_by_role("log").get_by_text("我断线时写的")).to_have_count(1)
    said = await shopper.theirs("agent").locator(".bubble").all_inner_texts()
    assert [words.strip() for words in said] == ["第一句", "第二句", "第三句"]
    await expect(shopper.mine("我断线时写的")).to_have_count(1)
    await expect(shopper.frame.get_by_text("网络已断开")).to_have_count(0)


async def test_who_comes_back_finds_the_conversation(windows: Windows) -> None:
    shopper = await windows.shopper()
    await shopper.open()
    await shopper.say("紫砂壶怎么开壶")
    await shopper.theirs().first.wait_for()
    kept = await shopper.page.context.storage_state()
    await shopper.page.context.close()
    again = await windows.shopper(storage_state=kept)
    await again.open()
    await expect(again.mine("紫砂壶怎么开壶")).to_have_count(1)
    await expect(again.theirs()).to_have_count(1)


async def test_a_signed_in_customer_is_known_by_name(windows: Windows) -> None:
    shopper = await windows.shopper("/demo/account")
    name = await shopper.page.locator(".profile b").inner_text()
    await shopper.open()
    await shopper.say("我是老顾客了")
    agent = await windows.colleague("zhouyan", "/app/conversations/all")
    await agent.get_by_role("link", name=re.compile(name)).first.click()
    await expect(agent.get_by_role("log").get_by_text("我是老顾客了").last).to_be_visible()
    about = agent.get_by_role("complementary", name="客户资料与往来")
    await expect(about.get_by_role("img", name="身份已验证")).to_be_visible()
    await expect(about).not_to_contain_text(re.compile(r"(^|[^0-9])0 次对话"))
    await shoot(agent, "agent-identified")
