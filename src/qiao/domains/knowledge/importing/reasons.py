"""Why something was not imported: stable codes, each with what to do about it in Chinese and English."""

from qiao.domains.knowledge.importing.contracts import ImportUnreadable, Problem

REASONS: dict[str, tuple[str, str]] = {
    "imports.empty_file": ("文件是空的，请选择其他文件。", "The file is empty. Choose another file."),
    "imports.file_too_large": (
        "文件超过 {limit_mb} MB，请拆分后再导入。",
        "The file is larger than {limit_mb} MB. Split it and import the parts.",
    ),
    "imports.format_not_supported": (
        "不支持这种文件。请使用 CSV、XLSX、Markdown、HTML、DOCX、PDF，或包含 Markdown 与图片的 ZIP。",
        "This kind of file cannot be imported. Use CSV, XLSX, Markdown, HTML, DOCX, PDF, or a zip of Markdown and pictures.",
    ),
    "imports.old_office": (
        "这是旧版 Office 文件。请在 Office 或 WPS 中另存为 .xlsx 或 .docx 后再导入。",
        "This is a file of an old Office version. Save it as .xlsx or .docx and import that.",
    ),
    "imports.unreadable": (
        "文件已损坏或不完整，无法读取。请重新导出后再试。",
        "The file is damaged or incomplete. Export it again and retry.",
    ),
    "imports.unpacks_too_large": (
        "文件解压后的内容过大，出于安全考虑未处理。请拆分后再导入。",
        "The file unpacks to far more than is safe to open. Split it and import the parts.",
    ),
    "imports.no_question_column": (
        "没有找到问题和答案两列。请在首行写上“问题”和“答案”。",
        "No columns for question and answer were found. Name them “question” and “answer” in the first row.",
    ),
    "imports.empty_question": ("这一行有答案，但没有问题。", "This row has an answer but no question."),
    "imports.empty_answer": ("这个问题没有答案。", "This question has no answer."),
    "imports.duplicate_question": (
        "与 {first} 的问题重复，已保留前一条。",
        "The same question stands at {first}; that one was kept.",
    ),
    "imports.unknown_audience": (
        "“{audience}”没有说明谁可以看。请写“所有人”或“内部”。",
        "“{audience}” does not say who may read it. Write “everyone” or “agents”.",
    ),
    "imports.question_too_long": (
        "问题超过 {limit} 个字符，请缩短。",
        "The question is longer than {limit} characters. Shorten it.",
    ),
    "imports.too_many_variants": (
        "相似问法超过 {limit} 条，只保留了前 {limit} 条。",
        "There are more than {limit} variants; the first {limit} were kept.",
    ),
    "imports.text_too_long": (
        "内容超过 {limit_kb} KB，请拆成几篇再导入。",
        "The text is longer than {limit_kb} KB. Split it into several.",
    ),
    "imports.too_many_items": (
        "一次最多导入 {limit} 条，其余的没有导入。",
        "At most {limit} items are imported at once; the rest was left out.",
    ),
    "imports.broken_row": ("这一行的格式有误，无法读取。", "This row is malformed and cannot be read."),
    "imports.no_questions": (
        "没有找到问答。请用标题写问题，在标题下面写答案。",
        "No questions were found. Write each question as a heading with its answer below.",
    ),
    "imports.empty_article": ("没有正文内容。", "There is no text in it."),
    "imports.not_text": (
        "无法识别文字编码。请另存为 UTF-8 后再导入。",
        "The text encoding cannot be recognised. Save it as UTF-8 and import it again.",
    ),
    "imports.missing_picture": ("找不到图片 {picture}。", "The picture {picture} is not there."),
    "imports.remote_picture": (
        "图片 {picture} 在其他网站上，没有下载，请手动添加。",
        "The picture {picture} is on another site and was not fetched. Add it by hand.",
    ),
    "imports.broken_picture": (
        "图片 {picture} 无法使用，请换成 PNG 或 JPEG。",
        "The picture {picture} cannot be used. Replace it with a PNG or JPEG.",
    ),
    "imports.too_many_pictures": (
        "一篇文章最多 {limit} 张图片，其余的没有导入。",
        "An article takes at most {limit} pictures; the rest was left out.",
    ),
    "imports.picture_in_answer": (
        "问答中的图片没有导入，请在编辑答案时添加。",
        "Pictures in answers are not imported. Add them when editing the answer.",
    ),
    "imports.encrypted": (
        "文件有密码保护。请去掉密码后再导入。",
        "The file is protected by a password. Remove the password and import it again.",
    ),
    "imports.scanned": (
        "这份 PDF 是扫描的图片，没有可读取的文字。请先做文字识别（OCR）。",
        "This PDF is scanned pictures without text. Run text recognition (OCR) on it first.",
    ),
    "imports.too_many_pages": (
        "PDF 超过 {limit} 页，只读取了前 {limit} 页。",
        "The PDF has more than {limit} pages; the first {limit} were read.",
    ),
    "imports.unreadable_page": ("第 {page} 页无法读取。", "Page {page} cannot be read."),
    "imports.unsafe_path": (
        "压缩包内的路径指向文件夹之外，没有导入。",
        "Its path leads out of the archive's folder, so it was not imported.",
    ),
    "imports.link": ("压缩包内的链接文件没有导入。", "Links inside an archive are not imported."),
    "imports.nested_archive": (
        "压缩包里还有压缩包，没有打开。请解压后再导入。",
        "An archive inside the archive is not opened. Unpack it and import its content.",
    ),
    "imports.not_in_archive": (
        "压缩包内只导入 Markdown、网页和图片。请单独导入这个文件。",
        "From an archive only Markdown, web pages and pictures are imported. Import this file on its own.",
    ),
}


def problem(source: str, reason_code: str, **details: object) -> Problem:
    """A Problem with its English message filled in."""
    return Problem(source=source, reason_code=reason_code, message=REASONS[reason_code][1].format(**details), details=details)


def unreadable(reason_code: str, **details: object) -> ImportUnreadable:
    """The error that ends an import before it begins."""
    return ImportUnreadable(REASONS[reason_code][1].format(**details), reason_code=reason_code, **details)


def explain(found: Problem, language: str) -> str:
    """The reason in the reader's language: Chinese for `zh` and its regions, English otherwise."""
    chinese, english = REASONS[found.reason_code]
    return (chinese if language.partition("-")[0].lower() == "zh" else english).format(**found.details)
