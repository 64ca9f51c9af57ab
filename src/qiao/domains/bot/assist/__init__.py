"""Bot and person together: what agents are shown while they answer, summaries, and what is promised when nobody is on duty.

An internal text can be read by agents and never put into a reply by one click; what is not published is not shown at all.
"""
