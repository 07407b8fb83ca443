"""Text within XML 1.0, one by one and by the column."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

# XML 1.0 has no form for these, not even as references.
_FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]"
_FORBIDDEN_RE2 = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"
_REPLACED = re.compile(_FORBIDDEN)
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def legal(text: str) -> str:
    """The text with U+FFFD for each character that XML does not have."""
    return _REPLACED.sub(REPLACEMENT, text)


def content(text: str) -> str:
    """The text as content of an element; a character that XML does not have becomes U+FFFD."""
    text = legal(text)
    # A reader would make a line feed of a carriage return, and take ]]> amiss.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def attribute(text: str) -> str:
    """The text as the value of an attribute, in double quotes."""
    # A reader would make spaces of these.
    return content(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def attributes(**values: str | None) -> str:
    """The attributes that have a value, in order, each after a space; `_` at the end of a name is dropped."""
    return "".join(
        f' {name.rstrip("_")}="{attribute(value)}"' for name, value in values.items() if value is not None
    )


def has_illegal(texts: pa.Array) -> bool:
    """Whether one of them has a character that XML does not have."""
    return bool(pc.any(pc.match_substring_regex(texts, _FORBIDDEN_RE2), min_count=0).as_py())


def contents(texts: pa.Array) -> pa.Array:
    """Like `content`, for a column."""
    if pc.any(pc.match_substring_regex(texts, r"[&<>\r]")).as_py():
        for raw, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
            texts = pc.replace_substring(texts, raw, escaped)
    if has_illegal(texts):
        texts = pc.replace_substring_regex(texts, _FORBIDDEN_RE2, REPLACEMENT)
    return texts
