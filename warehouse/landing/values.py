"""What a value is once a field is read: what is empty, and how times, numbers, currencies and identifiers are written.

How a file is cut into fields is reading.py. Everything here is SQL about texts, for DuckDB reads a column at a time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from warehouse.connection import quoted
from warehouse.contract import Column, RawTable
from warehouse.landing.lines import BLANKS

# Python knows no other years, and infinity is no time.
EARLIEST, LATEST = "timestamp '0001-01-01'", "timestamp '9999-12-31 23:59:59.999999'"

# How programs write that there is nothing, whatever the case: in a column of the contract, and in any other, where a plan may be
# called None. R, reports and pandas write more where a number or a time should be; there a code cannot be meant.
EMPTY = ("null", r"\n", "nan", "none", "n/a", "#n/a", "<na>", '""', "[]", "{}")
EMPTY_ANYWHERE = ("null", r"\n", "nan", '""')
EMPTY_BUT_TEXT = ("na", "#na", "nat", "nil", "-", "--", "\u2013", "\u2014")

# What spreadsheets write where they could not reckon. Which identifiers name nobody is decided in SQL, for all sources at once.
SPREADSHEET_ERRORS = ("#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#ERROR!")

# More than any order is worth in any currency (40 million dollars in the smallest, dong), and less than a time in milliseconds.
IMPLAUSIBLE = 10**12

# Signs that mean one currency; $ and ¥ are those of several.
CURRENCY_SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₺": "TRY", "₫": "VND", "₪": "ILS", "₴": "UAH", "US$": "USD"}

# No clock is farther from UTC than Kiribati's 14 hours before it and Baker Island's 12 behind.
NO_ZONE = "[+](1[5-9]|[2-9][0-9]|14:?(0[1-9]|[1-9]))|-(1[3-9]|[2-9][0-9]|12:?(0[1-9]|[1-9]))|[+-][0-9]{2}:?[6-9][0-9]"

REASONS = {
    "TIMESTAMP": "is no timestamp; write ISO 8601 or an epoch",
    "BOOLEAN": "is neither true nor false",
    "JSON": "is no JSON",
    "CURRENCY": "is no currency; write its three letters, as EUR",
}
_TWO_WAYS = "has a comma or a point that can be meant in two ways in this file; write 1234.56, without a sign between thousands"
UNCLEAR = {
    "unclear": _TWO_WAYS,
    "commas": _TWO_WAYS,
    "signs": "has a sign of one of several currencies; write the bare number, and the currency in a column of its own",
}


# --- Empty values


def _is_one_of(text: str, words: Collection[str]) -> str:
    """SQL for whether a text is one of these words, in any case. (Of `in` DuckDB 2.0 makes a join, which is slow to plan.)"""
    return f"regexp_full_match({text}, '(?i:{quoted('|'.join(re.escape(word) for word in words))})')"


def _is_none_of(text: str, words: Collection[str]) -> str:
    """SQL for whether a text is none of these words.

    Few texts are as short and begin like one, and of a condition of its own no more is looked at: this adds a sixth to the
    time that trimming takes (DuckDB 2.0, 2026-11-30).
    """
    beginnings = quoted("".join(sorted({sign for word in words for sign in (word[0], word[0].upper())})))
    longest = max(len(word.encode()) for word in words)
    return f"strlen({text}) > {longest} or not contains('{beginnings}', {text}[1]) or not {_is_one_of(text, words)}"


def _is_bare(text: str) -> str:
    """SQL for whether there can be no blanks around a text.

    Most are looked at no further: that halves the time of trimming (DuckDB 2.0, 2026-11-23).
    """
    return f"{text}[1] between '!' and '~' and {text}[-1] between '!' and '~'"


def trimmed(text: str) -> str:
    """SQL for a text without the blanks around it, NULL where nothing is left."""
    return f"case when {_is_bare(text)} then {text} else nullif(trim({text}, '{BLANKS}'), '') end"


def filled(text: str, empty: Collection[str] = EMPTY) -> str:
    """SQL for a text without the blanks around it, NULL where nothing is left or a word says that there is nothing."""
    bare = f"trim({text}, '{BLANKS}')"
    return (
        f"case when {_is_bare(text)} then case when {_is_none_of(text, empty)} then {text} end "
        f"when not {_is_one_of(bare, ['', *empty])} then {bare} end"
    )


def all_filled(texts: str, empty: Collection[str] = EMPTY) -> str:
    """SQL for a list of texts, each without the blanks around it, NULL where it is empty."""
    return f"list_transform({texts}, lambda text: {filled('text', empty)})"


# In JSON as DuckDB writes it there are no blanks between the parts, and a quote within a text has a backslash before it. So `":"`
# opens the value of a key and nothing else, and a blank before a quote is the end of a text.
_BLANK = r"(?: |\x{a0}|\x{200b}|\x{feff}|\\[tnr])"
_NOTHING = rf'":"{_BLANK}*(?:\\\\N|(?i:null|nan)|\\"\\")?{_BLANK}*"'
_UNTIDY = rf'{_NOTHING}|":"{_BLANK}|(?: |\x{{a0}}|\x{{200b}}|\x{{feff}}|\\[tnr])"|NaN|Infinity'
_PARTS = r'"(?:[^"\\]|\\.)*"|[^"]+'


def tidied(json: str) -> str:
    """SQL for a JSON text that DuckDB wrote with its texts trimmed, and without members that are empty or no finite numbers."""
    text = f"""regexp_replace(document, '{_NOTHING}', '":null', 'g')"""
    text = f"""regexp_replace({text}, '":"{_BLANK}+', '":"', 'g')"""
    text = rf"""regexp_replace({text}, '([^\\]){_BLANK}+"([,}}\]])', '\1"\2', 'g')"""
    numbers = """case when part[1] = '"' then part else regexp_replace(part, '-?(?:NaN|Infinity)', 'null', 'g') end"""
    parts = f"list_transform(regexp_extract_all({text}, '{_PARTS}'), lambda part: {numbers})"
    tidy = f"json_merge_patch('{{}}', array_to_string({parts}, ''))::varchar"
    # As an element of a list the document is worked out once.
    tidier = f"case when regexp_matches(document, '{_UNTIDY}') then {tidy} else document end"
    return f"list_transform([{json}], lambda document: {tidier})[1]"


# --- Numbers as people write them

_SPACES = r" \x{a0}\x{202f}\x{2009}"
_SIGN = r"[A-Z]{0,3}\p{Sc}|[A-Z]{3}|kr[.]?|Fr[.]?|zł|Kč"
_DIGITS = rf"[0-9.,](?:[0-9.,''’{_SPACES}]*[0-9])?"
_SHOWN = rf"[-+−(]?[{_SPACES}]*({_SIGN})?[{_SPACES}]*[-+−]?({_DIGITS})[{_SPACES}]*({_SIGN})?[{_SPACES}]*[-−)]?"
_SEPARATORS = {"point": rf",''’{_SPACES}", "comma": rf".''’{_SPACES}"}
_MARKS = {"point": "[.]", "comma": ","}


# How the numbers of a column are written: as computers do; with a decimal point or comma and whatever people put around; in two
# ways, so that only what has neither is read, or nothing with a comma; with the signs of several currencies.
STYLES = ("plain", "point", "comma", "unclear", "commas", "signs")


def _grouped(separators: str) -> str:
    """A pattern for digits in groups; those of India have two digits but for the last."""
    return f"[0-9]{{1,3}}(?:[{separators}][0-9]{{2,3}})*[{separators}][0-9]{{3}}"


def _only(style: str) -> str:
    """A pattern for digits that can be meant in one way alone: with a decimal point, or with a comma in its place."""
    mark, other = _MARKS[style], _MARKS["comma" if style == "point" else "point"]
    decimals = f"[0-9]*{mark}(?:[0-9]{{1,2}}|[0-9]{{4,}})|(?:[0-9]{{4,}}|0*){mark}[0-9]+"
    return f"{decimals}|{_grouped(_SEPARATORS[style])}{mark}[0-9]+|[0-9]{{1,3}}(?:{other}[0-9]{{2,3}})+{other}[0-9]{{3}}"


def _either(style: str) -> str:
    """A pattern for digits of which nobody can say whether the mark parts decimals or thousands: 1,234."""
    return f"[1-9][0-9]{{0,2}}{_MARKS[style]}[0-9]{{3}}"


def is_number(column: Column) -> bool:
    """Whether a column holds amounts or counts."""
    return column.kind in ("DECIMAL(18,4)", "BIGINT")


def number_styles(texts: Mapping[str, str], counts: Collection[str], is_json: bool) -> list[str]:
    """SQL that over all rows says how the numbers of each of these columns are written: one of the STYLES.

    A column is read in one way, or what can be meant in two is not read: a decimal comma beside decimal points, or nothing but
    numbers such as 1,234 and 1.234. A count has no decimals, so that its groups tell; a number of JSON has a decimal point.
    """
    styles = []
    for name, text in texts.items():
        digits = f"nullif(regexp_extract({text}, '^{_SHOWN}$', 2), '')"
        signs = f"nullif(regexp_extract({text}, '^{_SHOWN}$', 1) || regexp_extract({text}, '^{_SHOWN}$', 3), '')"
        says = {style: f"coalesce(bool_or(regexp_full_match({digits}, '{_only(style)}')), false)" for style in _MARKS}
        either = {style: f"coalesce(bool_or(regexp_full_match({digits}, '{_either(style)}')), false)" for style in _MARKS}
        if name in counts:
            thousand = (
                f"coalesce(bool_or(regexp_full_match({digits}, '{_either('point')}') and {digits} not like '%.000'), false)"
            )
            says = {"point": f"({says['point']} or {either['comma']})", "comma": f"({says['comma']} or {thousand})"}
        if is_json:
            says["point"], either["point"] = f"({says['point']} or {either['point']})", "false"
        unclear = "commas" if is_json else "unclear"
        styles.append(
            f"case when min({signs}) <> max({signs}) then 'signs' when {says['point']} and {says['comma']} then '{unclear}' "
            f"when {says['comma']} then 'comma' when {says['point']} then 'point' "
            f"when {either['point']} or {either['comma']} then '{unclear}' else 'point' end"
        )
    return styles


def is_not_ambiguous(text: str) -> str:
    """SQL for whether the point of a number surely parts its decimals."""
    return f"regexp_full_match({text}, '[-+]?(?:{_only('point')})')"


def _plain_number(value: str, style: str) -> str:
    """SQL for a number as computers write it, out of one in this style; what it cannot be read as stays, or is NULL."""
    if style in ("plain", "commas"):
        return value
    if style in ("unclear", "signs"):
        return f"case when not regexp_full_match({value}, '[-+]?{_either('point')}') then {value} end"
    digits = f"regexp_extract({value}, '^{_SHOWN}$', 2)"
    is_whole = f"[0-9]+|{_grouped(_SEPARATORS[style])}"
    is_one = f"regexp_full_match({digits}, '(?:{is_whole})(?:{_MARKS[style]}[0-9]+)?|{_MARKS[style]}[0-9]+')"
    bare = f"replace(regexp_replace({digits}, '[{_SEPARATORS[style]}]', '', 'g'), ',', '.')"
    minus = f"length(regexp_replace({value}, '[^-−(]', '', 'g'))"
    number = f"case when {is_one} and {minus} < 2 then repeat('-', {minus}) || {bare} end"
    return f"case when try_cast({value} as double) is not null then {value} else {number} end" if style == "point" else number


def _amount(number: str) -> str:
    """SQL for an amount: four decimals, plausible, and worth what was written but for a thousandth, or float noise."""
    amount, worth = f"try_cast({number} as decimal(18, 4))", f"try_cast({number} as double)"
    is_kept = f"abs({amount}::double - {worth}) <= greatest(abs({worth}) / 1000, 1e-10)"
    return f"case when abs({amount}) < {IMPLAUSIBLE} and {is_kept} then {amount} end"


def _count(number: str) -> str:
    """SQL for a whole number; a count that passed through a spreadsheet is written 3.0."""
    exact = f"try_cast({number} as decimal(38, 6))"
    return f"case when {exact} % 1 = 0 and abs({exact}) < {IMPLAUSIBLE} then try_cast({exact} as bigint) end"


# --- Casts


def cast_value(column: Column, value: str | None, kind: str = "VARCHAR", style: str = "plain") -> str:
    """SQL that turns a field of a file into the contract's type, NULL where it cannot; no value: the file does not have it."""
    if value is None:
        return f"null::{column.stored_kind}"
    if is_number(column):
        number = _plain_number(value, style) if kind == "VARCHAR" else value
        return _amount(number) if column.kind != "BIGINT" else _count(number)
    if column.kind == "JSON":
        json = tidied(f"json_extract(case when json_valid(({value})::varchar) then ({value})::varchar end, '$')::varchar")
        return f"nullif(nullif({json}, '[]'), '{{}}')"
    if column.kind == "CURRENCY":
        signs = " ".join(f"when '{sign}' then '{code}'" for sign, code in CURRENCY_SIGNS.items())
        return f"case when regexp_full_match({value}, '[A-Za-z]{{3}}') then upper({value}) else case {value} {signs} end end"
    if column.kind == "VARCHAR" and kind in ("DOUBLE", "FLOAT"):  # ids that went through a float column: 7.0 is 7
        is_whole = f"{value} = trunc({value}) and abs({value}) < 1e15"
        return f"case when {is_whole} then ({value})::bigint::varchar else ({value})::varchar end"
    if column.is_identifier and kind == "VARCHAR":
        is_float = f"suffix({value}, '.0') and regexp_full_match({value}, '[0-9]{{1,15}}[.]0')"
        return f"case when {is_float} then {value}[:-3] else {value} end"
    if column.kind == kind == "VARCHAR":
        return f"case when not starts_with({value}, '#') or not {_is_one_of(value, SPREADSHEET_ERRORS)} then {value} end"
    if column.kind != "TIMESTAMP":
        return f"try_cast({value} as {column.kind})" if kind != column.kind else value
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        # Of zoned nanoseconds, which pandas writes, DuckDB 2.0 knows nothing but this cast.
        is_zoned = kind.startswith(("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"))
        moment = f"({value}::timestamptz at time zone 'UTC')" if is_zoned else f"{value}::timestamp"
        return f"case when {moment} between {EARLIEST} and {LATEST} then {moment} end"
    return _timestamp(value if kind == "VARCHAR" else f"(({value})::varchar)")


def _timestamp(text: str) -> str:
    """SQL for ISO 8601 (a zone is honoured, none means UTC) or an epoch, whose unit its number of digits tells."""
    epoch = (
        f"case when regexp_full_match({text}, '[1-9][0-9]{{8,10}}([.][0-9]+)?') "
        f"then make_timestamp(({text}::double * 1e6)::bigint) when regexp_full_match({text}, '[1-9][0-9]{{11}}') "
        f"then coalesce(try_strptime({text}, '%Y%m%d%H%M'), make_timestamp({text}::bigint * 1000)) "
        f"when regexp_full_match({text}, '[1-9][0-9]{{11,12}}([.][0-9]+)?') "
        f"then make_timestamp(({text}::decimal(38, 6) * 1000)::bigint) "
        f"when regexp_full_match({text}, '[1-9][0-9]{{14,15}}') then make_timestamp({text}::bigint) "
        f"when regexp_full_match({text}, '[1-9][0-9]{{17,18}}') then make_timestamp(try_cast({text} as bigint) // 1000) "
        f"when regexp_full_match({text}, '[0-9]{{8}}(T?[0-9]{{6}}Z?)?') "
        f"then try_strptime({text}, ['%Y%m%d', '%Y%m%d%H%M%S', '%Y%m%dT%H%M%S', '%Y%m%dT%H%M%SZ']) end"
    )
    # A year of four digits comes first, or 1/5/26 would be in the year 1. A space before the zone is Ruby's.
    spaced = f"regexp_replace({text}, ' ([+-][0-9]{{2}}:?[0-9]{{2}})( UTC)?$', '\\1')"
    zoned = f"coalesce(try_cast({text} as timestamptz), try_cast({spaced} as timestamptz)) at time zone 'UTC'"
    # The plain cast takes a third of the time and does not see zones (DuckDB 2.0): it is for texts that can have none.
    last = f"{text}[-1]"
    is_plain = (
        f"not contains({text}, '+') and not contains(substr({text}, 11), '-') and ({last} between '0' and '9' or {last} = 'Z')"
    )
    # No year 0, and what ends with a bracket is a year before Christ.
    is_zone = f"{last} <> ')' and not regexp_matches(substr({text}, 11), '{NO_ZONE}')"
    cast_ = f"case when {is_plain} then try_cast({text} as timestamp) when {is_zone} then {zoned} end"
    iso = f"case when {text}[5] in ('-', '/') and {text}[1:4] between '0002' and '9999' then {cast_} end"
    return f"coalesce({iso}, {epoch})"


def problem(
    table: RawTable, values: Mapping[str, tuple[str, str]], is_record: str, casts: Mapping[str, str], styles: Mapping[str, str]
) -> str:
    """SQL for the first fault of a record as 'column|reason', NULL for a good one. A reason never holds the value itself.

    `values` has an expression and a type for each column that the file can have, `casts` what they become.
    """
    cases = [] if is_record == "true" else [f"when not ({is_record}) then '|is not a JSON object'"]
    for column in table.columns:
        if column.name not in values:
            if column.is_required:
                cases.append(f"when true then '{column.name}|is missing'")
            continue
        value, kind = values[column.name]
        if column.is_required:
            missing = f"{casts[column.name]} is null" if column.kind == "VARCHAR" else _is_nothing(column, value, kind)
            cases.append(f"when {missing} then '{column.name}|is missing'")
        if column.kind in ("TIMESTAMP", "CURRENCY") or is_number(column) or column.kind not in ("VARCHAR", kind):
            is_something = f"{casts[column.name]} is null and {value} is not null and not {_is_nothing(column, value, kind)}"
            reason = _reason(column, value, kind, styles.get(column.name, "plain"))
            cases.append(f"when {is_something} then '{column.name}|' || {reason}")
    identifiers = [values[name][0] for name in table.any_of if name in values]
    if identifiers:
        nobody = " and ".join(f"{value} is null" for value in identifiers)
        cases.append(f"when {nobody} then '|has no identifier; fill at least one of {', '.join(table.any_of)}'")
    return f"(case {' '.join(cases)} end)" if cases else "(null::varchar)"


def _is_nothing(column: Column, value: str, kind: str) -> str:
    """SQL for whether a value that could not be cast says that there is nothing."""
    if kind != "VARCHAR":
        return f"({value} is null)"
    if column.kind == "JSON":
        return f"coalesce(regexp_full_match({value}, '[[{{] *[]}}]'), true)"
    return f"coalesce({_is_one_of(value, EMPTY_BUT_TEXT)}, true)"


def _reason(column: Column, value: str, kind: str, style: str) -> str:
    """SQL for what is wrong with a value that is not of its column's type."""
    if not is_number(column):
        return f"'{REASONS[column.kind]}'"
    one = "amount" if column.kind != "BIGINT" else "count"
    number = f"try_cast({_plain_number(value, style) if kind == 'VARCHAR' else value} as double)"
    told = {
        f"abs({number}) >= {IMPLAUSIBLE}": f"is no plausible {one}: a million millions or more; is it a time?",
        f"{number} is not null": "has more decimals than the 4 that are kept" if one == "amount" else "is no whole number",
    }
    otherwise = UNCLEAR.get(style, "is no number; write it as 1234.56" if one == "amount" else "is no whole number")
    cases = " ".join(f"when {condition} then '{reason}'" for condition, reason in told.items())
    return f"case {cases} else '{otherwise}' end"
