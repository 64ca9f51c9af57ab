"""What an editor may set of the bot, and what the settings are after a change. Pure."""

from typing import Any

import msgspec

from qiao.domains.bot.contracts import BotSettings, BotSettingsChanges, Localised
from qiao.domains.bot.errors import BotSettingsInvalid

MAX_TEXT = 500
MAX_NAME = 40


def changed(before: BotSettings, changes: BotSettingsChanges) -> BotSettings:
    """The settings with the given fields set; of a text the given languages. Raises BotSettingsInvalid."""
    given: dict[str, Any] = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not msgspec.UNSET}
    for name, value in given.items():
        if isinstance(value, dict):
            given[name] = _checked(name, {**getattr(before, name), **value})
    return msgspec.structs.replace(before, **given)


def _checked(name: str, text: Localised) -> Localised:
    cleaned = {key: value.replace("\x00", "").strip() for key, value in text.items()}
    longest = MAX_NAME if name == "name" else MAX_TEXT
    if not set(cleaned) <= {"zh", "en"} or any(not 1 <= len(value) <= longest for value in cleaned.values()):
        raise BotSettingsInvalid(f"{name} has 1 to {longest} characters in zh and en", field=name)
    return cleaned
