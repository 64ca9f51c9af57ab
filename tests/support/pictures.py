"""Small pictures for tests, drawn on the spot."""

from pathlib import Path

from PIL import Image, ImageDraw

# What a browser does when somebody pastes a picture: [file name, its bytes in base 64].
PASTE = """(field, [name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
  const clipboardData = new DataTransfer()
  clipboardData.items.add(new File([bytes], name, { type: 'image/png' }))
  field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
}"""


def teapot(folder: Path, name: str = "teapot.png") -> Path:
    """A pot that nobody would buy, 320 by 240."""
    picture = Image.new("RGB", (320, 240), "#F7F5EF")
    drawing = ImageDraw.Draw(picture)
    drawing.ellipse((70, 90, 230, 210), fill="#1F7A6D")
    drawing.polygon(((225, 130), (290, 100), (235, 165)), fill="#1F7A6D")
    drawing.ellipse((135, 65, 165, 95), fill="#C8452B")
    path = folder / name
    picture.save(path)
    return path
