"""E-mail: a mailbox watched over IMAP, answers sent over SMTP."""
