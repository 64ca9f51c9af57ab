"""Connects an app of your own to a Qiao inbox. One file, Python 3.10 or newer, no dependencies: copy it into your project.

inbox = Inbox("https://desk.example/in/KEY", "whsec_...")
inbox.message("m-1", sender={"id": "u-7", "name": "Ann"}, text="Where is my order?")

# In your web framework, at the address for replies:
event = inbox.received(dict(request.headers), request.body)   # raises NotFromQiao
if event["type"] == "message" and not already_have(event["id"]):
    show(event["to"], event.get("text", ""))
"""

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from typing import Any

TOLERANCE_SECONDS = 300


class NotFromQiao(Exception):
    """The signature is wrong, too old or missing. Answer 401."""


class NotTaken(Exception):
    """Qiao did not store the events. `status` is the HTTP status; None when there was no answer. Safe to send again with the same ids."""

    def __init__(self, status: int | None, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status


class Inbox:
    """One inbox of the kind "Your own app". Safe to use from several threads."""

    def __init__(self, url: str, secret: str, timeout: float = 10.0) -> None:
        self._url = url
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self._timeout = timeout

    def message(self, message_id: str, sender: Mapping[str, Any], text: str = "", **more: Any) -> None:
        """A customer wrote. `more`: files, place, option, quoted, at. The same id again is the same message."""
        self.tell({"type": "message", "id": message_id, "from": dict(sender), "text": text, **more})

    def tell(self, *events: Mapping[str, Any]) -> None:
        """Hand over events in their order; returns when they are stored for good. Raises NotTaken."""
        body = json.dumps({"events": list(events)}, ensure_ascii=False).encode()
        request = urllib.request.Request(self._url, data=body, headers=self.signed(body), method="POST")  # noqa: S310 - the address is the company's own
        try:
            with urllib.request.urlopen(request, timeout=self._timeout):  # noqa: S310 - as above
                return
        except urllib.error.HTTPError as error:
            raise NotTaken(error.code, error.read(500).decode("utf-8", "replace")) from None
        except OSError as error:
            raise NotTaken(None, str(error)) from None

    def received(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """What Qiao posted: {"type": "message" | "typing" | "recall" | "ping", ...}. Raises NotFromQiao."""
        given = {name.lower(): value for name, value in headers.items()}
        message_id, written = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
        if not written.isdigit() or abs(time.time() - int(written)) > TOLERANCE_SECONDS:
            raise NotFromQiao("the time is missing or too far away")
        wanted = self._signature(message_id, written, body)
        if not any(hmac.compare_digest(wanted, one) for one in given.get("webhook-signature", "").split(" ")):
            raise NotFromQiao("the signature is wrong")
        event: dict[str, Any] = json.loads(body)
        return event

    def signed(self, body: bytes, message_id: str | None = None) -> dict[str, str]:
        """The headers that a body must go with."""
        message_id, now = message_id or f"evt_{uuid.uuid4().hex}", str(int(time.time()))
        return {
            "Content-Type": "application/json",
            "Webhook-Id": message_id,
            "Webhook-Timestamp": now,
            "Webhook-Signature": self._signature(message_id, now, body),
        }

    def _signature(self, message_id: str, timestamp: str, body: bytes) -> str:
        signed: list[bytes] = [message_id.encode(), timestamp.encode(), body]
        return "v1," + base64.b64encode(hmac.new(self._key, b".".join(signed), hashlib.sha256).digest()).decode()
