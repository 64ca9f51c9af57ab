"""Catches one member of a tar as it passes by, without holding the rest."""

_BLOCK = 512


class TarWatch:
    """Is fed the parts of a tar; `caught` is the content of the last regular member called `name`."""

    def __init__(self, name: str) -> None:
        self._name = name.encode()
        self._held = bytearray()
        self._body = self._size = 0
        self._keeping = False
        self.caught = bytearray()

    def feed(self, part: bytes) -> None:
        """The next bytes."""
        self._held += part
        while self._step():
            pass

    def _step(self) -> bool:
        if self._body:
            taken = min(self._body, len(self._held))
            if self._keeping:
                self.caught += self._held[:taken]
            del self._held[:taken]
            self._body -= taken
            return taken > 0 and bool(self._held)
        if len(self._held) < _BLOCK:
            return False
        header = bytes(self._held[:_BLOCK])
        del self._held[:_BLOCK]
        self._begin(header)
        return True

    def _begin(self, header: bytes) -> None:
        if self._keeping:
            # What fills the last block is not of the member.
            del self.caught[self._size :]
        self._keeping = header[:100].rstrip(b"\0") == self._name and header[156:157] in (b"0", b"\0")
        if self._keeping:
            self.caught.clear()
        self._size = _number(header[124:136])
        self._body = -(-self._size // _BLOCK) * _BLOCK

    def content(self) -> bytes:
        """What was caught, when all has passed."""
        return bytes(self.caught[: self._size]) if self._keeping else bytes(self.caught)


def _number(field: bytes) -> int:
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    return int(field.rstrip(b"\0 ") or b"0", 8)
