"""The embedded PostgreSQL of a data folder in a process of its own: `python -m bench.database FOLDER`. Writes its address to FOLDER/dsn."""

import asyncio
import signal
import sys
from pathlib import Path

from qiao.platform.db.embedded import start_embedded


async def serve(folder: Path) -> None:
    """Run until SIGTERM."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    server = await start_embedded(folder / "postgres")
    (folder / "dsn").write_text(server.dsn, encoding="utf-8")
    await stopped.wait()
    await server.stop()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
