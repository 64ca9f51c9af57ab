"""Tables of Markdown pages, as tests compare them with the program."""

import re

from source import ROOT, text_of

NAMED = re.compile(r"`([^`]+)`")


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of each row of the first table below a heading of `page`, a path below the root. Fails when there is none."""
    below = text_of(ROOT / page).split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in below.splitlines() if line.startswith("|")]
    assert len(lines) > 2, f"{page}: no table below {heading}"
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def named(cell: str) -> list[str]:
    """What a cell names in code letters."""
    return NAMED.findall(cell)
