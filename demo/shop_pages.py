"""The demo shop's pages: a list of pieces, one piece, and the account of the signed-in customer. They carry the chat widget.

Pure: text in, HTML out. Where the pages are served, and how the widget's snippet and identity token are made, is the caller's.
"""

from pathlib import Path
from typing import Final

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from demo.content import Catalogue, Lang, Product, Text, load_catalogue, load_company
from demo.customers import Customer, OrderStatus, Tier
from demo.drawings import drawing
from demo.shop_words import ORDER_STATUSES, STATUSES, TIERS, WORDS
from qiao.ports.commerce_orders import Order

_SHOP = Path(__file__).parent / "shop"


class Links(msgspec.Struct, frozen=True):
    """Where the pages live; the product's sku and the language are added to them."""

    shop: str = "/shop"
    product: str = "/shop/products/"
    account: str = "/shop/account"
    help: str = "/help"


LINKS: Final = Links()


class Account(msgspec.Struct, frozen=True):
    """Who is signed in, and their orders as the store has them, newest first."""

    customer: Customer
    orders: tuple[Order, ...] = ()


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_SHOP), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def price(cny: int, usd: int, lang: Lang) -> str:
    """The price as the shop writes it: yuan in Chinese, dollars in English."""
    return f"¥{cny:,}" if lang == "zh" else f"${usd:,}"


def render_shop(
    lang: Lang, products: tuple[Product, ...], snippet: str, identity_token: str | None = None, links: Links = LINKS
) -> str:
    """The shop window: every piece under its category. `snippet` is trusted HTML put before the end of the body."""
    catalogue = load_catalogue()
    shelves = _shelves(catalogue, products)
    return _render(
        "shop.html.j2", lang, snippet, {"shelves": shelves, "identity_token": identity_token, "links": links, "here": links.shop}
    )


def render_product(lang: Lang, product: Product, snippet: str, identity_token: str | None = None, links: Links = LINKS) -> str:
    """The page of one piece, with three others beside it."""
    catalogue = load_catalogue()
    alike = sorted(
        (one for one in catalogue.products if one.sku != product.sku), key=lambda one: one.category != product.category
    )
    category: Text = next(one.name for one in catalogue.categories if one.slug == product.category)
    return _render(
        "product.html.j2",
        lang,
        snippet,
        {
            "product": product,
            "category": category,
            "alike": alike[:3],
            "identity_token": identity_token,
            "links": links,
            "here": links.product + product.sku,
        },
    )


def render_account(lang: Lang, account: Account, snippet: str, identity_token: str, links: Links = LINKS) -> str:
    """The account page of a signed-in customer. The token stands in the head as `<meta name="qiao-identity">` for the widget."""
    customer = account.customer
    return _render(
        "account.html.j2",
        lang,
        snippet,
        {
            "customer": customer,
            "tier": tier_name(customer.tier).of(lang),
            "orders": account.orders,
            "statuses": {status: text.of(lang) for status, text in ORDER_STATUSES.items()},
            "identity_token": identity_token,
            "links": links,
            "here": links.account,
        },
    )


def tier_name(tier: Tier) -> Text:
    return TIERS[tier]


def status_name(status: OrderStatus) -> Text:
    return STATUSES[status]


def _shelves(catalogue: Catalogue, products: tuple[Product, ...]) -> list[tuple[Text, str, list[Product]]]:
    return [
        (category.name, category.slug, on_it)
        for category in catalogue.categories
        if (on_it := [product for product in products if product.category == category.slug])
    ]


def _render(template: str, lang: Lang, snippet: str, values: dict[str, object]) -> str:
    words = {key: text.of(lang) for key, text in WORDS.items()}
    company = load_company()
    other: Lang = "en" if lang == "zh" else "zh"
    return (
        _environment()
        .get_template(template)
        .render(
            css=(_SHOP / "shop.css").read_text(encoding="utf-8"),
            drawing=drawing,
            price=price,
            lang=lang,
            other=other,
            html_lang="zh-Hans" if lang == "zh" else "en",
            t=words,
            company=company,
            snippet=snippet,
            **values,
        )
    )
