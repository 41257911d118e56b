"""The token pre-pass: keeps what the stock parser would lose, and spells what it cannot read.

sqlglot's Postgres parser turns function calls into dialect-neutral nodes and loses meaning on the way: `to_char` formats
become strftime formats, `interval '3 days 04:05:06'` becomes three days, the third argument of `date_bin` an upper-case
word. It also has no `<<=`, `>>=` or prefix `@`. Subclassing the parser breaks where sqlglot's compiled build is installed,
so the tokens are changed before it sees them; positions stay those of the user's text.

Function names get the prefix `_pg_`, which no parser rule knows; `calls.name_of` takes it off again. Names with a grammar of
their own (`extract`, `substring`) and plain aggregates, which a planner must recognise, stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from cirql.errors import ParseError
from cirql.sql.translate.tokens import NUMBER_STARTS, numeric_constant, tokenize
from cirql.sql.trees import all_of

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.tokenizer_core import Token, TokenType

PREFIX = "_pg_"

_GRAMMAR = frozenset(
    """
    cast try_cast convert extract substring position overlay trim coalesce nullif greatest least array row exists any all some
    in values grouping rollup cube sets unnest count sum min max avg array_agg string_agg group_concat bool_and bool_or every
    stddev stddev_pop stddev_samp variance var_pop corr covar_pop covar_samp bit_and bit_or any_value percentile_cont
    percentile_disc mode row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
    approx_percentile over filter within group by as on using and or not is like ilike similar between case when then else end
    select from where having order limit offset union intersect except with lateral ordinality distinct partition rows range
    groups interval json_value json_exists json_query json_table xmltable if vector current_date current_timestamp
    current_time localtime localtimestamp current_user session_user user materialized recursive table into default returning
    check set timestamp timestamptz timetz decimal numeric dec varchar char character bpchar bit float struct map list int bigint
    read_csv read_csv_auto read_parquet parquet_scan read_json read_json_auto read_ndjson read_ndjson_auto
    bernoulli system tablesample repeatable glob exclude
    replace_columns approx_count_distinct arg_max arg_min max_by min_by columns
    """.split()  # noqa: SIM905 - so many quoted words are harder to read
)
_MAX_DEPTH = 8
_MOMENT_TYPES = frozenset({"date", "time", "datetime"})
_KEYWORD_FUNCTIONS = frozenset({"delete", "first", "format", "left", "replace", "right", "string", "text"}) | _MOMENT_TYPES
"""Functions whose names are keywords to the tokenizer; `time(3)` is a type."""
_UNITS = frozenset(["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"])


def parse_postgres(text: str) -> list[exp.Expr | None]:
    """Parse PostgreSQL text as `sqlglot.parse(text, dialect="postgres")` does, with the meaning kept.

    Raises what sqlglot raises: `sqlglot.errors.ParseError` and `TokenError`.
    """
    from sqlglot.dialects.dialect import Dialect

    dialect = Dialect.get_or_raise("postgres")
    tokens = shield(tokenize(text), text)
    trees = dialect.parser().parse(tokens, text)
    if "[" in text:
        _count_from_one(trees)
    return trees


def _count_from_one(trees: Sequence[exp.Expr | None]) -> None:
    """Make subscripts what translation takes them for: constants count from zero, others are as they were written.

    The parser takes one from every constant and from what it knows to be an integer (`a[n::int]`), but from nothing where it knows the
    subject to be no array (`doc::jsonb[1]`). It gives each subscript that it looks at and leaves alone a type that is no integer's.
    """
    from sqlglot import exp

    from cirql.sql.translate.nodes import integer, number

    for node in (found for tree in trees if tree is not None for found in all_of(tree, exp.Bracket)):
        index, subject, place = node.expressions[0], node.this.type, integer(node.expressions[0])
        if subject is not None and not subject.is_type(exp.DataType.Type.UNKNOWN, exp.DataType.Type.ARRAY):
            if place is not None:
                node.set("expressions", [number(place - 1)])
            continue
        is_less = index.type is None or index.is_type(*exp.DataType.INTEGER_TYPES)
        if place is None and is_less and not isinstance(index, exp.Literal | exp.Slice):
            node.set("expressions", [exp.Add(this=exp.Paren(this=index.copy()), expression=exp.Literal.number(1))])


def shield(tokens: Sequence[Token], text: str) -> list[Token]:
    """The tokens to hand to the parser instead of `tokens`; each keeps the place it has in `text`."""
    _refuse_deep_nesting(tokens)
    plain = _plain_tokens()
    result: list[Token] = []
    index = 0
    while index < len(tokens):
        if tokens[index].token_type in plain:
            result.append(tokens[index])
            index += 1
            continue
        replaced, used = _shielded(tokens, index, text)
        result.extend(replaced)
        index += used
    return result


@cache
def _plain_tokens() -> frozenset[TokenType]:
    """What is handed on as it is, whatever stands beside it: most of what is no word."""
    from sqlglot.tokenizer_core import TokenType

    return frozenset(
        [
            TokenType.COMMA,
            TokenType.DOT,
            TokenType.EQ,
            TokenType.L_PAREN,
            TokenType.R_PAREN,
            TokenType.SELECT,
            TokenType.FROM,
            TokenType.WHERE,
        ]
    )


def _refuse_deep_nesting(tokens: Sequence[Token]) -> None:
    """The parser's time is exponential in the depth of brackets and of calls that look like types: `array[array[…`."""
    from sqlglot.tokenizer_core import TokenType

    types = _type_tokens()
    openings: list[bool] = []
    for index, token in enumerate(tokens):
        kind = token.token_type
        if kind in (TokenType.L_BRACKET, TokenType.L_PAREN):
            before = tokens[index - 1].token_type if index else None
            openings.append(kind == TokenType.L_BRACKET or before in types)
            if openings[-1] and sum(openings) > _MAX_DEPTH:
                raise ParseError("brackets are nested too deeply", hint=f"at most {_MAX_DEPTH} levels", position=token.start)
        elif kind in (TokenType.R_BRACKET, TokenType.R_PAREN) and openings:
            openings.pop()


@cache
def _type_tokens() -> frozenset[TokenType]:
    """The tokens that the parser takes for a type where a parenthesis follows."""
    from sqlglot.parser import Parser
    from sqlglot.tokenizer_core import TokenType

    return frozenset(Parser.TYPE_TOKENS - {TokenType.VAR})


def _shielded(tokens: Sequence[Token], index: int, text: str) -> tuple[list[Token], int]:
    from sqlglot.tokenizer_core import TokenType

    token = tokens[index]
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    kind = token.token_type
    if kind in (TokenType.NUMBER, TokenType.HEX_STRING, TokenType.BIT_STRING) and text[token.start] in NUMBER_STARTS:
        return _number(tokens, index, text)
    if kind == TokenType.GRANT and index and tokens[index - 1].token_type == TokenType.DOT:
        return [_like(token, TokenType.VAR, token.text)], 1  # aws.licensemanager.grant: after a dot any word is a name
    if following is None:
        return [token], 1
    if kind == TokenType.INTERVAL and [t.token_type for t in tokens[index + 1 : index + 5]] == [
        *(TokenType.L_PAREN, TokenType.NUMBER, TokenType.R_PAREN, TokenType.STRING)
    ]:
        text_of = tokens[index + 4]  # INTERVAL(3) '1 day': the number is a precision
        return [_like(text_of, TokenType.STRING, text_of.text), _like(token, TokenType.DCOLON, "::"), *tokens[index : index + 4]], 5
    if kind == TokenType.INTERVAL and following.token_type == TokenType.STRING and not _has_unit(tokens, index + 2):
        return [_like(following, TokenType.STRING, following.text), _like(token, TokenType.DCOLON, "::"), token], 2
    if following.token_type == TokenType.STRING and _is_typed(tokens, index):
        type_name = token if kind != TokenType.IDENTIFIER else _like(token, TokenType.VAR, token.text.lower())
        return [_like(following, TokenType.STRING, following.text), _like(token, TokenType.DCOLON, "::"), type_name], 2
    if following.token_type == TokenType.ARROW and _starts_argument(tokens, index):
        return _guarded(token), 1
    if following.token_type == TokenType.L_PAREN and _is_call(tokens, index):
        return [_like(token, TokenType.VAR, PREFIX + token.text.lower())], 1
    adjacent = following.start == token.end + 1
    if adjacent and kind in (TokenType.LT, TokenType.GT) and following.token_type in (TokenType.LTE, TokenType.GTE):
        written = text[token.start : following.end + 1]
        if written in ("<<=", ">>="):
            return _operator(token, written), 2
    if adjacent and (kind, following.token_type) == (TokenType.DCOLON, TokenType.LT):
        return [token], 1
    if kind == TokenType.PARAMETER and token.text == "@" and following.token_type in (TokenType.DASH, TokenType.L_PAREN):
        return _absolute(tokens, index)
    return [token], 1


def _number(tokens: Sequence[Token], index: int, text: str) -> tuple[list[Token], int]:
    """A numeric constant: the tokenizer, which knows some spellings only, takes `1_000` for `1 AS _000` and `0x1F` for a bit string."""
    from sqlglot.tokenizer_core import TokenType

    token = tokens[index]
    if index and tokens[index - 1].token_type == TokenType.PARAMETER:
        return [token], 1
    value, end = numeric_constant(text, token.start)
    used = 1
    while index + used < len(tokens) and tokens[index + used].start < end:
        used += 1
    return [token if value == token.text else _like(token, TokenType.NUMBER, value)], used


_TYPES = frozenset(
    """
    cidr hstore inet date timestamp timestamptz time json jsonb uuid bool boolean int integer int2 int4 int8 bigint smallint
    real float4 float8 numeric decimal text varchar bytea
    """.split()  # noqa: SIM905 - so many quoted words are harder to read
)


def _is_typed(tokens: Sequence[Token], index: int) -> bool:
    """Whether `name 'text'` is a typed constant. Spelled `'text'::name`, a further `::type` applies to it and not to the text."""
    from sqlglot.tokenizer_core import TokenType

    before = tokens[index - 1].token_type if index else None
    return tokens[index].text.lower() in _TYPES and before not in (TokenType.DCOLON, TokenType.ALIAS, TokenType.DOT)


def _has_unit(tokens: Sequence[Token], index: int) -> bool:
    return index < len(tokens) and tokens[index].text.upper() in _UNITS and tokens[index].text != ""


def _is_call(tokens: Sequence[Token], index: int) -> bool:
    """Whether the token names a function whose parenthesis follows, as far as the words around it tell."""
    from sqlglot.tokenizer_core import TokenType

    token = tokens[index]
    word = token.text.lower()
    if token.token_type != TokenType.VAR and word not in _KEYWORD_FUNCTIONS:
        return False
    if word == "time" and (index + 2 >= len(tokens) or tokens[index + 2].token_type == TokenType.NUMBER):
        return False
    if word in _GRAMMAR or not word.replace("_", "a").isalnum() or word[0].isdigit():
        return False
    before = tokens[index - 1] if index else None
    if before is None:
        return True
    if before.text.upper() == "EXISTS" and index > 2 and tokens[index - 3].text.upper() == "IF":  # CREATE TABLE IF NOT EXISTS t (a int)
        return False
    if before.text.upper() == "ON" and "INDEX" in (t.text.upper() for t in tokens[1:3]):  # CREATE UNIQUE INDEX i ON t (a)
        return False
    if before.text.upper() in ("FETCH", "REFERENCES", "VIEW"):  # FETCH FIRST (1) ROWS ONLY, REFERENCES a (b), CREATE VIEW v (a)
        return False
    if before.token_type in (TokenType.DCOLON, TokenType.ALIAS, TokenType.WITH, TokenType.INTO, TokenType.TABLE):
        return False
    if before.token_type == TokenType.DOT:
        return index >= 2 and tokens[index - 2].text.lower() == "pg_catalog"
    return not _is_alias(tokens, index)


def _is_alias(tokens: Sequence[Token], index: int) -> bool:
    """Whether `name (` is an alias with its columns, as in `FROM f(x) e (a, b)` or `WITH r (n) AS`."""
    from sqlglot.tokenizer_core import TokenType

    before = tokens[index - 1].token_type
    if before in (TokenType.R_PAREN, TokenType.VAR, TokenType.IDENTIFIER, TokenType.ORDINALITY):
        return True
    close = _closing(tokens, index + 1)
    after = tokens[close + 1].token_type if close + 1 < len(tokens) else None
    return before in (TokenType.COMMA, TokenType.RECURSIVE) and after == TokenType.ALIAS and _opens_query(tokens, close + 2)


def _opens_query(tokens: Sequence[Token], index: int) -> bool:
    from sqlglot.tokenizer_core import TokenType

    words = [t.text.lower() for t in tokens[index : index + 3]]
    return bool(words) and (words[0] in ("materialized", "not") or (tokens[index].token_type == TokenType.L_PAREN and len(words) > 1))


def _closing(tokens: Sequence[Token], index: int) -> int:
    from sqlglot.tokenizer_core import TokenType

    depth = 0
    for place in range(index, len(tokens)):
        if tokens[place].token_type == TokenType.L_PAREN:
            depth += 1
        elif tokens[place].token_type == TokenType.R_PAREN:
            depth -= 1
            if not depth:
                return place
    return len(tokens)


def _starts_argument(tokens: Sequence[Token], index: int) -> bool:
    """Whether a name before `->` begins an argument, where the parser would see a lambda."""
    from sqlglot.tokenizer_core import TokenType

    before = tokens[index - 1].token_type if index else None
    named = tokens[index].token_type in (TokenType.VAR, TokenType.IDENTIFIER) or tokens[index].text.replace("_", "a").isalpha()
    return named and before in (TokenType.L_PAREN, TokenType.COMMA, TokenType.DISTINCT, TokenType.L_BRACKET)


def _guarded(token: Token) -> list[Token]:
    from sqlglot.tokenizer_core import TokenType

    opened, closed = _like(token, TokenType.L_PAREN, "("), _like(token, TokenType.R_PAREN, ")")
    return [opened, opened, token, closed, closed]


def _operator(token: Token, written: str) -> list[Token]:
    from sqlglot.tokenizer_core import TokenType

    return [
        _like(token, TokenType.OPERATOR, "OPERATOR"),
        _like(token, TokenType.L_PAREN, "("),
        _like(token, TokenType.VAR, written),
        _like(token, TokenType.R_PAREN, ")"),
    ]


def _absolute(tokens: Sequence[Token], index: int) -> tuple[list[Token], int]:
    """`@ -5` and `@ (x)` as a call of abs; other operands of prefix `@` are left to the parser's complaint."""
    from sqlglot.tokenizer_core import TokenType

    token, following = tokens[index], tokens[index + 1]
    name = _like(token, TokenType.VAR, PREFIX + "abs")
    if following.token_type == TokenType.L_PAREN:
        return [name], 1
    if index + 2 < len(tokens) and tokens[index + 2].token_type == TokenType.NUMBER:
        opened, closed = _like(token, TokenType.L_PAREN, "("), _like(token, TokenType.R_PAREN, ")")
        return [name, opened, following, tokens[index + 2], closed], 3
    return [token], 1


def _like(token: Token, kind: Any, text: str) -> Token:
    from sqlglot.tokenizer_core import Token as NewToken

    return NewToken(kind, text, line=token.line, col=token.col, start=token.start, end=token.end, comments=list(token.comments))
