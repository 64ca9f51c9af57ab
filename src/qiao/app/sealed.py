"""Everywhere that sealed texts lie: what a change of keys seals again, and what keeps a key in use."""

from qiao.domains.bot.flows.tools.toolbox import SEALED as TOOL_HEADERS
from qiao.domains.commerce.desk import SEALED as SHOP
from qiao.domains.inboxes.accounts import SECRETS
from qiao.domains.inboxes.wire import MEMORY
from qiao.domains.webhooks.doors import HEADERS, OLD_SECRET, SECRET

SEALED = (SECRETS, MEMORY, SHOP, TOOL_HEADERS, SECRET, OLD_SECRET, HEADERS)
