"""Passwords are hidden while they are typed, may be pasted and filled in by what keeps them, and are compared to the letter."""

import re
from pathlib import Path

import pytest

from qiao.platform.auth.passwords import MAX_LENGTH, check_password, hash_password

WEB = Path(__file__).resolve().parents[2] / "web"
FIELD = re.compile(r"<(?:QInput|input)\b[^>]*>")
OWN = re.compile(r"""autocomplete="[\w-]*password"|name="[\w-]*password"|v-model="[\w.]*(?:password|Password)""")
HINDERS = re.compile(r"paste|@copy|@drop|@contextmenu", re.IGNORECASE)


def fields() -> dict[str, list[str]]:
    """The fields for one's own password, by the file that draws them."""
    features = WEB / "apps" / "console" / "src" / "features"
    files = [path for folder in ("session", "people") for path in (features / folder).rglob("*.vue")]
    drawn = {path: [one for one in FIELD.findall(path.read_text(encoding="utf-8")) if OWN.search(one)] for path in files}
    return {path.relative_to(WEB).as_posix(): found for path, found in drawn.items() if found}


def test_fields_of_passwords_are_hidden_and_named_for_what_keeps_them() -> None:
    found = fields()
    assert {Path(name).name: len(each) for name, each in found.items()} == {
        "LoginPage.vue": 1,
        "InvitePage.vue": 1,
        "ResetPage.vue": 1,
        "AccountPassword.vue": 2,
        "EndSessionsDialog.vue": 1,
    }
    every = [one for each in found.values() for one in each]
    assert [one for one in every if 'type="password"' not in one] == []
    assert [one for one in every if not re.search(r'autocomplete="(?:new|current)-password"', one)] == []


def test_nothing_hinders_pasting_a_password() -> None:
    drawing = [*fields(), "packages/ui/src/QInput.vue", "packages/ui/src/QField.vue"]
    texts = {name: (WEB / name).read_text(encoding="utf-8") for name in drawing}
    assert [name for name, text in texts.items() if HINDERS.search(text)] == []
    assert not any("maxlength" in one for each in fields().values() for one in each)


LONG = ("Violet Teapot of nine moons, " * 20)[:MAX_LENGTH]


@pytest.mark.slow
@pytest.mark.parametrize(
    "other",
    [LONG.lower(), LONG[:-1], LONG[:-1] + "x", LONG[:72], f" {LONG[1:]}", LONG.replace(" ", "\u00a0"), LONG.replace("T", "Ｔ")],
    ids=["capitals", "one less", "the last another", "the first 72", "a space", "another space", "a wide letter"],
)
async def test_a_password_is_compared_to_its_last_letter(other: str) -> None:
    encoded = await hash_password(LONG)
    assert await check_password(encoded, LONG)
    assert not await check_password(encoded, other)
