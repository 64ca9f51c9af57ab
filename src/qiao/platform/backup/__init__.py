"""Backups: a database and its files into an archive of sealed objects, and back onto a bare machine. No product words here."""
