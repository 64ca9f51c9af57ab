"""docs/trust/cryptography.md says what the program uses, no less and no more; what is weak stands where a platform prescribes it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from cryptography_used import foreign, used, used_in
from source import ROOT, SOURCE, nodes, python_files
from tables_of_pages import named, rows

from qiao.app.sealed import SEALED

PAGE = "docs/trust/cryptography.md"
CIPHERS = {"AES-GCM"}
HASHES = {"SHA-256", "BLAKE2b", "keyed BLAKE2b", "HMAC-SHA-256", "HKDF-SHA-256", "JWT HS256"}
OTHERS = {"Argon2id", "Ed25519", "TLS", "random"}
LEGACY = {"AES-CBC", "SHA-1", "HMAC-SHA-1"}
NO_SECURITY = {"UUIDv5", "CRC-32"}
PRESCRIBED = "kit/sealed_callback.py"


def told() -> set[tuple[str, str]]:
    return {(algorithm, module) for _, algorithm, _, _, modules, _ in rows(PAGE, "Uses") for module in named(modules)}


def test_every_use_is_in_the_table_and_every_row_is_used() -> None:
    """Besides what is left here: name the module in a row of the page, or take it out of one."""
    assert (sorted(used() - told()), sorted(told() - used())) == ([], [])


def test_every_algorithm_is_approved_or_prescribed_by_a_platform() -> None:
    """Legacy ones stand in channels alone, and in the one room that only channels enter."""
    known = CIPHERS | HASHES | OTHERS | LEGACY | NO_SECURITY
    assert [one for one in used() if one[0] not in known] == []
    legacy = {module for algorithm, module in used() if algorithm in LEGACY}
    assert [one for one in legacy if not one.startswith("channels/") and one != PRESCRIBED] == []
    ours = {path.relative_to(SOURCE).as_posix() for path in python_files() if _brings(path, "qiao.kit.sealed_callback")}
    assert [one for one in ours if not one.startswith("channels/")] == []


def test_what_is_no_security_says_so() -> None:
    said = {algorithm: bits for _, algorithm, bits, _, _, _ in rows(PAGE, "Uses") if algorithm in NO_SECURITY}
    assert said == dict.fromkeys(NO_SECURITY, "not for security")


def test_cryptography_comes_from_known_libraries_alone() -> None:
    assert {str(path.relative_to(ROOT)): found for path in python_files() if (found := list(foreign(path)))} == {}


def test_no_pair_of_keys_is_made_here() -> None:
    """The one private key is what QQ prescribes to make of the app's secret."""
    signing = {module for algorithm, module in used() if algorithm == "Ed25519"}
    assert signing == {"channels/qq_bot/signing.py"}


def test_every_sealed_column_is_in_its_table() -> None:
    said = [name for row in rows(PAGE, "Sealed columns") for name in named(row[0])]
    assert sorted(said) == sorted(f"{one.table}.{one.column}" for one in SEALED)


def _brings(path: Path, module: str) -> bool:
    return any(getattr(node, "module", "") == module for node in nodes(path))


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import hashlib\nhashlib.md5(b'')", {"MD5"}),
        ("from hashlib import sha1\nsha1(b'')", {"SHA-1"}),
        ("import hashlib\nhashlib.new('md5', b'')", {"MD5"}),
        ("import hashlib\nmake = hashlib.sha512", {"SHA-512"}),
        ("import hmac\nhmac.new(b'', b'', 'md5')", {"HMAC-MD5"}),
        ("import hashlib, hmac\nhmac.digest(b'', b'', digest=hashlib.sha1)", {"HMAC-SHA-1"}),
        ("import hmac\nhmac.compare_digest('a', 'b')", set()),
        ("from qiao.kit.lazy import lazy\nalgs = lazy('cryptography.hazmat.primitives.ciphers.algorithms')\nalgs.TripleDES(k)",
         {"cryptography.hazmat.primitives.ciphers.algorithms.TripleDES"}),
        (("from cryptography.hazmat.primitives import ciphers\nfrom cryptography.hazmat.primitives.ciphers import algorithms as a, modes\n"
         "ciphers.Cipher(a.AES(k), modes.CTR(n))"), {"AES-CTR"}),
        ("from cryptography.hazmat.primitives.asymmetric import rsa\nrsa.generate_private_key(3, 512)",
         {"cryptography.hazmat.primitives.asymmetric.rsa.generate_private_key"}),
        ("import jwt\njwt.decode(t, k, algorithms=['none'])", {"JWT none"}),
        ("import ssl\nssl._create_unverified_context()", {"ssl._create_unverified_context"}),
        ("import ssl\ndef f(x: ssl.SSLContext) -> ssl.SSLContext:\n    return x", set()),
        ("from qiao.kit.webhook_signatures import signed_hex\nsigned_hex(s, b, digest='sha1')", {"HMAC-SHA-1"}),
        ("from qiao.kit.webhook_signatures import hashed_hex\nhashed_hex(s, b)", {"SHA-1"}),
        ("import os\nos.urandom(4)", {"random"}),
    ],
)  # fmt: skip
def test_each_use_would_be_seen(tmp_path: Path, code: str, found: set[str]) -> None:
    path = tmp_path / "one.py"
    path.write_text(code, encoding="utf-8")
    assert used_in(path) == found


@pytest.mark.parametrize("library", ["Crypto.Cipher", "nacl", "rsa", "bcrypt", "pyotp"])
def test_another_library_would_be_seen(tmp_path: Path, library: str) -> None:
    path = tmp_path / "one.py"
    path.write_text(f"import {library}\n", encoding="utf-8")
    assert list(foreign(path)) == [library]
