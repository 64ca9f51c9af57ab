"""Everywhere that sealed texts lie: what a change of keys seals again, and what keeps a key in use."""

from typing import TYPE_CHECKING

from qiao.domains.bot.flows.tools.toolbox import SEALED as TOOL_HEADERS
from qiao.domains.commerce.desk import SEALED as SHOP
from qiao.domains.inboxes.accounts import SECRETS
from qiao.domains.inboxes.identity import PLAIN as PLAIN_IDENTITY_KEY
from qiao.domains.inboxes.identity import SEALED as IDENTITY_KEYS
from qiao.domains.inboxes.wire import MEMORY
from qiao.domains.webhooks.doors import HEADERS, OLD_SECRET, SECRET
from qiao.platform.auth.resealing import sealing
from qiao.platform.auth.seal_ring import SealRing

if TYPE_CHECKING:
    # It brings Alembic along, which a start that is up to date does not need.
    from qiao.platform.db.backfills import Fillers

SEALED = (SECRETS, MEMORY, IDENTITY_KEYS, SHOP, TOOL_HEADERS, SECRET, OLD_SECRET, HEADERS)


def fillers(ring: SealRing) -> "Fillers":
    """What backfills of revisions leave to the program, by the name that they give it."""
    return {"identity_keys.sealed": sealing(ring, IDENTITY_KEYS, PLAIN_IDENTITY_KEY)}
