"""Article text cut into short passages, each of which makes sense alone: what vectors are computed of."""

import re
from collections.abc import Iterator

from msgspec import Struct

from qiao.domains.knowledge.markdown_text import inline_words, parsed, words_of

# After Chinese marks at once; after Western marks only before a space, so that 3.5 and example.com stay whole.
_SENTENCE = re.compile(r".+?(?:[。！？；…]++[”’」』）\"]*|(?<![.!?])[.!?]++[\"')\]]*+(?=\s)|\n|$)", re.DOTALL)
_BREAKS = re.compile(r"[，、,;：:\s]")
_MAX_TITLE = 60


class Chunk(Struct, frozen=True):
    """A passage. `heading` is the one it stands under, '' before the first; `text` begins with title and heading, a line each."""

    heading: str
    text: str


def chunks(title: str, markdown: str, size: int = 120) -> list[Chunk]:
    """Passages of about `size` characters of their own words, in order: cut at headings, then between sentences.

    A sentence longer than that is cut at a comma or space. An article without words gives one passage, its title.
    """
    found: list[Chunk] = []
    for heading, text in _sections(markdown):
        lead = "\n".join(line for line in (title[:_MAX_TITLE], heading[:_MAX_TITLE]) if line)
        found += [Chunk(heading, f"{lead}\n{piece}".strip()) for piece in _pieces(text, max(size, 1))]
    return found or ([Chunk("", title.strip()[:_MAX_TITLE].strip())] if title.strip() else [])


def _sections(markdown: str) -> Iterator[tuple[str, str]]:
    tokens = parsed(markdown)
    heading, start = "", 0
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            yield heading, words_of(tokens[start:index])
            heading = " ".join(inline_words(tokens[index + 1].children or []).split())
            start = index + 3
    yield heading, words_of(tokens[start:])


def _pieces(text: str, size: int) -> Iterator[str]:
    piece = ""
    for sentence in _sentences(text, size):
        if piece.strip() and len(piece) + len(sentence) > size:
            yield piece.strip()
            piece = ""
        piece = (piece + sentence).lstrip()
    if piece.strip():
        yield piece.strip()


def _sentences(text: str, size: int) -> Iterator[str]:
    for match in _SENTENCE.finditer(text):
        sentence = match[0]
        while len(sentence) > size:
            cut = max((found.end() for found in _BREAKS.finditer(sentence, size // 2, size)), default=size)
            yield sentence[:cut]
            sentence = sentence[cut:]
        if sentence.strip():
            yield sentence
