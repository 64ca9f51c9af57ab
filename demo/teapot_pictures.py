"""The pictures of the guide for a teapot that leaks: where it may, how to pour, what to look for in the lid and in the wall. Pure."""

from collections.abc import Callable
from math import cos, radians, sin

from demo.board import Board, Point

_CLAY, _CLAY_DEEP, _CLAY_LIGHT = "#9A5B43", "#6E3D2C", "#B87A60"
_CELADON, _CELADON_DEEP = "#A9C9BA", "#6E9E8D"
_TEA, _WATER = "#C9963F", "#7FB3C4"
_TABLE, _CLOTH = "#CDAA73", "#F7F4EA"
_RED, _GREEN = "#C8452B", "#2F7D32"

_BODY = [(cos(radians(turn)) * 1.05, sin(radians(turn)) * 0.8) for turn in range(0, 360, 6)]
_SPOUT = [(-0.8, 0.42), (-1.2, 0.16), (-1.36, -0.34), (-1.66, -0.6), (-1.5, -0.72), (-1.18, -0.44), (-0.88, -0.3)]
_HANDLE = [(0.9 + 0.56 * cos(radians(turn)), 0.02 + 0.56 * sin(radians(turn))) for turn in range(-92, 93, 8)]
_LID = [(0.56 * cos(radians(turn)), -0.7 - 0.3 * sin(radians(turn))) for turn in range(0, 181, 6)]
_KNOB = [(0.15 * cos(radians(turn)), -1.06 + 0.13 * sin(radians(turn))) for turn in range(0, 360, 12)]
_FOOT = [(-0.56, 0.66), (0.56, 0.66), (0.5, 0.86), (-0.5, 0.86)]


class _Pot:
    """A teapot seen from the side, its spout to the left; `turn` tips it over to pour, in degrees."""

    def __init__(self, board: Board, middle: Point, size: float, turn: float = 0) -> None:
        self._board, self._middle, self._size, self._turn = board, middle, size, radians(-turn)
        self.tones = (_CLAY, _CLAY_DEEP, _CLAY_LIGHT)

    def at(self, x: float, y: float) -> Point:
        """A place on the pot on the board; its middle is 0, 0 and its body one high and wide."""
        across, down = self._middle
        c, s = cos(self._turn), sin(self._turn)
        return across + self._size * (x * c - y * s), down + self._size * (x * s + y * c)

    def draw(self, *, lid: bool = True) -> "_Pot":
        clay, deep, light = self.tones
        self._board.line([self.at(*point) for point in _HANDLE], deep, round(self._size * 0.15))
        for points, tone in ((_SPOUT, deep), (_FOOT, deep), (_BODY, clay)):
            self.shape(points, tone)
        self.shape([(x * 0.5 - 0.3, y * 0.45 - 0.2) for x, y in _BODY], light)
        if lid:
            self.lid()
        return self

    def lid(self, lifted: float = 0) -> None:
        clay, deep, _ = self.tones
        self.shape([(x, y - lifted) for x, y in _LID], deep)
        self.shape([(x * 0.92, y * 0.98 - lifted) for x, y in _LID], clay)
        self.shape([(x, y - lifted) for x, y in _KNOB], deep)

    def shape(self, points: list[Point], tone: str) -> None:
        self._board.shape([self.at(*point) for point in points], tone)


def _drop(board: Board, at: Point, size: float = 12) -> None:
    x, y = at
    board.shape([(x - size * 0.8, y), (x, y - size * 1.9), (x + size * 0.8, y)], _WATER)
    board.oval((x, y), size * 0.9, size * 0.9, _WATER)


def _where(board: Board) -> None:
    board.block((90, 440), (780, 40), _TABLE, 12)
    board.block((250, 428), (470, 22), _CLOTH, 8)
    pot = _Pot(board, (480, 300), 150).draw()
    _drop(board, (226, 262), 14)
    _drop(board, (230, 330), 10)
    for x in (430, 462, 500, 536):
        _drop(board, (x, 212 if x % 4 else 206), 8)
    for x in (400, 480, 560):
        board.oval((x, 438), 34, 7, _WATER)
    board.label("1", (120, 190), pot.at(-1.62, -0.62))
    board.label("2", (640, 100), pot.at(0.48, -0.76))
    board.label("3", (800, 380), pot.at(0.72, 0.5))


def _pour(board: Board) -> None:
    for x, number in ((255, "1"), (725, "2")):
        board.block((x - 215, 470), (430, 26), _TABLE, 10)
        board.label(number, (x, 50))
        board.block((x - 160, 402), (84, 66), "#DDEAEA", 10)
        board.block((x - 155, 432), (74, 34), _TEA, 8)
    slow = _Pot(board, (285, 220), 95, 14).draw()
    tip = slow.at(-1.62, -0.58)
    board.line([tip, (tip[0] + 8, tip[1] + 40), (tip[0] + 34, tip[1] + 84), (tip[0] + 40, tip[1] + 150)], _TEA, 6)
    _drop(board, (tip[0] + 58, tip[1] + 190), 9)
    quick = _Pot(board, (755, 200), 95, 40).draw()
    tip = quick.at(-1.62, -0.62)
    board.line([tip, (tip[0] - 14, tip[1] + 36), (tip[0] - 20, tip[1] + 90), (tip[0] - 20, 432)], _TEA, 11)
    _cross(board, (420, 250))
    _tick(board, (890, 250))


def _lid(board: Board) -> None:
    board.block((90, 462), (780, 30), _TABLE, 12)
    pot = _Pot(board, (470, 330), 150)
    pot.draw(lid=False)
    pot.shape([(0.56 * cos(radians(turn)), -0.7 + 0.09 * sin(radians(turn))) for turn in range(0, 360, 8)], _CLAY_DEEP)
    pot.shape([(0.46 * cos(radians(turn)), -0.68 + 0.06 * sin(radians(turn))) for turn in range(0, 360, 8)], _TEA)
    pot.lid(lifted=0.66)
    hole = pot.at(0.3, -1.52)
    board.oval(hole, 9, 7, "#23302D")
    board.line([pot.at(-1.02, -0.16), pot.at(1.02, -0.16)], _CLOTH, 4)
    board.label("1", (720, 74), hole)
    board.label("2", (790, 300), pot.at(1.02, -0.16))
    board.label("3", (170, 120), pot.at(-0.54, -0.7))


def _wall(board: Board) -> None:
    for x, number in ((255, "1"), (705, "2")):
        board.block((x - 182, 100), (364, 330), "#CFC6B4", 24)
        board.block((x - 178, 104), (356, 322), _CELADON, 22)
        board.label(number, (x, 478))
    for dx in range(-140, 160, 40):
        board.line([(255 + dx, 112), (255 + dx - 22, 200), (255 + dx + 16, 290), (255 + dx - 10, 418)], _CELADON_DEEP, 2)
    for y in (168, 244, 330, 392):
        board.line([(84, y), (170, y + 16), (300, y - 12), (426, y + 8)], _CELADON_DEEP, 2)
    crack = [(700, 106), (716, 170), (690, 232), (734, 300), (712, 360), (726, 424)]
    board.line(crack, "#3A2A21", 8)
    board.line([(690, 232), (630, 272)], "#3A2A21", 5)
    for at in ((730, 340), (704, 400), (640, 300)):
        _drop(board, at, 12)
    _tick(board, (400, 140))
    _cross(board, (850, 140))


def _tick(board: Board, at: Point) -> None:
    x, y = at
    board.line([(x - 22, y), (x - 6, y + 18), (x + 24, y - 22)], _GREEN, 9)


def _cross(board: Board, at: Point) -> None:
    x, y = at
    board.line([(x - 18, y - 18), (x + 18, y + 18)], _RED, 9)
    board.line([(x + 18, y - 18), (x - 18, y + 18)], _RED, 9)


TEAPOTS: dict[str, Callable[[Board], None]] = {
    "teapot-where": _where,
    "teapot-pour": _pour,
    "teapot-lid": _lid,
    "teapot-wall": _wall,
}
