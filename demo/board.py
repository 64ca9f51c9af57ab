"""A drawing board for the demo's pictures: plain shapes in picture units, drawn large and made small for smooth edges."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

SIZE = (960, 540)
_SCALE = 2
_PAPER = "#F3F1EA"
INK = "#23302D"
BRAND = "#1F7A6D"
WHITE = "#FFFFFF"

Point = tuple[float, float]


class Board:
    """A drawing board in picture units (960 by 540), drawn large and made small for smooth edges."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (SIZE[0] * _SCALE, SIZE[1] * _SCALE), _PAPER)
        self.pen = ImageDraw.Draw(self.image)

    def oval(self, middle: Point, across: float, down: float, fill: str) -> None:
        x, y = middle
        self.pen.ellipse([(x - across) * _SCALE, (y - down) * _SCALE, (x + across) * _SCALE, (y + down) * _SCALE], fill=fill)

    def shape(self, points: Sequence[Point], fill: str) -> None:
        self.pen.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=fill)

    def block(self, corner: Point, size: Point, fill: str, round_by: float = 0) -> None:
        (x, y), (width, height) = corner, size
        box = [x * _SCALE, y * _SCALE, (x + width) * _SCALE, (y + height) * _SCALE]
        self.pen.rounded_rectangle(box, radius=round_by * _SCALE, fill=fill)

    def line(self, points: Sequence[Point], color: str, width: int = 3) -> None:
        self.pen.line([(x * _SCALE, y * _SCALE) for x, y in points], fill=color, width=width * _SCALE, joint="curve")

    def label(self, text: str, at: Point, target: Point | None = None) -> None:
        """A number in a disc, with a thin line to what it names."""
        if target is not None:
            self.line([at, target], INK, 2)
        self.oval(at, 21, 21, BRAND)
        self.words(text, at, 24, WHITE)

    def words(self, text: str, at: Point, size: int, color: str) -> None:
        # The typeface travels inside Pillow, so the picture is the same on every machine; it has Latin letters only.
        face = ImageFont.load_default(size * _SCALE)
        self.pen.text((at[0] * _SCALE, at[1] * _SCALE), text, fill=color, font=face, anchor="mm")

    def png(self) -> bytes:
        kept = BytesIO()
        self.image.resize(SIZE, Image.Resampling.LANCZOS).save(kept, "PNG", optimize=True)
        return kept.getvalue()
