"""What delivery itself says to customers: beside options, files and places that their channel cannot show."""

_WORDS = {
    "zh": {
        "choose": "请选择：",
        "numbers": "回复数字即可。",
        "place": "位置：{name}",
        "file": "{name}：{url}",
        "fact": "{name}：{value}",
        "disclosure": "您正在与 AI 助手对话，回答由系统自动生成。随时可以转人工。",
    },
    "en": {
        "choose": "Please choose:",
        "numbers": "Reply with a number.",
        "place": "Place: {name}",
        "file": "{name}: {url}",
        "fact": "{name}: {value}",
        "disclosure": "You are talking with an AI assistant. Its answers are automatic. You can ask for a person at any time.",
    },
}


def say(word: str, language: str, **values: str) -> str:
    """A phrase in the customer's language; whoever writes neither Chinese nor English reads English."""
    return _WORDS["zh" if language.startswith("zh") else "en"][word].format(**values)
