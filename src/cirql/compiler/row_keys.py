"""Which columns tell a dataset's rows apart, by their names and the noun of the table.

What must not be taken for a key: a member that names something of which there may be several rows (the alarm of an alarm's history), and
one that changes (a status). The inventory keeps the rows of a table without a key by what they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cirql.catalog.model import Column, Fetch, Role
from cirql.names import singular, snake
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex
from cirql.types import ColumnType

# What names a thing, the surest first.
_KINDS = ("arn", "id", "identifier", "name", "key", "code", "number")
# The last words of nouns that say one thing each about what the words before name: the recommendation for a volume.
_SAID_OF_ONE = regex(
    "capacity|compliance|configuration|detail|health|info|information|metadata|metric|option|recommendation|score|setting|statement|status"
    "|summary|throughput|topology|usage|utilization"
)
# The last words of nouns that join two things: what names both tells them apart.
_JOINS = regex(
    "assignment|association|attachment|authorization|connection|entitlement|link|mapping|member|membership|permission|registration|subscription"
)
# The last words of nouns of which there are many for all that their rows name.
_MANY = regex("activity|alert|count|datapoint|error|event|exception|history|message|rate|record|route|sample|schedule|trend")
# What names a row among those of one parent, though it is no name.
_PLACES = frozenset({"address", "cidr", "cidr_block", "cidr_ip", "cidr_ipv6", "email", "index", "path", "position", "principal", "version"})
# What never names the row itself.
_OTHERS = regex(
    "type|(.*_)?(account_id|account|region|description|error_code|message|state|status|value|reason|role_arn|kms_key_(arn|id)|topic_arn|owner_id)"
    "|(last|latest|created|updated|next|previous|source|target|parent|master|administrator)_.*"
)


@dataclass(frozen=True, slots=True)
class Proofs:
    """What is known of a table's rows beside their names: `proven` are the columns that calls for one row take, `versions` those that say
    which version a row is, `is_of_versions` that rows are shaped like what they are versions of, so that their ARN is that one's;
    `is_narrowed` that the noun says what else the rows are of; `has_own_id` that rows have an id of that noun.
    """

    proven: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    is_of_versions: bool = False
    is_narrowed: bool = False
    has_own_id: bool = False


_NOTHING = Proofs()


def row_key(
    noun: str, columns: Mapping[str, Column], arn: str | None, fetches: Sequence[Fetch], proofs: Proofs = _NOTHING
) -> tuple[str, ...]:
    """The columns that tell one row from another; empty where nothing is known to.

    `columns` are those of the API's members, by the member's plain name; `arn` is the row's own ARN. Where there is none, the key is what
    the list call was asked with and the row's own id or name.
    """
    words = [singular(word) for word in snake(noun).split("_")]
    listed = fetches[0]
    # The time that is asked for is not the row's: it is there again in the next.
    parents = [i.column for i in listed.inputs if i.required and not (i.default is not None and i.default.is_timed)]
    given = {o.column for f in fetches for o in (*f.outputs, *f.lifted)} - set(parents)
    version = next((c for c in proofs.versions if c in given and c != arn), None)
    # What a list call is asked with is of something else, unless it describes just what it is told.
    is_own = arn not in parents or (not listed.operation.startswith("List") and any(o.column == arn for o in listed.outputs))
    asked = [i.column for f in fetches[1:] if f.role is Role.GET for i in f.inputs]
    is_sure = arn in asked or (_is_own_arn(noun, arn, proofs, version) and not (parents and version and proofs.is_of_versions))
    if arn is not None and is_own and words[-1] != "history" and is_sure:
        # What is of something else may be of several: a principal has a row in each of its portfolios.
        return tuple(dict.fromkeys([*parents, arn])) if proofs.is_narrowed else (arn,)
    if version is not None and not set(asked) - set(parents):
        of = parents or ([arn] if arn is not None else _named(noun, words, columns, given, ()))
        return tuple(dict.fromkeys([*of[:1], version] if not parents else [*parents, version]))
    texts = [c.name for c in columns.values() if c.type is ColumnType.VARCHAR and not c.hidden and c.name in given]
    bare = [o.column for o in listed.outputs if o.path == ()]
    found = [c for c in asked if c not in parents] or _named(noun, words, columns, given, proofs.proven)
    own = found or bare or list(_alike(words, texts, parents)) or _said(columns.values(), listed, parents)
    return tuple(dict.fromkeys([*parents, *own])) if own else ()


# What values of these types say, they say in few words.
_PLAIN = frozenset({ColumnType.VARCHAR, ColumnType.BIGINT, ColumnType.BOOLEAN, ColumnType.TIMESTAMP, ColumnType.DOUBLE})


def _said(columns: Iterable[Column], listed: Fetch, parents: Sequence[str]) -> list[str]:
    """All that the list call says in plain values of what nothing names (events, prices), or all, where it says nothing plainly."""
    given = {o.column for o in (*listed.outputs, *listed.lifted)} - set(parents)
    every = {c.name: c for c in columns if c.name in given and not c.hidden}
    plain = [name for name, c in every.items() if c.type in _PLAIN]
    # A row may lack any of these; when it was is what it lacks least.
    return sorted(plain, key=lambda name: (every[name].type is not ColumnType.TIMESTAMP, name)) or sorted(every)


def _is_own_arn(noun: str, arn: str | None, proofs: Proofs, version: str | None) -> bool:
    """Whether an ARN is the row's own: not that of what it is a version of, nor that of a resource where calls name rows otherwise."""
    stem = (arn or "").replace("_", "").removesuffix("arn")
    if version is not None and stem and not stem.endswith(("version", "revision")):
        return False
    return stem != "resource" or (not proofs.has_own_id and (not proofs.proven or proofs.proven == (arn,)))


def _named(noun: str, words: Sequence[str], columns: Mapping[str, Column], given: Iterable[str], proven: tuple[str, ...]) -> list[str]:
    """The row's own id or name: as members are mostly called, as calls for one row call it, or by what the noun says one thing about."""
    about = noun.replace("_", "").lower()
    if about.endswith("sv2"):
        about = about.removesuffix("sv2")
    given = set(given)
    known = {member: c.name for member, c in columns.items() if c.name in given}
    sure = [known[m] for m in (f"{about}id", f"{about}identifier", "id") if m in known]
    if sure:
        return sure[:1]
    alike = [c for m, c in known.items() if m.endswith("id") and m != "id" and about.endswith(m.removesuffix("id"))]
    if proven and set(proven) <= given and not (alike and len(proven) == 1 and proven[0].endswith("name")):
        return list(proven)
    said = len(words) > 1 and _SAID_OF_ONE.fullmatch(words[-1]) is not None
    of_one = [known[m] for m in (f"{words[-2]}arn", f"{words[-2]}id", f"{words[-2]}name") if m in known] if said else []
    names = [known[m] for m in (f"{about}name",) if m in known]
    bare = [known["name"]] if "name" in known and not _MANY.fullmatch(words[-1]) else []
    return (names or of_one or alike or bare)[:1]


def _alike(words: Sequence[str], texts: Sequence[str], parents: Sequence[str]) -> Iterator[str]:
    """What names a row by words that the noun has too, or by being all that names anything."""
    named = [(c, kind) for c in texts for kind in _KINDS if (c.endswith(f"_{kind}") or c == kind)]
    found = sorted((_KINDS.index(kind), n, c) for n, (c, kind) in enumerate(named) if _is_of(words, c.removesuffix(f"_{kind}").split("_")))
    if "_".join(words) in texts:
        yield "_".join(words)
    elif words[-1] in ("account", "administrator", "member") and "own_account_id" in texts:
        yield "own_account_id"
    elif found:
        yield found[0][2]
    elif _JOINS.fullmatch(words[-1]):
        joined = [c for c, _ in named if not _OTHERS.fullmatch(c) or c.startswith(("source_", "target_"))]
        yield from (joined if len(joined) + len(parents) > 1 else ()) or _places(texts, parents)
    elif not _MANY.fullmatch(words[-1]):
        sole = [c for c, _ in named if not _OTHERS.fullmatch(c)]
        last = [c for c in texts if c.split("_")[-1] == words[-1]]
        if len(sole) == 1 or (parents and sole):
            yield from sole
        elif len(last) == 1:
            yield from last
        else:
            yield from _places(texts, parents)


def _places(texts: Sequence[str], parents: Sequence[str]) -> list[str]:
    """What tells the rows of one parent apart without naming them."""
    return [c for c in texts if c in _PLACES] if parents else []


def _is_of(noun: Sequence[str], stem: Sequence[str]) -> bool:
    """Whether a name's words end like the noun (`catalog_name` of a `data_catalog`), or like what the noun says one thing about."""
    if stem[-1] == noun[-1]:
        return True
    return len(noun) > 1 and stem[-1] == noun[-2] and _SAID_OF_ONE.fullmatch(noun[-1]) is not None
