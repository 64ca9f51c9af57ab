"""A channel made for tests: its provider signs with HMAC-SHA256, and a delivery is the list of contracts that it holds."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import msgspec

from qiao.kit.errors import Invalid, Refused
from qiao.ports.channel import (
    Account,
    Ack,
    Capability,
    Connected,
    Counted,
    FetchedMedia,
    Inbound,
    InboundMessage,
    Manifest,
    Media,
    NeedsReauth,
    Pulled,
    RawReceipt,
    Rejected,
    Retry,
    Sender,
    Sent,
    SettingField,
)

SECRET = "heron-signing-secret-canary"  # noqa: S105 - made up
TITLE = {"zh": "苍鹭", "en": "Heron"}


def manifest(**changes: Any) -> Manifest:
    """Everything a channel may have."""
    field: dict[str, Any] = {"label": TITLE}
    plain = Manifest(
        name="heron",
        tier="gold",
        title=TITLE,
        capabilities=frozenset(set(Capability) - {Capability.LIVE}),
        max_text=500,
        ack=Ack(body="success"),
        hosts={"api": "https://api.heron.example/"},
        settings=(
            SettingField(key="account", type="text", default="lanting", **field),
            SettingField(key="signing", type="secret", required=True, **field),
            SettingField(key="app", type="secret", **field),
        ),
    )
    return msgspec.structs.replace(plain, **changes)


class Heron:
    """Answers as it is told to, and remembers what it was asked."""

    def __init__(self, **changes: Any) -> None:
        self.manifest = manifest(**changes)
        self.connects: list[Any] = []
        self.media: dict[str, list[Any]] = {}
        self.known: dict[str, list[Any]] = {}
        """What is answered when it is asked who somebody is, by address."""
        self.introduced: list[tuple[str, dict[str, str]]] = []
        self.pulls: list[Any] = []
        self.asked: list[tuple[str | None, dict[str, str]]] = []
        self.listening: list[Any] = []
        self.sent: list[Any] = []

    def verify(self, receipt: RawReceipt, account: Account) -> Ack | None:
        secret = account.secrets.get("signing", "")
        if receipt.method == "GET":
            if not secret or receipt.query.get("signing") != secret:
                raise Refused("wrong secret")
            return Ack(body=receipt.query.get("echo", ""))
        if receipt.body == b"crash":
            raise RuntimeError("the adapter stumbles")
        if not secret or not hmac.compare_digest(signature(receipt.body, secret), receipt.headers.get("x-heron-signature", "")):
            raise Refused("not signed")
        return None

    def parse(self, receipt: RawReceipt, account: Account) -> Sequence[Inbound]:
        if receipt.body.startswith(b"poison"):
            raise Invalid("this cannot be read")
        if receipt.body.startswith(b"stumble"):
            raise KeyError("an adapter's own fault")
        return msgspec.json.decode(receipt.body, type=list[Inbound])

    async def connect(self, account: Account, wire: Any) -> Any:
        return self.connects.pop(0) if self.connects else Connected(title="兰亭 Heron")

    def counted(self, text: str, account: Account) -> Counted | None:
        """One message is one message."""
        return None

    async def send(self, message: Any, account: Account, wire: Any) -> Any:
        self.sent.append(message)
        return Sent(f"out-{message.key}")

    async def fetch_media(self, media: Media, account: Account, wire: Any) -> Any:
        if media.data is not None:
            return FetchedMedia(data=media.data, name=media.name)
        return self.media[media.ref["id"]].pop(0)

    async def introduce(self, sender: Sender, hint: Any, account: Account, wire: Any) -> Any:
        self.introduced.append((sender.address, dict(hint)))
        answers = self.known.get(sender.address) or [None]
        return answers.pop(0)

    async def pull(self, cursor: str | None, hint: Any, account: Account, wire: Any) -> Pulled:
        self.asked.append((cursor, dict(hint)))
        return self.pulls.pop(0) if self.pulls else Pulled(cursor=cursor)

    async def listen(self, account: Account, wire: Any, deliver: Any) -> None:
        script = self.listening.pop(0)
        await script(account, deliver)

    async def disconnect(self, account: Account, wire: Any) -> None:
        self.connects.append("disconnected")

    async def typing(self, message: Any, account: Account, wire: Any) -> None:
        self.sent.append("typing")

    async def moderate(self, act: str, provider_id: str, account: Account, wire: Any) -> Any:
        self.sent.append((act, provider_id))
        return Sent(provider_id)


def signature(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def body_of(*items: Any) -> bytes:
    """What the provider delivers when this happened."""
    return msgspec.json.encode(items)


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"x-heron-signature": signature(body, secret)}


def says(provider_id: str, text: str = "", address: str = "lin", **fields: Any) -> InboundMessage:
    """A customer's message."""
    name = fields.pop("name", "林语桐")
    proofs = tuple(fields.pop("proofs", ()))
    return InboundMessage(provider_id=provider_id, sender=Sender(address=address, name=name, proofs=proofs), text=text, **fields)


__all__ = ["SECRET", "Heron", "NeedsReauth", "Rejected", "Retry", "body_of", "manifest", "says", "signature", "signed"]
