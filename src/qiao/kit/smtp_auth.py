"""How Qiao shows a mail server its password: as it is, inside TLS.

The library would take CRAM-MD5 first where a server offers it. That is a keyed MD5 of the password: broken, and needless inside TLS.
"""

METHODS = ("plain", "login")
"""What a client's `AUTH_METHODS` is set to, before `login`."""
