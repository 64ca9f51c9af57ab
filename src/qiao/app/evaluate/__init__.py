"""Measuring the bot on labelled questions: what `qiao evaluate` prints, from plain files, with no server and no database."""
