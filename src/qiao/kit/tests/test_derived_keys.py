"""Derived keys: as RFC 5869 says, and as the program has always made them."""

import hashlib
import hmac

from qiao.kit.derived_keys import derived


def test_the_vectors_of_the_rfc():
    """Appendix A.1 and A.3; the first 32 of their 42 bytes."""
    secret, purpose = bytes([0x0B]) * 22, bytes(range(0xF0, 0xFA))
    assert derived(secret, purpose, bytes(range(13))).hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
    assert derived(secret, b"").hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"


def test_what_was_sealed_before_the_library_did_it_still_opens():
    """Keys were written as two HMACs before: the same bytes."""
    for secret, purpose, salt in ((b"a secret key", b"qiao seal", None), (bytes(32), b"qiao backup\x00base.tar", b"salt" * 8)):
        extracted = hmac.digest(salt or bytes(32), secret, hashlib.sha256)
        assert derived(secret, purpose, salt) == hmac.digest(extracted, purpose + b"\x01", hashlib.sha256)


def test_each_purpose_has_another():
    assert len({derived(b"a", b"one"), derived(b"a", b"two"), derived(b"b", b"one"), derived(b"a", b"one", b"salt")}) == 4
