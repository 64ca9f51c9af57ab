"""Public pages made on the server: the help centre. Works without JavaScript and loads nothing from elsewhere.

Reads through the doors of workspaces and knowledge; owns templates, style and the words on the pages.
"""
