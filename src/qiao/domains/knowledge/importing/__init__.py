"""Reading what a team already has (spreadsheets, Markdown, Word, PDF, web pages) into drafts of FAQs and articles.

Pure: bytes in, drafts and problems out; no database, no network, nothing on disk. Storing, matching with what exists, reviewing
and publishing belong to the domain's service. The doors are `reading.open_import` and `contracts`.
"""
