import re

import pytest

from demo.content import (
    LANGS,
    ContentBroken,
    Product,
    load_articles,
    load_catalogue,
    load_categories,
    load_company,
    load_faq,
    load_products,
    read_toml,
)
from demo.pictures import PICTURES, draw, write_pictures
from demo.scripts import load_repertoire
from demo.seeding.guides import guide_pictures


def test_the_company_has_people_for_every_part():
    company = load_company()
    roles = [person.role for person in company.people]
    assert (roles.count("agent"), roles.count("supervisor"), roles.count("owner")) == (4, 1, 1)
    assert {"editor", "viewer"} <= set(roles)
    assert len(company.answering()) == 6
    assert len(company.canned) == 20
    assert all(person.email.endswith("@lanting.example") for person in company.people)
    spoken = {lang for person in company.answering() for lang in person.languages}
    assert spoken == set(LANGS)


def test_every_product_can_be_shown_in_both_languages():
    catalogue = load_catalogue()
    assert len(catalogue.products) == 24
    assert all(product.name.zh and product.name.en and product.about.zh and product.about.en for product in catalogue.products)
    assert all(re.fullmatch(r"#[0-9A-F]{6}", color) for product in catalogue.products for color in product.colors)


@pytest.mark.parametrize("lang", LANGS)
def test_the_faq_is_wide_and_each_entry_has_several_phrasings(lang):
    entries = load_faq(lang)
    assert len(entries) >= 50
    assert all(4 <= len(entry.variants) <= 7 for entry in entries)
    assert {entry.category for entry in entries} == {category.slug for category in load_categories()}


@pytest.mark.parametrize("lang", LANGS)
def test_articles_are_whole(lang):
    articles = load_articles(lang)
    assert len(articles) >= 22
    assert all(article.body.count("\n## ") + article.body.startswith("## ") >= 2 for article in articles)
    assert {category.slug for category in load_categories()} == {article.category for article in articles}
    assert {name for article in articles for name in article.pictures()} == set(PICTURES) - guide_pictures()


def test_a_guide_shows_only_pictures_that_are_drawn():
    assert {"teapot-where", "teapot-lid"} <= guide_pictures() <= set(PICTURES)


def test_articles_have_the_same_slugs_in_both_languages():
    assert [article.slug for article in load_articles("zh")] == [article.slug for article in load_articles("en")]


@pytest.mark.parametrize("lang", LANGS)
def test_every_topic_leads_to_an_entry_and_a_team(lang):
    slugs = {entry.slug for entry in load_faq(lang)}
    teams = {team.slug for team in load_company().teams}
    tags = set(load_company().tags)
    topics = load_repertoire(lang).topics
    assert len(topics) >= 12
    assert {topic.entry for topic in topics} | {script.entry for topic in topics for script in topic.scripts} <= slugs | {""}
    assert {topic.team for topic in topics} == teams
    assert {tag for topic in topics for tag in topic.tags} <= tags
    assert all(script.spoken() for topic in topics for script in topic.scripts)


@pytest.mark.parametrize("lang", LANGS)
def test_every_shipping_price_in_the_answers_is_the_company_s_price(lang):
    answers = {entry.slug: entry.answer for entry in load_faq(lang)}
    assert "15" in answers["how-return"]
    assert "16:00" in answers["when-ships"]
    assert "199" in answers["shipping-cost"]
    assert "79" in answers["ship-abroad" if lang == "zh" else "shipping-cost"]


def test_pictures_are_drawn_the_same_each_time():
    assert draw("gaiwan-sizes") == draw("gaiwan-sizes")


def test_every_picture_is_written_as_a_small_png(tmp_path):
    written = write_pictures(tmp_path / "pictures")
    assert {path.stem for path in written} == set(PICTURES)
    assert all(path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size < 100_000 for path in written)


def test_an_unknown_field_is_refused_by_name_of_file(tmp_path):
    path = tmp_path / "products.toml"
    path.write_text('sku = "X"\ncolour = "red"\n')
    with pytest.raises(ContentBroken, match=r"products\.toml"):
        read_toml(path, Product)


def test_products_are_loaded_in_shop_order():
    assert load_products()[0].sku == "GW-CEL-120"
