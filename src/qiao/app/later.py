"""What a start leaves out and the first request of its kind would wait for: imported and compiled in a thread once the server answers.

Each is reached through `qiao.kit.lazy`, so nothing is wrong before, or when one of them is missing here: the first to need it waits.
"""

import asyncio
from importlib import import_module

from qiao.kit.lazy import compile_patterns

LATER = ("markdown_it.token", "jinja2", "PIL.Image", "PIL.ImageOps", "PIL.ImageSequence", "numpy", "jwt")


async def import_later() -> None:
    """Import them one after the other. The interpreter's lock is handed on between slices: requests are served meanwhile."""
    for name in LATER:
        await asyncio.to_thread(import_module, name)
    await asyncio.to_thread(compile_patterns)
