import re

import pytest

from demo.content import LANGS, load_products
from demo.customers import customers
from demo.shop_pages import Links, price, render_account, render_product, render_shop

SNIPPET = '<script src="/widget.js" data-key="demo"></script>'
PRODUCTS = load_products()
SHOPPER = customers()[0]


def page(name, lang, snippet=SNIPPET):
    return {
        "shop": render_shop(lang, PRODUCTS, snippet),
        "product": render_product(lang, PRODUCTS[0], snippet),
        "account": render_account(lang, SHOPPER, snippet, "signed.token"),
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
    assert all(order.id in html for order in SHOPPER.orders)


def test_pages_without_a_sign_in_carry_no_identity():
    assert "qiao-identity" not in page("shop", "zh")


def test_what_comes_from_outside_is_escaped():
    html = render_account("en", SHOPPER, "", '"><script>x()</script>')
    assert "<script>x()" not in html


def test_links_lead_where_the_server_says():
    html = render_product("zh", PRODUCTS[0], "", links=Links(shop="/demo", product="/demo/p/", account="/demo/me", help="/h"))
    assert 'href="/demo?lang=zh"' in html
    assert f'href="/demo/p/{PRODUCTS[1].sku}?lang=zh"' in html


def test_prices_follow_the_language():
    assert (price(1_168, 199, "zh"), price(1_168, 199, "en")) == ("¥1,168", "$199")
