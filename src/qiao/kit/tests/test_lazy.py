import re
import subprocess
import sys

import pytest

from qiao.kit import lazy as module
from qiao.kit.lazy import compile_patterns, lazy, lazy_pattern

ASKED = """
import sys
from qiao.kit.lazy import compile_patterns, lazy, lazy_pattern
colours = lazy("colorsys")
print("colorsys" in sys.modules, colours.rgb_to_hsv(1, 0, 0), "colorsys" in sys.modules)
"""


def test_a_lazy_module_is_imported_by_its_first_use() -> None:
    said = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True).stdout
    assert said.split("\n")[0] == "False (0.0, 1.0, 1) True"


def test_a_lazy_module_gives_what_the_module_has() -> None:
    import colorsys

    colours = lazy("colorsys")
    assert [colours.hsv_to_rgb, colours.hsv_to_rgb] == [colorsys.hsv_to_rgb] * 2


def test_what_the_module_has_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        _ = lazy("colorsys").nothing


def test_a_module_that_is_not_there_is_told_at_its_use() -> None:
    missing = lazy("no_module_of_this_name")
    with pytest.raises(ImportError):
        _ = missing.anything


@pytest.fixture(autouse=True)
def apart(monkeypatch) -> None:
    """The program's own patterns stay as they are, and these are not left behind."""
    monkeypatch.setattr(module, "_waiting", [])


def test_a_lazy_pattern_is_a_pattern() -> None:
    digits = lazy_pattern(r"(?P<n>\d+)", re.IGNORECASE)
    match = digits.search("ab12c")
    assert match is not None
    assert (match["n"], digits.sub("x", "1a2"), digits.pattern, digits.groupindex["n"]) == ("12", "xax", r"(?P<n>\d+)", 1)


def test_a_pattern_is_compiled_by_its_first_use_and_by_no_start(monkeypatch) -> None:
    compiled = []
    monkeypatch.setattr(re, "compile", lambda *given: compiled.append(given[0]) or re.RegexFlag)
    lazy_pattern("never used (")
    assert compiled == []


def test_what_waits_can_be_compiled_beforehand() -> None:
    late = lazy_pattern("late")
    compile_patterns()
    assert {"search", "fullmatch", "finditer", "sub"} <= vars(late).keys()


def test_a_wrong_pattern_is_told_at_its_use() -> None:
    wrong = lazy_pattern("(")
    with pytest.raises(re.error):
        wrong.search("a")
