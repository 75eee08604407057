"""Python in colours, for terminals."""

from __future__ import annotations

import io
import itertools
import keyword
import tokenize

BLUE, GREEN, CYAN, FAINT, RESET = (f"\033[{code}m" for code in (34, 32, 36, 2, 0))
COLOURS = {tokenize.STRING: GREEN, tokenize.NUMBER: CYAN, tokenize.COMMENT: FAINT}


def highlighted(text: str) -> str:
    """Python in colours, by its tokens."""
    lengths = map(len, io.StringIO(text))
    starts = list(itertools.accumulate(lengths, initial=0))
    parts: list[str] = []
    done = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        colour = BLUE if keyword.iskeyword(token.string) else COLOURS.get(token.type)
        if colour is None:
            continue
        begin, end = (starts[line - 1] + column for line, column in (token.start, token.end))
        parts += [text[done:begin], colour, text[begin:end], RESET]
        done = end
    return "".join([*parts, text[done:]])
