"""A Mini Program's login: the platform says who a code is, and what it sealed for them is opened; nothing else proves anything."""

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.channels.registry import load_channel
from qiao.channels.wechat_mini import login
from qiao.channels.wechat_mini.simulator import Simulator
from qiao.kit.errors import Refused
from qiao.ports.channel import IntroductionDue, Proof, Retry, Sender, WindowOpened
from qiao.ports.testing.odd_wires import SayingWire
from qiao.ports.testing.wire import MemoryWire

HER = Sender(address="o9AgO5Kd5ggOC-bXrbNODIiE3bGY")
UNION = Proof("union:lanting", f"union-{HER.address}")
# The platform's published sample of opening user data.
PUBLISHED_KEY, PUBLISHED_IV, PUBLISHED_APP = "tiihtNczf5v6AKRyjwEUhQ==", "r7BXXKkLb8qrSNn05n0qiA==", "wx4f4bc4dec97d474b"
PUBLISHED = (
    "CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC"
    "+oNPdbB+3hVbJSRgv+4lGOETKUQz6OYStslQ142dNCuabNPGBzlooOmB231qMM85d2"
    "/fV6ChevvXvQP8Hkue1poOFtnEtpyxVLW1zAo6/1Xx1COxFvrc2d7UL/lmHInNlxuacJXwu0fjpXfz"
    "/YqYzBIBzD6WUfTIF9GRHpOn/Hz7saL8xz+W//FRAUid1OksQaQx4CMs8LOddcQhULW4ucetDf96JcR3g0gfRK4PC7E"
    "/r7Z6xNrXd2UIeorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns"
    "/8wR2SiRS7MNACwTyrGvt9ts8p12PKFdlqYTopNHR1Vf7XjfhQlVsAJdNiKdYmYVoKlaRv85IfVunYzO0IKXsyl7JCUjCpoG"
    "20f0a04COwfneQAGGwd5oa+T8yO5hzuyDb/XcxxmK01EpqOyuxINew=="
)


@pytest.fixture
def adapter():
    return load_channel("wechat_mini")


@pytest.fixture
def simulator(adapter):
    return Simulator(adapter.manifest)


@pytest.fixture
def wire(simulator):
    return MemoryWire(simulator)


async def entered(adapter, simulator, session_from):
    await simulator.customer_enters(HER.address, session_from)
    return adapter.parse(simulator.delivered[-1], simulator.account())


async def told(adapter, simulator, wire, hint, sender=HER, **changes):
    return await adapter.introduce(sender, hint, simulator.account(**changes), wire)


def test_the_published_sample_is_opened():
    held = msgspec.json.decode(login.opened(PUBLISHED_KEY, PUBLISHED, PUBLISHED_IV))
    assert (held["openId"], held["unionId"]) == ("oGZUI0egBJY1zhBYw2KhdUfwVJJE", "ocMvos6NjeKLIBqg5Mr9QjxrP1FA")
    assert (held["nickName"], held["watermark"]) == ("Band", {"timestamp": 1477314187, "appid": PUBLISHED_APP})


@pytest.mark.parametrize("appid", [PUBLISHED_APP, "wx-another"])
async def test_the_published_sample_is_believed_for_its_own_mini_program_alone(adapter, simulator, appid):
    her = Sender(address="oGZUI0egBJY1zhBYw2KhdUfwVJJE")
    wire = SayingWire(200, {"openid": her.address, "session_key": PUBLISHED_KEY})
    settings = {"app_id": appid, "union_account": "lanting"}
    known = await told(adapter, simulator, wire, {"code": "c", "data": PUBLISHED, "iv": PUBLISHED_IV}, her, settings=settings)
    shown = ("Band", (Proof("union:lanting", "ocMvos6NjeKLIBqg5Mr9QjxrP1FA"),))
    assert (known.name, known.proofs) == (shown if appid == PUBLISHED_APP else (None, ()))


async def test_a_code_in_the_button_says_who_entered(adapter, simulator, wire):
    opened, due = await entered(adapter, simulator, f"pages/order?id=A-1 {simulator.signs_in(HER.address)}")
    assert isinstance(opened, WindowOpened)
    assert isinstance(due, IntroductionDue)
    assert opened.sender.attributes == {"session_from": "pages/order?id=A-1"}
    assert await told(adapter, simulator, wire, due.hint) == Sender(address=HER.address, proofs=(UNION,))
    query = wire.asked[-1].query
    assert (query["grant_type"], query["secret"]) == ("authorization_code", simulator.secrets["app_secret"])


async def test_a_telephone_number_that_the_platform_sealed_is_proven(adapter, simulator, wire):
    login_words = simulator.signs_in(HER.address, purePhoneNumber="13900002001", phoneNumber="+8613900002001", countryCode="86")
    _, due = await entered(adapter, simulator, login_words)
    known = await told(adapter, simulator, wire, due.hint)
    assert (known.phone, known.proofs) == ("+8613900002001", (UNION, Proof("phone", "+8613900002001")))


async def test_a_code_counts_once(adapter, simulator, wire):
    _, due = await entered(adapter, simulator, simulator.signs_in(HER.address))
    assert await told(adapter, simulator, wire, due.hint)
    assert await told(adapter, simulator, wire, due.hint) is None


async def test_somebody_elses_code_proves_nothing(adapter, simulator, wire):
    """Whoever gets hold of another's code and enters with it stays who they are."""
    _, due = await entered(
        adapter, simulator, simulator.signs_in("oSomebodyElse", purePhoneNumber="13900002002", countryCode="86")
    )
    assert await told(adapter, simulator, wire, due.hint) is None


@pytest.mark.parametrize(
    "sealed",
    [
        {"openId": "oSomebodyElse", "unionId": "stolen", "nickName": "王"},
        {"purePhoneNumber": "139 0000", "countryCode": "86"},
        {"purePhoneNumber": "१३९००००", "countryCode": "86"},
        {"purePhoneNumber": "13900002001"},
        {"purePhoneNumber": "1" * 40, "countryCode": "86"},
    ],
)
async def test_what_was_sealed_for_another_or_is_no_number_is_left_out(adapter, simulator, wire, sealed):
    _, due = await entered(adapter, simulator, simulator.signs_in(HER.address, **sealed))
    assert await told(adapter, simulator, wire, due.hint) == Sender(address=HER.address, proofs=(UNION,))


async def test_data_that_was_sealed_for_another_session_is_left_out(adapter, simulator, wire):
    _, due = await entered(adapter, simulator, simulator.signs_in(HER.address, purePhoneNumber="13900002001", countryCode="86"))
    simulator.session_key = base64.b64encode(b"another session!").decode()
    assert await told(adapter, simulator, wire, due.hint) == Sender(address=HER.address, proofs=(UNION,))


async def test_without_a_subject_the_union_id_proves_nothing(adapter, simulator, wire):
    code = simulator.signs_in(HER.address).partition(":")[2]
    settings = {"app_id": simulator.owner}
    assert await told(adapter, simulator, wire, {"code": code}, settings=settings) == Sender(address=HER.address)


@pytest.mark.parametrize("words", ["", "pages/order", "login:", "login:short", "login me: please", "login:a b c d e f g h"])
async def test_other_words_of_the_button_are_words(adapter, simulator, words):
    (opened,) = await entered(adapter, simulator, words)
    assert opened.sender.attributes == ({"session_from": words} if words else {})


async def test_who_did_not_sign_in_is_not_asked_about(adapter, simulator, wire):
    assert await told(adapter, simulator, wire, {}) is None
    assert wire.asked == []


@pytest.mark.parametrize(("answer", "again"), [({"errcode": -1}, True), ({"errcode": 45011}, True), ({"errcode": 40226}, False)])
async def test_each_code_of_the_platform_has_its_end(adapter, simulator, answer, again):
    known = await told(adapter, simulator, SayingWire(200, answer), {"code": "0a1b2c3d"})
    assert isinstance(known, Retry) if again else known is None


@pytest.mark.parametrize(("status", "answer"), [(200, b"<html>"), (503, {}), (429, {})])
async def test_what_makes_no_sense_is_asked_again(adapter, simulator, status, answer):
    assert isinstance(await told(adapter, simulator, SayingWire(status, answer), {"code": "0a1b2c3d"}), Retry)


async def test_the_sessions_key_is_kept_nowhere(adapter, simulator, wire):
    _, due = await entered(adapter, simulator, simulator.signs_in(HER.address, nickName="桐"))
    known = await told(adapter, simulator, wire, due.hint)
    assert known.name == "桐"
    kept = repr((known, due, wire.memory, wire.tokens))
    assert simulator.session_key not in kept


@pytest.mark.property
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.b64encode(raw).decode()), st.text(max_size=30))
def test_nothing_but_what_was_sealed_is_opened(data, iv):
    with pytest.raises(Refused):
        login.opened(PUBLISHED_KEY, data, iv)
    with pytest.raises(Refused):
        login.opened(iv, data, PUBLISHED_IV)


@pytest.mark.property
@given(st.text())
def test_any_words_are_words_and_maybe_a_login(text):
    words, hint = login.told_in(text)
    assert (words == text) or hint["code"]
    assert set(hint) <= {"code", "data", "iv"}
