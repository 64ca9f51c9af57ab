"""A pytest plug-in that runs the faults within a time and writes what came of each into a page: `./dev faults`.

    pytest -p faults.harness.report -m fault --faults-report docs/trust/faults.md [--faults-minutes N] [--faults-only F-S1,F-S2]

After the minutes are up nothing new is begun, and what was not reached is told so. A page keeps the rows of cases that a run with
`--faults-only` did not ask for.
"""

import os
import platform
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from faults.harness.catalogue import ABSENT, AREAS, CASES
from faults.harness.seeds import seed
from msgspec import Struct

_ROOT = Path(__file__).resolve().parents[3]
_ROW = re.compile(r"^\| (F-[A-Z]\d+) \|.*$", re.MULTILINE)
_HEAD = """# Faults

Written by `./dev faults`; how to run it and what the columns mean: [README](README.md). Every case names its tests by
`@pytest.mark.fault`; what each is about stands in `tests/faults/harness/catalogue.py`.

"""
_NAMES = ("id", "fault", "what is done", "what must hold", "result", "tests", "seconds", "date", "machine")
_COLUMNS = f"| {' | '.join(_NAMES)} |\n{'|---' * len(_NAMES)}|\n"


class Ran(Struct, kw_only=True):
    """What came of a test."""

    outcome: str
    seconds: float
    said: str = ""


class FaultsReport:
    """Gathers outcomes by case."""

    def __init__(self, config: pytest.Config) -> None:
        self.path = Path(config.getoption("faults_report"))
        self.only = set(filter(None, str(config.getoption("faults_only") or "").split(",")))
        self.deadline = time.monotonic() + 60 * float(config.getoption("faults_minutes"))
        self.cases: dict[str, set[str]] = defaultdict(set)
        self.ran: dict[str, Ran] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep what was asked for, and remember which test proves what."""
        kept: list[pytest.Item] = []
        for item in items:
            ids = {one for mark in item.iter_markers("fault") for one in mark.args}
            unknown = ids - CASES.keys()
            if unknown:
                raise pytest.UsageError(f"{item.nodeid} names {unknown}, which no catalogue knows")
            if not self.only or ids & self.only:
                kept.append(item)
                for one in ids:
                    self.cases[one].add(item.nodeid)
        config.hook.pytest_deselected(items=[one for one in items if one not in kept])
        items[:] = kept

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin nothing when the time is up."""
        if time.monotonic() > self.deadline:
            pytest.skip("no time left")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of a test's three parts, and their time together."""
        ran = self.ran.setdefault(report.nodeid, Ran(outcome="passed", seconds=0.0))
        ran.seconds += report.duration
        if report.outcome != "passed":
            ran.outcome = report.outcome
            ran.said = (
                str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else report.longreprtext.strip().split("\n")[-1]
            )

    def pytest_sessionfinish(self) -> None:
        """Write the page."""
        if not self.ran:
            return
        before = dict(_rows(self.path.read_text(encoding="utf-8"))) if self.path.exists() else {}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(page(self.cases, self.ran, before, self.only), encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where it is, and how to run the same again."""
        terminalreporter.write_line(f"seed {seed()} · {self.path}")


def _rows(text: str) -> Iterable[tuple[str, str]]:
    return ((found[1], found[0]) for found in _ROW.finditer(text))


def page(cases: Mapping[str, set[str]], ran: Mapping[str, Ran], before: Mapping[str, str], only: Iterable[str] = ()) -> str:
    """The page. `cases` names the tests of each case, `before` the rows of an earlier page, kept where `only` asked for others."""
    wanted = set(only) or set(CASES)
    parts = [_HEAD, _summary(cases, ran, wanted)]
    for letter, area in AREAS.items():
        rows = [
            row(one, cases.get(one, set()), ran) if one in wanted or one not in before else before[one]
            for one in CASES
            if one.startswith(f"F-{letter}")
        ]
        parts += [f"## {area}\n\n", _COLUMNS, "\n".join(rows), "\n\n"]
    return "".join(parts).rstrip() + "\n"


def _summary(cases: Mapping[str, set[str]], ran: Mapping[str, Ran], wanted: set[str]) -> str:
    results = [result(cases.get(one, set()), ran) for one in wanted if one not in ABSENT]
    told = ", ".join(f"{results.count(one)} {one}" for one in sorted(set(results)))
    seconds = sum(one.seconds for one in ran.values())
    return (
        f"The last run: {_today()}, {machine()}, seed {seed()}, {len(wanted)} cases: {told}; {len(wanted & ABSENT.keys())} not here. "
        f"{len(ran)} tests, {seconds:.0f} s.\n\n"
    )


def row(case_id: str, tests: Iterable[str], ran: Mapping[str, Ran]) -> str:
    """One case's line."""
    case, tests = CASES[case_id], sorted(tests)
    seconds = sum(ran[one].seconds for one in tests if one in ran)
    begin = f"| {case.id} | {case.title} | {case.how} | {case.holds} |"
    if case_id in ABSENT:
        return f"{begin} not here: {ABSENT[case_id]} | | | | |"
    files = sorted({one.split("::")[0] for one in tests})
    named = ", ".join(f"`{one.removeprefix('src/qiao/')}`" for one in files[:4]) + (
        f" and {len(files) - 4} more" if len(files) > 4 else ""
    )
    return f"{begin} {result(tests, ran)} ({len(tests)}) | {named} | {seconds:.1f} | {_today()} | {machine()} |"


def result(tests: Iterable[str], ran: Mapping[str, Ran]) -> str:
    """Passed when every test of it did."""
    outcomes = {ran[one].outcome for one in tests if one in ran}
    return next((one for one in ("failed", "skipped", "passed") if one in outcomes), "not run")


def machine() -> str:
    """Enough to know whether two rows may be compared."""
    model = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.machine()
    )
    return f"{os.cpu_count()} × {model}, Linux {'.'.join(platform.release().split('.')[:2])}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def _today() -> str:
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
