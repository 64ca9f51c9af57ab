"""The emoji that Slack spells as words (":wave:"): those that people use with a service. What is not here stays a word."""

import re

EMOJI = {
    "+1": "👍",
    "-1": "👎",
    "100": "💯",
    "clap": "👏",
    "cry": "😢",
    "eyes": "👀",
    "fire": "🔥",
    "grin": "😁",
    "grinning": "😀",
    "heart": "❤️",
    "heart_eyes": "😍",
    "hourglass": "⌛",
    "joy": "😂",
    "laughing": "😆",
    "ok_hand": "👌",
    "package": "📦",
    "pray": "🙏",
    "rage": "😡",
    "raised_hands": "🙌",
    "rocket": "🚀",
    "slightly_smiling_face": "🙂",
    "smile": "😄",
    "sob": "😭",
    "sparkles": "✨",
    "sweat_smile": "😅",
    "tada": "🎉",
    "thinking_face": "🤔",
    "thumbsdown": "👎",
    "thumbsup": "👍",
    "truck": "🚚",
    "warning": "⚠️",
    "wave": "👋",
    "white_check_mark": "✅",
    "wink": "😉",
    "x": "❌",
}
_WORD = re.compile(r":([a-z0-9_+-]{1,40}):(?::skin-tone-[2-6]:)?")


def drawn(text: str) -> str:
    """A text with its emoji drawn."""
    return _WORD.sub(lambda found: EMOJI.get(found[1], found[0]), text)


def reaction(name: str) -> str:
    """A reaction's emoji, without its skin tone."""
    plain = name.partition("::")[0]
    return EMOJI.get(plain, f":{plain}:")
