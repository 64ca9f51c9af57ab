"""Pictures of entries that agents alone read: fetched by colleagues, and by nobody else, whatever address was kept from before."""

from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image

from qiao.domains.knowledge.contracts import (
    ArticleChanges,
    FaqChanges,
    NewArticle,
    NewFaq,
    NewSnippet,
    SnippetChanges,
    TranslationText,
)
from qiao.domains.knowledge.pictures import pictures_in
from qiao.domains.workspaces.api import Workspaces
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.blobs.contracts import StoredFile

pytestmark = pytest.mark.database
Door = Callable[..., Awaitable[httpx.AsyncClient]]


def png(side: int = 900) -> bytes:
    kept = BytesIO()
    Image.new("RGB", (side, side), "teal").save(kept, "PNG")
    return kept.getvalue()


class Desk:
    """Knowledge with pictures, a customer with kept addresses, and a colleague."""

    def __init__(self, house: Any, workspace: Workspace, customer: httpx.AsyncClient, agent: httpx.AsyncClient) -> None:
        self.house, self.workspace, self.customer, self.agent = house, workspace, customer, agent

    def scope(self) -> Any:
        return self.house.database.scope(self.workspace.id)

    async def picture(self, name: str = "seal.png") -> StoredFile:
        async with self.scope() as scope:
            return await self.house.files.store(scope, name, png(), owner=None)

    async def faq(self, question: str, *shown: StoredFile, **fields: Any) -> UUID:
        answer = "看图：" + " ".join(f"![图]({one.url})" for one in shown)
        async with self.scope() as scope:
            new = NewFaq(language="zh", question=question, answer=answer, publish=True, **fields)
            return (await self.house.knowledge.faqs.create(scope, new, None)).id

    async def change(self, faq_id: UUID, **fields: Any) -> None:
        async with self.scope() as scope:
            await self.house.knowledge.faqs.change(scope, faq_id, FaqChanges(**fields), None)

    async def article(self, *shown: StoredFile, **fields: Any) -> UUID:
        async with self.scope() as scope:
            made = await self.house.knowledge.articles.create(scope, NewArticle(**fields))
        await self.write(made.id, *shown)
        async with self.scope() as scope:
            await self.house.knowledge.articles.publish(scope, made.id, "zh")
        return made.id

    async def write(self, article_id: UUID, *shown: StoredFile) -> None:
        body = "\n\n".join(["步骤", *(f"![图]({one.url})" for one in shown)])
        async with self.scope() as scope:
            text = TranslationText(title="退款手册", body=body)
            await self.house.knowledge.articles.save(scope, (article_id, "zh"), text, None)

    async def is_open(self, file: StoredFile) -> bool:
        """Whether a customer gets it by its address, whole and small alike; a colleague always does."""
        assert file.thumbnail_url is not None
        seen = [(await self.customer.get(url)).status_code for url in (file.url, file.thumbnail_url)]
        assert [(await self.agent.get(url)).status_code for url in (file.url, file.thumbnail_url)] == [200, 200]
        assert seen in ([200, 200], [404, 404])
        return seen[0] == 200


@pytest.fixture
async def desk(house: Any, workspace: Workspace, door: Door) -> Desk:
    return Desk(house, workspace, await door(), await door("agent"))


async def test_a_picture_goes_inside_with_its_faq_and_comes_back_with_it(desk: Desk) -> None:
    picture = await desk.picture()
    faq = await desk.faq("怎么看壶底的印？", picture)
    assert await desk.is_open(picture)
    await desk.change(faq, audience="agents")
    assert not await desk.is_open(picture)
    assert (await desk.agent.get(picture.url)).headers["cache-control"] == "no-store"
    await desk.change(faq, audience="everyone")
    assert await desk.is_open(picture)
    assert "immutable" in (await desk.customer.get(picture.url)).headers["cache-control"]


async def test_what_another_entry_shows_to_everyone_stays_open_until_that_one_goes(desk: Desk) -> None:
    picture = await desk.picture()
    inner = await desk.faq("内部", picture, audience="agents")
    assert not await desk.is_open(picture)
    open_ = await desk.faq("公开", picture)
    assert await desk.is_open(picture)
    await desk.change(inner, answer="不同了")
    assert await desk.is_open(picture)
    await desk.change(inner, answer=f"![图]({picture.url})")
    await desk.change(open_, answer="没有图了")
    assert not await desk.is_open(picture)


async def test_deleting_the_open_one_leaves_it_to_the_inner_one(desk: Desk) -> None:
    picture = await desk.picture()
    await desk.faq("内部", picture, audience="agents")
    open_ = await desk.faq("公开", picture)
    async with desk.scope() as scope:
        await desk.house.knowledge.faqs.delete(scope, open_)
    assert not await desk.is_open(picture)


async def test_a_translation_that_follows_takes_its_pictures_along(desk: Desk) -> None:
    zh, en = await desk.picture(), await desk.picture("seal-en.png")
    faq = await desk.faq("印章？", zh, slug="seal")
    async with desk.scope() as scope:
        new = NewFaq(language="en", question="Seal?", answer=f"![seal]({en.url})", slug="seal", publish=True)
        await desk.house.knowledge.faqs.create(scope, new, None)
    await desk.change(faq, audience="agents")
    assert [await desk.is_open(zh), await desk.is_open(en)] == [False, False]


async def test_an_articles_pictures_follow_its_audience_written_or_published(desk: Desk) -> None:
    shown, draft = await desk.picture("one.png"), await desk.picture("two.png")
    article = await desk.article(shown)
    await desk.write(article, draft)
    async with desk.scope() as scope:
        await desk.house.knowledge.articles.change(scope, article, ArticleChanges(audience="agents"))
    assert [await desk.is_open(shown), await desk.is_open(draft)] == [False, False]
    async with desk.scope() as scope:
        await desk.house.knowledge.articles.change(scope, article, ArticleChanges(audience="everyone"))
    assert [await desk.is_open(shown), await desk.is_open(draft)] == [True, True]


async def test_what_an_article_stops_showing_belongs_to_whoever_shows_it_still(desk: Desk) -> None:
    picture = await desk.picture()
    article = await desk.article(picture)
    await desk.faq("内部", picture, audience="agents")
    assert await desk.is_open(picture)
    await desk.write(article)
    assert await desk.is_open(picture), "what is published shows it still"
    async with desk.scope() as scope:
        await desk.house.knowledge.articles.publish(scope, article, "zh")
    assert not await desk.is_open(picture)
    await desk.write(article, picture)
    async with desk.scope() as scope:
        await desk.house.knowledge.articles.publish(scope, article, "zh")
        await desk.house.knowledge.articles.delete(scope, article)
    assert not await desk.is_open(picture)


async def test_a_ready_text_is_sent_to_customers_so_its_picture_is_theirs(desk: Desk) -> None:
    picture = await desk.picture()
    async with desk.scope() as scope:
        new = NewSnippet(shortcut="seal", title="印章", body={"zh": f"![图]({picture.url})"})
        await desk.house.knowledge.snippets.create(scope, new)
    await desk.faq("内部", picture, audience="agents")
    assert await desk.is_open(picture)
    other = await desk.picture("other.png")
    await desk.faq("内部二", other, audience="agents")
    assert not await desk.is_open(other)
    async with desk.scope() as scope:
        (kept,) = await desk.house.knowledge.snippets.all(scope)
        await desk.house.knowledge.snippets.change(scope, kept.id, SnippetChanges(body={"zh": f"![图]({other.url})"}))
    assert await desk.is_open(other)


async def test_colleagues_of_another_company_are_strangers(desk: Desk) -> None:
    picture = await desk.picture()
    await desk.faq("内部", picture, audience="agents")
    other = await Workspaces(desk.house.database).create("w-strangers-pictures", {"zh": "别家"})
    workspace, file_id, secret = picture.url.removeprefix("/files/").split("/")
    for reader in (None, other.id):
        with pytest.raises(Exception, match="no such file"):
            await desk.house.files.read(UUID(workspace), UUID(file_id), secret.split(".")[0], small=False, reader=reader)


async def test_what_is_inside_is_no_picture_of_a_guide(desk: Desk, door: Door) -> None:
    inner, shown = await desk.picture("inner.png"), await desk.picture("shown.png")
    await desk.picture("nobody.png")
    await desk.faq("内部", inner, audience="agents")
    await desk.faq("公开", shown)
    offered = (await (await door("editor")).get("/api/v1/bot/flows/pictures")).json()["items"]
    assert [one["name"] for one in offered] == ["shown.png"]


def test_addresses_of_ours_are_told_from_others():
    here = "/files/" + "a" * 32 + "/" + "0" * 31 + "7/secret.png"
    texts = [None, "", f"![x]({here}) {here}/thumbnail", "https://spy.example/files/a/b/c.png", "/files/short/no/x.png"]
    assert pictures_in(texts) == [UUID(int=7)]
