"""A page in both languages, light and dark, wide and narrow.

Two of the eight combinations hold each language, theme and width once; `LOOKS=all` takes all eight (tools/looks.py asks for them).
"""

import itertools
import os
from typing import Any

import pytest
from playwright.async_api import Page
from support.browser import at_rest, axe, shoot, sideways

USUAL = {"zh-light-1440", "en-dark-360"}
EVERY = {
    f"{lang}-{scheme}-{360 if phone else 1440}": (lang, scheme, phone)
    for lang, scheme, phone in itertools.product(("zh", "en"), ("light", "dark"), (False, True))
}
ALL = os.environ.get("LOOKS") == "all"
NAMES = [name for name in EVERY if name in USUAL or ALL]
LOOKS = [pytest.param(*EVERY[name], id=name) for name in NAMES]
"""For parametrize: language, scheme, whether on a telephone."""


async def look(page: Page, name: str, *, deep: bool = True) -> list[str]:
    """What is wrong with the page, one line each. A picture is kept when all looks are asked for."""
    await at_rest(page)
    if ALL:
        await shoot(page, name)
    wide = await sideways(page)
    found = [f"{name}: {wide} px too wide"] if wide > 0 else []
    return found + ([f"{name}: {one}" for one in await axe(page)] if deep else [])


def dressed(lang: str, scheme: str, *, phone: bool) -> dict[str, Any]:
    """The options of a window that looks so."""
    return {"locale": {"zh": "zh-CN", "en": "en-GB"}[lang], "color_scheme": scheme, "phone": phone}
