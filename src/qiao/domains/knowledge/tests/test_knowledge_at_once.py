"""Knowledge when two people write at once, when a thing is done twice, and when a file holds what only the store can refuse."""

import asyncio
import io
import zipfile
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from qiao.domains.knowledge.contracts import (
    ArticleChanges,
    CategoryChanges,
    FaqChanges,
    Filter,
    NewArticle,
    NewCategory,
    NewFaq,
    NewImport,
    NewSnippet,
    SnippetChanges,
    TranslationText,
    entry_id_of,
)
from qiao.domains.knowledge.errors import KnowledgeInvalid, KnowledgeNotFound, NothingToPublish, SlugTaken
from qiao.domains.knowledge.import_job import ImportJob
from qiao.domains.knowledge.import_store import ImportStore
from qiao.domains.workspaces.api import Workspaces

pytestmark = pytest.mark.database
Act = Callable[[Any], Awaitable[Any]]


class Desk:
    """Editors of one company, each in a transaction of their own."""

    def __init__(self, knowledge: Any, database: Any, workspace: Any, parts: tuple[Any, Any]) -> None:
        self.knowledge, self.database, self.workspace, (self.jobs, files) = knowledge, database, workspace, parts
        store = ImportStore(files, knowledge.faqs, knowledge.articles, knowledge.categories)
        self.job = ImportJob(database, store, Workspaces(database))

    async def do(self, act: Act) -> Any:
        async with self.database.scope(self.workspace.id) as scope:
            return await act(scope)

    async def at_once(self, *acts: Act) -> list[Any]:
        return await asyncio.gather(*(self.do(act) for act in acts), return_exceptions=True)

    async def faq(self, question: str, **fields: Any) -> Any:
        new = NewFaq(language=fields.pop("language", "zh"), question=question, answer=fields.pop("answer", "答"), **fields)
        return await self.do(lambda scope: self.knowledge.faqs.create(scope, new, None))

    async def article(self, title: str, body: str = "正文", language: str = "zh", slug: str | None = None) -> Any:
        one = await self.do(lambda scope: self.knowledge.articles.create(scope, NewArticle(slug=slug)))
        text = TranslationText(title=title, body=body)
        return await self.do(lambda scope: self.knowledge.articles.save(scope, (one.id, language), text, None))

    async def read(self, name: str, data: bytes, **wishes: Any) -> Any:
        """A file taken in to its end; its report."""
        begun = await self.do(
            lambda scope: self.knowledge.imports.begin(scope, NewImport(file_name=name, data=data, **wishes), None)
        )
        await self.jobs.drain()
        return await self.do(lambda scope: self.knowledge.imports.report(scope, begun.id))

    async def found(self, query: str) -> list[str]:
        hits = await self.do(lambda scope: self.knowledge.help_centre.search(scope, query, "zh"))
        return [one.title for one in hits]


@pytest.fixture
def desk(knowledge: Any, database: Any, workspace: Any, jobs: Any, files: Any) -> Desk:
    return Desk(knowledge, database, workspace, (jobs, files))


def kinds(ends: list[Any]) -> list[str]:
    return sorted(type(one).__name__ for one in ends)


def archive(**entries: str | bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as writer:
        for name, data in entries.items():
            writer.writestr(name.replace("__", "."), data)
    return packed.getvalue()


def picture(colour: int) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (4, 4), (colour % 256, colour // 256, 7)).save(drawn, "PNG")
    return drawn.getvalue()


async def test_of_editors_who_write_one_question_at_once_one_makes_it(desk: Desk):
    def write(question: str) -> Act:
        return lambda scope: desk.knowledge.faqs.create(scope, NewFaq(language="zh", question=question, answer="答"), None)

    ends = await desk.at_once(*(write(text) for text in ("怎么退货？", "怎么退货", "怎麼退貨?", " 怎么退货！")))
    assert kinds(ends) == ["DuplicateQuestion"] * 3 + ["Faq"]
    standing = next(str(one.id) for one in ends if type(one).__name__ == "Faq")
    assert {one.details["id"] for one in ends if type(one).__name__ == "DuplicateQuestion"} == {standing}


async def test_two_faqs_cannot_be_renamed_to_one(desk: Desk):
    one, other = await desk.faq("甲怎么办"), await desk.faq("乙怎么办")

    def rename(faq: Any) -> Act:
        return lambda scope: desk.knowledge.faqs.change(scope, faq.id, FaqChanges(question="丙怎么办"), None)

    assert kinds(await desk.at_once(rename(one), rename(other))) == ["DuplicateQuestion", "Faq"]
    questions = {faq.question for faq in (await desk.do(lambda scope: desk.knowledge.faqs.page(scope, Filter())))[0]}
    assert len(questions) == 2
    assert "丙怎么办" in questions


async def test_twins_changed_from_both_sides_at_once_agree_in_the_end(desk: Desk):
    zh = await desk.faq("怎么退货", slug="returns", publish=True)
    en = await desk.faq("How to return", slug="returns", language="en", publish=True)

    def hide(faq: Any, audience: str) -> Act:
        return lambda scope: desk.knowledge.faqs.change(scope, faq.id, FaqChanges(audience=audience), None)

    for _ in range(5):
        ends = await desk.at_once(hide(zh, "agents"), hide(en, "everyone"), hide(zh, "everyone"), hide(en, "agents"))
        assert kinds(ends) == ["Faq"] * 4
        pair = [await desk.do(lambda scope, faq=faq: desk.knowledge.faqs.get(scope, faq.id)) for faq in (zh, en)]
        assert pair[0].audience == pair[1].audience


async def test_two_editors_of_one_faq_leave_a_version_each(desk: Desk):
    faq = await desk.faq("怎么退货")

    def answer(text: str) -> Act:
        return lambda scope: desk.knowledge.faqs.change(scope, faq.id, FaqChanges(answer=text), None)

    await desk.at_once(*(answer(f"第 {number} 个答案") for number in range(4)))
    kept = await desk.do(lambda scope: desk.knowledge.versions(scope, faq.id))
    assert [one.version for one in kept] == [5, 4, 3, 2, 1]
    now = await desk.do(lambda scope: desk.knowledge.faqs.get(scope, faq.id))
    assert (now.version, now.answer) == (5, kept[0].content["answer"])


async def test_the_same_variant_from_many_sides_stands_once(desk: Desk):
    faq = await desk.faq("怎么退货")

    def add(text: str) -> Act:
        return lambda scope: desk.knowledge.faqs.add_variant(scope, faq.id, text)

    await desk.at_once(add("想退掉"), add("想退掉？"), add("怎么退货！"), add("不要了"))
    after = await desk.do(lambda scope: desk.knowledge.faqs.get(scope, faq.id))
    assert {text.rstrip("？") for text in after.variants} == {"想退掉", "不要了"}


async def test_publishing_and_deleting_at_once_leaves_nothing_to_find(desk: Desk):
    article = await desk.article("青瓷养护", "用清水洗。")
    await desk.at_once(
        lambda scope: desk.knowledge.articles.publish(scope, article.id, "zh"),
        lambda scope: desk.knowledge.articles.delete(scope, article.id),
    )
    gone = await desk.at_once(lambda scope: desk.knowledge.articles.delete(scope, article.id))
    assert kinds(gone) == ["KnowledgeNotFound"]
    assert await desk.found("青瓷养护") == []


async def test_of_two_things_with_one_address_one_has_it(desk: Desk):
    articles = await desk.at_once(
        *(lambda scope: desk.knowledge.articles.create(scope, NewArticle(slug="care")) for _ in range(3))
    )
    shelves = await desk.at_once(
        *(lambda scope: desk.knowledge.categories.create(scope, NewCategory(slug="care", name={"zh": "养护"})) for _ in range(3))
    )
    snippets = await desk.at_once(
        *(
            lambda scope: desk.knowledge.snippets.create(scope, NewSnippet(shortcut="hi", title="t", body={"zh": "x"}))
            for _ in range(3)
        )
    )
    assert kinds(articles) == ["Article", "SlugTaken", "SlugTaken"]
    assert kinds(shelves) == ["Category", "SlugTaken", "SlugTaken"]
    assert kinds(snippets) == ["ShortcutTaken", "ShortcutTaken", "Snippet"]


async def test_shelves_of_one_english_name_have_addresses_of_their_own(desk: Desk):
    made = [
        await desk.do(lambda scope: desk.knowledge.categories.create(scope, NewCategory(name={"en": "Tea & Ware"})))
        for _ in range(2)
    ]
    assert made[0].slug == "tea-ware"
    assert made[1].slug != "tea-ware"
    with pytest.raises(SlugTaken):
        await desk.do(lambda scope: desk.knowledge.categories.change(scope, made[1].id, CategoryChanges(slug="Tea-Ware")))


async def test_nothing_given_changes_nothing(desk: Desk):
    faq, article = await desk.faq("怎么退货", variants=["想退"], publish=True), await desk.article("青瓷")
    shelf = await desk.do(lambda scope: desk.knowledge.categories.create(scope, NewCategory(name={"zh": "养护"})))
    snippet = await desk.do(
        lambda scope: desk.knowledge.snippets.create(scope, NewSnippet(shortcut="hi", title="t", body={"zh": "x"}))
    )
    after = await desk.do(lambda scope: desk.knowledge.faqs.change(scope, faq.id, FaqChanges(), None))
    assert (after.version, after.variants, after.status) == (1, ["想退"], "published")
    assert await desk.do(lambda scope: desk.knowledge.categories.change(scope, shelf.id, CategoryChanges())) == shelf
    assert await desk.do(lambda scope: desk.knowledge.snippets.change(scope, snippet.id, SnippetChanges())) == snippet
    same = await desk.do(lambda scope: desk.knowledge.articles.change(scope, article.id, ArticleChanges()))
    assert (same.slug, same.translations["zh"].version) == (article.slug, 1)


async def test_another_company_finds_and_changes_nothing(desk: Desk, database: Any):
    other = await Workspaces(database).create(f"w-{uuid4().hex[:12]}", {"zh": "别家"})
    article, faq = await desk.article("青瓷", slug="celadon"), await desk.faq("怎么退货")
    shelf = await desk.do(lambda scope: desk.knowledge.categories.create(scope, NewCategory(name={"zh": "养护"})))
    report = await desk.read("a.csv", "问题,答案\n多久到,三天\n".encode())
    know = desk.knowledge
    acts: list[Act] = [
        lambda scope: know.faqs.change(scope, faq.id, FaqChanges(answer="坏"), None),
        lambda scope: know.faqs.delete(scope, faq.id),
        lambda scope: know.articles.save(scope, (article.id, "zh"), TranslationText(title="坏", body="坏"), None),
        lambda scope: know.articles.publish(scope, article.id, "zh"),
        lambda scope: know.articles.delete(scope, article.id),
        lambda scope: know.categories.change(scope, shelf.id, CategoryChanges(name={"zh": "坏"})),
        lambda scope: know.categories.delete(scope, shelf.id),
        lambda scope: know.imports.report(scope, report.id),
    ]
    for act in acts:
        with pytest.raises(KnowledgeNotFound):
            async with database.scope(other.id) as scope:
                await act(scope)
    async with database.scope(other.id) as scope:
        with pytest.raises(KnowledgeInvalid):
            await know.faqs.create(scope, NewFaq(language="zh", question="q", answer="a", category_id=shelf.id), None)
        assert await know.articles.find_by_slug(scope, "celadon") is None
    assert (await desk.do(lambda scope: know.faqs.get(scope, faq.id))).answer == "答"


async def test_a_translation_without_words_is_not_shown_and_what_was_shown_stays(desk: Desk):
    article = await desk.article("青瓷养护", "用清水洗。")
    await desk.do(lambda scope: desk.knowledge.articles.publish(scope, article.id, "zh"))
    for title, body in (("", "有正文"), ("有标题", " \x00 ")):
        text = TranslationText(title=title, body=body)
        await desk.do(lambda scope, text=text: desk.knowledge.articles.save(scope, (article.id, "zh"), text, None))
        with pytest.raises(NothingToPublish):
            await desk.do(lambda scope: desk.knowledge.articles.publish(scope, article.id, "zh"))
    assert await desk.found("清水") == ["青瓷养护"]
    entry = await desk.do(lambda scope: desk.knowledge.entry(scope, entry_id_of(article.id, "zh")))
    assert "用清水洗" in entry.answer


# --- imports -----------------------------------------------------------------------------------------------------------------


async def test_two_workers_on_one_import_take_each_row_once(desk: Desk):
    rows = "问题,答案\n" + "".join(f"第 {number} 个问题怎么办,答案 {number}\n" for number in range(120))
    begun = await desk.do(
        lambda scope: desk.knowledge.imports.begin(scope, NewImport(file_name="a.csv", data=rows.encode()), None)
    )
    await asyncio.gather(*(desk.job.run(desk.workspace.id, {"import_id": str(begun.id)}) for _ in range(3)))
    await desk.jobs.drain()
    report = await desk.do(lambda scope: desk.knowledge.imports.report(scope, begun.id))
    assert (report.status, report.taken, report.refused, report.problems) == ("done", 120, 0, [])


async def test_the_same_file_again_takes_nothing_and_says_so(desk: Desk):
    data = "问题,答案,编号\n多久到,三天,when\n怎么退,七天,back\n".encode()
    first, again = await desk.read("a.csv", data), await desk.read("a.csv", data)
    assert [(one.taken, one.refused) for one in (first, again)] == [(2, 0), (0, 2)]
    assert {one.code for one in again.problems} == {"knowledge.duplicate_question"}


async def test_an_address_the_store_refuses_costs_its_article_alone(desk: Desk):
    report = await desk.read(
        "a.zip",
        archive(a__md="---\nslug: İstanbul\n---\n# 甲\n\n正文甲", b__md="---\nslug: ok-one\n---\n# 乙\n\n正文乙"),
        publish=True,
    )
    assert (report.status, report.taken) == ("done", 2)
    assert await desk.found("正文乙") == ["乙"]
    assert await desk.found("正文甲") == ["甲"]


async def test_an_article_that_grows_too_long_with_its_pictures_is_named(desk: Desk):
    shown = {f"p{number}.png": picture(number) for number in range(190)}
    body = "\n\n".join([*(f"![]({name})" for name in shown), *["茶" * 1_000] * 65])
    report = await desk.read(
        "a.zip", archive(**{"long.md": f"# 长\n\n{body}", "short.md": "# 短\n\n正文", **shown}), publish=True
    )
    assert report.status == "done"
    assert (report.taken, [(one.source, one.code) for one in report.problems if one.code == "knowledge.invalid"]) == (
        1,
        [("long.md", "knowledge.invalid")],
    )
    assert await desk.found("正文") == ["短"]


async def test_an_article_of_nothing_but_a_missing_picture_stops_nobody(desk: Desk):
    report = await desk.read("a.zip", archive(a__md="# 图\n\n![](missing.png)\n\n&nbsp;", b__md="# 文\n\n正文"), publish=True)
    assert report.status == "done"
    assert await desk.found("正文") == ["文"]


async def test_many_shelves_in_a_file_are_made_once_each(desk: Desk):
    rows = "问题,答案,分类\n" + "".join(
        f"问题 {number} 怎么办,答,{('退货', ' 退货 ', '退貨', '物流')[number % 4]}\n" for number in range(60)
    )
    report = await desk.read("a.csv", rows.encode())
    shelves = await desk.do(desk.knowledge.categories.all)
    assert (report.taken, [one.name for one in shelves]) == (60, [{"zh": "退货"}, {"zh": "物流"}])


async def test_a_slug_that_is_taken_is_left_out_and_the_row_stays(desk: Desk):
    await desk.faq("原来的问题", slug="back")
    report = await desk.read("a.csv", "问题,答案,编号\n怎么退,七天,back\n怎么换,八天,swap\n再换,九天,swap\n".encode())
    faqs = (await desk.do(lambda scope: desk.knowledge.faqs.page(scope, Filter())))[0]
    assert (report.taken, {one.question: one.slug for one in faqs}) == (
        3,
        {"原来的问题": "back", "怎么退": None, "怎么换": "swap", "再换": None},
    )


async def test_an_import_that_is_no_more_is_nothing_to_do(desk: Desk):
    await desk.job.run(desk.workspace.id, {"import_id": str(uuid4())})
    report = await desk.read("a.bin", b"\x00\x01\x02")
    await desk.job.run(desk.workspace.id, {"import_id": str(report.id)})
    again = await desk.do(lambda scope: desk.knowledge.imports.get(scope, UUID(str(report.id))))
    assert (report.status, again.status, again.finished_at) == ("failed", "failed", report.finished_at)
