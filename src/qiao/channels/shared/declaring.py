"""What a manifest does not declare does not go out: the check that adapters make before they ask a provider for anything."""

from qiao.ports.channel import Capability, Manifest, OutboundMessage, Rejected


def undeclared(manifest: Manifest, message: OutboundMessage) -> Rejected | None:
    """Why this message cannot go through a channel that says this of itself; None when it can."""
    if len(message.text) > manifest.max_text:
        return Rejected("too_long")
    asks = {
        Capability.CARD: message.card,
        Capability.LOCATION: message.place,
        Capability.TEMPLATES: message.template,
        Capability.PUBLIC_THREADS: message.thread_key,
        Capability.PRIVATE_REPLY: message.private_reply_to,
    }
    held = (message.text, message.files, message.card, message.place, message.template)
    if not any(held) or any(wish and needed not in manifest.capabilities for needed, wish in asks.items()):
        return Rejected("not_allowed")
    if len(message.options) > manifest.max_options or len(message.files) > manifest.max_files:
        return Rejected("not_allowed")
    return _file_refused(manifest, message)


def _file_refused(manifest: Manifest, message: OutboundMessage) -> Rejected | None:
    limits = {one.kind: one.max_bytes for one in manifest.media}
    for file in message.files:
        if file.kind not in limits:
            return Rejected("not_allowed")
        if file.size > limits[file.kind]:
            return Rejected("too_large")
    return None
