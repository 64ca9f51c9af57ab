"""The page that plays the customer's phone: what it shows, what can be done there, and whom it serves. On a made-up platform."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import msgspec
import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import TestClient

from qiao.app.phones.own_pages import OwnPage
from qiao.app.phones.routes import PhonesController
from qiao.app.phones.samples import kind_of, sample
from qiao.app.phones.words import FAULTS, WORDS
from qiao.app.simulators import Simulators, Stand, simulated
from qiao.kit.errors import QiaoError
from qiao.platform.http.problems import answer_qiao_error
from qiao.platform.settings import Settings, SettingsInvalid
from qiao.platform.uploads.kinds import FileType, detect_type
from qiao.ports.channel import Capability, Manifest, RawReceipt
from qiao.ports.testing.simulating import Answered, Asked, Fault, Handler, PlatformSimulator, SentFile, Shown, said

# A server of its own for each.
pytestmark = pytest.mark.slow
SCRIPT = {"accept": "application/json"}
MANIFEST = Manifest(
    name="pigeon",
    tier="silver",
    title={"zh": "信鸽", "en": "Pigeon post"},
    capabilities=frozenset({Capability.TEXT, Capability.IMAGE, Capability.OPTIONS}),
    max_text=140,
    hosts={"api": "https://loft.example"},
)


class Loft(PlatformSimulator):
    """A platform that keeps what its customers write and answers one question."""

    settings: ClassVar[Mapping[str, Any]] = {"loft": "http://platform.test/loft"}

    def routes(self) -> Mapping[str, Handler]:
        return {"GET /doves/{name}": self.dove}

    def fault(self, fault: Fault, asked: Asked) -> Answered:
        return said({"fault": fault}, 400)

    async def dove(self, asked: Asked) -> Answered:
        return said({"dove": asked.places["name"]})

    async def customer_writes(
        self, address: str, text: str = "", *, file: SentFile | None = None, option: str | None = None, name: str = ""
    ) -> str:
        if text == "nonsense":
            raise ValueError("no pigeon carries this")
        number = self.next_id()
        kind, data = (file.kind, file.data) if file else ("text", None)
        self.show(address, Shown(provider_id=number, by="customer", kind=kind, text=f"{text}{option or ''}", data=data))
        await self.deliver(RawReceipt("POST", {}, {}, f"{name}: {text}".encode()))
        return number


class Square(Loft):
    """One where everybody reads what is said."""

    async def customer_comments(self, address: str, text: str) -> str:
        number = self.next_id()
        self.show(address, Shown(provider_id=number, by="customer", kind="text", text=text, thread="square"))
        return number


class Played:
    """One platform, connected."""

    def __init__(self) -> None:
        self.platforms = {"pigeon": Loft(MANIFEST)}
        self.pages = {
            "owl": OwnPage(msgspec.structs.replace(MANIFEST, name="owl", title={"zh": "猫头鹰", "en": "Owl"}), "/form/key")
        }
        self.stands = {"pigeon": Stand(state="connected"), "owl": Stand(state="connected")}

    @property
    def loft(self) -> Loft:
        return self.platforms["pigeon"]


@pytest.fixture
def played() -> Played:
    return Played()


@pytest.fixture
def browser(played: Played) -> Iterator[TestClient[Litestar]]:
    def given() -> Any:
        return played

    class Phones(PhonesController):
        dependencies = {"played": Provide(given, sync_to_thread=False)}  # noqa: RUF012 - as the class above declares it

    with TestClient(Litestar([Phones], exception_handlers={QiaoError: answer_qiao_error})) as client:
        yield client


def test_the_first_page_is_a_phone(browser: TestClient[Litestar]) -> None:
    page = browser.get("/phones/?lang=en")
    assert page.url.path == "/phones/pigeon"
    assert "Pigeon post" in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]


def test_only_what_the_channel_carries_can_be_sent(browser: TestClient[Litestar]) -> None:
    page = browser.get("/phones/pigeon?lang=zh").text
    assert ('value="image"' in page, 'value="voice"' in page) == (True, False)


def test_what_the_customer_writes_stands_on_their_screen_as_it_was_written(browser: TestClient[Litestar], played: Played) -> None:
    answer = browser.post("/phones/pigeon/write?customer=0", data={"text": "<b>在吗</b>"}, headers=SCRIPT)
    assert (answer.status_code, answer.json()) == (200, {"problem": ""})
    screen = browser.get("/phones/pigeon/screen?customer=0").text
    assert "&lt;b&gt;在吗&lt;/b&gt;" in screen
    assert "<b>在吗" not in screen
    assert played.loft.delivered[-1].body.decode().startswith("林语桐")


def test_only_where_there_is_something_to_comment_on_it_can_be_done(browser: TestClient[Litestar], played: Played) -> None:
    assert 'name="public"' not in browser.get("/phones/pigeon").text
    refused = browser.post("/phones/pigeon/write?customer=0", data={"text": "好看", "public": "1"}, headers=SCRIPT)
    assert (refused.status_code, played.loft.delivered) == (422, [])
    played.platforms["pigeon"] = Square(MANIFEST)
    assert 'name="public"' in browser.get("/phones/pigeon").text
    browser.post("/phones/pigeon/write?customer=1", data={"text": "好看", "public": "1"}, headers=SCRIPT)
    shown = played.loft.shown(played.loft.customers[1])[-1]
    assert (shown.text, shown.thread) == ("好看", "square")


def test_two_customers_have_two_phones(browser: TestClient[Litestar], played: Played) -> None:
    for customer in (0, 1):
        browser.post(f"/phones/pigeon/write?customer={customer}", data={"text": f"我是 {customer}"}, headers=SCRIPT)
    assert "我是 0" not in browser.get("/phones/pigeon/screen?customer=1").text
    assert len({*played.loft.customers} & {*played.loft.phones}) == 2


def test_without_a_script_the_form_leads_back_to_the_phone(browser: TestClient[Litestar]) -> None:
    answer = browser.post("/phones/pigeon/write?customer=1&lang=en", data={"text": "hello"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/phones/pigeon?customer=1&lang=en")


def test_tapping_an_option_gives_its_value_back(browser: TestClient[Litestar], played: Played) -> None:
    address = played.loft.customers[0]
    played.loft.show(
        address, Shown(provider_id="q", by="company", kind="options", text="哪个？", options=["退货"], values=["entry-1"])
    )
    assert 'value="entry-1&#10;退货"' in browser.get("/phones/pigeon/screen").text
    browser.post("/phones/pigeon/write?customer=0", data={"tap": "entry-1\n退货"}, headers=SCRIPT)
    assert played.loft.shown(address)[-1].text == "退货entry-1"


def test_pictures_are_shown_from_their_bytes(browser: TestClient[Litestar], played: Played) -> None:
    browser.post("/phones/pigeon/write?customer=0", data={"sample": "image"}, headers=SCRIPT)
    files = {"file": ("own.png", sample("image").data, "image/png")}
    browser.post("/phones/pigeon/file?customer=0", files=files, headers=SCRIPT)
    assert browser.get("/phones/pigeon/screen").text.count("<img ") == 2
    assert browser.get("/phones/pigeon/files/0/1").content == sample("image").data
    assert browser.get("/phones/pigeon/files/0/7").status_code == 404


def test_what_the_platform_does_not_take_is_told(browser: TestClient[Litestar]) -> None:
    answer = browser.post("/phones/pigeon/write?customer=0", data={"text": "nonsense"}, headers=SCRIPT)
    assert answer.status_code == 422
    assert "no pigeon carries this" in answer.json()["problem"]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("write", {"text": "  "}),
        ("write", {"sample": "elephant"}),
        ("fault", {"fault": "earthquake"}),
        ("redeliver", {}),
    ],
)
def test_what_makes_no_sense_is_refused(browser: TestClient[Litestar], path: str, data: dict[str, str]) -> None:
    assert browser.post(f"/phones/pigeon/{path}?customer=0", data=data, headers=SCRIPT).status_code == 422


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_no_platform_stands_between_the_page_itself_is_shown(browser: TestClient[Litestar], lang: str) -> None:
    page = browser.get(f"/phones/owl?lang={lang}")
    assert f'<iframe id="page" name="page" src="/form/key?lang={lang}"' in page.text
    assert [f'href="/phones/{name}?lang={lang}"' in page.text for name in ("owl", "pigeon")] == [True, True]
    assert ("/phones/owl/write" in page.text, WORDS[lang]["own_page_lead"] in page.text) == (False, True)
    assert browser.get("/phones/assets/own_page.js").headers["content-type"].startswith("text/javascript")


def test_the_page_is_offered_beside_the_phones_of_platforms(browser: TestClient[Litestar]) -> None:
    assert 'href="/phones/owl?lang=zh"' in browser.get("/phones/pigeon?lang=zh").text
    assert browser.post("/phones/owl/write?customer=0", data={"text": "hi"}, headers=SCRIPT).status_code == 404


@pytest.mark.parametrize(
    "path", ["/phones/hawk", "/phones/pigeon?customer=2", "/phones/pigeon?customer=-1", "/phones/assets/secret"]
)
def test_phones_that_are_not_there_are_not_found(browser: TestClient[Litestar], path: str) -> None:
    assert browser.get(path).status_code == 404


def test_the_last_delivery_comes_again_three_times(browser: TestClient[Litestar], played: Played) -> None:
    browser.post("/phones/pigeon/write?customer=0", data={"text": "一次"}, headers=SCRIPT)
    browser.post("/phones/pigeon/redeliver?customer=0", headers=SCRIPT)
    assert [receipt.body.decode() for receipt in played.loft.delivered] == ["林语桐: 一次"] * 4


def test_a_page_elsewhere_cannot_play(browser: TestClient[Litestar], played: Played) -> None:
    headers = {**SCRIPT, "origin": "https://evil.example"}
    assert browser.post("/phones/pigeon/write?customer=0", data={"text": "hi"}, headers=headers).status_code == 403
    assert played.loft.phones == {}


@pytest.mark.parametrize("kind", ["image", "voice", "video", "file"])
def test_samples_are_what_they_say(kind: str) -> None:
    file = sample(kind)
    found = detect_type(file.data, file.name)
    assert isinstance(found, FileType), found
    assert found.content_type == file.content_type
    assert kind_of(file.content_type) == kind


def test_both_languages_say_everything() -> None:
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    assert set(FAULTS["zh"]) == set(FAULTS["en"]) == set(Fault)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "desk.example.com", "::"])
def test_a_desk_that_others_reach_plays_no_simulators(host: str) -> None:
    with pytest.raises(SettingsInvalid):
        simulated(Settings(host=host))


def test_every_host_of_every_channel_is_this_machine() -> None:
    settings = simulated(Settings(host="127.0.0.1", port=8717))
    hosts = [one.partition("=")[2] for one in settings.channel_hosts.split(",")]
    assert [host for host in hosts if not host.startswith("http://127.0.0.1:8717/simulators/")] == []
    assert settings.outbound_private == "allow"


class Door:
    """Asks an application as a server would, from an address."""

    def __init__(self, application: Any, client: str = "127.0.0.1") -> None:
        self.application, self.client = application, client
        self.sent: list[dict[str, Any]] = []

    async def _receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, event: dict[str, Any]) -> None:
        self.sent.append(event)

    def ask(self, path: str, kind: str = "http") -> list[dict[str, Any]]:
        scope = {"type": kind, "method": "GET", "path": path, "query_string": b"", "headers": [], "client": (self.client, 1)}
        asyncio.run(self.application(scope, self._receive, self._send))
        return self.sent


async def desk(scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "the desk", "path": scope["path"]})


def front(**platforms: PlatformSimulator) -> Any:
    return Simulators(Settings(port=8717), platforms).around(desk)


def test_the_desk_stays_as_it_is() -> None:
    assert Door(front()).ask("/api/v1/me") == [{"type": "the desk", "path": "/api/v1/me"}]


def test_a_platform_is_asked_below_its_own_path() -> None:
    start, body = Door(front(pigeon=Loft(MANIFEST))).ask("/simulators/pigeon/doves/coo")
    assert (start["status"], body["body"]) == (200, b'{"dove":"coo"}')


@pytest.mark.parametrize("path", ["/simulators/pigeon/doves/coo", "/phones/pigeon"])
def test_nobody_from_elsewhere_is_answered(path: str) -> None:
    assert Door(front(pigeon=Loft(MANIFEST)), "10.0.0.7").ask(path) == [{"type": "the desk", "path": "/nowhere"}]


def test_a_platform_that_is_not_there_is_not_found_on_either_line() -> None:
    assert Door(front()).ask("/simulators/owl/x")[0]["status"] == 404
    assert Door(front()).ask("/simulators/owl/x", "websocket") == [{"type": "websocket.close", "code": 1008}]


def test_a_connection_that_is_cut_gives_half_an_answer() -> None:
    loft = Loft(MANIFEST)
    loft.go_wrong(Fault.CUT)
    (start,) = Door(front(pigeon=loft)).ask("/simulators/pigeon/doves/coo")
    assert (start["type"], dict(start["headers"])[b"content-length"]) == ("http.response.start", b"9")
