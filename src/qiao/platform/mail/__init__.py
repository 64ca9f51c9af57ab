"""Letters of the program itself to the people who work here, handed to the server that the operator names.

Mail with customers is the business of a channel, with accounts of each workspace.
"""
