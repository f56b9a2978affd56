"""The bytes of a text file as lines: unpacked, in UTF-8, with one kind of end, and which of them are records of a table.

What a record means is reading.py; the rule here is that no line is lost: each is part of a record or is told with its place.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import IO, Any, cast

FORMATS = ("csv", "csv.gz", "tsv", "tsv.gz", "jsonl", "jsonl.gz", "ndjson", "ndjson.gz", "json", "json.gz", "parquet")
MAX_LINE_BYTES = 16 * 2**20
CHUNK_BYTES = 2**20
TOLD_BYTES = 2**16  # of a line that is too long
# A gzip of ordinary rows is a tenth of them, of rows that hardly differ a hundredth; more than that is a bomb, if it is large.
MAX_EXPANSION, MAY_ALWAYS_EXPAND_TO = 200, 256 * 2**20

# Byte-order marks, the longest first: UTF-32 begins like UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# What a damaged gzip raises, depending on where it is damaged, and a file that may not be read.
DAMAGED = (EOFError, OSError, zlib.error)

UNCLOSED = "has an opening quote without its closing one"
UNQUOTED = "has text after a closing quote; a quote within a text is written twice"
TOO_LONG = f"is longer than {MAX_LINE_BYTES // 2**20} MiB"

# What may stand around a value and is none of it: blanks of all kinds, a byte-order mark in the middle of a file.
BLANKS = " \t\n\v\f\r\u00a0\u200b\ufeff"

# Python's own reader only looks up the lines of what DuckDB rejected, and must hold as much as DuckDB does.
csv.field_size_limit(2 * MAX_LINE_BYTES)


class Refusal(Exception):
    """A file that cannot be landed; the message says why and what to do."""


# --- Formats


def format_of(path: Path) -> str | None:
    """The format a file's name promises, None for one that is not read."""
    return next((kind for kind in sorted(FORMATS, key=len, reverse=True) if path.name.lower().endswith(f".{kind}")), None)


def is_csv(path: Path) -> bool:
    """Whether the file is a table of separated values."""
    return (format_of(path) or "").startswith(("csv", "tsv"))


# --- Bytes


def opened(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked."""
    return cast(IO[bytes], gzip.open(path, "rb")) if path.name.lower().endswith(".gz") else path.open("rb")


def beginning_of(path: Path, byte_count: int) -> bytes:
    """The first bytes of the file, unpacked. Raises Refusal where they cannot be."""
    try:
        with opened(path) as content:
            return content.read(byte_count)
    except DAMAGED as error:
        raise damage(error) from None


def damage(error: Exception) -> Refusal:
    """What the bytes of a file being out of reach means."""
    if isinstance(error, PermissionError):
        return Refusal("it may not be read; give the user that runs this leave to read it")
    if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
        return Refusal(f"it cannot be read ({error.strerror}); copy the file again")
    return Refusal("the gzip stream ends too early or is damaged; export or copy the file again")


@dataclass(frozen=True)
class Survey:
    """How many lines a file has, the last with or without its end, and whether one of them is longer than DuckDB should hold."""

    line_count: int
    has_long_line: bool


def surveyed(path: Path) -> Survey:
    """Count a file's lines, in one look at its bytes, which also checks the sum of a packed one: DuckDB does not.

    Raises Refusal where the file is damaged, or unpacks to far more than any table does.
    """
    packed = path.stat().st_size if path.name.lower().endswith(".gz") else None
    line_count = byte_count = open_bytes = longest = 0
    try:
        with opened(path) as content:
            while chunk := content.read(CHUNK_BYTES):
                byte_count += len(chunk)
                if packed is not None and byte_count > max(MAY_ALWAYS_EXPAND_TO, MAX_EXPANSION * packed):
                    raise Refusal(
                        f"it unpacks to more than {MAX_EXPANSION} times its size and {MAY_ALWAYS_EXPAND_TO // 2**20} MiB "
                        f"(line {line_count + 1:,} was reached); if that is right, hand it over unpacked"
                    )
                ends = chunk.count(b"\n")
                line_count += ends
                longest = max(longest, open_bytes + (chunk.find(b"\n") if ends else len(chunk)))
                open_bytes = len(chunk) - chunk.rfind(b"\n") - 1 if ends else open_bytes + len(chunk)
    except DAMAGED as error:
        raise damage(error) from None
    return Survey(line_count + (open_bytes > 0), longest > MAX_LINE_BYTES)


# --- Encodings


def mark_of(path: Path) -> str | None:
    """The encoding that a byte-order mark tells, or zeros at every other byte do, where it is another than UTF-8."""
    if format_of(path) == "parquet":
        return None
    try:
        head = beginning_of(path, 64)
    except Refusal:
        return None
    by_mark = next((name for mark, name in MARKS if head.startswith(mark)), None)
    evens, odds = head[0::2].count(0), head[1::2].count(0)
    if by_mark or len(head) < 8 or bool(evens) == bool(odds):
        return by_mark
    return "utf-16-le" if odds == len(head[1::2]) else "utf-16-be" if evens == len(head[0::2]) else None


def beginning_in_words(path: Path, byte_count: int) -> str:
    """The text at the beginning of a file, in whatever encoding."""
    head, encoding = beginning_of(path, byte_count), mark_of(path)
    if encoding:
        return head.decode(encoding, errors="replace")
    return "".join(_in_words(line)[0] for line in head.removeprefix(codecs.BOM_UTF8).splitlines(keepends=True))


def _in_words(line: bytes) -> tuple[str, bool]:
    """A line as text, UTF-8 where it is valid, else Windows-1252; and whether it was the latter."""
    try:
        return line.decode(), False
    except UnicodeDecodeError:
        # The five bytes Windows-1252 leaves open are those of Latin-1.
        return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in line), True


def _chunks(source: IO[bytes], encoding: str | None) -> Iterator[bytes]:
    """The file's bytes in pieces, never one that ends between the two bytes of a line end; in UTF-8 if `encoding` is given."""
    if not encoding:
        begin = source.read(3)
        yield b"" if begin == codecs.BOM_UTF8 else begin
        while chunk := source.read(CHUNK_BYTES):
            yield chunk + (source.read(1) if chunk.endswith(b"\r") else b"")
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    held = ""
    while chunk := source.read(CHUNK_BYTES):
        text = held + decoder.decode(chunk)
        held = "\r" if text.endswith("\r") else ""
        yield text.removesuffix("\r").encode(errors="replace") if held else text.encode(errors="replace")
    yield (held + decoder.decode(b"", final=True)).encode(errors="replace")


class Long(bytes):
    """The beginning of a line that is too long to be held."""


@dataclass
class PlainLines:
    """The lines of a file in UTF-8 without their ends; of one that is too long to be held the beginning.

    A byte-order mark is believed for the whole file. Without one each line is taken by itself, as exports of several systems
    that were pasted together need it. `foreign_count`: how many were not UTF-8.
    """

    path: Path
    foreign_count: int = 0

    def __iter__(self) -> Iterator[bytes]:
        with opened(self.path) as source:
            rest, too_long = b"", b""
            for chunk in _chunks(source, mark_of(self.path)):
                *whole, rest = (rest + chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")).split(b"\n")
                for line in whole:
                    begin = too_long or (line if len(line) > MAX_LINE_BYTES else b"")
                    yield self._beginning(begin) if begin else self._plain(line)
                    too_long = b""
                if len(rest) > MAX_LINE_BYTES:
                    rest, too_long = b"", too_long or rest[:TOLD_BYTES]
            if rest or too_long:
                yield self._beginning(too_long) if too_long else self._plain(rest)

    def _beginning(self, line: bytes) -> Long:
        return Long(line[:TOLD_BYTES].decode(errors="replace").encode())

    def document(self) -> Iterator[bytes]:
        """The same text in pieces that may end within a line but not within a word, for JSON, which may stand on one line."""
        with opened(self.path) as source:
            rest = b""
            for chunk in _chunks(source, mark_of(self.path)):
                text = rest + chunk
                cut = text.rfind(b'"') if len(text) < MAX_LINE_BYTES else len(text)
                rest = text[max(cut, 0) :]
                yield b"".join(map(self._plain, text[: max(cut, 0)].splitlines(keepends=True)))
            yield self._plain(rest)

    def _plain(self, line: bytes) -> bytes:
        if line.isascii():
            return line
        text, is_foreign = _in_words(line)
        self.foreign_count += is_foreign
        return text.encode() if is_foreign else line


# --- Records of a table of separated values


@dataclass(frozen=True)
class Torn:
    """A line that is no record, its number from 1, and why; its text unless it is too long to be held."""

    line: int
    reason: str
    text: bytes


@dataclass(frozen=True)
class Record:
    """A record and the number of the line on which it begins; of several lines where a quoted value holds line breaks."""

    line: int
    lines: tuple[bytes, ...]


class Grammar:
    """What DuckDB takes for a record: fields between delimiters, each bare or within quotes, which are doubled within."""

    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter.encode()
        mark = re.escape(delimiter).encode()
        inside = rb'(?:[^"]++|"")*+'
        bare, closed, half = rb'(?! *")[^%s]*+' % mark, rb' *+"%s" *+' % inside, rb' *+"(%s)' % inside
        of_field = rb"(?:%s|%s)" % (closed, bare)
        self.field = re.compile(rb"%s(?:%s|\Z)" % (of_field, mark))
        self.whole = re.compile(rb"%s(?:%s%s)*+" % (of_field, mark, of_field))
        self.opening = re.compile(rb"((?:%s%s)*+)%s" % (of_field, mark, half))
        self.within = re.compile(inside)
        self.closing = re.compile(rb'(%s)"( *+(?:%s%s)*+)' % (inside, mark, of_field))
        self.reopening = re.compile(rb'%s" *+(?:%s%s)*+%s%s' % (inside, mark, of_field, mark, half))

    def fields(self, line: bytes) -> list[bytes]:
        """The fields of a record, with their quotes."""
        if b'"' not in line:
            return line.split(self.delimiter)
        found, place = [], 0
        while match := self.field.match(line, place):
            found.append(match.group().removesuffix(self.delimiter))
            if match.end() == len(line):
                return [*found, b""] if match.group().endswith(self.delimiter) else found
            place = match.end()
        return found


class Shape:
    """What records of a file look like, learnt from those that stand on one line: how many fields, what is in each of them.

    Only what nearly all of them have in common counts: a field that is filled, that has a digit, that has no blank. A line with
    as many fields and most of that is a record: a text that a person wrote hardly ever has either.
    """

    COMMON = 0.95
    ALIKE, ALIKE_TO_FEW = 0.8, 0.7  # of what they have in common; what a few have in common is partly chance
    FEW_ROWS = 10

    def __init__(self, grammar: Grammar, field_count: int, sample: Iterable[bytes]) -> None:
        self.grammar, self.field_count = grammar, field_count
        rows = [row for line in sample if len(row := grammar.fields(line)) == field_count]
        columns = list(zip(*rows, strict=True)) if rows else [()] * field_count
        self.alike = self.ALIKE if len(rows) >= self.FEW_ROWS else self.ALIKE_TO_FEW
        self.marks = [[mark for mark in self._MARKS if self._is_common(mark, column)] for column in columns]

    _MARKS = (re.compile(rb" *[^ ]"), re.compile(rb".*[0-9]"), re.compile(rb"[^ ]*\Z"))

    def _is_common(self, mark: re.Pattern[bytes], column: Sequence[bytes]) -> bool:
        return bool(column) and sum(mark.match(field) is not None for field in column) >= self.COMMON * len(column)

    def holds(self, line: bytes, but: int = -1) -> bool:
        """Whether a line looks like a record of this file, whatever is in the field of the number `but`."""
        if self.field_count < 2 or (b'"' in line and not self.grammar.whole.fullmatch(line)):
            return False
        fields = self.grammar.fields(line)
        met = [
            mark.match(field) is not None
            for number, (marks, field) in enumerate(zip(self.marks, fields, strict=False))
            for mark in marks
            if number != but
        ]
        return self.has_all(fields) and sum(met) >= self.alike * len(met)

    def begins(self, text: bytes) -> bool:
        """Whether a text looks like the beginning of a record, cut off in one of its fields."""
        *fields, _ = self.grammar.fields(text) or [b""]
        met = [mark.match(field) is not None for marks, field in zip(self.marks, fields, strict=False) for mark in marks]
        return FEW <= len(fields) < self.field_count and bool(met) and sum(met) >= self.alike * len(met)

    def has_all(self, fields: Sequence[bytes]) -> bool:
        """Whether these are as many fields as the header has; a delimiter at the end of a line is none."""
        return len(fields) == self.field_count or (len(fields) == self.field_count + 1 and not fields[-1])


@dataclass(frozen=True)
class Header:
    """The names of a table's fields, what stands between them, and where: the line it ends on, lines with text before it.

    `is_plain`: it stands on a line of its own with nothing but empty ones before it.
    """

    names: list[str]
    delimiter: str
    line: int = 1
    passed_over: int = 0
    is_plain: bool = True


DELIMITERS = ",;\t|"
HEADER_LINES = 30  # titles, dates and notes that reports put above their table
SAID = re.compile(r'"?sep=(.)"?[,;\t|]*\s*', re.IGNORECASE)  # a line by which Excel is told the delimiter


def headers_of(text: str) -> Iterator[Header]:
    """What may be the header at the beginning of a text: each of its first lines, cut by each delimiter."""
    said = SAID.match(text.lstrip())
    for delimiter in said[1] if said else DELIMITERS:
        lines = io.StringIO(text, newline="")
        parsed = csv.reader(lines, delimiter=delimiter)
        passed_over, begins = 0, 1
        try:
            for record in parsed:
                if any(field.strip(BLANKS) for field in record) or passed_over:
                    names = [name.strip(BLANKS) for name in record]
                    is_plain = not passed_over and begins == parsed.line_num
                    yield Header(names, delimiter, parsed.line_num, passed_over, is_plain)
                    passed_over += any(names)
                begins = parsed.line_num + 1
                if passed_over >= HEADER_LINES:
                    break
        except csv.Error:
            continue


FEW = 3  # delimiters at their places are hardly what a person wrote
SAMPLE = 400  # lines from which the shape of a file is learnt


def records_of(lines: Iterable[bytes], grammar: Grammar, field_count: int, first: int) -> Iterator[Record | Torn]:
    """The records on these lines, the first of which has the number `first`; a line that is part of none is torn.

    A quote that is left open tears its own line alone: what follows is read anew. Whether it was left open is told by what it
    would swallow: never closed, closed in the middle of a text, another number of fields, or lines that are records themselves.
    """
    source = iter(lines)
    ahead: list[bytes] = list(islice(source, SAMPLE))
    shape = Shape(grammar, field_count, [line for line in ahead if line and grammar.whole.fullmatch(line)])
    ahead.reverse()  # the next one is the last of the list

    def take() -> bytes | None:
        return ahead.pop() if ahead else next(source, None)

    number = first - 1
    while (line := take()) is not None:
        number += 1
        if isinstance(line, Long):
            yield Torn(number, TOO_LONG, line)
        elif line:
            if b'"' not in line or grammar.whole.fullmatch(line):
                yield Record(number, (line,))
                continue
            if not grammar.opening.fullmatch(line):
                yield Torn(number, UNQUOTED, line)
                continue
            held, size, is_closed, opened_at = [line], len(line), False, [0]
            while not is_closed and size <= MAX_LINE_BYTES and (more := take()) is not None:
                held.append(more)
                size += len(more) + 1
                if isinstance(more, Long):
                    break
                if b'"' in more and not grammar.within.fullmatch(more):
                    is_closed = grammar.closing.fullmatch(more) is not None
                    if not is_closed and not grammar.reopening.fullmatch(more):
                        break
                    opened_at.append(len(held) - 1)
            if is_closed and _is_record(grammar, shape, held, opened_at):
                yield Record(number, tuple(held))
                number += len(held) - 1
            else:
                yield Torn(number, UNCLOSED, line)
                ahead.extend(reversed(held[1:]))


def _is_record(grammar: Grammar, shape: Shape, held: Sequence[bytes], opened_at: Sequence[int]) -> bool:
    """Whether lines are one record with values of several lines, and not rather several, of which two have a stray quote.

    `opened_at`: the places of the lines on which a value of several lines begins, and of the last line.
    """
    if not shape.has_all(grammar.fields(b"\n".join(held))):
        return False
    texts = [[line for line in held[begin + 1 : end] if line] for begin, end in pairwise(opened_at)]
    like_records = [sum(map(shape.holds, text)) for text in texts]
    are_rather_records = [2 * count >= len(text) for count, text in zip(like_records, texts, strict=True)]
    if any(
        is_so and count * (shape.field_count - 1) >= FEW for is_so, count in zip(are_rather_records, like_records, strict=True)
    ):
        return False
    first, last = grammar.opening.fullmatch(held[0]), grammar.closing.fullmatch(held[-1])
    if last and shape.begins(last[1]):
        return False
    if len(texts) > 1 or not are_rather_records[0]:
        return True
    ends = [
        (shape.holds(stray[1] + stray[2], but=len(grammar.fields(stray[1])) - 1), stray[part].count(grammar.delimiter) >= FEW)
        for stray, part in ((first, 2), (last, 1))
        if stray
    ]
    return not any(is_alike and is_long for is_alike, is_long in ends) and not (
        len(ends) == 2 and all(is_alike for is_alike, _ in ends)
    )


# --- Copies


@dataclass(frozen=True)
class Copy:
    """What a plain copy holds: records, lines that were not UTF-8, and what is not in it because it is torn."""

    record_count: int
    foreign_count: int
    torn_count: int = 0


def write_plainly(path: Path, copy: Path, torn: Path, header: Header | None) -> Copy:
    """Write the file's text to `copy`, unpacked, in UTF-8, with one kind of line end; each line keeps its number.

    Of a table (`header`) it holds the records alone, empty lines where the header and torn lines were; those stand in `torn`, a
    CSV file of line, reason and text. Without a header each line is a record.
    """
    plain = PlainLines(path)
    lines = iter(plain)
    record_count = torn_count = written = 0
    if header:
        for _ in range(header.line):
            next(lines, None)
        records = records_of(lines, Grammar(header.delimiter), len(header.names), header.line + 1)
    else:
        records = _as_records(lines)
    with copy.open("wb") as target, torn.open("w", encoding="utf-8", newline="") as rest:
        told = csv.writer(rest, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for one in records:
            if isinstance(one, Torn):
                told.writerow((one.line, one.reason, one.text.decode()))
                torn_count += 1
            else:
                target.write(b"\n" * (one.line - 1 - written))
                target.writelines(line + b"\n" for line in one.lines)
                written = one.line - 1 + len(one.lines)
                record_count += 1
        if not record_count:  # a file without a byte would be an empty one
            target.write(b"\n" * (header.line if header else 1))
    return Copy(record_count, plain.foreign_count, torn_count)


def _as_records(lines: Iterable[bytes]) -> Iterator[Record | Torn]:
    for number, line in enumerate(lines, 1):
        if isinstance(line, Long):
            yield Torn(number, TOO_LONG, line)
        elif line.decode().strip(BLANKS):
            yield Record(number, (line,))


# Of the escapes in JSON, each whole: half of a pair that stands for one character is none, and not valid.
_ESCAPES = re.compile(rb"(\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def write_document_plainly(path: Path, copy: Path) -> Copy:
    """The same for a file of JSON that is not written in lines, without halves of characters."""
    plain = PlainLines(path)
    with copy.open("wb") as target:
        target.writelines(_ESCAPES.sub(lambda found: found[1] or b"", piece) for piece in plain.document())
    return Copy(0, plain.foreign_count)


# --- Where records stand


class _Lines:
    """The lines of a text with the number of those that were taken and of their characters."""

    def __init__(self, text: Iterable[str]) -> None:
        self.text, self.number, self.offset = iter(text), 0, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.text)
        self.number += 1
        self.offset += len(line)
        return line


def physical_lines(
    path: Path, header: Header | None, records: Sequence[int], broken: Sequence[tuple[int, int]]
) -> tuple[list[int], list[int]]:
    """The lines of a file on which these records begin, and those on which the broken ones do.

    `records` are numbers from 1, ascending, and do not count the broken ones; `broken` has, in order, the byte at which each
    begins and the number of its lines. A quoted value may hold line breaks, and an empty line is no record of several columns.
    Without a header each line is a record.
    """
    found: list[int] = []
    places: list[int] = []
    begins, number = 1, 0
    with opened(path) as binary, io.TextIOWrapper(binary, encoding="latin-1", newline="") as text:  # a character is a byte
        lines = _Lines(text)
        parsed: Iterator[Any] = csv.reader(lines, delimiter=header.delimiter) if header else lines
        try:
            for _ in range(header.line if header else 0):
                next(lines)
            while len(found) < len(records) or len(places) < len(broken):
                begins = lines.number + 1
                if len(places) < len(broken) and lines.offset >= broken[len(places)][0]:
                    for _ in range(broken[len(places)][1]):
                        next(lines)
                    places.append(begins)
                elif next(parsed) or (header and len(header.names) == 1):
                    number += 1
                    if len(found) < len(records) and number == records[len(found)]:
                        found.append(begins)
        except (StopIteration, csv.Error):
            pass
    return found + [begins] * (len(records) - len(found)), places + [begins] * (len(broken) - len(places))
