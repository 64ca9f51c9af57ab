"""Every flow that comes with the program, gone through in the widget: in Chinese and in English, by who is signed in and by who is not."""

import asyncio
import re
from typing import Any

from playwright.async_api import Locator, expect
from support.browser import DemoDesk, Shopper, Windows, shoot, sideways

WAITS_MS = 15_000
TAIL = "0001"
"""The end of the phone on the orders of the demo's signed-in customer."""


class Customer:
    """Somebody in the chat; each step is what they write or press, and what the bot's last words then hold."""

    def __init__(self, shopper: Shopper) -> None:
        self.shopper = shopper

    async def through(self, *steps: tuple[str, str]) -> None:
        for wrote, expected in steps:
            await self.writes(wrote, expected)

    async def writes(self, words: str, expected: str) -> None:
        """The words are sent, and answered by a message further down."""
        await self.shopper.say(words)
        await self.hears(words, expected)

    async def presses(self, label: str, expected: str) -> None:
        """One of the buttons under the question."""
        button = self.options.get_by_role("button").filter(has_text=label).first
        words = await button.inner_text()
        await button.click()
        await self.hears(words, expected)

    async def hears(self, words: str, expected: str) -> None:
        """What came after these words says what is expected."""
        mine = self.log.locator("li.mine").last
        await expect(mine).to_contain_text(words, timeout=WAITS_MS)
        await expect(mine.locator("xpath=following-sibling::li").filter(has_text=expected).last).to_be_visible(timeout=WAITS_MS)

    @property
    def log(self) -> Locator:
        return self.shopper.log

    @property
    def options(self) -> Locator:
        return self.shopper.frame.locator(".options")

    @property
    def card(self) -> Locator:
        return self.log.locator("section.facts").last

    async def shoot(self, name: str) -> None:
        await shoot(self.shopper.page, f"flow-{name}")


async def orders_of(shopper: Shopper) -> list[str]:
    """The order numbers on the account page, the newest first: paid, on its way, delivered five, nine and twenty-four days ago."""
    return list(dict.fromkeys(re.findall(r"LT\d{8}-\d{4}", await shopper.page.content())))


async def signed_in(windows: Windows, desk: DemoDesk, language: str, **options: Any) -> tuple[Customer, list[str]]:
    """The demo's own customer on the account page, with nothing of earlier talks in the way; their orders."""
    with desk.api() as owner:
        talks = owner.get("/conversations", params={"view": "all", "limit": 100}).json()["items"]
        for talk in talks:
            if talk["contact"]["name"] == "林语桐" and talk["status"] != "resolved":
                owner.post(f"/conversations/{talk['id']}/resolve").raise_for_status()
    shopper = await windows.shopper(f"/demo/account?lang={language}", **options)
    orders = await orders_of(shopper)
    await shopper.open()
    return Customer(shopper), orders


async def nobody(windows: Windows, language: str, **options: Any) -> Customer:
    """A visitor of the shop whom nobody knows."""
    shopper = await windows.shopper(f"/demo/?lang={language}", **options)
    await shopper.open()
    return Customer(shopper)


async def test_in_chinese(windows: Windows, desk: DemoDesk) -> None:
    lin, orders = await signed_in(windows, desk, "zh")
    guest = await nobody(windows, "zh", phone=True)
    await asyncio.gather(_known_in_chinese(lin, orders), _unknown_in_chinese(guest, orders))
    assert [await sideways(one.shopper.page) for one in (lin, guest)] == [0, 0]


async def _known_in_chinese(lin: Customer, orders: list[str]) -> None:
    """Change of address with a question in between, return with a correction, appointment given up and begun anew, invoice."""
    await lin.writes("你好，我地址写错了，帮我改一下", "您要修改哪个订单")
    await lin.shoot("zh-orders")
    await lin.presses(orders[0], "新的收货地址")
    await lin.writes("运费怎么算？", "新的收货地址")
    await lin.shoot("zh-question-between")
    await lin.writes("浙江省杭州市余杭区竹溪路 88 号", "收件人和电话不变")
    await lin.presses("不变", "确认修改吗")
    await lin.presses("确认修改", "改好了")

    await lin.writes("我要退货", "您要退换哪个订单")
    await lin.presses(orders[3], "是哪一件")
    await lin.writes("不对，是另一个订单", "您要退换哪个订单")
    await lin.shoot("zh-corrected")
    await lin.presses(orders[2], "是哪一件")
    await lin.writes("全部都退", "原因")
    await lin.writes("收到的时候壶盖碎了", "确认提交申请吗")
    await lin.presses("确认提交", "破损处和外箱的照片")
    await expect(lin.card).to_contain_text("申请已受理")
    await lin.shoot("zh-return")
    await lin.presses("跳过", "还有什么可以帮您")

    await lin.writes("我想预约到店", "哪天方便")
    await lin.writes("算了，不约了", "没有提交任何内容")
    await lin.writes("还是帮我预约到店吧", "哪天方便")
    await lin.presses("跳过", "这些时间可以约")
    await lin.presses("展厅试茶", "几位")
    await lin.writes("两个人", "怎么称呼")
    await lin.writes("林语桐", "手机号")
    await lin.writes("19900000001", "确认预约吗")
    await lin.presses("确认预约", "到时见")
    await expect(lin.card).to_contain_text("预约成功")
    await lin.shoot("zh-appointment")

    await lin.writes("帮我开张发票", "哪个订单")
    await lin.presses(orders[3], "个人还是公司")
    await lin.presses("公司", "公司全称")
    await lin.writes("杭州茶语有限公司", "税号")
    await lin.writes("123", "15 到 20 位")
    await lin.writes("91350100M000100Y43", "哪个邮箱")
    await lin.writes("发到 tea@example.com 吧", "确认开票吗")
    await lin.presses("确认", "发到 tea@example.com")
    await lin.shoot("zh-invoice")


async def _unknown_in_chinese(guest: Customer, orders: list[str]) -> None:
    """Order status, parcels and a complaint, each order proven by its number and the end of its phone."""
    await guest.writes("我想查一下订单", "订单号")
    await guest.writes(f"{orders[2]}", "后四位")
    await guest.shoot("zh-proof-phone")
    await guest.writes("9999", "没有找到这个订单")
    await guest.writes(f"是 {orders[2]}", "后四位")
    await guest.writes(TAIL, "还有什么可以帮您")
    await expect(guest.card).to_contain_text("已签收")
    await expect(guest.card).not_to_contain_text("林语桐")
    await guest.shoot("zh-order-phone")

    await guest.writes(f"我的快递到哪了，单号 {orders[3]}，手机尾号 {TAIL}", "还有什么可以帮您")
    await expect(guest.card.locator("ol.timeline li").first).to_be_visible()
    await guest.shoot("zh-parcel-phone")

    await guest.writes("我要投诉", "哪方面")
    await guest.presses("物流", "经过")
    await guest.writes("你们的快递太慢了，等了一个星期还在路上，打电话也没人接，气死我了！", "怎样解决")
    await guest.presses("跳过", "某个订单")
    await guest.presses("有", "订单号")
    await guest.writes(orders[2], "后四位")
    await guest.writes(TAIL, "请同事和您谈谈")
    await expect(guest.card).to_contain_text("投诉已登记")
    await guest.shoot("zh-complaint-phone")
    await guest.presses("不用了", "感谢您告诉我们")


async def test_in_english(windows: Windows, desk: DemoDesk) -> None:
    dark = {"locale": "en-GB", "color_scheme": "dark"}
    ann, orders = await signed_in(windows, desk, "en", **dark)
    guest = await nobody(windows, "en", locale="en-GB", phone=True)
    await asyncio.gather(_known_in_english(ann, orders), _unknown_in_english(guest, orders))
    assert [await sideways(one.shopper.page) for one in (ann, guest)] == [0, 0]


async def _known_in_english(ann: Customer, orders: list[str]) -> None:
    """Change of address and of who gets it, invoice with a correction, appointment, complaint that a colleague takes."""
    await ann.writes("Hi, I put in the wrong address, can you change it please", "Which order")
    await ann.shoot("en-orders-dark")
    await ann.presses(orders[0], "new address")
    await ann.writes("88 Zhuxi Road, Yuhang, Hangzhou 311100, China", "phone stay the same")
    await ann.presses("They change", "Who should it go to")
    await ann.writes("Bob Lee", "phone number")
    await ann.writes("+86 199 0000 0002", "Shall I change it")
    await ann.shoot("en-address-dark")
    await ann.presses("Yes", "will go to: 88 Zhuxi Road")

    await ann.writes("I need an invoice for my order", "Which order")
    await ann.presses(orders[2], "for a company")
    await ann.writes("no wait, it's the wrong order", "Which order")
    await ann.presses(orders[4], "for a company")
    await ann.writes("just for me", "What name")
    await ann.writes("Ann Lee", "e-mail")
    await ann.writes("ann@example.com please", "Shall I request it")
    await ann.presses("Yes", "Requested")

    await ann.writes("I'd like to book an appointment", "Which day")
    await ann.presses("Skip", "These times are free")
    await ann.writes("the second one", "how many people")
    await ann.writes("three of us", "What name")
    await ann.writes("Ann", "phone number")
    await ann.writes("+44 7700 900188", "Shall I book it")
    await ann.writes("yes", "See you then")
    await ann.shoot("en-appointment-dark")

    await ann.writes("I want to make a complaint", "mainly about")
    await ann.writes("the product", "what happened")
    await ann.writes("The glaze came off after two weeks and it looks awful.", "would you like us to do")
    await ann.writes("a new cup", "particular order")
    await ann.presses("No", "colleague")
    await ann.shoot("en-complaint-dark")


async def _unknown_in_english(guest: Customer, orders: list[str]) -> None:
    """Order status, parcels with a question in between and a change of mind, and an exchange with its photo."""
    await guest.writes("Can you check on my order?", "order number")
    await guest.writes(orders[3], "last four digits")
    await guest.writes(f"it ends in {TAIL}", "Anything else")
    await expect(guest.card).to_contain_text("delivered")
    await guest.shoot("en-order-phone")

    await guest.writes("Where is my order?", "order number")
    await guest.writes("never mind", "nothing was sent")
    await guest.writes("Where's my parcel?", "Track my parcel")
    await guest.presses("Track my parcel", "order number")
    await guest.writes("Do you ship to Canada?", "order number")
    await guest.writes(orders[2], "last four digits")
    await guest.writes(TAIL, "Anything else")
    await expect(guest.card.locator("ol.timeline li").first).to_be_visible()
    await guest.shoot("en-parcel-phone")

    await guest.writes("I want to exchange something", "order number")
    await guest.writes(orders[3], "last four digits")
    await guest.writes(TAIL, "Which piece")
    await guest.presses("Celadon gaiwan", "reason")
    await guest.presses("Arrived damaged", "instead")
    await guest.writes("the same one again please", "Shall I go ahead")
    await guest.shoot("en-exchange-phone")
    await guest.presses("Yes", "photos of the damage")
    await expect(guest.card).to_contain_text("Request accepted")
    await guest.shoot("en-exchanged-phone")
    await guest.presses("Skip", "Anything else")
