"""Letters of the program itself to the people who work here, handed to the server that the operator names.

Mail with customers is a channel's (`qiao.channels.email_imap`), with accounts of each workspace.
"""
