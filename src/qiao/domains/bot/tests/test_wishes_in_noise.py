"""A wish for a person survives how people really type, and what only sounds like one stays a question."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.domains.bot.intents import is_angry, is_emergency, is_question_follow_up, small_talk, wants_person, with_context

WISHES_ZH = ["转人工", "找客服", "转人工客服", "我要人工", "人工客服", "真人客服", "呼叫客服", "联系人工客服"]
WISHES_EN = ["talk to a human", "real person please", "connect me to an agent", "speak to someone", "I need a human"]
QUESTIONS = [
    "人工费多少", "人工智能是什么", "客服电话是多少", "机器人可以买吗", "有人退过这款茶吗", "别人代收可以吗",
    "human hair", "how many people does one pot serve", "what is the price per person", "I want green tea",
]  # fmt: skip
MARKS = ["", "!", "！！", "。", "...", "～", "?", "？？", " ", "\n", "😡", "🙏🙏"]
GAPS = ["", " ", "  ", ".", "。", "-", "·", "\u3000", "\n"]


@given(st.sampled_from(WISHES_ZH), st.sampled_from(GAPS), st.sampled_from(MARKS), st.sampled_from(MARKS))
def test_a_chinese_wish_may_be_pulled_apart(wish: str, gap: str, before: str, behind: str):
    assert wants_person(before + gap.join(wish) + behind)


@given(st.sampled_from(WISHES_EN), st.data(), st.sampled_from(MARKS), st.sampled_from(MARKS))
def test_an_english_wish_may_be_in_any_case(wish: str, data: st.DataObject, before: str, behind: str):
    letters = [data.draw(st.sampled_from([letter.lower(), letter.upper()])) for letter in wish]
    assert wants_person(before + "".join(letters) + behind)


@given(st.sampled_from(WISHES_EN + WISHES_ZH), st.sampled_from(GAPS[1:4]))
def test_a_wish_may_be_in_wide_letters_and_wide_gaps(wish: str, gap: str):
    wide = "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in wish)
    assert unicodedata.normalize("NFKC", wide) == wish
    assert wants_person(wide.replace(" ", gap.replace(".", " ") + " "))


@given(st.sampled_from(["human", "person", "agent", "representative", "operator"]), st.data())
def test_one_wrong_letter_does_not_hide_a_wish(word: str, data: st.DataObject):
    at = data.draw(st.integers(1, len(word) - 1))
    twice = word[:at] + word[at - 1] + word[at:]
    dropped = word[:at] + word[at + 1 :]
    assert wants_person(f"I want to talk to a {twice}")
    assert wants_person(f"please connect me to a {dropped} now")


@given(st.sampled_from(QUESTIONS), st.sampled_from(MARKS), st.sampled_from(MARKS))
def test_marks_make_no_wish_of_a_question(question: str, before: str, behind: str):
    assert not wants_person(before + question + behind)


@pytest.mark.parametrize(
    "text",
    [
        "人 工", "人  工  客  服", "转\u200b人工", "轉 接 人 工", "請轉人工客服", "转人工!!!!!", "人工？", "人工。。。", "人工人工人工人工",
        "我要找人工，你们的机器人听不懂", "能转一下人工吗谢谢", "帮忙转接人工客服吧", "换人工", "叫真人来", "我不要机器人，我要真人",
        "要个人工", "zhuan  ren  gong", "Zhuan-Ren-Gong", "ren gong", "转 agent", "talk to a humann", "talk to a huamn",
        "taalk to a person", "speek to a person pls", "Talk To Human", "i want 2 talk to a human", "agent!!!", "AGENT NOW",
        "can you transfer me to a human being", "human, please.", "no bot, real person", "get me a representative",
        "let me speak with your manager", "I’d like to speak to a person",
    ],
)  # fmt: skip
def test_these_ask_for_a_person(text: str):
    assert wants_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "工人节有活动吗", "人工呼吸怎么做", "人工培育的兰花多少钱",
        "茶是人工挑的还是机器挑的", "这个杯子几个人用", "客服几点上班",
        "送客户的礼盒有吗", "收件人填错了", "转账给谁", "转寄到上海要几天", "本人不在家怎么签收", "humanity", "humans and tea",
        "personal discount", "can I gift this to a person abroad", "agency discount", "is green tea good for old people",
        "is the operator manual included", "supporting documents", "the person at the door did not sign",
        "my agent bought it last year", "how do I contact the courier", "live tracking link", "what does support cost",
    ],
)  # fmt: skip
def test_these_only_sound_like_it(text: str):
    assert not wants_person(text)


@pytest.mark.parametrize("wish", ["转人工", "talk to a human"])
@pytest.mark.parametrize("tail", ["啊" * 50, " please" * 30, "!" * 1_000, "😡" * 200])
def test_a_long_tail_of_nothing_is_quick(wish: str, tail: str):
    assert wants_person(f"{wish}{tail}") in {True, False}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("你好！", "greeting"), ("您好～", "greeting"), ("在 吗", "greeting"),
        ("HELLO!!!", "greeting"), ("Hi there 👋", "greeting"),
        ("谢谢～～", "thanks"), ("谢谢谢谢", "thanks"), ("Thanks a lot!", "thanks"), ("thank you so much 🙏", "thanks"),
        ("好的谢谢", "thanks"),
        ("再见啦", "bye"), ("拜拜", "bye"), ("Bye bye!", "bye"), ("have a nice day :)", "bye"), ("嗯嗯", "ack"), ("收到！", "ack"),
        ("OK.", "ack"), ("got it", "ack"), ("你好，怎么退货", None), ("谢谢，那运费呢", None), ("hi, where is my order", None),
        ("thanks but it is still broken", None), ("ok how long does it take", None), ("再见面要多久", None), ("", None), ("？？？", None),
    ],
)  # fmt: skip
def test_a_courtesy_with_marks_is_one_and_with_a_question_is_none(text: str, kind: str | None):
    assert small_talk(text) == kind


@given(
    st.sampled_from(["你好", "谢谢", "再见", "好的", "hello", "thanks", "bye", "ok"]),
    st.sampled_from(["怎么退货", "where is my order"]),
)
def test_a_question_behind_a_courtesy_is_never_swallowed(courtesy: str, question: str):
    assert small_talk(f"{courtesy}，{question}") is None
    assert small_talk(f"{question} {courtesy}") is None


@given(st.text(max_size=300))
def test_danger_is_no_courtesy_and_nobody_is_left_without_a_reading(text: str):
    read = (small_talk(text), wants_person(text), is_angry(text), is_emergency(text), is_question_follow_up(text))
    assert all(one in {True, False} for one in read[1:])
    assert read[0] in {None, "greeting", "thanks", "bye", "ack"}
    assert not (read[0] and read[3])


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("我家着火了！", True), ("孩子误食了干燥剂", True), ("I can't breathe", True), ("there’s a gas leak", True),
        ("HE IS UNCONSCIOUS", True),
        ("壶会不会漏电", False), ("如果烫伤怎么办", False), ("is it fire proof", False), ("避免触电的插座有吗", False),
    ],
)  # fmt: skip
def test_danger_and_questions_about_it(text: str, danger: bool):
    assert is_emergency(text) is danger


@pytest.mark.parametrize(
    ("text", "angry"),
    [
        ("你们是不是骗子", True), ("垃 圾", True), ("WHERE IS MY ORDER!!!", True), ("This is ridiculous.", True), ("I am fed up", True),
        ("垃圾桶有卖吗", False), ("投诉电话是多少", False), ("how can I make a complaint", False), ("OK", False), ("I am not angry", False),
        ("USB TYPE C CABLE", False), ("usb 接口能充电吗", False), ("滚筒洗衣机能洗吗", False), ("滚水能泡绿茶吗", False),
        ("给他妈妈买的礼盒", False), ("送妈妈的茶怎么选", False), ("茶树有病虫害吗", False), ("how many times can I steep it?", False),
        ("last time I bought green tea, is it still there", False), ("你们sb吧", True), ("滚", True), ("他妈的", True), ("你有病吧", True),
        ("How many times do I have to tell you", True), ("This is the last time I buy here", True),
    ],
)  # fmt: skip
def test_anger_and_what_only_looks_like_it(text: str, angry: bool):
    assert is_angry(text) is angry


@given(st.text(max_size=120), st.lists(st.text(max_size=60), max_size=4))
def test_context_changes_only_what_leans(question: str, before: list[str]):
    used = with_context(question, before)
    assert used == question or is_question_follow_up(question)
    assert with_context(question, []) == question
    assert len(used) <= 3 * 500 + 200


@given(st.sampled_from(["为什么", "多久", "why", "how long"]), st.sampled_from(["怎么申请退货", "How do I return a teapot"]))
def test_a_bare_question_takes_its_topic_from_the_last_whole_one(bare: str, whole: str):
    used = with_context(bare, ["可以开发票吗", whole, "多少钱"])
    assert used != bare
    assert used.endswith(bare)
    assert "发票" not in used
