"""A help centre served alone, with something to read in it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide

from qiao.domains.knowledge.api import Knowledge
from qiao.domains.knowledge.contracts import Article, NewArticle, NewCategory, NewFaq, TranslationText
from qiao.domains.workspaces.contracts import Workspace
from qiao.platform.blobs.files import Files, open_store
from qiao.platform.db.database import Database
from qiao.platform.jobs.jobs import Jobs
from qiao.platform.settings import Settings
from qiao.portal import guides_http, http
from qiao.portal.portal import Portal
from qiao.portal.tests.guide_readers import drips, published, stored
from qiao.portal.visit import Chat

CONTROLLERS = (*http.CONTROLLERS, *guides_http.CONTROLLERS)

ZH = TranslationText(
    title="盖碗选多大",
    summary="按人数选。",
    body="## 按人数\n\n120 ml 适合一两个人，见[保养](care)。\n\n## 按茶\n\n岩茶<script>alert(1)</script>小一点。\n\n![图](https://spy.example/p.png)",
)
EN = TranslationText(title="Which gaiwan size", summary="Count people.", body="Choose **120 ml** for one or two.")


@pytest.fixture
def knowledge(database: Database, tmp_path: Path) -> Knowledge:
    return Knowledge(database, Jobs(database), Files(database, open_store("", tmp_path / "files")))


@pytest.fixture
async def article(knowledge: Knowledge, database: Database, workspace: Workspace) -> Article:
    """An article shown in Chinese only, in a category, beside two FAQs."""
    async with database.scope(workspace.id) as scope:
        shelf = await knowledge.categories.create(
            scope, NewCategory(name={"zh": "选购", "en": "Choosing"}, description={"zh": "怎么挑"}, slug="choosing")
        )
        made = await knowledge.articles.create(scope, NewArticle(category_id=shelf.id, slug="size"))
        await knowledge.articles.save(scope, (made.id, "zh"), ZH, None)
        for language, question in (("zh", "怎么退货？"), ("en", "How do I return an order?")):
            new = NewFaq(language=language, question=question, answer="**7** days & more", slug="returns", publish=True)
            await knowledge.faqs.create(scope, new, None)
        return await knowledge.articles.publish(scope, made.id, "zh")


@pytest.fixture
def portal(database: Database, knowledge: Knowledge) -> Portal:
    async def chat(_workspace_id: object) -> Chat:
        snippet = '<script async src="https://desk.example/qiao.js" data-inbox="k"></script>'
        return Chat(snippet=snippet, address="/chat/k", colour="#FFD400")

    settings = Settings(public_url="https://desk.example", secret_key="s")
    return Portal(database, knowledge, settings, chat_for=chat)


def _giver(part: object) -> Callable[[], object]:
    return lambda: part


@pytest.fixture
async def reader(portal: Portal) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without cookies."""
    app = Litestar(list(CONTROLLERS), dependencies={"portal": Provide(_giver(portal), sync_to_thread=False)}, openapi_config=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://desk.example") as client:
        yield client


@pytest.fixture
def root(workspace: Workspace) -> str:
    return f"/help/{workspace.slug}"


@pytest.fixture
async def guide(house: Any, workspace: Workspace) -> Any:
    """The guide is there for everybody; its flow's id."""
    return await published(house, workspace, drips(await stored(house, workspace)))
