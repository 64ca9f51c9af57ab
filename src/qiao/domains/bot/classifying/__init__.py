"""What customers want, from examples: intents, the models trained on them, and what those say about a new message.

Training happens in a process of its own; what is asked here is answered from arrays in memory.
"""
