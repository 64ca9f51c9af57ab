"""What a language model may add: answers worded from given passages and checked, and help with agents' texts.

Optional in every respect. Personal data is masked before anything leaves, what comes back is checked before anybody reads it, and
whatever is missing, slow or wrong leaves the built-in answer. Nothing here is read by a desk without a model.
"""
