"""Addresses that lead inside, as somebody would write them: by number in every spelling, by name, by redirect. Attacks 51 to 54."""

BY_TEXT = (
    "http://2130706433/", "http://0x7f.1/", "http://0x7f000001/", "http://017700000001/", "http://0177.0.0.1/", "http://127.1/",
    "http://a@127.0.0.1/", "http://shop.example@127.0.0.1/", "http://shop.example\\@127.0.0.1/", "http://127.0.0.1#@shop.example/",
    "//127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "ftp://127.0.0.1/", "dict://127.0.0.1:11211/stats",
    "http://[::ffff:127.0.0.1%25lo]/", "http://[fe80::1%25eth0]/", "http://127\u30020\u30020\u30021/", "http://\u2460\u2461\u2466.0.0.1/",
    "http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://127.0.0.1/\r\nX-Inside: 1",
)  # fmt: skip
BY_NUMBER = (
    "127.0.0.1", "127.0.0.1.", "127.255.0.9", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1", "100.64.0.1", "169.254.169.254",
    "100.100.100.200", "192.0.0.192", "224.0.0.1", "255.255.255.255", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::ffff:a9fe:a9fe]", "[fd00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::1]", "[::7f00:1]",
)  # fmt: skip
BY_NAME = {
    "localhost": ("127.0.0.1",),
    "localhost.": ("127.0.0.1",),
    "inside.example": ("10.0.0.1",),
    "metadata.example": ("169.254.169.254",),
    "six.example": ("::1",),
    "mapped.example": ("::ffff:127.0.0.1",),
    "both.example": ("93.184.216.34", "127.0.0.1"),
    "nowhere.example": (),
}
"""Names, and the addresses that they have: `both` is judged as a whole, `nowhere` has none."""


async def resolve(host: str, _port: int) -> tuple[str, ...]:
    """As these names are known. Numbers are what they are; raises OSError for what nobody has."""
    bare = host.removesuffix(".")
    if host in BY_NAME or bare in BY_NAME:
        return BY_NAME.get(host) or BY_NAME[bare]
    if ":" in bare or bare.replace(".", "").isdigit():
        return (bare,)
    raise OSError(host)
