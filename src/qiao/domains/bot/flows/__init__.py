"""Flows: what the bot does step by step without code. A flow is a graph stored as data; the interpreter is pure.

`contracts` is what an editor draws, `faults` what is wrong with it, `advance` one step of it for one customer, `running` what is
remembered between steps; `tools` are what it can do, `triggers` what makes it begin, `runner` one turn of it with its effects.
"""
