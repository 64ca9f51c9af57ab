"""Arranging a message or a call, word for word: every step's ways on, in Chinese and English, and what is said at each."""

from datetime import UTC, datetime, timedelta

from qiao.domains.bot.assist import promise_words
from qiao.domains.bot.assist.promise_contracts import Asking, Move, Window
from qiao.domains.bot.assist.promise_dialogue import Heard, email_in, hear, phone_in
from qiao.domains.bot.assist.promise_words import OPTIONS

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
SHOWN = tuple(Window(NOW + timedelta(hours=start), NOW + timedelta(hours=start + 2)) for start in (0, 4, 24))


def after(step: str, text: str, **fields: object) -> Move:
    tries, option, window = fields.pop("tries", 0), fields.pop("option", None), fields.pop("window", None)
    asking = Asking(step=step, language="zh", tries=tries, **fields)
    return hear(asking, Heard(text=text, option=option, window=window))


def ways(step: str, texts: dict[str, tuple[str, str]], **fields: object) -> dict[str, tuple[str, str]]:
    return {text: ((move := after(step, text, **fields)).step, move.say) for text in texts}


def test_the_choice_between_a_message_and_a_call():
    said = {
        "留言": ("email", "ask_email"),
        "1": ("email", "ask_email"),
        "１": ("email", "ask_email"),
        "第一个": ("email", "ask_email"),
        "Leave a message": ("email", "ask_email"),
        "留個言": ("email", "ask_email"),
        "预约回电": ("number", "ask_number"),
        "2": ("number", "ask_number"),
        "二": ("number", "ask_number"),
        "打给我吧": ("number", "ask_number"),
        "打電話給我": ("number", "ask_number"),
        "Book a call": ("number", "ask_number"),
        "please ring me": ("number", "ask_number"),
        "138 1234 5678": ("window", "ask_window"),
        "打我手机 13812345678": ("window", "ask_window"),
        "不用了": ("done", "dropped"),
        "算了，谢谢": ("done", "dropped"),
        "no thanks": ("done", "dropped"),
        "NEVER MIND!": ("done", "dropped"),
        "lan@example.com": ("done", "message_kept_email"),
        "我的茶壶盖子碎了，想问问能不能补发一个给我，谢谢": ("email", "ask_email"),
        "I waited for two weeks and nobody could call me back about my parcel": ("email", "ask_email"),
    }
    assert ways("choice", said) == said


def test_a_button_says_what_its_words_might_not():
    assert after("choice", "ok", option=OPTIONS["message"]).step == "email"
    assert after("choice", "ok", option=OPTIONS["call_back"]).step == "number"
    assert after("email", "ok", option=OPTIONS["call_back"]).step == "number"
    assert after("window", "", option=OPTIONS["window-2"], offered=SHOWN, phone="1").window == SHOWN[2]
    assert after("window", "hm", option=OPTIONS["window-2"], offered=SHOWN[:1], phone="1").window is None


def test_whoever_is_known_by_an_address_is_not_asked_for_it():
    move = after("choice", "留言", known_email="mei@example.com")
    assert (move.step, move.promised, move.email) == ("done", "message", "mei@example.com")
    other = after("choice", "留言，发到 lan@example.com", known_email="mei@example.com")
    assert (other.promised, other.email) == ("message", "lan@example.com")


def test_the_address_is_asked_for_once():
    said = {
        "lan@example.com": ("done", "message_kept_email"),
        "发到ＬＡＮ＠example.com谢谢": ("done", "message_kept_email"),
        "不用": ("done", "message_kept"),
        "不方便": ("done", "message_kept"),
        "i don't have one": ("done", "message_kept"),
        "call": ("number", "ask_number"),
        "回电": ("number", "ask_number"),
        "壶是上周买的，盖子碎了": ("email", ""),
        "lan at example dot com": ("email", ""),
    }
    assert ways("email", said) == said
    assert after("email", "订单是 SO2026", tries=1).say == "message_kept"


def test_a_number_is_asked_for_twice_at_most():
    said = {
        "13812345678": ("window", "ask_window"),
        "号码 010-6552 9988 转 2": ("window", "ask_window"),
        "12345": ("number", "bad_number"),
        "你们不知道吗": ("number", "bad_number"),
        "不用了": ("done", "dropped"),
        "cancel": ("done", "dropped"),
    }
    assert ways("number", said) == said
    given_up = after("number", "还是没有号码给你", tries=1, known_email="mei@example.com")
    assert (given_up.say, given_up.promised, given_up.email) == ("message_kept", "message", "mei@example.com")


def test_a_window_is_chosen_by_its_number_or_by_words():
    def chosen(text: str, window: Window | bool | None = None, tries: int = 0) -> Move:
        return after("window", text, window=window, tries=tries, offered=SHOWN, phone="13812345678")

    by_number = {"1": 0, "2。": 1, "３": 2, "第二个": 1, "third": 2, "一": 0}
    assert {text: chosen(text).window for text in by_number} == {text: SHOWN[at] for text, at in by_number.items()}
    assert chosen("明天上午", SHOWN[2]).window == SHOWN[2]
    assert (chosen("今晚", window=False).say, chosen("嗯").say, chosen("4").say) == (
        "closed_then",
        "which_window",
        "which_window",
    )
    assert (chosen("不用了").say, chosen("不用了").dropped) == ("dropped", True)
    open_ended = chosen("看你们", tries=1)
    assert (open_ended.promised, open_ended.say, open_ended.window, open_ended.phone) == (
        "call_back",
        "call_kept_open",
        None,
        "13812345678",
    )


def test_a_number_may_be_put_right_while_the_window_is_chosen():
    move = after("window", "号码错了，打 13987654321", offered=SHOWN, phone="13812345678")
    assert (move.step, move.phone) == ("window", "13987654321")


def test_danger_comes_before_every_step():
    for step in ("choice", "email", "number", "window"):
        move = after(step, "救命，煤气泄漏了", phone="13812345678", offered=SHOWN)
        assert (move.step, move.say, move.danger, move.promised) == (step, "emergency", True, None)


def test_what_is_done_stays_done():
    assert after("done", "预约回电") == Move(step="done", say="")


def test_numbers_that_somebody_can_call():
    said = {
        "8613812345678": "8613812345678", "+8613812345678": "+8613812345678", "0086 138 1234 5678": "+8613812345678",
        "0044 20 7946 0958": "+442079460958", "(010) 6552-9988": "01065529988", "020.7946.0958": "02079460958",
        "号码：１３８１２３４５６７８": "13812345678", "a@b.co 13812345678": "13812345678", "1234567": "1234567",
        "12345": None, "1111111": None, "20261122000123": None, "SO20261122001": None, "13812345678a": None,
        "no number": None, "": None, "１２３": None, "13812345678@example.com": None,
    }  # fmt: skip
    assert {text: phone_in(text) for text in said} == said
    assert phone_in("啊" * 600 + "13812345678") is None


def test_addresses_that_an_answer_can_go_to():
    said = {
        "A.B+c@Sub.Example.co.uk": "A.B+c@Sub.Example.co.uk", "发到lan@example.com。": "lan@example.com",
        "<lan@example.com>": "lan@example.com",
        "ｌａｎ＠ｅｘａｍｐｌｅ．ｃｏｍ": "lan@example.com", "one@a.co, two@b.co": "one@a.co", "lan@example": None,
        "@example.com": None,
        "lan@@example.com": None, "lan @example.com": None, "": None,
    }  # fmt: skip
    assert {text: email_in(text) for text in said} == said


def test_every_sentence_stands_in_both_languages_with_the_same_blanks():
    values = {name: f"<{name}>" for name in ("when", "email", "phone", "window", "day", "clock", "name")}
    keys = [
        "offer", "message", "call_back", "ask_email", "message_kept", "message_kept_email", "ask_number", "bad_number",
        "ask_window",
        "closed_then", "which_window", "call_kept", "call_kept_open", "dropped", "by", "back",
    ]  # fmt: skip
    said = {key: [promise_words.say(key, language, **values) for language in ("zh", "en")] for key in keys}
    blanks = {key: [sorted(name for name in values if f"<{name}>" in text) for text in texts] for key, texts in said.items()}
    assert {key: names for key, names in blanks.items() if names[0] != names[1]} == {}
    assert all(len(set(texts)) == 2 for texts in said.values())


def test_labels_are_known_in_every_language():
    assert promise_words.known_words("message") == {"留言", "Leave a message"}
    assert promise_words.say("message", "fr") == "Leave a message"
    assert promise_words.say("message", None) == "留言"
