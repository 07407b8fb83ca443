"""FITS files as spectra come in, thousands at a time: headers by keyword, images and tables by extension.

What is plain is read here, and the rest (cards with quotes in a text, scaled columns, tiles) by astropy,
which takes four times as long for a file of a few thousand pixels.
"""

from __future__ import annotations

import math
import mmap
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from ingest.spectra.faults import SpectrumError

Array: TypeAlias = npt.NDArray[Any]
Bytes: TypeAlias = "bytes | mmap.mmap"

BLOCK = 2880
CARD = 80
_END = b"END".ljust(CARD)

_IMAGE = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_TABLE = {"L": "S1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8", "A": "S"}
_UNSIGNED = {(16, 2**15): "<u2", (32, 2**31): "<u4"}


_PLAIN_VALUE = re.compile(
    rb" *(?:([TF])|([+-]?\d+)|([+-]?\d+\.\d*(?:E[+-]?\d+)?)|'([^']*)')(?: +/.*| *)\Z", re.DOTALL
)
"""After the = of a card: a truth, a whole number, another, or a text; all else is for astropy."""


def _plain_value(found: re.Match[bytes]) -> Any:
    truth, whole, number, text = found.groups()
    if truth is not None:
        return truth == b"T"
    if whole is not None:
        return int(whole)
    return float(number) if number is not None else text.decode("ascii", "replace").strip() or None


class Header:
    """The cards of one header, each looked for and parsed when it is asked for."""

    def __init__(self, text: bytes, where: str) -> None:
        self._text, self._where = text, where

    def _card(self, keyword: str) -> bytes | None:
        """The first card of a keyword that has a value."""
        start, wanted = 0, keyword.ljust(8).encode("ascii") + b"="
        while (start := self._text.find(wanted, start)) >= 0:
            if start % CARD == 0:
                return self._text[start : start + CARD]
            start += 1
        return None

    def __contains__(self, keyword: str) -> bool:
        return self._card(keyword) is not None

    def get(self, keyword: str) -> Any:
        """The value of a keyword, texts without the spaces around them; None where there is none."""
        card = self._card(keyword)
        if card is None:
            return None
        plain = _PLAIN_VALUE.match(card, 9)
        if plain is not None:
            return _plain_value(plain)
        try:
            value = fits.Card.fromstring(card).value
        except (ValueError, fits.VerifyError) as error:
            raise SpectrumError(self._where, f"the card of {keyword} can not be read: {card!r}") from error
        if isinstance(value, str):
            return value.strip() or None
        return None if isinstance(value, fits.card.Undefined) else value

    def need(self, keyword: str, what: str) -> Any:
        """The value of a keyword that has to be there; `what` says what it stands for."""
        value = self.get(keyword)
        if value is None:
            raise SpectrumError(self._where, f"the header has no {keyword} ({what})")
        return value

    def number(self, keyword: str) -> float | None:
        """A number, None where there is none or a mark of absence (-9999 and its like, NaN)."""
        value = self.get(keyword)
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                return None
        if value is None or isinstance(value, bool):
            return None
        return None if not math.isfinite(value) or -10000 < value <= -9990 else float(value)

    def text(self, keyword: str) -> str | None:
        """The value as text, whole numbers without a point."""
        value = self.get(keyword)
        return None if value is None else str(value)


class Hdu:
    """One header and its data: an image, or a table."""

    def __init__(self, file: FitsFile, number: int, header: Header, head: tuple[int, int]) -> None:
        self.number, self.header = number, header
        self.name: str = str(header.get("EXTNAME") or ("PRIMARY" if number == 0 else ""))
        self._file, self._head, self._start = file, head, head[1]
        self.shape = self._shape()
        self.is_table = header.get("XTENSION") == "BINTABLE" and not header.get("ZIMAGE")
        self.bytes = self._size()

    @property
    def where(self) -> str:
        """The file and extension, as errors name them."""
        return f"{self._file.path}, extension {self.name or self.number}"

    def _shape(self) -> tuple[int, ...]:
        """The shape of the image as numpy has it; of a compressed one that of what is compressed."""
        prefix = "ZNAXIS" if self.header.get("ZIMAGE") else "NAXIS"
        axes = int(self.header.get(prefix) or 0)
        return tuple(int(self.header.get(f"{prefix}{i}") or 0) for i in range(axes, 0, -1))

    def _size(self) -> int:
        axes = int(self.header.get("NAXIS") or 0)
        if axes == 0:
            return 0
        length = math.prod(int(self.header.get(f"NAXIS{i}") or 0) for i in range(1, axes + 1))
        bits = abs(int(self.header.need("BITPIX", "bits of a value")))
        extra = int(self.header.get("PCOUNT") or 0)
        return bits // 8 * int(self.header.get("GCOUNT") or 1) * (extra + length)

    @property
    def is_image(self) -> bool:
        """Whether it has an image of one pixel at least."""
        return not self.is_table and bool(self.shape) and math.prod(self.shape) > 0

    def raw(self, start: int, size: int) -> Any:
        """The bytes of the data from `start`; an error where the file ends before."""
        begin = self._start + start
        if begin + size > len(self._file.data):
            raise SpectrumError(
                self.where,
                f"the file is truncated: it has {len(self._file.data)} bytes, and the data of this extension"
                f" end at byte {self._start + self.bytes}; fetch it again",
            )
        return memoryview(self._file.data)[begin : begin + size]

    def image(self, first: int = 0, last: int | None = None) -> Array:
        """The image, or its rows from `first` to before `last`, in the machine's byte order.

        Scaled as BSCALE and BZERO say; unsigned whole numbers stay whole.
        """
        if not self.is_image:
            raise SpectrumError(self.where, "an image is expected here")
        if self.header.get("ZIMAGE"):
            return self._compressed(first, last)
        bits = int(self.header.need("BITPIX", "bits of a value"))
        kind = np.dtype(_IMAGE[bits])
        row = math.prod(self.shape[1:]) * kind.itemsize
        self.raw(0, self.bytes)
        last = self.shape[0] if last is None else last
        data = np.frombuffer(self.raw(first * row, (last - first) * row), kind)
        values = data.reshape(last - first, *self.shape[1:])
        return self._scaled(values, bits)

    def _scaled(self, values: Array, bits: int) -> Array:
        scale, zero = self.header.get("BSCALE") or 1, self.header.get("BZERO") or 0
        native = values.astype(values.dtype.newbyteorder("="), copy=False)
        if scale == 1 and zero == 0:
            return native
        if scale == 1 and (bits, zero) in _UNSIGNED:
            return (native.astype(np.int64) + int(zero)).astype(_UNSIGNED[bits, zero])
        scaled = native * float(scale) + float(zero)
        blank = self.header.get("BLANK")
        return scaled if blank is None else np.where(native == blank, np.nan, scaled)

    def _compressed(self, first: int, last: int | None) -> Array:
        """An image in tiles, by astropy."""
        section = self._by_astropy().section
        values = np.asarray(section[first : self.shape[0] if last is None else last])
        return values.astype(values.dtype.newbyteorder("="), copy=False)

    def _by_astropy(self) -> Any:
        begin, data = self._head
        self.raw(0, self.bytes)
        padded = -(-self.bytes // BLOCK) * BLOCK
        whole = bytes(self._file.data[begin : data + padded]).ljust(data - begin + padded, b"\0")
        empty = fits.PrimaryHDU().header.tostring().encode("ascii")
        return fits.HDUList.fromstring(empty + whole)[1]

    def columns(self) -> list[str]:
        """The names of the columns of a table, in capitals."""
        count = int(self.header.get("TFIELDS") or 0)
        return [str(self.header.get(f"TTYPE{i}") or "").upper() for i in range(1, count + 1)]

    def unit(self, column: str) -> str | None:
        """The unit of a column, where the header has one."""
        text = self.header.get(f"TUNIT{self.columns().index(column) + 1}")
        return None if text is None else str(text)

    def table(self) -> dict[str, Array]:
        """The columns of a table by their names in capitals, in the machine's byte order."""
        if not self.is_table:
            raise SpectrumError(self.where, "a binary table is expected here")
        kind = self._row_type()
        if kind is None:
            data = self._by_astropy().data
            return {name.upper(): _native(np.asarray(data[name])) for name in data.dtype.names}
        size = kind.itemsize * self.shape[0]
        rows = np.frombuffer(self.raw(0, size), kind)
        return {name: _native(rows[f"c{i}"]) for i, name in enumerate(self.columns())}

    def _row_type(self) -> np.dtype[Any] | None:
        """The type of a row; None where astropy has to read it: scaled columns, bits, lists of any length."""
        fields: list[tuple[Any, ...]] = []
        for i in range(1, len(self.columns()) + 1):
            form = re.fullmatch(r"(\d*)([LBIJKEDA])", str(self.header.need(f"TFORM{i}", "form of a column")))
            if form is None or f"TSCAL{i}" in self.header or f"TZERO{i}" in self.header:
                return None
            repeat = int(form[1] or 1)
            if form[2] == "A":
                fields.append((f"c{i - 1}", f"S{max(1, repeat)}"))
            else:
                fields.append((f"c{i - 1}", _TABLE[form[2]], *([(repeat,)] if repeat != 1 else [])))
        kind = np.dtype(fields)
        return kind if kind.itemsize == self.header.get("NAXIS1") else None


class FitsFile:
    """The extensions of a FITS file whose bytes, decompressed, are `data`."""

    def __init__(self, path: Path, data: Bytes) -> None:
        self.path, self.data = path, data
        self.hdus = list(self._found())

    def _found(self) -> Iterator[Hdu]:
        start = number = 0
        while start < len(self.data):
            if number and self.data[start : start + 8] != b"XTENSION":
                return  # what may follow the last extension is none of FITS
            end = self._header_end(start, number)
            header = Header(self.data[start:end], f"{self.path}, extension {number}")
            hdu = Hdu(self, number, header, (start, end))
            yield hdu
            start, number = end + -(-hdu.bytes // BLOCK) * BLOCK, number + 1

    def _header_end(self, start: int, number: int) -> int:
        end = start
        while (end := self.data.find(_END, end)) >= 0:
            if (end - start) % CARD == 0:
                return start + -(-(end + CARD - start) // BLOCK) * BLOCK
            end += 1
        raise SpectrumError(
            f"{self.path}, extension {number}",
            f"the header has no END: the file is truncated (it has {len(self.data)} bytes); fetch it again",
        )

    @property
    def primary(self) -> Header:
        """The first header."""
        return self.hdus[0].header

    def find(self, name: str) -> Hdu | None:
        """The extension of that name, or None."""
        return next((hdu for hdu in self.hdus if hdu.name.upper() == name), None)

    def need(self, name: str) -> Hdu:
        """The extension of that name; an error says which there are."""
        found = self.find(name)
        if found is None:
            listed = ", ".join(hdu.name or str(hdu.number) for hdu in self.hdus)
            raise SpectrumError(str(self.path), f"there is no extension {name} (there are: {listed})")
        return found

    def image(self, number: int, what: str) -> Hdu:
        """The extension of that number, which has to be an image; `what` says of what."""
        if number >= len(self.hdus) or not self.hdus[number].is_image:
            raise SpectrumError(f"{self.path}, extension {number}", f"there is no image ({what})")
        return self.hdus[number]


def _native(values: Array) -> Array:
    return values.astype(values.dtype.newbyteorder("="), copy=False)
