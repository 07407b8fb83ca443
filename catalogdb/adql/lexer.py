"""The words of a query: keywords, names, literals and signs, each with its place.

Which words are keywords follows from the grammar. In strict ADQL every word that the standard reserves is
refused as a name; else only those words are that the grammar can not do without, and a function's name is
one only before its parenthesis, so that columns may be called size, year or distance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lark import Token
from lark.lexer import Lexer, PatternStr
from lark.parsers.lalr_analysis import Shift

from catalogdb.adql.errors import AdqlError
from catalogdb.adql.tree import Place
from catalogdb.reserved import ADQL_RESERVED

IDENTIFIER = "REGULAR_IDENTIFIER"

RESERVED = "RESERVED"
"""Type of a reserved word that the grammar has no use for."""

DEEPEST = 100
"""Parentheses within each other. A query of people or of programs needs ten."""

STRUCTURE = frozenset(
    """
    SELECT DISTINCT ALL TOP FROM AS WHERE GROUP HAVING ORDER OFFSET WITH UNION EXCEPT INTERSECT
    NATURAL CROSS INNER LEFT RIGHT FULL OUTER JOIN ON USING
    AND OR NOT BETWEEN IN LIKE ILIKE IS NULL EXISTS CASE WHEN THEN ELSE TRUE FALSE
    """.split()  # noqa: SIM905
)
"""Keywords that are no names, however lenient the grammar is: errors are told better so."""

_PARTS = re.compile(
    r"""(?P<SPACE>\s+)
    | (?P<COMMENT>--[^\n]*)
    | (?P<CHARACTER_STRING>'(?:[^']|'')*'(?:(?:[ \t\r]*(?:--[^\n]*)?\n)+[ \t\r]*'(?:[^']|'')*')*)
    | (?P<DELIMITED_IDENTIFIER>"(?:[^"]|"")+")
    | (?P<APPROXIMATE_NUMERIC>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[Ee][+-]?[0-9]+)
    | (?P<EXACT_NUMERIC>[0-9]+\.[0-9]*|\.[0-9]+)
    | (?P<HEXADECIMAL>0[xX][0-9A-Fa-f]+)
    | (?P<UNSIGNED_DECIMAL>[0-9]+)
    | (?P<WORD>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<SIGN><>|!=|<=|>=|\|\||[=<>+\-*/%(),.;])""",
    re.VERBOSE,
)


class AdqlLexer(Lexer):
    """Splits the text for the parser, which says what may come."""

    __future_interface__ = 2

    def __init__(self, conf: Any) -> None:
        words = [(t.pattern.value, t.name) for t in conf.terminals if isinstance(t.pattern, PatternStr)]
        self.keywords: dict[str, str] = {text.lower(): name for text, name in words if text[0].isalpha()}
        self.signs: dict[str, str] = {text: name for text, name in words if not text[0].isalpha()}
        # A sign that only the lenient grammar has tells which of the two it is.
        self.is_strict = "%" not in self.signs

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        """Give the words in turn.

        Raises AdqlError at a character that begins no word, and where parentheses are too deep.
        """
        source = lexer_state.text.text
        line, start, position, depth = 1, 0, 0, 0
        while position < len(source):
            at = Place(line, position - start + 1)
            found = _PARTS.match(source, position)
            if found is None or source.startswith("/*", position):
                raise AdqlError(_unknown(source[position:]), at)
            kind, word = str(found.lastgroup), found.group()
            position = found.end()
            if kind not in {"SPACE", "COMMENT"}:
                depth += (word == "(") - (word == ")")
                if depth > DEEPEST:
                    raise AdqlError(f"more than {DEEPEST} parentheses within each other", at)
                if kind == "WORD":
                    kind = self._type_of_word(word, source[position:].lstrip()[:1], parser_state, at)
                elif kind == "SIGN":
                    kind = self._type_of_sign(word, at)
                token = Token(kind, word, line=at.line, column=at.column)
                lexer_state.last_token = token
                yield token
            if "\n" in word:
                line += word.count("\n")
                start = found.start() + word.rindex("\n") + 1

    def _type_of_sign(self, sign: str, at: Place) -> str:
        if sign not in self.signs:
            raise AdqlError(f"{sign!r} is no part of ADQL", at)
        return self.signs[sign]

    def _type_of_word(self, word: str, following: str, parser_state: Any, at: Place) -> str:
        keyword = self.keywords.get(word.lower())
        if self.is_strict:
            if word.startswith("_"):
                raise AdqlError(f'a name that begins with _ needs double quotes: "{word}"', at)
            return keyword or (RESERVED if word.lower() in ADQL_RESERVED else IDENTIFIER)
        if keyword is None:
            return IDENTIFIER
        if keyword in STRUCTURE or not may_come(IDENTIFIER, parser_state):
            return keyword
        # Where a name may stand as well, it is a function only before its parenthesis.
        is_call = following == "(" or (keyword == "TIMESTAMP" and following == "'")
        return keyword if is_call and may_come(keyword, parser_state) else IDENTIFIER


def may_come(kind: str, parser_state: Any) -> bool:
    """Whether a word of this kind may come next: the state's own table allows more than leads on."""
    states, stack = parser_state.parse_conf.states, list(parser_state.state_stack)
    while kind in states[stack[-1]]:
        action, rule = states[stack[-1]][kind]
        if action is Shift:
            return True
        if rule.expansion:
            del stack[-len(rule.expansion) :]
        stack.append(states[stack[-1]][rule.origin.name][1])
        if kind == "$END" and stack[-1] == parser_state.parse_conf.end_state:
            return True
    return False


def _unknown(rest: str) -> str:
    if rest.startswith("/*"):
        return "a comment begins with -- in ADQL and goes on to the end of the line"
    if rest.startswith('""'):
        return "a delimited name needs at least one character"
    if rest.startswith("'"):
        return "a character string without its closing quote"
    if rest.startswith('"'):
        return "a delimited name without its closing double quote"
    return f"{rest[0]!r} is no part of ADQL"
