"""Files that a customer may send without looking for one: each is really what it says it is."""

import io
import math
import struct
import wave
from pathlib import Path

from qiao.ports.testing.simulating import SentFile

_HERE = Path(__file__).parent
_RATE = 8_000
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def sample(kind: str) -> SentFile:
    """A picture, a voice message, a film or a document. Raises KeyError for anything else."""
    return {"image": _picture, "voice": _voice, "video": _film, "file": _document}[kind]()


def kind_of(content_type: str) -> str:
    """Under which kind a platform takes a file of this type."""
    main = content_type.partition("/")[0]
    return {"image": "image", "audio": "voice", "video": "video"}.get(main, "file")


def _picture() -> SentFile:
    from PIL import Image, ImageDraw  # noqa: PLC0415 - not needed to serve

    image = Image.new("RGB", (360, 270), "#e3f1ee")
    draw = ImageDraw.Draw(image)
    draw.ellipse((70, 95, 240, 225), fill="#1f7a6d")
    draw.polygon([(230, 130), (310, 90), (318, 104), (236, 176)], fill="#1f7a6d")
    draw.arc((30, 110, 110, 200), 90, 270, fill="#1f7a6d", width=12)
    draw.ellipse((135, 72, 175, 100), fill="#186358")
    draw.line([(150, 110), (162, 150), (148, 178), (166, 214)], fill="#fbfbf9", width=4)
    out = io.BytesIO()
    image.save(out, "PNG")
    return SentFile(kind="image", data=out.getvalue(), name="裂了的壶.png", content_type="image/png")


def _voice() -> SentFile:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        tone = (int(9_000 * math.sin(2 * math.pi * 330 * at / _RATE) * math.sin(math.pi * at / _RATE)) for at in range(_RATE))
        file.writeframes(b"".join(struct.pack("<h", one) for one in tone))
    return SentFile(kind="voice", data=out.getvalue(), name="语音.wav", content_type="audio/wav")


def _film() -> SentFile:
    data = (_HERE / "sample.webm").read_bytes()
    return SentFile(kind="video", data=data, name="开箱.webm", content_type="video/webm")


def _document() -> SentFile:
    return SentFile(kind="file", data=_PDF, name="发票.pdf", content_type="application/pdf")
