"""Every use of cryptography in the source, found by its names: which algorithm, in which module."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from source import ROOT, SOURCE, nodes, parsed, python_files, text_of, web_files

NAMES = {
    "md5": "MD5", "sha1": "SHA-1", "sha224": "SHA-224", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512",
    "blake2b": "BLAKE2b", "blake2s": "BLAKE2s",
}  # fmt: skip
TLS = {"ssl.create_default_context", "httpx.create_ssl_context"}
RANDOM = {
    "os.urandom",
    "secrets.token_bytes",
    "secrets.token_hex",
    "secrets.token_urlsafe",
    "secrets.choice",
    "secrets.randbelow",
}
WHOLE = {
    "argon2.PasswordHasher": "Argon2id",
    "zlib.crc32": "CRC-32",
    "binascii.crc32": "CRC-32",
    "uuid.uuid3": "UUIDv3",
    "uuid.uuid5": "UUIDv5",
    "hashlib.scrypt": "scrypt",
    "hashlib.pbkdf2_hmac": "PBKDF2",
    "cryptography.hazmat.primitives.ciphers.aead.AESGCM": "AES-GCM",
    "cryptography.hazmat.primitives.asymmetric.ed25519.Ed25519PrivateKey": "Ed25519",
    "cryptography.hazmat.primitives.asymmetric.ed25519.Ed25519PrivateKey.from_private_bytes": "Ed25519",
    **dict.fromkeys(TLS, "TLS"),
    **dict.fromkeys(RANDOM, "random"),
}
"""Names that are an algorithm by themselves."""
PLAIN = {
    "hmac.compare_digest", "hmac.HMAC", "ssl.SSLError", "ssl.SSLContext", "ssl.cert_time_to_seconds", "secrets.compare_digest",
    "argon2.exceptions.Argon2Error", "argon2.exceptions.InvalidHashError", "jwt.PyJWTError", "cryptography.exceptions.InvalidTag",
    "cryptography.exceptions.InvalidSignature", "cryptography.hazmat.primitives.ciphers.Cipher", "hashlib.new", "hashlib.file_digest",
}  # fmt: skip
"""Names that choose no algorithm: comparing, errors, and what is looked at by its arguments."""
ROOMS = ("hashlib", "hmac", "ssl", "secrets", "jwt", "argon2", "cryptography")
OURS = {
    "qiao.kit.sealed_callback.signature": "SHA-1", "qiao.kit.sealed_callback.is_signed": "SHA-1",
    "qiao.kit.sealed_callback.opened": "AES-CBC", "qiao.kit.sealed_callback.sealed": "AES-CBC",
    "qiao.kit.derived_keys.derived": "HKDF-SHA-256",
}  # fmt: skip
"""Our own doors to an algorithm: who calls them uses it."""
SIGNERS = {"qiao.kit.webhook_signatures.signed_hex": ("HMAC-", "sha256"), "qiao.kit.webhook_signatures.signed_base64": ("HMAC-", "sha256"),
           "qiao.kit.webhook_signatures.hashed_hex": ("", "sha1")}  # fmt: skip
"""Those where the caller names the hash, with what is meant by none."""
KNOWN_LIBRARIES = {"hashlib", "hmac", "ssl", "secrets", "jwt", "argon2", "cryptography"}
OTHERS = re.compile(
    r"^(?:Crypto|Cryptodome|nacl|rsa|ecdsa|pyotp|M2Crypto|OpenSSL|passlib|bcrypt|scrypt|itsdangerous|authlib|jose|jwcrypto|pyaes|tink"
    r"|gnupg|paramiko|Crypt|crypt|_hashlib|_ssl|sha3|blake3|xxhash|mmh3)(?:\.|$)"
)
"""Libraries of cryptography that nothing here may bring."""
WEB = re.compile(r"\bcrypto\.(?:subtle\.)?(\w+)")


def aliases(path: Path) -> dict[str, str]:
    """What the names of a file stand for, lazily imported ones too."""
    found: dict[str, str] = {}
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {
                one.asname or one.name.split(".")[0]: one.name if one.asname else one.name.split(".")[0] for one in node.names
            }
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "lazy":
            found |= {ast.unparse(name): ast.literal_eval(node.value.args[0]) for name in node.targets}
    return found


class _Reader(ast.NodeVisitor):
    def __init__(self, path: Path) -> None:
        self.known = aliases(path)
        self.found: set[str] = set()

    def called(self, node: ast.expr) -> str:
        """The whole name of what an expression names; empty for anything else."""
        if isinstance(node, ast.Name):
            return self.known.get(node.id, "")
        before = self.called(node.value) if isinstance(node, ast.Attribute) else ""
        return f"{before}.{node.attr}" if before and isinstance(node, ast.Attribute) else ""

    def hash_of(self, node: ast.expr | None, default: str = "") -> str:
        """What a hash is called, given as a name in quotes, as hashlib's own, or as what the caller gives: then empty."""
        if node is None:
            return NAMES.get(default, default)
        if isinstance(node, ast.Constant):
            return NAMES.get(str(node.value), str(node.value))
        return NAMES.get(self.called(node).removeprefix("hashlib."), "")

    def note(self, before: str, name: str) -> None:
        if name:
            self.found.add(before + name)

    def visit_Call(self, node: ast.Call) -> None:
        name, words = self.called(node.func), {one.arg: one.value for one in node.keywords}
        if name in {"hmac.new", "hmac.digest"}:
            self.note("HMAC-", self.hash_of(words.get("digestmod") or words.get("digest") or node.args[2]))
            self.visit_all(node.args[:2])
        elif name in {"hashlib.new", "hashlib.file_digest"}:
            self.note("", self.hash_of(node.args[0 if name.endswith("new") else 1]))
            self.visit_all(node.args)
        elif name in SIGNERS:
            before, default = SIGNERS[name]
            self.note(before, self.hash_of(words.get("digest"), default))
            self.visit_all([*node.args, *words.values()])
        elif name in {"hashlib.blake2b", "hashlib.blake2s"} and "key" in words:
            self.note("keyed ", NAMES[name.removeprefix("hashlib.")])
            self.visit_all([*node.args, *words.values()])
        elif name in {"jwt.decode", "jwt.encode"}:
            self.note("JWT ", ast.unparse(words.get("algorithms") or words["algorithm"]).strip("[]'"))
            self.visit_all([*node.args, *words.values()])
        elif name.endswith("ciphers.Cipher"):
            self.note("", "-".join(self.called(one.func).rpartition(".")[2] for one in node.args if isinstance(one, ast.Call)))
            self.visit_all([part for one in node.args if isinstance(one, ast.Call) for part in one.args])
        elif name.endswith("hkdf.HKDF"):
            self.note("HKDF-", self.called(node.args[0].func).rpartition(".")[2].replace("SHA256", "SHA-256"))  # type: ignore[attr-defined]
            self.visit_all(node.args[1:])
        else:
            self.generic_visit(node)

    def visit_all(self, parts: list[ast.expr]) -> None:
        for part in parts:
            self.visit(part)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.named(self.called(node)) or self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.named(self.called(node))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        # What a function says it takes and gives is no use of it.
        self.visit_all([one for one in [*node.args.defaults, *node.args.kw_defaults] if one])
        for part in node.body:
            self.visit(part)

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]  # noqa: N815 - the name that ast calls

    def named(self, name: str) -> bool:
        """Note what a whole name stands for; one of these libraries that is not known stands for itself. False: it is no such name."""
        if name in OURS or name in WHOLE:
            self.note("", OURS.get(name) or WHOLE[name])
        elif name.startswith("hashlib.") and name.removeprefix("hashlib.") in NAMES:
            self.note("", NAMES[name.removeprefix("hashlib.")])
        elif name not in PLAIN and "." in name and name.split(".", maxsplit=1)[0] in ROOMS:
            self.note("", name)
        return bool(name)


def used_in(path: Path) -> set[str]:
    """The algorithms that a file uses; a name of those libraries that nobody foresaw is given as it is."""
    reader = _Reader(path)
    reader.visit(parsed(path))
    return reader.found


def foreign(path: Path) -> Iterator[str]:
    """Libraries of cryptography that a file brings beside the known ones."""
    for node in nodes(path):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        yield from (name for name in names if OTHERS.match(name))


@cache
def used() -> frozenset[tuple[str, str]]:
    """(algorithm, module) of the whole program, the web's faces too. Modules are paths below src/qiao, or below the root for the web's."""
    ours = {(one, path.relative_to(SOURCE).as_posix()) for path in python_files() for one in used_in(path)}
    faces = {
        ("random" if found in {"getRandomValues", "randomUUID"} else f"crypto.{found}", path.relative_to(ROOT).as_posix())
        for path in web_files()
        for found in WEB.findall(text_of(path))
    }
    return frozenset(ours | faces)
