"""One demo desk and one Chromium for all stories; fresh windows for each."""

import sys
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright.async_api", reason="no Playwright here: it is a development dependency")
from playwright.async_api import Browser, async_playwright, expect

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.browser import FLAGS, DemoDesk, Windows, chromium, missing, patiently
from support.line import Line

FAILED = pytest.StashKey[bool]()
# What is waited for comes at once on a free machine; two desks and two browsers on a small one need patience.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All here is slow and drives Chromium; where there is none it is skipped, and says so.

    What needs the bot to have learned comes last: it learns while the others run.
    """
    why = missing()
    items.sort(key=lambda item: "learned" in getattr(item, "fixturenames", ()))
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)
            if why:
                item.add_marker(pytest.mark.skip(reason=why))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tells the windows whether their story failed."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def desk() -> Iterator[DemoDesk]:
    """The demo company, served."""
    desk = DemoDesk()
    try:
        desk.start()
        yield desk
    finally:
        desk.stop()


@pytest.fixture(scope="session")
def beside() -> Iterator[DemoDesk]:
    """The demo company with every platform beside it; one for all stories of channels."""
    desk = DemoDesk("--simulators")
    try:
        desk.start()
        yield desk
    finally:
        desk.stop()


@pytest.fixture(scope="session")
def learned(desk: DemoDesk) -> None:
    """The bot has learned everything it is given: how sure it is of an answer is only then what it will be."""
    desk.wait_until_learned()


@pytest.fixture(scope="session")
async def chrome() -> AsyncIterator[Browser]:
    """One browser process."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield browser
        async with patiently():
            await browser.close()


@pytest.fixture
async def windows(chrome: Browser, desk: DemoDesk, request: pytest.FixtureRequest) -> AsyncIterator[Windows]:
    """Opens windows; at the end nothing may have gone wrong behind the reader's back."""
    windows = Windows(chrome, desk)
    yield windows
    if request.node.stash.get(FAILED, False):
        await windows.shoot_all(f"failed-{request.node.name}")
    await windows.close()
    assert windows.noise.heard == []


@pytest.fixture
async def line(desk: DemoDesk) -> AsyncIterator[Line]:
    """A line to the desk that can be cut."""
    line = Line(int(desk.url.rsplit(":", 1)[1]))
    await line.start()
    yield line
    await line.stop()
