"""The company's colour made readable: mixed with black or white until text in it and on it keeps 4.5:1 (WCAG 2.2, 1.4.3)."""

import re

from msgspec import Struct

DEFAULT_COLOUR = "#1F7A6D"
# The papers on which a colour stands out least: the plain one by day, the raised one by night.
_PAPER = {"light": (0xF1, 0xF3, 0xEE), "dark": (0x1F, 0x29, 0x27)}
_INKS = ("#ffffff", "#16211f")
_LEAST = 4.6
_STEP = 0.06
_HEX = re.compile(r"#[0-9a-fA-F]{6}")

Rgb = tuple[int, int, int]


class Palette(Struct, frozen=True):
    """Colours as #rrggbb: for text and links on light and on dark paper, for the band, and for text on the band."""

    light: str
    dark: str
    band: str
    ink: str

    def css(self) -> str:
        """Custom properties for both themes."""
        return (
            f":root{{--brand:{self.light};--band:{self.band};--band-ink:{self.ink}}}"
            f"@media(prefers-color-scheme:dark){{:root{{--brand:{self.dark}}}}}"
        )


def palette(colour: str | None) -> Palette:
    """The palette of a company's colour; the house's own for anything that is not #rrggbb."""
    wanted = colour if colour and _HEX.fullmatch(colour) else DEFAULT_COLOUR
    rgb = _rgb(wanted)
    light = _until_readable(rgb, _PAPER["light"], (0, 0, 0))
    dark = _until_readable(rgb, _PAPER["dark"], (255, 255, 255))
    ink = max(_INKS, key=lambda one: contrast(_rgb(one), rgb))
    band = _until_readable(rgb, _rgb(ink), (0, 0, 0) if ink == _INKS[0] else (255, 255, 255))
    return Palette(_hex(light), _hex(dark), _hex(band), ink)


def contrast(one: Rgb, other: Rgb) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _until_readable(rgb: Rgb, against: Rgb, towards: Rgb) -> Rgb:
    mixed, share = rgb, 0.0
    while contrast(mixed, against) < _LEAST and share < 1:
        share += _STEP
        red, green, blue = (round(own + (end - own) * min(share, 1)) for own, end in zip(rgb, towards, strict=True))
        mixed = (red, green, blue)
    return mixed


def _luminance(rgb: Rgb) -> float:
    red, green, blue = (one / 255 / 12.92 if one <= 10 else ((one / 255 + 0.055) / 1.055) ** 2.4 for one in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{one:02x}" for one in rgb)
