"""One-legged signatures of requests: OAuth 1.0a with HMAC-SHA1 (RFC 5849, section 3.4). Pure."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote


class Keys(NamedTuple):
    """Who asks, and in whose name."""

    consumer_key: str
    consumer_secret: str
    token: str
    token_secret: str


def authorization(method: str, url: str, keys: Keys, nonce: str, timestamp: int, parameters: Mapping[str, str]) -> str:  # noqa: PLR0913, PLR0917 - what the RFC signs
    """The header of a request whose query and form hold `parameters`; JSON and multipart bodies are not signed."""
    own = {
        "oauth_consumer_key": keys.consumer_key,
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(timestamp),
        "oauth_token": keys.token,
        "oauth_version": "1.0",
    }
    own["oauth_signature"] = signature(method, url, {**parameters, **own}, keys)
    return "OAuth " + ", ".join(f'{_quoted(name)}="{_quoted(value)}"' for name, value in sorted(own.items()))


def signature(method: str, url: str, parameters: Mapping[str, str], keys: Keys) -> str:
    """Over the method, the address without its query, and every parameter, sorted."""
    pairs = sorted((_quoted(name), _quoted(value)) for name, value in parameters.items())
    base = "&".join([method.upper(), _quoted(url), _quoted("&".join(f"{name}={value}" for name, value in pairs))])
    key = f"{_quoted(keys.consumer_secret)}&{_quoted(keys.token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


def _quoted(text: str) -> str:
    return quote(text, safe="-._~")
