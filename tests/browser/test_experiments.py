"""An editor tries another answer of a FAQ: begun, heard by a customer and in the trial, drawn, and adopted into the history."""

import re
from uuid import UUID

from playwright.async_api import expect
from support.browser import DemoDesk, Windows, at_rest, shoot, sideways

from qiao.domains.bot.learning.experiments import has_second

SECOND = "内容任选：写“茶具”，或者写商品明细，下单时勾一下就好。"
PAGE = "/app/bot/learning?tab=experiments"


async def test_another_answer_is_tried_heard_and_adopted(windows: Windows, desk: DemoDesk) -> None:
    with desk.api() as api:
        faqs = api.get("/knowledge/faqs", params={"query": "发票", "language": "zh", "status": "published"}).json()["items"]
        faq = next(one for one in faqs if one["audience"] == "everyone" and "发票内容" in one["question"])
        page = await windows.colleague("zhiwei", PAGE)
        await page.get_by_role("button", name="新建试验").click()
        dialog = page.get_by_role("dialog", name="新建试验")
        await dialog.get_by_role("searchbox", name="哪一条问答").fill("发票")
        await dialog.get_by_role("button", name=faq["question"]).click()
        begin = dialog.get_by_role("button", name="开始")
        await expect(begin).to_be_disabled()
        await dialog.get_by_role("textbox", name="B：要试的回答").fill(SECOND)
        await dialog.get_by_role("spinbutton", name="多少新对话用 B").fill("99")
        await shoot(page, "experiments-new-zh")
        await begin.click()
        card = page.get_by_role("article", name=faq["question"]).first
        await expect(card.get_by_text("进行中")).to_be_visible()
        try:
            shopper = await windows.shopper(phone=True)
            await shopper.open()
            await shopper.say(faq["question"])
            await expect(shopper.theirs()).to_have_count(1, timeout=15_000)
            # One customer in a hundred gets A: which it is, is known of every conversation.
            (talk, *_) = api.get("/conversations", params={"view": "bot", "limit": 1}).json()["items"]
            (running, *_) = api.get("/bot/learning/experiments").json()["items"]
            second = has_second(UUID(running["id"]), UUID(talk["id"]), running["share"])
            assert ("内容任选" in await shopper.theirs().last.inner_text()) is second
            tester = await windows.colleague("zhiwei", f"/app/bot/try?q={faq['question']}")
            said = tester.get_by_role("region", name="机器人会说")
            await said.get_by_role("button", name="看 B 怎么答").click()
            await expect(said).to_contain_text("内容任选")
            await expect(said).to_contain_text("答的是 B")
            await page.reload()
            await at_rest(page)
            await expect(card).to_contain_text(re.compile("A [01] 次.*B [01] 次"))
            assert await sideways(page) == 0
            await shoot(page, "experiments-running-zh")
            await card.get_by_role("button", name="采用 B").click()
            await page.get_by_role("dialog", name="采用 B？").get_by_role("button", name="采用 B").click()
            await expect(card).to_contain_text("采用了 B · 顾知微")
            assert api.get(f"/knowledge/faqs/{faq['id']}").json()["answer"] == SECOND
        finally:
            for one in api.get("/bot/learning/experiments").json()["items"]:
                api.post(f"/bot/learning/experiments/{one['id']}/end")
            api.patch(f"/knowledge/faqs/{faq['id']}", json={"answer": faq["answer"]}).raise_for_status()
