"""PostgreSQL's words and SQLSTATE for what DuckDB says of a statement or a value.

Drivers and tools tell faults apart by SQLSTATE (PostgreSQL's manual, Appendix A), and people know PostgreSQL's words. DuckDB's own are
kept where there is no rule, without what they advise about DuckDB.
"""

from __future__ import annotations

import re
from functools import cache

from cirql.startup.records import dataclass

_TYPES = {
    "INT8": '"char"',
    "INT16": "smallint",
    "INT32": "integer",
    "INT64": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "BOOL": "boolean",
}
_TOO_MUCH = "there is too much text in one column of the rows that come together: more than 2 GB"
_RULES = (
    # What begins as DuckDB says it, the code, and how it is said (None: as it is); {0} is what the first group found.
    (r"[Dd]ivision by zero\b.*", "22012", "division by zero"),
    (r"Type \w+ with value .+ can't be cast because .* destination type (\w+)", "22003", "{0} out of range"),
    (r"Failed to cast decimal value .+ to type (\w+)", "22003", "{0} out of range"),
    (r"Overflow in \w+ of (\w+) .*", "22003", "{0} out of range"),
    (r"Overflow in \w+ of DECIMAL.*", "22003", "value overflows numeric format"),
    (r'Column with name "(.+)" already exists!', "42701", 'column "{0}" specified more than once'),
    (r"Could not convert string '(.*)' to (\w+)", "22P02", 'invalid input syntax for type {1}: "{0}"'),
    (r"value out of range: \w+|factorial of a negative .*|.* is out of range for type .*", "22003", None),
    (r"input is out of range|value overflows numeric format.*", "22003", None),
    (r"More than one row returned by a subquery\b.*", "21000", "more than one row returned by a subquery used as an expression"),
    (
        r'column "(.+)" must appear in the GROUP BY clause\b.*',
        "42803",
        'column "{0}" must appear in the GROUP BY clause or be used in an aggregate function',
    ),
    (r"(\w+) clause cannot contain aggregates!?", "42803", "aggregate functions are not allowed in {0}"),
    (r"aggregate function calls cannot be nested", "42803", None),
    (r"Subquery returns (\d+) columns - expected 1", "42601", "subquery must return only one column, and has {0}"),
    (r'Ambiguous reference to column name "(.+?)" .*', "42702", 'column reference "{0}" is ambiguous'),
    (r'Table "(.+)" does not have a column named "(.+)"', "42703", "column {0}.{1} does not exist"),
    (r'Referenced table "(.+)" not found!?', "42P01", 'missing FROM-clause entry for table "{0}"'),
    (r'Table with name "?(.+?)"? does not exist.*', "42P01", 'relation "{0}" does not exist'),
    (
        r'Column "(.+)" does not exist on left side of join!?',
        "42703",
        'column "{0}" specified in USING clause does not exist in left table',
    ),
    (
        r'Column "(.+)" does not exist on right side of join!?',
        "42703",
        'column "{0}" specified in USING clause does not exist in right table',
    ),
    (r"GROUP BY term out of range\b.*", "42P10", "GROUP BY position is not in select list"),
    (r"ORDER BY term out of range\b.*", "42P10", "ORDER BY position is not in select list"),
    (r"LIMIT/OFFSET cannot be negative", "2201W", "LIMIT and OFFSET must not be negative"),
    (r'Duplicate CTE name "(.+)"', "42712", 'WITH query name "{0}" specified more than once'),
    (r'table "(.+)" has \d+ columns available but \d+ columns specified', "42P10", None),
    (
        r'Values list "(.+)" does not have a column named "(.+)"',
        "42P10",
        'WITH query "{0}" has fewer columns than are named: there is no "{1}"',
    ),
    (
        r"Window functions are not supported here",
        "42809",
        "a window function requires an OVER clause, and is for the select list and ORDER BY",
    ),
    (r"count must be greater than zero|lower bound cannot equal upper bound|lower and upper bounds must be finite", "2201G", None),
    (r"array must have even number of elements|mismatched array dimensions", "2202E", None),
    (
        r"invalid value for parameter .*|cannot (?:set|delete).* path in scalar|cannot delete from .*|cannot replace existing key",
        "22023",
        None,
    ),
    (r"to_char .* not supported", "0A000", None),
    (r"(?:cannot use|multiple) .* together|multiple decimal points|invalid Unicode escape", "42601", None),
    (r"argument of nth_value must be greater than zero", "22016", None),
    (r"Could not cast value .+ to DECIMAL\(.*", "22003", "numeric field overflow"),
    (
        r'The "arg" argument in function "string_agg" must be .*',
        "0A000",
        "string_agg with a separator that is not a constant is not supported",
    ),
    (r"UNNEST\(\) can only be applied to lists, structs and NULL, not (\w+)", "42883", "unnest takes an array, and this is none"),
    (r"cannot take square root of a negative number", "2201F", None),
    (r"cannot take logarithm of .*", "2201E", None),
    (r"negative substring length not allowed", "22011", None),
    (r"requested length too large|null character not permitted", "54000", None),
    (r"nested too deeply|maximum recursion depth exceeded.*", "54001", "the value is nested too deeply"),
    (
        r"Arrow Appender: The maximum total string size .*|Cannot create a string of size.*",
        "54000",
        _TOO_MUCH,
    ),
    (
        r"missing \)|missing \]|unexpected \)|invalid (?:perl|escape|named|character|repetition"
        r"|UTF)|no argument for|bad repetition|trailing \\",
        "2201B",
        "invalid regular expression: {all}",
    ),
    (
        r"cannot (?:extract|call|get|deconstruct) .*|field position must not be zero"
        r"|character number must be positive|step size cannot .*",
        "22023",
        None,
    ),
    (r"Invalid input for hex digit: (.*)", "22023", 'invalid hexadecimal digit: "{0}"'),
    (r'Could not parse string "(.*)" according to format specifier "(.*)".*', "22007", 'invalid value "{0}" for the format'),
    (r"Date out of range: (.*)", "22008", "date field value out of range: {0}"),
    (r'(?:date|timestamp|time)\b.* field value out of range: "(.*?)".*', "22008", 'date/time field value out of range: "{0}"'),
    (r'invalid (date|timestamp|time) field format: "(.*?)".*', "22007", 'invalid input syntax for type {0}: "{1}"'),
    (r".*timestamp out of range.*", "22008", None),
    (r"Failure in decode: could not convert blob to UTF8\b.*", "22021", 'invalid byte sequence for encoding "UTF8"'),
    (r"Values were not provided for the following (?:prepared statement )?parameters: (.*)", "42P02", "there is no parameter ${0}"),
)


@dataclass(frozen=True, slots=True)
class Wording:
    """How a fault is told: its words, its SQLSTATE where the class of the error does not say it, and what to do."""

    message: str
    sqlstate: str | None = None

    @property
    def hint(self) -> str | None:
        """What to do, where there is something."""
        return "ask for a part of it: left(column, 100000), or for fewer rows" if self.message == _TOO_MUCH else None


_IN_PYTHON = "Python exception occurred while executing the UDF: ValueError: "
"""What DuckDB says before the words of a function of `vectorised`."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def reworded(message: str) -> Wording:
    """A message of DuckDB's, which may be one of our own functions', in PostgreSQL's words."""
    message = message.removeprefix(_IN_PYTHON)
    for pattern, sqlstate, words in _RULES:
        if found := _compiled(pattern).match(message):
            if words is None:
                return Wording(message, sqlstate)
            told = [_TYPES.get(group, group) for group in found.groups("")]
            return Wording(words.format(*told, all=message), sqlstate)
    return Wording(message)
