"""Which member of a row a request member asks for, by the names of both: `ClusterName` of a cluster is its `Name`.

A name says what it is of and what kind of name it is: `jobIdentifier` is an identifier of a job. It asks for a row of which the noun ends
the same way (a model import job), by a member that is of the same and of a kind that will do (`jobArn`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from botocore.model import Shape

from cirql.compiler.operations import is_scalar, may_be_arn, takes_arn
from cirql.startup.records import dataclass
from cirql.startup.regexes import regex

_KIND = regex(r"(.*?)(idorarn|arnorid|nameorarn|nameorid|identifier|arn|id|name|number|code|handle|)")
# The kinds of names that will do where one of a kind is asked for, the surest first; an ARN where the model lets one through.
_WILL_DO: Mapping[str, tuple[str, ...]] = {
    "": ("id", "identifier", "arn", "name", "number", "version", ""),
    "idorarn": ("id", "identifier", "arn", ""),
    "arnorid": ("id", "identifier", "arn", ""),
    "nameorarn": ("name", "arn", ""),
    "nameorid": ("id", "name", ""),
    "identifier": ("id", "identifier", "arn", "name", ""),
    "id": ("id", "identifier", ""),
    "name": ("name", ""),
    "arn": ("arn",),
    "number": ("number", ""),
    "code": ("code", ""),
    "handle": ("handle",),
}
# What is of everything, and of nothing in particular.
_ANY = frozenset({"", "resource"})
# Members in which a row holds what tells it apart as a structure.
_NAMING_STRUCTURES = frozenset({"id", "identifier", "key", "identity"})
_SHORTEST = 3

Path = tuple[str, ...]


def plain(name: str) -> str:
    """A name without its style."""
    return name.replace("_", "").lower()


def match_member(param: str, shape: Shape, noun: str, members: Mapping[str, Shape]) -> str | None:
    """The member of a row of a noun that a request member asks for, where the names of both say so outright."""
    known = {plain(m): m for m in members}
    wanted, about = plain(param), plain(noun)
    if wanted in known:
        return known[wanted]
    if wanted.startswith("resource") and (same := same_name(param, members)) is not None:
        return same
    if wanted.startswith(about) and wanted != about and wanted[len(about) :] in known:
        return known[wanted[len(about) :]]
    if f"{about}{wanted}" in known:
        return known[f"{about}{wanted}"]
    if wanted.endswith("number") and wanted.removesuffix("number") in known:
        return known[wanted.removesuffix("number")]
    suffixes = [wanted] if wanted in ("arn", "id", "name") else []
    if wanted in (about, f"{about}identifier", "identifier", f"{about}id", "id", "resourceid", "resourceidentifier", f"{about}idorarn"):
        suffixes = ["id", "identifier", "arn", "name"]
    elif wanted in (f"{about}arn", "resourcearn", "arn"):
        suffixes = ["arn"]
    for suffix in suffixes if wanted.endswith("arn") or may_be_arn(shape) else [s for s in suffixes if s != "arn"]:
        for name in (f"{about}{suffix}", suffix):
            if name in known:
                return known[name]
    ending = [m for m in members if wanted.endswith("arn") and plain(m).endswith("arn")]
    return ending[0] if len(ending) == 1 and about.endswith(wanted.removesuffix("arn")) else None


def match_row(param: str, shape: Shape, nouns: Iterable[str], members: Mapping[str, Shape]) -> Path | None:
    """The path in a row to what a request member asks for, where the row is of one of these nouns; None where nothing fits.

    After what names say outright: a member of a kind that will do and of the same end of the noun, one that the noun's own words end
    with (`version` for `packageVersion`), one of the same structure, and one inside a structure that tells the row apart.
    """
    nouns = tuple(dict.fromkeys(nouns))
    if not is_scalar(shape):
        alike = [m for m, s in members.items() if s.type_name == "structure" and s.name == shape.name]
        return (alike[0],) if len(alike) == 1 else None
    flat = {m: s for m, s in members.items() if is_scalar(s)}
    for noun in nouns:
        if (found := match_member(param, shape, noun, flat)) is not None:
            return (found,)
    if (same := same_name(param, flat)) is not None:
        return (same,)
    asked = _Asked.read(param, shape, nouns)
    if asked is None:
        return None
    direct = [(rank, (m,)) for m in flat if (rank := asked.rank(plain(m))) is not None]
    inner = [(rank, path) for path in _inner(members) if (rank := asked.rank_within(path)) is not None] if not direct else []
    return min(direct or inner, key=lambda found: found[0])[1] if direct or inner else None


# The surest first: whether the member is of something longer or shorter, its kind, whether it says what it is of.
Rank = tuple[bool, int, int]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request member asks for: of what (the end of a noun, or nothing in particular), and what kind of name."""

    member: str
    about: str
    kind: str
    nouns: tuple[str, ...]
    takes_arn: bool

    @classmethod
    def read(cls, param: str, shape: Shape, nouns: tuple[str, ...]) -> _Asked | None:
        """Read a request member; None where it is of something else than the nouns."""
        about, kind = _split(plain(param))
        plains = tuple(plain(noun).removesuffix("v2") for noun in nouns)
        is_own = about in _ANY or (len(about) >= _SHORTEST and any(n.endswith(about) or about.endswith(n) for n in plains))
        return cls(plain(param), about, kind, plains, takes_arn(shape)) if is_own else None

    def rank(self, member: str) -> Rank | None:
        """How well a row's member answers; None where it does not."""
        will_do = _WILL_DO.get(self.kind, (self.kind,))
        stem, given = _split(member)
        if not given and stem in will_do:  # A bare `version`.
            stem, given = "", stem
        if not self._is_own(stem) or (not given and not stem):
            return None
        is_loose = stem not in ("", self.about)
        if given in will_do and (given or self.about.endswith(stem)):
            return is_loose, will_do.index(given), not stem
        return (is_loose, len(will_do), not stem) if given == "arn" and self.takes_arn else None

    def rank_within(self, path: Path) -> Rank | None:
        """How well a member of a structure answers: by its own name where the structure is what names the row, else by both names."""
        outer, member = plain(path[0]), plain(path[1])
        if outer in _NAMING_STRUCTURES and member == self.member:
            return False, 0, 0
        return self.rank(f"{outer}{member}")

    def _is_own(self, stem: str) -> bool:
        """Whether a row's member is of the row itself, as what it is asked by is."""
        if not stem or stem == self.about:
            return True
        if len(stem) < _SHORTEST:
            return False
        if self.about not in _ANY:
            return stem.endswith(self.about) or self.about.endswith(stem)
        return any(n.endswith(stem) for n in self.nouns)


def _split(name: str) -> tuple[str, str]:
    """What a plain name is of, and what kind of name it is."""
    match = _KIND.fullmatch(name)
    return (match[1], match[2]) if match is not None else (name, "")


def _inner(members: Mapping[str, Shape]) -> Iterator[Path]:
    for outer, shape in members.items():
        for member, inner in shape.members.items() if shape.type_name == "structure" else ():
            if is_scalar(inner):
                yield outer, member


def same_name(param: str, members: Iterable[str]) -> str | None:
    """The member that names the same thing in another way: `OutpostIdentifier` asks for an `OutpostId`."""
    about, kind = _split(plain(param))
    for will_do in _WILL_DO.get(kind, ()) if about else ():
        for member in members:
            if will_do and _split(plain(member)) == (about, will_do):
                return member
    return None


def is_identity(param: str, nouns: Iterable[str]) -> bool:
    """Whether a request member says by a name which row is meant: no code of a place, nothing to choose by."""
    return _split(plain(param))[1] in ("arn", "id", "identifier", "name", "idorarn") or plain(param) in {plain(noun) for noun in nouns}
