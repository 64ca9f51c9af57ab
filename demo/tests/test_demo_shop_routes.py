"""The shop's pages as a browser gets them, and the identity that its account page proves."""

import re
from types import SimpleNamespace

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide

from demo.content import load_products
from demo.customers import customers
from demo.orders import store_orders
from demo.seeding.shoppers import customer_number
from demo.shop_routes import ShopController
from qiao.channels.registry import load_channels
from qiao.domains.commerce.api import Commerce
from qiao.domains.inboxes.api import IdentityKeys, Inboxes
from qiao.domains.inboxes.contracts import NewInbox
from qiao.domains.workspaces.api import Workspaces
from qiao.kit.clock import utc_now
from qiao.kit.errors import QiaoError
from qiao.platform.auth.sealing import Seals
from qiao.platform.auth.signing import check_proof
from qiao.platform.http.problems import answer_qiao_error

pytestmark = pytest.mark.database


@pytest.fixture
async def shop(database, workspace):
    """The shop over an inbox of a workspace of its own."""
    inboxes = Inboxes(database, {name: channel.manifest for name, channel in load_channels().items()})
    identity_keys = IdentityKeys(Seals("tests"), inboxes.get)
    async with database.scope(workspace.id) as scope:
        inbox = await inboxes.create(scope, NewInbox(channel=inboxes.channels()[0].name, name="Shop"))
        key = await identity_keys.add(scope, inbox.id)
    workspaces = SimpleNamespace(by_slug=lambda slug: Workspaces(database).by_slug({"lanting": workspace.slug}[slug]))
    commerce = Commerce(database, Seals("tests"), None, None)
    house = SimpleNamespace(
        database=database, inboxes=inboxes, identity_keys=identity_keys, workspaces=workspaces, commerce=commerce
    )
    people = customers(today=utc_now().date())[:2]
    async with database.scope(workspace.id) as scope:
        await commerce.add_orders(scope, store_orders(people, [customer_number(0), customer_number(1)], utc_now()))
    app = Litestar(
        [ShopController],
        dependencies={"house": Provide(lambda: house, sync_to_thread=False)},
        exception_handlers={QiaoError: answer_qiao_error},
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.example") as client:
        yield SimpleNamespace(client=client, inbox=inbox, secret=key.secret)


async def test_every_page_has_the_chat_and_the_language_asked_for(shop):
    for path in ("/demo/", "/demo", f"/demo/products/{load_products()[0].sku}", "/demo/account"):
        page = await shop.client.get(path, params={"lang": "en"})
        assert page.status_code == 200, path
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert f'<script async src="/qiao.js" data-inbox="{shop.inbox.key}"' in page.text
        assert '<html lang="en">' in page.text


async def test_the_browser_s_language_decides_when_none_is_asked_for(shop):
    english = await shop.client.get("/demo/", headers={"accept-language": "en-GB,en;q=0.9"})
    chinese = await shop.client.get("/demo/", headers={"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert '<html lang="en">' in english.text
    assert '<html lang="zh-Hans">' in chinese.text


async def test_links_stay_in_the_demo(shop):
    page = (await shop.client.get("/demo/", params={"lang": "zh"})).text
    assert 'href="/demo/account?lang=zh"' in page
    assert 'href="/help/lanting?lang=zh"' in page
    assert f'href="/demo/products/{load_products()[0].sku}?lang=zh"' in page


async def test_the_account_page_proves_who_is_signed_in(shop):
    page = (await shop.client.get("/demo/account")).text
    token = re.search(r'<meta name="qiao-identity" content="([^"]+)">', page)[1]
    proof = check_proof(token, [shop.secret], audience=shop.inbox.key)
    customer = customers(today=utc_now().date())[0]
    assert proof.subject == "LT-C00001"
    assert (proof.claims["name"], proof.claims["email"], proof.claims["city"]) == (customer.name, customer.email, customer.city)
    assert 'window.qiao("identify"' in page


async def test_the_account_page_shows_the_signed_in_customer_s_orders_and_nobody_else_s(shop):
    page = (await shop.client.get("/demo/account")).text
    own, others = customers(today=utc_now().date())[:2]
    assert all(f'data-copy="{order.id}"' in page for order in own.orders)
    assert not [order.id for order in others.orders if order.id in page]


async def test_other_pages_prove_nobody(shop):
    assert "qiao-identity" not in (await shop.client.get("/demo/")).text


async def test_an_unknown_piece_is_not_found(shop):
    assert (await shop.client.get("/demo/products/none")).status_code == 404


async def test_a_strange_language_is_refused(shop):
    assert (await shop.client.get("/demo/", params={"lang": "xx"})).status_code == 400
