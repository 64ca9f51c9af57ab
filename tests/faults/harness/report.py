"""A pytest plug-in that runs the faults within a time and writes what came of each into a page: `./dev faults`.

    pytest -p faults.harness.report -m fault --faults-report docs/trust/faults.md [--faults-minutes N] [--faults-only F-S1,F-S2]

Each test is told in a line when it has ended, and the page is written anew with it: a run that is stopped leaves a page, too. After the
minutes are up nothing new is begun. A page keeps the earlier rows of cases that were not asked for, or not reached.
"""

import os
import platform
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from faults.harness.catalogue import ABSENT, AREAS, CASES, Case
from faults.harness.seeds import seed
from msgspec import Struct

_ROOT = Path(__file__).resolve().parents[3]
_ROW = re.compile(r"^\| (F-[A-Z]\d+|\d+) \|.*$", re.MULTILINE)
_HEAD = """# Faults

Written by `./dev faults`; how to run it and what the columns mean: [README](README.md). Every case names its tests by
`@pytest.mark.fault`; what each is about stands in `tests/faults/harness/catalogue.py`.

"""
_NO_TIME = "no time left"


def _marked(item: pytest.Item) -> set[str]:
    ids = {one for mark in item.iter_markers("fault") for one in mark.args}
    unknown = ids - CASES.keys()
    if unknown:
        raise pytest.UsageError(f"{item.nodeid} names {unknown}, which no catalogue knows")
    return ids


class Book(Struct, frozen=True, kw_only=True):
    """A catalogue of cases, and the page that tells of them. `of` says which a test proves, `may_prove` which files are read at all."""

    head: str
    cases: Mapping[str, Case]
    absent: Mapping[str, str]
    areas: Mapping[str, Sequence[str]]
    columns: tuple[str, ...]
    fields: tuple[str, ...]
    """Of a case, under the first columns."""
    of: Callable[[pytest.Item], set[str]]
    may_prove: Callable[[Path], bool]


FAULTS = Book(
    head=_HEAD,
    cases=CASES,
    absent=ABSENT,
    areas={area: [one for one in CASES if one.startswith(f"F-{letter}")] for letter, area in AREAS.items()},
    columns=("id", "fault", "what is done", "what must hold", "where"),
    fields=("id", "title", "how", "holds", "where"),
    of=_marked,
    may_prove=lambda path: "mark.fault(" in path.read_text(encoding="utf-8"),
)


class Ran(Struct, kw_only=True):
    """What came of a test."""

    outcome: str
    seconds: float
    said: str = ""


class FaultsReport:
    """Gathers outcomes by case."""

    def __init__(self, config: pytest.Config, book: Book = FAULTS) -> None:
        self.book = book
        self.path = Path(config.getoption("faults_report"))
        self.only = set(filter(None, str(config.getoption("faults_only") or "").split(",")))
        self.deadline = time.monotonic() + 60 * float(config.getoption("faults_minutes"))
        self.cases: dict[str, set[str]] = defaultdict(set)
        self.ran: dict[str, Ran] = {}
        self.not_begun: set[str] = set()
        self.began = time.monotonic()
        self.before = dict(_rows(self.path.read_text(encoding="utf-8"))) if self.path.exists() else {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Read no file in which no case is named."""
        named = collection_path.suffix != ".py" or self.book.may_prove(collection_path)
        return None if named or collection_path.name == "conftest.py" else True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep what was asked for, and remember which test proves what."""
        kept: list[pytest.Item] = []
        for item in items:
            ids = self.book.of(item)
            if ids and (not self.only or ids & self.only):
                kept.append(item)
                for one in ids:
                    self.cases[one].add(item.nodeid)
        config.hook.pytest_deselected(items=[one for one in items if one not in kept])
        items[:] = kept

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin nothing when the time is up."""
        if time.monotonic() > self.deadline:
            pytest.skip(_NO_TIME)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """No letters: each test has a line of its own."""
        return (report.outcome, "", "") if report.when == "call" else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of a test's three parts, and their time together."""
        said = _said(report)
        if said == f"Skipped: {_NO_TIME}":
            self.not_begun.add(report.nodeid)
        if report.nodeid in self.not_begun:
            return
        ran = self.ran.setdefault(report.nodeid, Ran(outcome="passed", seconds=0.0))
        ran.seconds += report.duration
        if report.outcome != "passed" and ran.outcome != "failed":
            ran.outcome, ran.said = report.outcome, said
        if report.when == "teardown":
            self._tell(report.nodeid, ran)
            self.write()

    def _tell(self, test: str, ran: Ran) -> None:
        ids = ",".join(one for one in self.book.cases if test in self.cases.get(one, ()))
        all_of_them = len({one for tests in self.cases.values() for one in tests})
        minutes, seconds = divmod(int(time.monotonic() - self.began), 60)
        print(
            f"[{len(self.ran):3}/{all_of_them} {minutes:3}:{seconds:02}] {ids} {test} {ran.outcome} {ran.seconds:.1f} s",
            flush=True,
        )

    def pytest_sessionfinish(self) -> None:
        """Write the page."""
        self.write()

    def write(self) -> None:
        """Write what is known now; a reader finds the one page or the next, never half of one."""
        if not self.ran and not self.not_begun:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".part")
        beside.write_text(page(self.cases, self.ran, self.before, self.only, self.book), encoding="utf-8")
        beside.replace(self.path)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where it is, and how to run the same again."""
        terminalreporter.write_line(f"seed {seed()} · {self.path}")


def _said(report: pytest.TestReport) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    return report.longreprtext.strip().split("\n")[-1]


def _rows(text: str) -> Iterable[tuple[str, str]]:
    return ((found[1], found[0]) for found in _ROW.finditer(text))


def page(
    cases: Mapping[str, set[str]],
    ran: Mapping[str, Ran],
    before: Mapping[str, str],
    only: Iterable[str] = (),
    book: Book = FAULTS,
) -> str:
    """The page. `cases` names the tests of each case, `before` the rows of an earlier page, kept for what was not asked for or reached."""
    wanted = set(only) or set(book.cases)
    names = (*book.columns, "result", "tests", "seconds", "date", "machine")
    columns = f"| {' | '.join(names)} |\n{'|---' * len(names)}|\n"
    parts = [book.head, _summary(cases, ran, wanted, book)]
    for area, ids in book.areas.items():
        rows = [_row_or_before(one, cases, ran, before, wanted, book) for one in ids]
        parts += [f"## {area}\n\n", columns, "\n".join(rows), "\n\n"]
    return "".join(parts).rstrip() + "\n"


def _row_or_before(
    case: str, cases: Mapping[str, set[str]], ran: Mapping[str, Ran], before: Mapping[str, str], wanted: Iterable[str], book: Book
) -> str:
    tests = cases.get(case, set())
    reached = (case in book.absent and not tests) or result(tests, ran) not in {"not run", "in part"}
    return row(case, tests, ran, book) if case not in before or (case in wanted and reached) else before[case]


def _summary(cases: Mapping[str, set[str]], ran: Mapping[str, Ran], wanted: set[str], book: Book) -> str:
    absent = {one for one in wanted & book.absent.keys() if not cases.get(one)}
    results = [result(cases.get(one, set()), ran) for one in wanted - absent]
    told = ", ".join(f"{results.count(one)} {one}" for one in sorted(set(results)))
    seconds = sum(one.seconds for one in ran.values())
    return (
        f"The last run: {today()}, {machine()}, seed {seed()}, {len(wanted)} cases: {told}; {len(absent)} not here. "
        f"{len(ran)} tests, {seconds:.0f} s. Rows of an earlier date are of an earlier run.\n\n"
    )


def row(case_id: str, tests: Iterable[str], ran: Mapping[str, Ran], book: Book = FAULTS) -> str:
    """One case's line."""
    case, tests = book.cases[case_id], sorted(tests)
    seconds = sum(ran[one].seconds for one in tests if one in ran)
    begin = f"| {' | '.join(getattr(case, one) for one in book.fields)} |"
    if case_id in book.absent and not tests:
        return f"{begin} not here: {book.absent[case_id]} | | | | |"
    files = sorted({one.split("::")[0] for one in tests})
    named = ", ".join(f"`{one.removeprefix('src/qiao/')}`" for one in files[:4]) + (
        f" and {len(files) - 4} more" if len(files) > 4 else ""
    )
    when = f"{seconds:.1f} | {today()} | {machine()}" if any(one in ran for one in tests) else "| |"
    return f"{begin} {_told(tests, ran)} | {named} | {when} |"


def _told(tests: Sequence[str], ran: Mapping[str, Ran]) -> str:
    left_out = {ran[one].said for one in tests if one in ran and ran[one].outcome == "skipped"}
    reasons = f", left out: {'; '.join(sorted(left_out))}" if left_out else ""
    return f"{result(tests, ran)} ({len(tests)}{reasons.replace('|', '/')})"


def result(tests: Iterable[str], ran: Mapping[str, Ran]) -> str:
    """Passed when every test of it did, but for those that this machine cannot do."""
    tests = list(tests)
    outcomes = {ran[one].outcome for one in tests if one in ran}
    if "failed" in outcomes or not outcomes:
        return "failed" if outcomes else "not run"
    if any(one not in ran for one in tests):
        return "in part"
    return "passed" if "passed" in outcomes else "skipped"


def machine() -> str:
    """Enough to know whether two rows may be compared."""
    model = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.machine()
    )
    return f"{os.cpu_count()} × {model}, Linux {'.'.join(platform.release().split('.')[:2])}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def today() -> str:
    """The date of a row."""
    return datetime.now(UTC).strftime("%Y-%m-%d")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the faults."""
    group = parser.getgroup("faults")
    group.addoption("--faults-report", default=str(_ROOT / "docs/trust/faults.md"))
    group.addoption("--faults-minutes", type=float, default=60.0)
    group.addoption("--faults-only", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to gather."""
    config.pluginmanager.register(FaultsReport(config), "faults-report")


def pytest_report_header() -> str:
    """The seed first, so that a run that is cut short can be run again."""
    return f"faults: seed {seed()} (QIAO_SKIP_FAULTS_SEED)"
