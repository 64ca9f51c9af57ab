"""Draws the pictures that the help centre's articles show. They are made when the demo is seeded and are not kept in git.

Pure: a name gives the same PNG each time. Numbers in a picture are explained by the article, so one picture serves both languages.
"""

from collections.abc import Callable
from math import cos, radians, sin
from pathlib import Path

from demo.board import BRAND, INK, Board, Point
from demo.teapot_pictures import TEAPOTS

_CELADON, _CELADON_DEEP = "#A9C9BA", "#6E9E8D"
_TEA = "#C9963F"
_CLAY, _CLAY_DEEP = "#9A5B43", "#6E3D2C"
_IRON, _IRON_LIGHT = "#2B2F30", "#5A6061"
_FLAME = "#D9683A"


def draw(name: str) -> bytes:
    """The picture of that name as PNG bytes (960 by 540); a name that is not in `PICTURES` raises KeyError."""
    board = Board()
    PICTURES[name](board)
    return board.png()


def write_pictures(folder: Path) -> list[Path]:
    """Writes every picture into the folder (made when missing), over what is there; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / f"{name}.png" for name in PICTURES]
    for path in written:
        path.write_bytes(draw(path.stem))
    return written


def _bowl(board: Board, middle: Point, size: float, fill: str, shade: str) -> None:
    """An open bowl whose rim is at `middle`."""
    x, y = middle
    curve = [(x + size * cos(radians(turn)), y + size * 0.95 * sin(radians(turn))) for turn in range(0, 181, 4)]
    board.shape(curve, fill)
    board.shape([point for point in curve if point[0] >= x + size * 0.35] + [(x + size * 0.1, y + size * 0.9)], shade)
    board.oval(middle, size, size * 0.17, shade)


def _lid(board: Board, middle: Point, size: float) -> None:
    x, y = middle
    board.shape([(x + size * cos(radians(turn)), y - size * 0.62 * sin(radians(turn))) for turn in range(0, 181, 4)], _CELADON)
    board.oval(middle, size, size * 0.12, _CELADON)
    board.oval((x, y - size * 0.66), size * 0.2, size * 0.12, _CELADON_DEEP)


def _gaiwan_parts(board: Board) -> None:
    _lid(board, (430, 170), 130)
    _bowl(board, (430, 240), 140, _CELADON, _CELADON_DEEP)
    board.oval((430, 440), 190, 30, _CELADON_DEEP)
    board.oval((430, 432), 190, 28, _CELADON)
    for number, y, target in (
        ("1", 90, (455, 90)),
        ("2", 150, (530, 150)),
        ("3", 242, (566, 242)),
        ("4", 320, (530, 320)),
        ("5", 432, (610, 432)),
    ):
        board.label(number, (760, y), target)


def _gaiwan_pour(board: Board) -> None:
    for step in range(4):
        x = 135 + 230 * step
        _bowl(board, (x, 270), 74, _CELADON, _CELADON_DEEP)
        board.oval((x, 272), 60, 8, _TEA if step else "#DCE8E1")
        board.label(str(step + 1), (x, 90))
    for offset in (-22, 0, 20):
        board.line([(135 + offset, 262), (143 + offset, 252)], "#5B7A4B", 5)
    board.line([(365, 150), (365, 264)], "#7FB3C4", 8)
    _lid(board, (600, 258), 66)
    board.line([(884, 280), (905, 330), (908, 410)], _TEA, 8)
    board.block((868, 410), (76, 60), "#DDEAEA", 8)
    board.block((872, 440), (68, 26), _TEA, 6)


def _gaiwan_sizes(board: Board) -> None:
    for place, (size, words) in enumerate(((72, "120 ml"), (90, "150 ml"), (108, "180 ml"))):
        x = 190 + 290 * place
        _lid(board, (x, 250), size * 0.93)
        _bowl(board, (x, 262), size, _CELADON, _CELADON_DEEP)
        board.words(words, (x, 450), 30, INK)
        for guest in range(place + 2):
            board.oval((x - 15 * (place + 1) + 30 * guest, 498), 9, 9, BRAND)


def _yixing_steps(board: Board) -> None:
    for step in range(3):
        x = 170 + 310 * step
        board.label(str(step + 1), (x, 80))
    for x in (480, 790):
        board.oval((x, 300), 84, 64, _CLAY)
        board.shape([(x - 78, 290), (x - 130, 250), (x - 118, 238), (x - 66, 264)], _CLAY_DEEP)
        board.oval((x, 240), 50, 12, _CLAY_DEEP)
    board.block((60, 226), (220, 190), "#BFD3D6", 14)
    board.oval((170, 320), 70, 54, _CLAY)
    board.oval((250, 390), 26, 10, _CLAY_DEEP)
    for x in (110, 170, 230):
        board.shape([(x - 14, 470), (x, 430), (x + 14, 470)], _FLAME)
    board.shape([(480, 150), (458, 190), (502, 190)], "#7FB3C4")
    board.oval((480, 196), 23, 20, "#7FB3C4")
    board.oval((900, 372), 44, 11, _CLAY_DEEP)
    for turn in range(0, 360, 30):
        board.line(
            [
                (900 + 34 * cos(radians(turn)), 180 + 34 * sin(radians(turn))),
                (900 + 48 * cos(radians(turn)), 180 + 48 * sin(radians(turn))),
            ],
            "#D9A441",
            5,
        )
    board.oval((900, 180), 24, 24, "#D9A441")


def _kettle_or_teapot(board: Board) -> None:
    for x, number in ((250, "1"), (710, "2")):
        board.oval((x, 290), 130, 92, _IRON)
        board.oval((x, 208), 62, 13, _IRON_LIGHT)
        board.oval((x, 190), 16, 14, _IRON_LIGHT)
        board.shape([(x - 112, 270), (x - 190, 215), (x - 176, 196), (x - 92, 235)], _IRON)
        board.line([(x - 92, 224), (x - 70, 120), (x + 70, 120), (x + 92, 224)], _IRON_LIGHT, 12)
        board.label(number, (x, 66))
    for x in (180, 230, 280, 330):
        board.shape([(x - 18, 460), (x - 4, 400), (x + 14, 460)], _FLAME)
    board.oval((710, 300), 84, 56, "#E8E4DA")
    board.line([(650, 280), (680, 330), (740, 330), (770, 280)], "#9AA3A0", 5)
    board.line([(640, 400), (780, 470)], "#C8452B", 10)
    board.line([(780, 400), (640, 470)], "#C8452B", 10)


def _glazes(board: Board) -> None:
    tones = ("#86AE97", "#A9C9D0", "#F7F2E6", "#3A2A21", "#B5653F", "#E4D8C4")
    for place, tone in enumerate(tones):
        x, y = 175 + 305 * (place % 3), 150 + 240 * (place // 3)
        board.block((x - 112, y - 82), (224, 154), "#CFC6B4", 20)
        board.block((x - 110, y - 80), (220, 150), tone, 18)
        board.label(str(place + 1), (x, y + 78))
    for dx in range(-84, 96, 28):
        board.line([(175 + dx, 78), (180 + dx - 14, 120), (175 + dx + 8, 160), (175 + dx - 6, 212)], "#6E9480", 1)
    for dx in range(-90, 100, 12):
        board.line([(175 + dx, 320), (175 + dx * 0.9, 430)], "#8A6A4C", 1)


def _packing(board: Board) -> None:
    board.block((240, 130), (480, 330), "#C39A62", 10)
    board.block((262, 152), (436, 286), "#E3C894", 8)
    board.block((290, 180), (380, 230), "#D8B77C", 8)
    for x in range(304, 660, 24):
        for y in range(196, 400, 24):
            board.oval((x, y), 8, 8, "#E9D5AC")
    _lid(board, (480, 280), 74)
    _bowl(board, (480, 288), 80, _CELADON, _CELADON_DEEP)
    for number, y, target in (("1", 150, (712, 150)), ("2", 230, (690, 230)), ("3", 310, (640, 310)), ("4", 390, (520, 345))):
        board.label(number, (830, y), target)


def _tea_table(board: Board) -> None:
    board.block((120, 250), (720, 170), "#CDAA73", 16)
    board.block((120, 400), (720, 40), "#94713C", 12)
    board.oval((250, 250), 62, 44, _IRON)
    board.line([(204, 220), (220, 160), (280, 160), (296, 220)], _IRON_LIGHT, 9)
    _lid(board, (440, 240), 56)
    _bowl(board, (440, 246), 62, _CELADON, _CELADON_DEEP)
    board.block((560, 232), (78, 92), "#DDEAEA", 12)
    board.block((565, 276), (68, 44), _TEA, 8)
    for x in (690, 770):
        _bowl(board, (x, 290), 32, "#EEF2EC", "#C9D8CF")
        board.oval((x, 291), 26, 5, _TEA)
    for number, x, y in (("1", 250, 100), ("2", 440, 140), ("3", 600, 180), ("4", 730, 230), ("5", 480, 420)):
        board.label(number, (x, y))


PICTURES: dict[str, Callable[[Board], None]] = {
    "gaiwan-parts": _gaiwan_parts,
    "gaiwan-pour": _gaiwan_pour,
    "gaiwan-sizes": _gaiwan_sizes,
    "yixing-steps": _yixing_steps,
    "kettle-or-teapot": _kettle_or_teapot,
    "glazes": _glazes,
    "packing": _packing,
    "tea-table": _tea_table,
    **TEAPOTS,
}
