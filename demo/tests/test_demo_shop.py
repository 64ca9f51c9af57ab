import re
from datetime import UTC, datetime

import pytest

from demo.content import LANGS, load_products
from demo.customers import customers
from demo.shop_pages import Account, Links, price, render_account, render_product, render_shop
from qiao.ports.commerce_orders import Address, Money, Order, OrderItem, OrderStatus, Shipment

SNIPPET = '<script src="/widget.js" data-key="demo"></script>'
PRODUCTS = load_products()
SHOPPER = customers()[0]
PIECE = PRODUCTS[0]
ORDER = Order(
    number="LT20261120-0007",
    status=OrderStatus.SHIPPED,
    placed_at=datetime(2026, 11, 20, 3, 0, tzinfo=UTC),
    items=(
        OrderItem(
            line="1",
            sku=PIECE.sku,
            title={"zh": PIECE.name.zh, "en": PIECE.name.en},
            quantity=1,
            unit_price=Money(16_800, "CNY"),
        ),
    ),
    goods=Money(16_800, "CNY"),
    shipping=Money(1_200, "CNY"),
    discount=Money(0, "CNY"),
    total=Money(18_000, "CNY"),
    address=Address(country="CN", city="杭州"),
    shipments=(Shipment(carrier={"zh": "顺丰速运", "en": "SF Express"}, tracking_number="SF000012345678", late=True),),
)
ACCOUNT = Account(SHOPPER, (ORDER,))


def page(name, lang, snippet=SNIPPET):
    return {
        "shop": render_shop(lang, PRODUCTS, snippet),
        "product": render_product(lang, PRODUCTS[0], snippet),
        "account": render_account(lang, ACCOUNT, snippet, "signed.token"),
    }[name]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["shop", "product", "account"])
def test_each_page_ends_with_the_snippet_and_names_its_language(name, lang):
    html = page(name, lang)
    assert re.search(re.escape(SNIPPET) + r"\s*</body>\s*</html>\s*$", html)
    assert f'<html lang="{"zh-Hans" if lang == "zh" else "en"}">' in html
    assert html.count("<h1") == html.count("<main") == 1


def test_every_piece_is_on_the_shelf_with_its_drawing_and_price():
    html = page("shop", "en")
    assert all(f"/shop/products/{product.sku}?lang=en" in html for product in PRODUCTS)
    assert html.count('<svg viewBox="0 0 200 160"') == len(PRODUCTS) + 1
    assert "$29" in html
    assert "¥" not in html


def test_the_account_page_carries_the_identity_for_the_widget():
    html = page("account", "zh")
    assert '<meta name="qiao-identity" content="signed.token">' in html
    assert "林语桐" in html


@pytest.mark.parametrize(
    ("lang", "status", "late", "copy"), [("zh", "运输中", "比预计晚", "复制订单号"), ("en", "On its way", "Late", "Copy number")]
)
def test_the_account_page_shows_each_order_with_its_status_and_its_number_to_copy(lang, status, late, copy):
    html = page("account", lang)
    assert f'data-copy="{ORDER.number}" aria-label="{copy} {ORDER.number}">{copy}</button>' in html
    assert "built-in" not in html
    assert all(text in html for text in (status, late, ORDER.items[0].title[lang], "¥180.00", "SF000012345678", "2026-11-20"))


def test_who_has_no_orders_is_told_so():
    assert "No orders yet." in render_account("en", Account(SHOPPER), SNIPPET, "signed.token")


def test_pages_without_a_sign_in_carry_no_identity():
    assert "qiao-identity" not in page("shop", "zh")


def test_what_comes_from_outside_is_escaped():
    html = render_account("en", ACCOUNT, "", '"><script>x()</script>')
    assert "<script>x()" not in html


def test_links_lead_where_the_server_says():
    html = render_product("zh", PRODUCTS[0], "", links=Links(shop="/demo", product="/demo/p/", account="/demo/me", help="/h"))
    assert 'href="/demo?lang=zh"' in html
    assert f'href="/demo/p/{PRODUCTS[1].sku}?lang=zh"' in html


def test_prices_follow_the_language():
    assert (price(1_168, 199, "zh"), price(1_168, 199, "en")) == ("¥1,168", "$199")
