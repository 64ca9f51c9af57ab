"""Whatever an adapter gives as the reason of a refusal can be told in both languages."""

import json
import re
from pathlib import Path

import pytest

from qiao.channels import registry
from qiao.channels.registry import read_manifest
from qiao.ports.channel_reasons import COMMON

HERE = Path(registry.__file__).parent
ROOT = HERE.parents[2]
LOCALES = ROOT / "web/apps/console/src/locales"
FOLDERS = sorted(path.parent for path in HERE.glob("*/manifest.toml"))
REFUSED = re.compile(r'Rejected\(\s*"(\w+)"')
CHINESE = re.compile(r"[一-鿿]")


def catalogue(language: str) -> dict[str, str]:
    words = json.loads((LOCALES / language / "channels.json").read_text(encoding="utf-8"))
    return words["delivery"]["reason"]


def given(folder: Path) -> set[str]:
    """Every word that the channel's own files refuse with."""
    return {word for path in folder.glob("*.py") for word in REFUSED.findall(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_word_that_a_channel_refuses_with_has_words(folder):
    own = {reason.code for reason in read_manifest(folder / "manifest.toml").reasons}
    assert given(folder) - own - set(catalogue("zh")) == set()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_reasons_are_told_in_both_languages(folder):
    for reason in (*read_manifest(folder / "manifest.toml").reasons, *COMMON):
        assert set(reason.words) == {"zh", "en"}, reason.code
        assert CHINESE.search(reason.words["zh"]), reason.code
        assert not CHINESE.search(reason.words["en"]), reason.code
        assert not reason.words["zh"].endswith("。"), reason.code
        assert not reason.words["en"].endswith("."), reason.code


def test_the_stable_words_are_the_same_in_both_catalogues():
    assert set(catalogue("zh")) == set(catalogue("en"))
