"""Serves the demo shop at /demo/ : its shelves, its pieces and the account of its signed-in customer, each with the chat.

The account page does what a company's own server would do: it signs who its customer is with the inbox's identity key.
"""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.di import Provide
from litestar.params import Parameter

from demo.content import Lang, load_company, load_products
from demo.customers import customers
from demo.seeding.house import House
from demo.seeding.shoppers import attributes_of, customer_number, tier_of
from demo.shop_pages import Account, Links, render_account, render_product, render_shop
from qiao.domains.inboxes.contracts import Inbox
from qiao.domains.inboxes.install import snippet_of
from qiao.kit.clock import utc_now
from qiao.kit.errors import NotFound
from qiao.kit.ids import ContactId
from qiao.platform.auth.signing import sign_proof
from qiao.platform.http.guards import public
from qiao.ports.commerce import Customer as Shopper
from qiao.ports.commerce_orders import Order

# What a page of the shop says to the chat: the queue is there before the loader has come.
_IDENTIFY = """<script>
window.qiao = window.qiao || Object.assign((...command) => window.qiao.q.push(command), { q: [] });
window.qiao("identify", document.querySelector('meta[name="qiao-identity"]').content);
</script>"""
_NOBODY = ContactId(UUID(int=0))
_SHOWN = 20
# As a company's own site would have it: its words may speak and dress inline, and everything comes from this address.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Content-Security-Policy": _POLICY,
}

Asked = Annotated[Lang | None, Parameter(query="lang")]


class Shop:
    """The demo's shop over the house that serves it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._slug = load_company().slug
        self.links = Links(shop="/demo/", product="/demo/products/", account="/demo/account", help=f"/help/{self._slug}")

    async def snippet(self) -> str:
        """The inbox's own snippet, without an origin: the shop stands on the same one, whatever it is called."""
        inbox, _ = await self.inbox()
        return snippet_of(inbox, "").snippet

    async def inbox(self) -> tuple[Inbox, str]:
        """The oldest inbox with a live identity key, and that key. Raises NotFound when there is none."""
        workspace = await self._house.workspaces.by_slug(self._slug)
        async with self._house.database.scope(workspace.id) as scope:
            for inbox in await self._house.inboxes.all(scope):
                keys = await self._house.identity_keys.live_secrets(scope, inbox.id)
                if inbox.enabled and keys:
                    return inbox, keys[0]
        raise NotFound("the demo has no inbox with an identity key")

    async def orders_of(self, number: str) -> tuple[Order, ...]:
        """A customer's orders as the store has them, by the shop's own number of the customer."""
        workspace = await self._house.workspaces.by_slug(self._slug)
        customer = Shopper(workspace_id=workspace.id, contact_id=_NOBODY, external_id=number)
        store = self._house.commerce.acting("shop page")
        return tuple([await store.order(customer, one.number) for one in await store.orders(customer, _SHOWN)])


def _shop(house: Any) -> Shop:
    return Shop(house)


class ShopController(Controller):
    """The pages of the demo shop. Needs the program's `house` among the injected."""

    path = "/demo"
    include_in_schema = False
    dependencies = {"shop": Provide(_shop, sync_to_thread=False)}  # noqa: RUF012 - as the class above declares it

    @get("/", guards=[public])
    async def shelves(self, request: Request[Any, Any, Any], shop: Shop, asked: Asked = None) -> Response[str]:
        """Every piece of the shop."""
        return _page(render_shop(_language(request, asked), load_products(), await shop.snippet(), links=shop.links))

    @get("/products/{sku:str}", guards=[public])
    async def piece(self, sku: str, request: Request[Any, Any, Any], shop: Shop, asked: Asked = None) -> Response[str]:
        """One piece."""
        product = next((one for one in load_products() if one.sku == sku), None)
        if product is None:
            raise NotFound("no such piece")
        return _page(render_product(_language(request, asked), product, await shop.snippet(), links=shop.links))

    @get("/account", guards=[public])
    async def account(self, request: Request[Any, Any, Any], shop: Shop, asked: Asked = None) -> Response[str]:
        """The account of the customer who is signed in here: nobody else's, and nothing real."""
        inbox, key = await shop.inbox()
        customer = customers(today=utc_now().date())[0]
        claims = {
            "name": customer.name,
            "email": customer.email,
            "phone": customer.phone,
            "city": customer.city,
            "country": customer.country,
            "tier": tier_of(customer),
            "attributes": attributes_of(customer),
        }
        known = {name: value for name, value in claims.items() if value is not None}
        token = sign_proof(customer_number(0), key, audience=inbox.key, claims=known)
        snippet = _IDENTIFY + snippet_of(inbox, "").snippet
        account = Account(customer, await shop.orders_of(customer_number(0)))
        return _page(render_account(_language(request, asked), account, snippet, token, links=shop.links))


def _language(request: Request[Any, Any, Any], asked: Lang | None) -> Lang:
    """As asked for, else what the browser prefers."""
    if asked is not None:
        return asked
    preferred = request.headers.get("accept-language", "").strip().lower()
    return "en" if preferred.startswith("en") else "zh"


def _page(html: str) -> Response[str]:
    return Response(html, media_type="text/html", headers=_HEADERS)
