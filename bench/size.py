"""A small desk beside one a hundred times its size: how long pages take, and how many queries they ask.

Fifty companies, one of which has half of everything; twenty of its agents at once, each with a page after the other (a closed loop), in
two ways, both asked to stay within the same bound. In flight: everybody asks for the next page as soon as the last is there, so that
twenty pages are always under way on the cores that server, worker, database and load client share; growth is told of this one. A page
a second: as people open pages who work fast; what is slow there is not hidden by what waits, but 160 pages are few for a 95th percentile.

The agents ask for different views, conversations and words by turns; for the same report, which those share who ask for it at once; and
for reports of different lengths, which nobody shares. Days that are over the first of them has had counted. The filled folders are kept
in BENCH_SIZE_FOLDER when that is set, for the next run. An hour later they are not the same: what waits for agents who never came goes
back to the queue while it is measured. A whole run writes docs/trust/size.md; figures to be kept come of desks that were filled for it.
"""

import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Generator, Sequence
from pathlib import Path

import asyncpg
import msgspec
from msgspec import Struct

from bench.drive import Started, drive, folder, free_port, server, until_quiet
from bench.load import Plan
from bench.processes import child_environment, module, running, wait_until
from bench.report import Figure, machine
from bench.setting import Setting
from bench.size_fill import AGENTS, Stocked
from bench.size_page import write
from bench.size_run import VIEWS, requests_of

WORKSPACES = 50
SMALL, LARGE = 30_000, 3_000_000
LONGEST = 100.0
GROWTH = 2.0
FILL_SECONDS = 3_600
PAGES = {
    "inbox": ("inbox", "the list of conversations with its counts"),
    "conversation": ("conversation", "a conversation"),
    "zh 1": ("search", "search: one Chinese character"),
    "zh 2": ("search", "search: two Chinese characters"),
    "en": ("search", "search: an English word"),
    "phone": ("search", "search: a telephone number"),
    "report": ("report", "the report of 30 days"),
    "reports": ("report", "the report, each of another number of days (20 to 40)"),
}
WORDS = {
    "zh 1": ("壶", "退", "盏", "煮", "鹧", "裂"),
    "zh 2": ("发货", "茶壶", "开片", "冰裂", "鹧鸪", "柴窑", "地址"),
    "en": ("kettle", "refund", "tenmoku", "kintsugi", "wholesale", "invoice"),
}
_SAMPLE = """
select id from conversations where workspace_id = $1 and number % greatest(1, (select last_number / 400 from conversation_counters
where workspace_id = $1)) = 0 order by number desc limit 400
"""
_PHONES = """
select phone from (select phone, row_number() over (order by id) as nth from contacts where workspace_id = $1) c
where nth % greatest(1, (select count(*) / 40 from contacts where workspace_id = $1)) = 0 limit 40
"""


class Measured(Struct, frozen=True):
    """Of one desk: 95 % of pages within so many milliseconds, with agents who never rest and with a page a second, and queries a page."""

    restless: dict[str, float]
    calm: dict[str, float]
    queries: dict[str, int]
    messages: int
    conversations: int
    fill_seconds: float


class _Desk(Struct, frozen=True):
    started: Started
    stocked: Stocked
    dsn: str
    log: Path


def size(setting: Setting) -> list[Figure]:
    """Both desks, one after the other."""
    facts = machine()
    with kept() as at:
        small = _measured(at / "small", setting.pick(3_000, SMALL), setting)
        large = _measured(at / "large", setting.pick(30_000, LARGE), setting)
    figures = [*_figures(small, large), _filling(large)]
    if not setting.quick:
        write(figures, facts)
    return figures


@contextlib.contextmanager
def kept() -> Generator[Path]:
    """Where filled folders stay for the next run, or stand until the end of this one."""
    named = os.environ.get("BENCH_SIZE_FOLDER")
    if named:
        Path(named).mkdir(parents=True, exist_ok=True, mode=0o711)
        yield Path(named)
    else:
        with folder() as made:
            yield made


def stocked(at: Path, messages: int) -> Stocked:
    """A folder with a desk of so many messages, filled now unless it was before."""
    done = at / "stocked.json"
    if not done.exists():
        at.mkdir(mode=0o711, exist_ok=True)
        command = module("bench.size_fill", str(at), str(messages), str(WORKSPACES))
        filled = subprocess.run(command, check=False, capture_output=True, env=child_environment(), timeout=FILL_SECONDS)
        if filled.returncode != 0:
            raise RuntimeError(f"the desk was not filled:\n{filled.stderr.decode(errors='replace')[-3_000:]}")
    return msgspec.json.decode(done.read_bytes(), type=Stocked)


@contextlib.contextmanager
def _serving(at: Path, messages: int) -> Generator[_Desk]:
    filled = stocked(at, messages)
    (at / "dsn").unlink(missing_ok=True)
    with running(module("bench.database", str(at)), at / "database.log") as database:
        wait_until((at / "dsn").exists, database, at / "database.log")
        dsn, port = (at / "dsn").read_text(encoding="utf-8"), free_port()
        settings = {"QIAO_DATABASE_URL": dsn, "QIAO_DATA_DIR": str(at), "QIAO_PORT": str(port)}
        environment = child_environment(**settings, QIAO_SECRET_KEY="bench", QIAO_BOT_MODEL="off", QIAO_LOG_LEVEL="warning")
        command = [str(Path(sys.executable).parent / "qiao"), "serve"]
        with server(command, port, at / "server.log", environment) as started:
            until_quiet(started.pid)
            yield _Desk(started, filled, dsn, at / "postgres" / "postgres.log")


def _measured(at: Path, messages: int, setting: Setting) -> Measured:
    with _serving(at, messages) as desk:
        wanted = asyncio.run(_wanted(desk))
        queries = {name: _queries(desk, page, wanted[name][0]) for name, (page, _) in PAGES.items()}
        restless = {name: _p95(desk, page, wanted[name], setting, 0.0) for name, (page, _) in PAGES.items()}
        calm = {name: _p95(desk, page, wanted[name], setting, 1.0) for name, (page, _) in PAGES.items()}
    stocked = desk.stocked
    return Measured(restless, calm, queries, stocked.messages, stocked.conversations, stocked.seconds)


async def _wanted(desk: _Desk) -> dict[str, list[str]]:
    connection = await asyncpg.connect(desk.dsn)
    try:
        conversations = await connection.fetch(_SAMPLE, desk.stocked.largest)
        phones = await connection.fetch(_PHONES, desk.stocked.largest)
    finally:
        await connection.close()
    quoted = {name: [urllib.parse.quote(word) for word in words] for name, words in WORDS.items()}
    return {
        "inbox": list(VIEWS),
        "conversation": [str(row["id"]) for row in conversations],
        **quoted,
        "phone": [urllib.parse.quote(row["phone"]) for row in phones],
        "report": ["30"],
        "reports": [str(days) for days in range(20, 41)],
    }


def _p95(desk: _Desk, page: str, wanted: Sequence[str], setting: Setting, pause: float) -> float:
    plan = Plan(
        scenario="pages",
        port=desk.started.port,
        seconds=setting.pick(2.0, 8.0),
        agents=AGENTS,
        tokens=desk.stocked.agents,
        options={"page": page, "wanted": list(wanted), "pause": pause},
    )
    return drive(plan, desk.started.pid).outcome.notes["p95"]


def _queries(desk: _Desk, page: str, wanted: str) -> int:
    """How many statements a page makes in its workspace's scopes: as the database tells, the usual of several times."""
    asyncio.run(_tell(desk.dsn, "all"))
    try:
        counted: list[int] = []
        for _ in range(5):
            at = desk.log.stat().st_size
            for path in requests_of(page, wanted):
                _get(desk, path)
            counted.append(_said(desk.log, at, desk.stocked.largest.replace("-", "")))
    finally:
        asyncio.run(_tell(desk.dsn, "none"))
    return int(statistics.median(counted))


async def _tell(dsn: str, what: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"alter system set log_statement = '{what}'")
        await connection.execute("select pg_reload_conf()")
        # The servers of other connections hear of it a moment later.
        await asyncio.sleep(0.5)
    finally:
        await connection.close()


def _get(desk: _Desk, path: str) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{desk.started.port}{path}")
    request.add_header("Cookie", f"qiao_session={desk.stocked.agents[0]}")
    request.add_header("X-Qiao-Client", "console")
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()


def _said(log: Path, begin: int, workspace: str) -> int:
    """Statements between the beginning of a scope of the workspace and its end, by the process that said them."""
    inside: dict[str, bool] = {}
    count = 0
    with log.open("rb") as file:
        file.seek(begin)
        for raw in file:
            text = raw.decode(errors="replace")
            if "LOG:  " not in text or "[" not in text:
                continue
            process = text[text.index("[") : text.index("]")]
            if "SET LOCAL ROLE" in text:
                inside[process] = workspace in text
            elif "COMMIT" in text or "ROLLBACK" in text:
                inside[process] = False
            elif inside.get(process):
                count += 1
    return count


def _figures(small: Measured, large: Measured) -> list[Figure]:
    figures: list[Figure] = []
    for name, (_, title) in PAGES.items():
        figures += [
            Figure(
                name=f"{title}: p95, {AGENTS} in flight",
                value=large.restless[name],
                unit="ms",
                aim=("<=", LONGEST),
                note=f"{small.restless[name]:.1f} ms with {small.messages:,} messages",
            ),
            Figure(
                name=f"{title}: p95, {AGENTS} agents, a page a second each",
                value=large.calm[name],
                unit="ms",
                aim=("<=", LONGEST),
                note=f"{small.calm[name]:.1f} ms with {small.messages:,} messages",
            ),
            Figure(
                name=f"{title}: times as long, {AGENTS} in flight",
                value=large.restless[name] / max(small.restless[name], 0.001),
                unit="",
                aim=("<=", GROWTH),
                note=f"a page a second each: {large.calm[name] / max(small.calm[name], 0.001):.2f}",
            ),
            Figure(
                name=f"{title}: queries more than with {small.messages:,} messages",
                value=large.queries[name] - small.queries[name],
                unit="",
                aim=("<=", 0),
                note=f"{large.queries[name]} queries",
            ),
        ]
    return figures


def _filling(large: Measured) -> Figure:
    note = f"{large.conversations:,} conversations of {WORKSPACES} workspaces, with contacts, words, figures and facts"
    return Figure(name=f"{large.messages:,} messages loaded in", value=large.fill_seconds, unit="s", note=note)
