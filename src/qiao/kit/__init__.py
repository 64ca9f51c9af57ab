"""Pure building blocks: ids, clock, text, money, pages. Imports nothing of ours."""
