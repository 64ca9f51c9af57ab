"""Chat on a website or in an app. The customer's own socket carries every reply by number, so sending is already done when a reply is
committed; whoever is away catches up when they return.
"""
