"""Files that people send and import, letters, and the markup inside: for each accepted type and each format of an import one."""

import io
import zipfile
from collections.abc import Callable
from itertools import islice
from typing import Any
from uuid import UUID

from fuzz.target import Target

from qiao.channels.email_imap.folding import fold, text_of_html
from qiao.channels.email_imap.tests.corpus import letters
from qiao.channels.email_imap.words import decoded
from qiao.domains.bot.learning.evaluation import read_csv
from qiao.domains.inboxes.calendar_files import read_calendar
from qiao.domains.knowledge.chat_markdown import short_answer
from qiao.domains.knowledge.importing import reading
from qiao.domains.knowledge.importing.contracts import ImportKind, ImportOptions
from qiao.domains.knowledge.importing.reading import open_import
from qiao.domains.knowledge.importing.tests import made_files
from qiao.domains.knowledge.markdown import render
from qiao.kit.tidy_html import tidied
from qiao.platform.uploads.api import inspect_upload
from qiao.platform.uploads.kinds import ACCEPTED
from qiao.platform.uploads.originals import clean_original
from qiao.platform.uploads.tests import test_uploads

_PAGE = b"<h1>A</h1><table><tr><td style='color:red'>b<td><img src=cid:x><a href='http://x'>c</a></table><ul><li>d"
_MARKDOWN = (
    b"# A\n\n- b\n  1. c\n\n> d\n\n| e | f |\n|---|---|\n| g | [h](http://i) |\n\n```x\ny\n```\n![z](data:image/png;base64,AA==)"
)
_CALENDAR = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261001\r\nDTEND;VALUE=DATE:20261008\r\nSUMMARY:a\r\n"
    b"RRULE:FREQ=YEARLY;COUNT=3;BYMONTH=10\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
_DAYS = "开始,结束,名称\n2026-10-01,2026-10-07,国庆\n".encode()
_TABLE = "问题,答案,分类\n怎么退货？,七天之内。,售后\n".encode()
_ALL = ImportOptions(kind=ImportKind.ARTICLE)


def targets() -> dict[str, Callable[[], Target]]:
    """By name; each is made when it is asked for."""
    formats = ("pdf", "xlsx", "docx", "zip", *reading._TABLES, *reading._PAGES[:1], *reading._MARKDOWN[::2])
    return {
        **{f"upload.{one.extensions[0]}{_which(one)}": lambda one=one: _upload(one) for one in ACCEPTED},
        **{f"import.{one}": lambda one=one: _import(one) for one in formats},
        "import.xlsx_part": lambda: _part("xlsx", "xl/worksheets/sheet1.xml"),
        "import.docx_part": lambda: _part("docx", "word/document.xml"),
        "import.zip_page": lambda: _part("zip", "a.html"),
        "calendar": lambda: Target(lambda data: read_calendar(data, 2026), [_CALENDAR, _DAYS]),
        "cases.csv": lambda: _text(lambda text: read_csv(text, {"a": UUID(int=1)}), [b"question,expected,language\nx,a,en\n"]),
        "html.tidied": lambda: _text(tidied, [_PAGE]),
        "html.original": lambda: _text(lambda text: clean_original(text, lambda place: place), [_PAGE]),
        "html.words": lambda: _text(text_of_html, [_PAGE]),
        "mail.fold": lambda: _text(fold, [b"hello\n\nOn Monday, x@y.example wrote:\n> a\n-- \nme"]),
        "mail.header": lambda: _text(decoded, [b"=?utf-8?B?5L2g?= =?gb2312?Q?=C4=E3?= x"], "surrogateescape"),
        "mail.letter": _letter,
        "markdown.page": lambda: _text(lambda text: render(text, lambda _: None), [_MARKDOWN]),
        "markdown.chat": lambda: _text(short_answer, [_MARKDOWN]),
    }


def _which(one: Any) -> str:
    # Sound and pictures that move share an ending.
    return "" if sum(other.extensions[0] == one.extensions[0] for other in ACCEPTED) == 1 else f"_{one.family}"


def _text(read: Callable[[str], object], seeds: list[bytes], errors: str = "replace") -> Target:
    return Target(lambda data: read(data.decode("utf-8", errors)), seeds)


def _upload(kind: Any) -> Target:
    (mark,) = [
        one for one in test_uploads.test_each_accepted_kind_is_known_by_its_content.pytestmark if one.name == "parametrize"
    ]
    seeds = [data for data, name, *_ in mark.args[1] if name.rpartition(".")[2] in kind.extensions]
    return Target(lambda data: inspect_upload(data, f"a.{kind.extensions[0]}"), seeds)


def _import(ending: str) -> Target:
    return Target(lambda data: _opened(ending, data), [_file(ending)])


def _opened(ending: str, data: bytes) -> None:
    for options in (ImportOptions(), _ALL):
        for _ in open_import(f"a.{ending}", data, options).items:
            pass


def _file(ending: str) -> bytes:
    made: dict[str, Callable[[], bytes]] = {
        "pdf": lambda: made_files.pdf([[(20, "A"), (10, "b c")]]),
        "xlsx": lambda: made_files.xlsx({"a": [["问题", "答案"], ["怎么退货？", "七天之内。"]]}),
        "docx": lambda: made_files.docx([("Heading1", "A"), ("", "b")]),
        "zip": lambda: made_files.zipped({"a.html": _PAGE, "b.md": _MARKDOWN, "c.png": made_files.png()}),
        "html": lambda: _PAGE,
        "md": lambda: _MARKDOWN,
        "txt": lambda: _MARKDOWN,
    }
    return made[ending]() if ending in made else _TABLE.replace(b",", b"\t" if ending == "tsv" else b",")


def _part(ending: str, part: str) -> Target:
    """The same file with one part of another content: what is bent in a packed part would only break its sum."""
    whole = {}
    with zipfile.ZipFile(io.BytesIO(_file(ending))) as file:
        whole = {one: file.read(one) for one in file.namelist()}
    return Target(lambda data: _opened(ending, made_files.zipped({**whole, part: data})), [whole[part]])


def _letter() -> Target:
    from fuzz.of_channels import Stage

    stage = Stage("email_imap")
    like = stage.receipts[0]
    seeds = [like.body, *islice(letters(7, 200), 60)]

    def read(data: bytes) -> None:
        stage.read(type(like)(like.method, like.headers, like.query, data))

    return Target(read, seeds)
