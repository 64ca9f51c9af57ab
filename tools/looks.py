# ruff: noqa: INP001 - a program of its own
"""Every page in all eight looks (zh/en, light/dark, 360 and 1440 px), and sheets of them to look through.

`.venv/bin/python tools/looks.py`, after `./dev run` or `./dev test` has built the faces. Needs Chromium (CHROMIUM, or one on the PATH).

The pictures come from tests/browser/test_looks*.py, which also say what is wrong with a page; they stand in
test-results/screenshots, the sheets in test-results/looks.
"""

import os
import re
import sys
from collections import defaultdict
from pathlib import Path

from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parent))

from dev.browser import find_chromium
from dev.machine import ROOT, openly, say

SHOTS = ROOT / "test-results" / "screenshots"
SHEETS = ROOT / "test-results" / "looks"
LOOK = re.compile(r"(?P<page>.+)-(?P<look>(?:zh|en)-(?:light|dark)-(?P<width>360|1440))")
COLUMNS = {"360": 5, "1440": 2}
SHOWN_WIDTH = {"360": 360, "1440": 800}
A_SHEET = {"360": 10, "1440": 6}
LINE = 16


def main() -> int:
    """Take them and lay them out; the tests' own exit code."""
    chromium = find_chromium()
    if chromium is None:
        say("No Chromium here; set CHROMIUM.")
        return 1
    for old in [*SHEETS.glob("*.png"), *(shot for shot in SHOTS.glob("*.png") if LOOK.fullmatch(shot.stem))]:
        old.unlink()
    stories = sorted(str(path) for path in (ROOT / "tests/browser").glob("test_looks*.py"))
    command = [sys.executable, "-m", "pytest", "-q", *stories, *sys.argv[1:]]
    code = openly(command, cwd=ROOT, env={**os.environ, "CHROMIUM": chromium, "LOOKS": "all"})
    looks: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for shot in sorted(SHOTS.glob("*.png")):
        if found := LOOK.fullmatch(shot.stem):
            looks[found["look"], found["width"]].append(shot)
    for (look, width), shots in looks.items():
        for first in range(0, len(shots), A_SHEET[width]):
            lay_out(shots[first : first + A_SHEET[width]], SHEETS / f"{look}-{first // A_SHEET[width] + 1}.png", width)
    say(f"{sum(map(len, looks.values()))} pictures; sheets of them in {SHEETS.relative_to(ROOT)}")
    return code


def lay_out(shots: list[Path], target: Path, width: str) -> None:
    """One sheet: each picture below its name."""
    wide, columns = SHOWN_WIDTH[width], COLUMNS[width]
    pictures = [Image.open(shot).convert("RGB") for shot in shots]
    pictures = [one.resize((wide, round(one.height * wide / one.width)), Image.Resampling.LANCZOS) for one in pictures]
    high = max(one.height for one in pictures) + LINE
    sheet = Image.new("RGB", (columns * (wide + 8), -(-len(pictures) // columns) * high), "#888888")
    drawing = ImageDraw.Draw(sheet)
    for nth, (shot, picture) in enumerate(zip(shots, pictures, strict=True)):
        left, top = nth % columns * (wide + 8), nth // columns * high
        drawing.text((left + 2, top + 2), shot.stem, fill="white")
        sheet.paste(picture, (left, top + LINE))
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(target)


if __name__ == "__main__":
    sys.exit(main())
