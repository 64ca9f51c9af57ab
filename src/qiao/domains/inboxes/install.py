"""What an admin copies to put an inbox on a page. Pure."""

from qiao.domains.inboxes.contracts import Inbox, Snippet

_PYTHON = """import time, jwt  # PyJWT
token = jwt.encode({{"sub": str(user.id), "name": user.name, "email": user.email,
                    "aud": "{key}", "exp": int(time.time()) + 3600}}, IDENTITY_KEY, algorithm="HS256")"""
_NODE = """import jwt from "jsonwebtoken";
const token = jwt.sign({{ sub: String(user.id), name: user.name, email: user.email }},
  process.env.IDENTITY_KEY, {{ algorithm: "HS256", audience: "{key}", expiresIn: "1h" }});"""
_PHP = """use Firebase\\JWT\\JWT;
$token = JWT::encode(["sub" => (string)$user->id, "name" => $user->name, "email" => $user->email,
  "aud" => "{key}", "exp" => time() + 3600], $identityKey, "HS256");"""


def snippet_of(inbox: Inbox, origin: str) -> Snippet:
    """The script tag, the direct link and how to sign an identity. The key is public; the identity key never leaves the server."""
    colour = inbox.settings.get("colour")
    attributes = f' data-colour="{colour}"' if colour else ""
    return Snippet(
        snippet=f'<script async src="{origin}/qiao.js" data-inbox="{inbox.key}"{attributes}></script>',
        page_url=f"{origin}/chat/{inbox.key}",
        identity_example={
            "python": _PYTHON.format(key=inbox.key),
            "node": _NODE.format(key=inbox.key),
            "php": _PHP.format(key=inbox.key),
        },
    )
