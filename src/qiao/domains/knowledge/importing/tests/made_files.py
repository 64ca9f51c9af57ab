"""Small files of each format, made in memory."""

import io
import zipfile

import openpyxl
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_P = "http://schemas.openxmlformats.org/package/2006/relationships"
_DRAWING = (
    '<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
    '<wp:docPr id="1" name="p" descr="示意图"/><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    '<a:graphicData><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill>'
    f'<a:blip xmlns:r="{_R}" r:embed="rId9"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
)


def png(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (12, 8), colour).save(out, "PNG")
    return out.getvalue()


def zipped(files: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def xlsx(sheets: dict[str, list[list[object]]], hidden: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def docx(paragraphs: list[tuple[str, str]], document: str | None = None) -> bytes:
    """`paragraphs` are (style, text); the style `picture` draws the one picture. `document` replaces the whole part."""
    names = {"Heading1": "heading 1", "Heading2": "heading 2", "a1": "标题 2", "Title": "Title"}
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>' for key, name in names.items()
    )
    body = "".join(
        f"<w:p>{_DRAWING}</w:p>"
        if style == "picture"
        else f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'
        for style, text in paragraphs
    )
    return zipped(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="png" ContentType="image/png"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{_P}"><Relationship Id="rId1" Type="{_R}/officeDocument" Target="word/document.xml"/>'
            "</Relationships>",
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{_P}">'
            f'<Relationship Id="rId9" Type="{_R}/image" Target="media/p.png"/>'
            f'<Relationship Id="rId8" Type="{_R}/styles" Target="styles.xml"/></Relationships>',
            "word/styles.xml": f'<w:styles xmlns:w="{_W}">{styles}</w:styles>',
            "word/media/p.png": png(),
            "word/document.xml": document or f'<w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>',
        }
    )


def pdf(pages: list[list[tuple[int, str]]], title: str = "", running: str = "", encrypt: str | None = None) -> bytes:
    """`pages` of (letter size, line); an empty line leaves a gap."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, encrypt=encrypt)
    if title:
        canvas.setTitle(title)
    for number, lines in enumerate(pages, start=1):
        height = 800.0
        canvas.setFont("Helvetica", 8)
        if running:
            canvas.drawString(50, 820, running)
        for size, line in lines:
            canvas.setFont("Helvetica" if line.isascii() else "STSong-Light", size)
            canvas.drawString(50, height, line)
            height -= size * 1.4
        canvas.setFont("Helvetica", 8)
        canvas.drawString(280, 30, f"- {number} -")
        canvas.showPage()
    canvas.save()
    return out.getvalue()
