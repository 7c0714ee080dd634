"""The language of PDS3 labels.

Object Description Language: Planetary Data System Standards Reference 3.8,
chapter 12. Whatever the text holds, reading it takes time and memory in
proportion to its length, and ends in a label or in one `RasterError` that
names the file, the line and the keyword.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ...core.errors import RasterError

#: How deep objects, and lists, may be nested. MI labels have objects and lists of lists.
DEEPEST = 8

# A comment that is not closed must not pass for a word: each further one would
# be looked for up to the end of the text again.
_TOKEN = re.compile(
    r"""(?P<quoted>"[^"\0]*"|'[^'\0]*')
    |<(?P<unit>[^<>\0]*)>
    |(?P<symbol>[=(){},])
    |(?!/\*)(?P<word>[^\0-\x20\x7f=(){},<>"']+)""",
    re.VERBOSE,
)
_GAP = re.compile(r"(?:[ \t\r\n\f\v]+|/\*.*?\*/)*", re.DOTALL)

#: Narrower than Python's own numbers: 04406_005 and NaN are words, and so is
#: what a double cannot hold. Integers are those of 64 bits.
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_REAL = re.compile(
    r"(?=.{1,40}\Z)[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(E[+-]?[0-9]{1,3})?", re.IGNORECASE
)


class Quantity(NamedTuple):
    """A number, or a list of them, with its unit, as in ``2048.0 <pixel/deg>``."""

    value: Any
    unit: str


class ParsedLabel(NamedTuple):
    """The statements of a label, and where it ends in the text."""

    keywords: dict[str, Any]
    length: int


def parse_label(text: str, name: str) -> ParsedLabel:
    """Parse a PDS3 label.

    Parameters
    ----------
    text : str
        The label; what follows its END statement is ignored.
    name : str
        Of its file, for messages.

    Returns
    -------
    ParsedLabel
        Keywords in upper case to str, int, float, `Quantity`, list (sequences
        and sets) or, for an OBJECT or GROUP, a dict of its own. Length up to
        and with END.

    Raises
    ------
    RasterError
        When the text does not follow the syntax, has no END statement, nests
        deeper than `DEEPEST`, or says two things of one keyword.
    """
    return _Parser(text, name).label()


def shortened(value: Any, length: int = 60) -> str:
    """A value, or a message that holds some, in not more than so many characters."""
    text = str(value)
    return text if len(text) <= length else f"{text[: length - 3]}..."


class _Block(NamedTuple):
    kind: str
    name: str
    keywords: dict[str, Any]


class _Parser:
    """One pass over a label; `_kind` and `_word` are the token to be read next."""

    def __init__(self, text: str, name: str) -> None:
        self._text, self._name = text, name
        self._keyword = ""
        self._start = self._end = 0
        self._advance()

    def label(self) -> ParsedLabel:
        blocks = [_Block("", "", {})]
        while True:
            if self._kind != "word":
                raise self._error(self._not_what_follows("a keyword was expected"))
            keyword = self._word.upper()
            if keyword == "END":
                if len(blocks) > 1:
                    raise self._error(f"{blocks[-1].kind} {blocks[-1].name} is not ended")
                return ParsedLabel(blocks[0].keywords, self._end)
            self._keyword = keyword
            self._advance()
            if keyword in ("END_OBJECT", "END_GROUP"):
                self._close(blocks, keyword[4:])
                continue
            self._take("=")
            value = self._value(0)
            block = blocks[-1].keywords
            if keyword in ("OBJECT", "GROUP"):
                if not isinstance(value, str):
                    raise self._error(f"{keyword} needs a name")
                if len(blocks) > DEEPEST:
                    raise self._error(f"objects are nested deeper than {DEEPEST}")
                self._keyword = value.upper()
                if self._keyword in block:
                    raise self._error(f"{keyword} {self._keyword} stands twice")
                blocks.append(_Block(keyword, self._keyword, {}))
                block[self._keyword] = blocks[-1].keywords
            elif block.setdefault(keyword, value) != value:
                raise self._error(f"{keyword} stands twice, with different values")

    def _close(self, blocks: list[_Block], kind: str) -> None:
        """END_OBJECT or END_GROUP, with or without the name."""
        open_block = blocks.pop()
        if open_block.kind != kind:
            raise self._error(f"END_{kind} without its beginning")
        if (self._kind, self._word) == ("symbol", "="):
            self._advance()
            name = self._value(0)
            if str(name).upper() != open_block.name:
                raise self._error(
                    f"END_{kind} = {shortened(name)}, but it is {open_block.name} that is open"
                )

    def _value(self, depth: int) -> Any:
        """A value with its unit, if it has one."""
        value: Any
        if self._kind == "quoted":
            value = " ".join(self._word[1:-1].split())
            self._advance()
        elif self._kind == "word":
            value = _number(self._word)
            self._advance()
        elif self._kind == "symbol" and self._word in "({":
            value = self._list(depth + 1)
        else:
            raise self._error(self._not_what_follows("a value was expected"))
        if self._kind == "unit":
            value = Quantity(value, self._word.strip())
            self._advance()
        return value

    def _list(self, depth: int) -> list[Any]:
        if depth > DEEPEST:
            raise self._error(f"lists are nested deeper than {DEEPEST}")
        closing = ("symbol", ")" if self._word == "(" else "}")
        self._advance()
        items: list[Any] = []
        while (self._kind, self._word) != closing:
            if items:
                self._take(",")
            items.append(self._value(depth))
        self._advance()
        return items

    def _take(self, symbol: str) -> None:
        if (self._kind, self._word) != ("symbol", symbol):
            raise self._error(self._not_what_follows(f"'{symbol}' was expected"))
        self._advance()

    def _advance(self) -> None:
        gap = _GAP.match(self._text, self._end)
        self._start = gap.end() if gap else self._end
        match = _TOKEN.match(self._text, self._start)
        if match is not None and match.lastgroup is not None:
            self._kind, self._word = match.lastgroup, match.group(match.lastgroup)
            self._end = match.end()
        elif self._start == len(self._text):
            self._kind, self._word = "", ""
        else:
            raise self._error(
                f"what follows is not a PDS3 label: {self._text[self._start : self._start + 20]!a}"
            )

    def _not_what_follows(self, reason: str) -> str:
        if self._kind:
            return f"{reason}, not '{shortened(self._word)}'"
        return f"it is cut off, there is no END statement in {len(self._text)} bytes"

    def _error(self, reason: str) -> RasterError:
        line = self._text.count("\n", 0, self._start) + 1
        near = f" at {shortened(self._keyword)}" if self._keyword else ""
        return RasterError(
            f"{self._name}, line {line}{near}: {shortened(reason, 500)}. "
            "The label is damaged: download it again."
        )


def _number(word: str) -> str | int | float:
    if _INTEGER.fullmatch(word):
        return int(word)
    if _REAL.fullmatch(word):
        number = float(word)
        if abs(number) != float("inf"):
            return number
    return word
