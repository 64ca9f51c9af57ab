"""What the bot says on its own, in Chinese and in English."""

from collections.abc import Mapping, Sequence
from typing import Literal

from qiao.domains.bot.contracts import BotSettings, Localised

Words = Literal["zh", "en"]

DEFAULTS = BotSettings(
    name={"zh": "智能助手", "en": "Assistant"},
    disclosure={
        "zh": "您正在与 AI 助手对话，随时输入“人工”可转接真人。",
        "en": 'You are talking with an AI assistant. Type "human" for a person at any time.',
    },
    target_wrong=0.1,
    hand_over_when_unsure=True,
    hand_over_text={"zh": "正在为您转接人工客服，请稍候。", "en": "I’m connecting you with a person. One moment, please."},
    off_hours_text={
        "zh": "现在不在服务时间。您的问题已经记下，客服上班后会尽快回复您。",
        "en": "We’re outside opening hours right now. Your question is saved, and someone will reply as soon as we’re back.",
    },
)

_SAID: Mapping[str, Localised] = {
    "greeting": {"zh": "您好！请问有什么可以帮您？", "en": "Hello! How can I help you?"},
    "thanks": {"zh": "不客气！还有其他问题随时告诉我。", "en": "You’re welcome! Just ask if there’s anything else."},
    "bye": {"zh": "再见，祝您生活愉快！", "en": "Goodbye, and have a lovely day!"},
    "ack": {"zh": "好的。还有其他问题随时告诉我。", "en": "All right. Just ask if there’s anything else."},
    "itself": {
        "zh": "我是 AI 助手，不是真人。需要真人客服的话，输入“人工”即可。",
        "en": 'I’m an AI assistant, not a person. Type "human" and a person will take over.',
    },
    "unclear": {
        "zh": "没太看明白您的意思，可以用一句话描述您的问题吗？",
        "en": "I didn’t quite get that. Could you describe your question in a sentence?",
    },
    "offer": {"zh": "您想问的是下面哪一个？", "en": "Which of these is closest to your question?"},
    "offer_one": {"zh": "您想问的是下面这个吗？", "en": "Is this what you’re asking about?"},
    "offer_else": {
        "zh": "都不是的话，可以换个说法，或输入“人工”转接真人。",
        "en": 'If not, try putting it another way, or type "human" to reach a person.',
    },
    "unknown": {
        "zh": "这个问题我暂时答不上来。可以换个说法再问一次，或者回复“人工”，由真人客服为您解答。",
        "en": 'I don’t have an answer to that. You can put it another way, or reply "human" to talk with a person.',
    },
    "more": {
        "zh": "先回答到这里。这个问题请再发一次，我接着为您解答。",
        "en": "I’ll stop here for now. Please send this one again and I’ll carry on.",
    },
    "unsure": {"zh": "这个问题我不太确定。", "en": "I’m not sure about this one."},
    "files": {"zh": "我还看不懂图片和文件，请真人客服来为您查看。", "en": "I can’t look at pictures or files, so a person will."},
    "angry": {"zh": "非常抱歉给您带来不好的体验。", "en": "I’m really sorry about this experience."},
    "emergency": {
        "zh": "如果有人身危险，请立即拨打当地的急救或报警电话。",
        "en": "If anyone is in danger, please call your local emergency number right away.",
    },
    "nobody": {
        "zh": "客服同事暂时都不在线。您的问题已经记下，有人上线会尽快回复您。",
        "en": "Nobody is online right now. Your question is saved, and someone will reply as soon as they’re back.",
    },
    "back_on": {"zh": "人工服务{day} {clock} 恢复。", "en": "We’re back {day} at {clock}."},
    "back_after": {
        "zh": "{name}期间休息，人工服务{day} {clock} 恢复。",
        "en": "We’re closed for {name} and back {day} at {clock}.",
    },
    "other_language": {"zh": "（这条内容目前只有英文版。）", "en": "(This is only available in Chinese for now.)"},
    "who": {"zh": "匿名访客", "en": "Anonymous visitor"},
    "wanted_person": {"zh": "想找人工客服", "en": "Wants to talk with a person"},
    "sent_file": {"zh": "发来了文件", "en": "Sent a file"},
    "summary_who": {"zh": "客户", "en": "Customer"},
    "summary_wants": {"zh": "诉求", "en": "Wants"},
    "summary_tried": {"zh": "已给出", "en": "Already shown"},
    "summary_promised": {"zh": "已承诺", "en": "Promised"},
    "order": {"zh": "订单号", "en": "Order"},
    "phone": {"zh": "电话", "en": "Phone"},
    "email": {"zh": "邮箱", "en": "Email"},
    "date": {"zh": "日期", "en": "Date"},
}


def words_of(language: str | None) -> Words:
    """The language the bot's own words are in: Chinese for Chinese, English for every other."""
    return "zh" if language in {None, "zh"} else "en"


def say(key: str, language: str | None) -> str:
    """One of the bot's own sentences."""
    return _SAID[key][words_of(language)]


def in_language(text: Localised, language: str | None) -> str:
    """A localised text in the nearest language there is."""
    return text.get(words_of(language)) or next((one for one in text.values() if one), "")


def join(parts: Sequence[str], language: str | None) -> str:
    """Sentences set behind one another as the language does it."""
    return ("" if words_of(language) == "zh" else " ").join(part for part in parts if part)
