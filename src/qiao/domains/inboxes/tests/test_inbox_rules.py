"""Settings follow the channel's manifest, hours follow the clock on the wall, sites are named as browsers name them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.inboxes.contracts import Hours, Schedule, Span
from qiao.domains.inboxes.errors import InboxInvalid
from qiao.domains.inboxes.rules import checked_hours, checked_origin, checked_secrets, checked_settings, with_defaults
from qiao.ports.channel import SETTING_TYPES, Choice, Manifest, SettingField

LABEL = {"zh": "标签", "en": "Label"}
MANIFEST = Manifest(
    name="test",
    tier="bronze",
    title=LABEL,
    capabilities=frozenset(),
    max_text=100,
    settings=tuple(
        SettingField(
            key=kind, type=kind, label=LABEL, default=f"default {kind}", choices=(Choice("a", LABEL), Choice("b", LABEL))
        )
        for kind in sorted(SETTING_TYPES)
    ),
)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("text", ""), ("text", "x" * 2_000), ("localised", {"zh": "您好", "en": "Hello"}), ("localised", {}),
        ("localised_list", {"zh": ["退货", "邮费"], "en": []}), ("colour", "#1F7A6D"), ("choice", "b"), ("switch", False),
        ("origins", []), ("origins", ["https://shop.example"]), ("image", "/files/a-b/c.png"), ("text", None),
        ("number", 0), ("number", -2.5), ("url", ""), ("url", "https://shop.example:8443/a?b=c"), ("url", "http://[::1]/"),
        ("host", "mail.example.com"), ("host", "10.0.0.1:993"), ("host", "[::1]:25"), ("host", ""), ("json", {"a": [1]}), ("json", []),
    ],
)  # fmt: skip
def test_what_fits_its_type_is_kept(key, value):
    assert checked_settings(MANIFEST, {key: value}) == {key: value}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("text", 5), ("text", "x" * 2_001), ("text", ["a"]), ("localised", "您好"), ("localised", {"zh": 5}),
        ("localised", {"zh": "x" * 2_001}),
        ("localised_list", ["a"]), ("localised_list", {"zh": "a"}), ("localised_list", {"zh": [5]}),
        ("localised_list", {"zh": ["x" * 201]}),
        ("localised_list", {"zh": ["x"] * 21}), ("colour", "red"), ("colour", "#12345"), ("colour", "#1234567"), ("colour", "#12345g"),
        ("colour", "#123456;}"), ("choice", "c"), ("choice", 1), ("switch", "yes"), ("switch", 1), ("origins", "https://shop.example"),
        ("origins", ["shop.example"]), ("origins", [5]), ("origins", ["https://a.example"] * 21), ("image", "https://evil.example/x.png"),
        ("image", "//evil.example"), ("image", '/files/"onload=x'), ("unknown", "x"),
        ("number", "5"), ("number", True), ("number", float("inf")), ("number", 2**60), ("url", "ftp://a.example"), ("url", "shop.example"),
        ("url", "https://user:word@a.example"), ("url", "https://a.example:99999"), ("url", "https://a b"), ("url", "https:///x"),
        ("host", "a..b"), ("host", "-a.example"), ("host", "a.example/x"), ("host", "a.example:70000"), ("host", "a\nb"), ("host", 5),
        ("json", "{}"), ("json", 5), ("json", {"a": "x" * 20_001}),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_its_key(key, value):
    with pytest.raises(InboxInvalid) as refused:
        checked_settings(MANIFEST, {key: value})
    assert refused.value.details == {"field": key}


def test_every_type_a_manifest_may_use_is_checked():
    for field in MANIFEST.settings:
        with pytest.raises(InboxInvalid):
            checked_settings(MANIFEST, {field.key: object()})


def test_what_is_absent_or_null_is_the_default():
    shown = with_defaults(MANIFEST, {"text": "mine", "colour": None, "left over": 1})
    assert (shown["text"], shown["colour"], shown["switch"]) == ("mine", "default colour", "default switch")
    assert set(shown) == SETTING_TYPES - {"secret"}


def test_a_secret_is_no_setting_and_a_setting_no_secret():
    with pytest.raises(InboxInvalid):
        checked_settings(MANIFEST, {"secret": "hidden"})
    with pytest.raises(InboxInvalid):
        checked_secrets(MANIFEST, {"text": "hidden"})


@pytest.mark.parametrize("value", ["x" * 20_001, "a\x00b"])
def test_a_refused_secret_is_not_repeated(value):
    with pytest.raises(InboxInvalid) as refused:
        checked_secrets(MANIFEST, {"secret": value})
    assert refused.value.details == {"field": "secret"}
    assert value not in refused.value.message


def test_secrets_are_trimmed_as_they_are_pasted_and_an_empty_one_is_taken_away():
    assert checked_secrets(MANIFEST, {"secret": "  abc \n"}) == {"secret": "abc"}
    assert checked_secrets(MANIFEST, {"secret": "  "}) == {"secret": None} == checked_secrets(MANIFEST, {"secret": None})


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://shop.example.com", "https://shop.example.com"), ("HTTPS://Shop.Example.COM/", "https://shop.example.com"),
        ("  https://shop.example.com ", "https://shop.example.com"), ("http://localhost:3000", "http://localhost:3000"),
        ("https://*.example.com", "https://*.example.com"), ("https://10.0.0.1", "https://10.0.0.1"),
        ("https://shop.example.com:443", "https://shop.example.com:443"), ("", None), ("shop.example.com", None), ("*", None),
        ("https://", None), ("https://*", None), ("https://*.", None), ("https://*.*.com", None), ("ftp://shop.example", None),
        ("javascript:alert(1)", None), ("data:text/html,x", None), ("https://shop.example/path", None), ("https://shop.example?q", None),
        ("https://shop.example#x", None), ("https://user@shop.example", None), ("https://user:pw@shop.example", None),
        ("https://shop.example;script-src *", None), ("https://shop.example 'unsafe-inline'", None), ("https://shop..example", None),
        ("https://.example", None), ("https://-a.example", None), ("https://shop.example:99999", None), ("https://shop.example:x", None),
        ("https://商店.example", None), ("https://[::1", None), ("null", None), ("'self'", None), ("https://a_b.example", None),
    ],
)  # fmt: skip
def test_a_site_is_named_as_browsers_name_it_or_refused(given, origin):
    assert checked_origin(given) == origin


@pytest.mark.parametrize("given", [["https://Shop.example/"], [" https://shop.example\t"], ["https://shop\r\n.example"]])
def test_sites_are_kept_as_they_go_into_headers(given):
    assert checked_settings(MANIFEST, {"origins": given}) == {"origins": ["https://shop.example"]}


@given(st.text(max_size=60) | st.text(max_size=30).map(lambda tail: f"https://shop.example{tail}"))
def test_no_text_leaves_the_header_it_is_put_into(text):
    origin = checked_origin(text)
    assert origin is None or not set(origin) & set(" ;,'\"\r\n\t")


def span(days, opens, closes) -> Span:
    return Span(days=days, opens=opens, closes=closes)


def hours(*spans: Span, timezone: str = "Asia/Shanghai") -> Hours:
    return Hours(timezone=timezone, spans=list(spans))


def is_open(hours: Hours | None, now: datetime) -> bool:
    schedule = Schedule.of(hours)
    return schedule is None or schedule.is_open(now)


def at(zone: str, *when: int, fold: int = 0) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone), fold=fold)


WEEKDAYS = hours(span([1, 2, 3, 4, 5], "09:00", "18:00"))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ((2026, 11, 23, 8, 59), False), ((2026, 11, 23, 9, 0), True), ((2026, 11, 23, 17, 59), True), ((2026, 11, 23, 18, 0), False),
        ((2026, 11, 27, 12, 0), True), ((2026, 11, 28, 12, 0), False), ((2026, 11, 29, 12, 0), False),
    ],
)  # fmt: skip
def test_a_span_holds_its_beginning_and_not_its_end(when, expected):
    assert is_open(WEEKDAYS, at("Asia/Shanghai", *when)) is expected


def test_the_day_is_that_of_the_shop_not_of_the_server():
    monday_morning_there = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    sunday_night_there = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)
    assert is_open(WEEKDAYS, monday_morning_there)
    assert not is_open(WEEKDAYS, sunday_night_there)


def test_midnight_belongs_to_the_day_that_begins():
    night = hours(span([5], "22:00", "24:00"), span([6], "00:00", "02:00"))
    opened = [
        is_open(night, at("Asia/Shanghai", 2026, 11, *when))
        for when in ((27, 21, 59), (27, 23, 59), (28, 0, 0), (28, 1, 59), (28, 2, 0))
    ]
    assert opened == [False, True, True, True, False]
    assert is_open(hours(span([1, 2, 3, 4, 5, 6, 7], "00:00", "24:00")), at("Asia/Shanghai", 2026, 11, 28, 23, 59, 59))


def test_hours_follow_the_clock_on_the_wall_when_it_changes():
    berlin = hours(span([7], "02:00", "03:00"), span([1, 2, 3, 4, 5], "09:00", "17:00"), timezone="Europe/Berlin")
    summer, winter = datetime(2026, 7, 6, 7, 30, tzinfo=UTC), datetime(2026, 12, 7, 7, 30, tzinfo=UTC)
    assert (is_open(berlin, summer), is_open(berlin, winter)) == (True, False)
    before_the_gap, after_it = datetime(2026, 3, 29, 0, 59, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert (is_open(berlin, before_the_gap), is_open(berlin, after_it)) == (False, False)
    twice = [is_open(berlin, at("Europe/Berlin", 2026, 10, 25, 2, 30, fold=fold)) for fold in (0, 1)]
    assert twice == [True, True]


def test_without_hours_somebody_is_always_there_and_without_spans_never():
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert is_open(None, now)
    assert not is_open(hours(), now)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the strategy adds the zone
    st.sampled_from(["Asia/Shanghai", "America/New_York", "UTC"]),
)
def test_every_moment_is_in_exactly_one_half_of_the_day(moment, zone):
    days = [1, 2, 3, 4, 5, 6, 7]
    morning, rest = hours(span(days, "00:00", "12:00"), timezone=zone), hours(span(days, "12:00", "24:00"), timezone=zone)
    assert is_open(morning, moment) != is_open(rest, moment)
    assert is_open(morning, moment) == is_open(morning, moment.astimezone(ZoneInfo("Asia/Tokyo")) + timedelta(0))


@pytest.mark.parametrize(
    "wrong",
    [
        hours(timezone="Mars/Olympus"), hours(timezone=""), hours(timezone="../../etc/passwd"), hours(timezone="Asia"),
        hours(span([0], "09:00", "18:00")), hours(span([8], "09:00", "18:00")), hours(span([], "09:00", "18:00")),
        hours(span([1], "9:00", "18:00")), hours(span([1], "18:00", "09:00")), hours(span([1], "09:00", "09:00")),
        hours(span([1], "09:00", "24:01")), hours(span([1], "24:00", "24:00")), hours(span([1], "09:60", "18:00")),
        hours(span([1], "", "18:00")), hours(*[span([1], "09:00", "18:00")] * 51),
    ],
)  # fmt: skip
def test_hours_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InboxInvalid):
        checked_hours(wrong)


def test_hours_that_make_sense_pass():
    good = hours(span([1, 7], "00:00", "24:00"), span([2], "09:00", "12:00"), span([2], "13:00", "18:00"))
    assert checked_hours(good) is good
