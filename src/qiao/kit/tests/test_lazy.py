import subprocess
import sys

import pytest

from qiao.kit.lazy import lazy

ASKED = """
import sys
from qiao.kit.lazy import lazy
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
