"""Real windows for tests: the demo desk in a process of its own, and Chromium windows onto its shop and its console."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, FrameLocator, Locator, Page, Response
from support.desk import free_port

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "test-results" / "screenshots"
PASSWORD = "lanting-demo-2026"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESKTOP = {"width": 1440, "height": 900}
ROOMY = 50
PHONE = {"width": 360, "height": 740}
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
AXE_RUN = """axe.run(document, {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'], iframes: false
})"""
CONSOLE = {"X-Qiao-Client": "console"}
# What a page may say in its console: whoever is not signed in is told so, and a cut line is cut.
EXPECTED_NOISE = (
    "the server responded with a status of 401",
    "net::ERR_INTERNET_DISCONNECTED",
    "net::ERR_CONNECTION_RESET",
    "net::ERR_CONNECTION_REFUSED",
    "net::ERR_SOCKET_NOT_CONNECTED",
    # A line that is cut may be cut while a socket is being opened.
    "Connection closed before receiving a handshake response",
)


def chromium() -> str | None:
    """Where Chromium is, if it is."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def missing() -> str | None:
    """Why browser tests cannot run here; None when they can."""
    if chromium() is None:
        return "no Chromium here: install chromium or set CHROMIUM"
    if not (ROOT / "src/qiao/app/faces/console/index.html").exists():
        return "the faces are not built: npm run build in web"
    return None


class DemoDesk:
    """`qiao serve --demo` on a data folder of its own, with these arguments and settings besides."""

    def __init__(self, *more: str, **settings: str) -> None:
        self.more = more
        self.settings = settings
        # Not pytest's folder: the database's own account must be able to pass through.
        self.folder = Path(tempfile.mkdtemp(prefix="qiao-browser-"))
        self.folder.chmod(0o711)
        # One that runs already is faster while a story is being written; its data is then as the last run left it.
        self.running = None if settings else os.environ.get("BROWSER_DESK_BESIDE" if more else "BROWSER_DESK")
        self.url = self.running or f"http://127.0.0.1:{free_port()}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it is ready; always open and never full, so that neither the clock nor the tests before decide."""
        if self.running:
            return self._make_roomy()
        program = [sys.executable, "-m", "qiao.app", "--data-dir", str(self.folder)]
        command = [*program, "serve", "--demo", "--port", self.url[17:], *self.more]
        with (self.folder / "server.log").open("ab") as log:
            environment = {**os.environ, "QIAO_LOG_LEVEL": "warning", **self.settings}
            # Another version of the program, where the settings name one, comes before this one.
            sources = [self.settings.get("PYTHONPATH", ""), str(ROOT / "src"), str(ROOT)]
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, sources))
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self.process.poll() is None:
            if self._ready():
                return self._make_roomy()
            time.sleep(0.1)
        raise RuntimeError((self.folder / "server.log").read_text()[-3000:])

    def stop(self) -> None:
        """End it politely and clean up."""
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def restart(self, **settings: str) -> None:
        """The same company at the same address, with these settings from now on; `PYTHONPATH` names another version of the program."""
        self._end()
        self.settings |= settings
        self.start()

    def _end(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()

    @contextmanager
    def api(self, who: str = "ruolan") -> Iterator[httpx.Client]:
        """A signed-in console client."""
        with httpx.Client(base_url=f"{self.url}/api/v1", headers=CONSOLE, timeout=20) as client:
            client.post("/session", json={"email": f"{who}@lanting.example", "password": PASSWORD}).raise_for_status()
            yield client

    @contextmanager
    def full(self, who: str) -> Iterator[None]:
        """This colleague has no room for one more conversation meanwhile."""
        with self.api() as owner:
            person = next(one for one in owner.get("/people").json()["items"] if one["email"].startswith(f"{who}@"))
            owner.patch(f"/people/{person['id']}", json={"chat_limit": 1}).raise_for_status()
            try:
                yield
            finally:
                owner.patch(f"/people/{person['id']}", json={"chat_limit": ROOMY}).raise_for_status()

    def wait_until_learned(self) -> None:
        """Until every text of the knowledge has its vector and the lines are drawn by them; three minutes at most."""
        deadline = time.monotonic() + 180
        with self.api() as owner:
            while not _has_learned(status := owner.get("/bot/status").json()):
                if time.monotonic() > deadline:
                    raise RuntimeError(f"the bot has not learned: {status}")
                time.sleep(0.5)

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=1).status_code == 200
        except httpx.HTTPError:
            return False

    def _make_roomy(self) -> None:
        with self.api() as owner:
            for inbox in owner.get("/inboxes").json()["items"]:
                owner.patch(f"/inboxes/{inbox['id']}", json={"hours": None}).raise_for_status()
            for person in owner.get("/people").json()["items"]:
                owner.patch(f"/people/{person['id']}", json={"chat_limit": ROOMY}).raise_for_status()


def _has_learned(status: dict[str, Any]) -> bool:
    return status["model"] == "unavailable" or (status["pending"] == 0 and status["thresholds"]["fitted_on"] != "0")


@dataclass
class Noise:
    """What went wrong in a window behind the reader's back: console errors, exceptions, broken answers."""

    heard: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Hear this page from now on."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.heard.append(f"{page.url}: {error}"))
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(text in message.text for text in EXPECTED_NOISE):
            self.heard.append(f"{message.location.get('url', '')}: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.heard.append(f"{response.status} {response.url}")


class Windows:
    """Opens windows of one browser onto one desk and keeps their pictures."""

    def __init__(self, browser: Browser, desk: DemoDesk) -> None:
        self.browser = browser
        self.desk = desk
        self.noise = Noise()
        self.contexts: list[BrowserContext] = []

    async def context(self, *, locale: str = "zh-CN", phone: bool = False, **more: Any) -> BrowserContext:
        """A person's browser: own cookies, own storage."""
        options: dict[str, Any] = {"viewport": PHONE if phone else DESKTOP, "reduced_motion": "reduce", **more}
        options.setdefault("base_url", self.desk.url)
        context = await self.browser.new_context(locale=locale, timezone_id="Asia/Shanghai", **options)
        context.set_default_timeout(15_000)
        context.on("page", self.noise.listen)
        self.contexts.append(context)
        context.on("close", self._forget)
        return context

    def _forget(self, context: BrowserContext) -> None:
        self.contexts.remove(context)

    async def shopper(self, path: str = "/demo/", **options: Any) -> "Shopper":
        """A visitor with the shop open."""
        context = await self.context(**options)
        page = await context.new_page()
        await page.goto(path)
        return Shopper(page)

    async def colleague(self, who: str, path: str = "/app/", *, online: bool = False, **options: Any) -> Page:
        """A signed-in member of the team at a console page. Only who is online is given conversations; others take them."""
        context = await self.context(**options)
        await self.sign_in(context, who)
        availability = "online" if online else "away"
        answer = await context.request.put("/api/v1/me/availability", data={"availability": availability}, headers=CONSOLE)
        assert answer.ok, await answer.text()
        page = await context.new_page()
        await page.goto(path)
        await page.get_by_role("navigation").first.wait_for()
        return page

    async def take(self, who: str, words: str) -> Page:
        """A colleague opens the waiting conversation in which the customer wrote these words, and takes it."""
        page = await self.colleague(who, "/app/conversations/waiting")
        wanted = re.compile(words)

        async def waiting() -> list[str]:
            answer = await page.request.get("/api/v1/conversations?view=waiting&limit=100")
            return [one["id"] for one in (await answer.json())["items"]]

        async def said(talk: str) -> bool:
            answer = await page.request.get(f"/api/v1/conversations/{talk}/messages?limit=100")
            messages = (await answer.json())["items"]
            return any(one["author"]["kind"] == "contact" and wanted.search(one["text"] or "") for one in messages)

        # Whoever waits longest comes first; a story before may have left somebody waiting with the same words.
        talk = [one for one in await waiting() if await said(one)][-1]
        await page.locator(f'a[href*="{talk}"]').first.click()
        await page.get_by_role("button", name="接入", exact=True).click()
        await page.get_by_role("button", name="解决", exact=True).wait_for()
        return page

    async def sign_in(self, context: BrowserContext, who: str) -> None:
        """Give the context a session without the form."""
        answer = await context.request.post(
            "/api/v1/session",
            data={"email": f"{who}@lanting.example", "password": PASSWORD},
            headers=CONSOLE,
        )
        assert answer.ok, await answer.text()

    async def shoot_all(self, name: str) -> None:
        """Pictures of every window as it stands."""
        pages = [page for context in self.contexts for page in context.pages]
        for number, page in enumerate(pages, 1):
            await shoot(page, f"{name}-{number}")

    async def close(self) -> None:
        """Close every window. Whoever was signed in is away from now on, at once. One that does not close is left to the browser's end."""
        for context in list(self.contexts):
            async with patiently():
                if any(cookie.get("name") == "qiao_session" for cookie in await context.cookies()):
                    await context.request.put("/api/v1/me/availability", data={"availability": "away"}, headers=CONSOLE)
        for context in list(self.contexts):
            async with patiently():
                await context.close()


class Shopper:
    """A visitor's window: the shop's page and the chat in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frame: FrameLocator = page.frame_locator("iframe")

    @property
    def log(self) -> Locator:
        return self.frame.get_by_role("log")

    @property
    def field(self) -> Locator:
        return self.frame.locator("form.composer textarea")

    async def open(self) -> None:
        """Press the launcher and wait for the field."""
        await self.page.locator("qiao-widget button").first.click()
        await self.field.wait_for()

    async def say(self, text: str) -> None:
        """Write and send, and wait until it stands in the log as sent."""
        await self.field.fill(text)
        await self.field.press("Enter")
        await self.mine(text).last.wait_for()

    async def ask_for_person(self, words: str = "转人工") -> None:
        """Open the chat and ask; the bot has said that somebody comes."""
        await self.open()
        await self.say(words)
        await self.theirs().last.wait_for()

    def mine(self, text: str) -> Locator:
        """Own messages with this text."""
        return self.log.locator("li.mine").filter(has_text=text)

    def theirs(self, kind: str = "bot") -> Locator:
        """Messages of the bot or of an agent."""
        return self.log.locator(f"li.{kind}")


@asynccontextmanager
async def patiently() -> AsyncIterator[None]:
    """Given up after a while: a browser that does not answer at the end of a story keeps no other from being told."""
    with suppress(TimeoutError):
        async with asyncio.timeout(30):
            yield


async def shoot(page: Page, name: str) -> None:
    """Keep a picture of the window."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SHOTS / f"{name}.png", animations="disabled")


async def promised(page: Page, name: str) -> Any:
    """What a promise of the page, kept under this name, is kept with; it has as long as anything else that is waited for."""
    async with asyncio.timeout(20):
        return await page.evaluate(name)


AT_REST = """() => new Promise((done) => {
  let last = performance.now()
  const seen = new PerformanceObserver(() => (last = performance.now()))
  seen.observe({ entryTypes: ['resource'] })
  const look = () => {
    const busy = document.querySelector('[aria-busy="true"], .q-skeleton, .animate-pulse')
    if (!busy && performance.now() - last > 150) return seen.disconnect(), done()
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
})"""


async def at_rest(page: Page) -> None:
    """Until nothing has come from the desk for a moment and no skeleton stands in for anything."""
    await page.evaluate(AT_REST)


SIDEWAYS = """() => {
  const past = (box) => box.scrollWidth - box.clientWidth
  // Rows of tabs and tables may scroll by themselves; what scrolls down must not also scroll sideways.
  const columns = [...document.querySelectorAll('body *')].filter((box) => {
    const { overflowX, overflowY } = getComputedStyle(box)
    return box.clientHeight > 200 && overflowX === 'auto' && ['auto', 'scroll'].includes(overflowY) && !box.matches('.overflow-x-auto')
  })
  return Math.max(past(document.scrollingElement), ...columns.map(past))
}"""


async def sideways(page: Page) -> int:
    """By how many pixels the page, or a column of it that scrolls, is wider than its place."""
    return await page.evaluate(SIDEWAYS)


async def axe(page: Page) -> list[str]:
    """What axe-core finds, in every frame, one line a finding."""
    found: list[str] = []
    for frame in page.frames:
        if frame.url in {"", "about:blank"}:
            continue
        # Into an isolated world would be blind to the page's own roots, so it is evaluated in the page, past its policy.
        if not await frame.evaluate("'axe' in window"):
            await frame.evaluate(AXE.read_text(encoding="utf-8") + ";0")
        result: dict[str, Any] = await frame.evaluate(AXE_RUN)
        found += [
            f"{one['id']}: {node['html'][:160]} :: {node['any'][0]['message'] if node['any'] else ''}"
            for one in result["violations"]
            for node in one["nodes"]
        ]
    return found
