"""Spelling: the one place where names are converted between AWS's, DDSQL's and StackQL's ways of writing them.

Published names are *regular*: `snake` and `plural` make them, with no exceptions list. What StackQL's generators wrote in
their three generations is reproduced by the `stackql_*` functions and accepted as an alias, never printed.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from cirql.startup.records import dataclass
from cirql.startup.regexes import regex


class Scheme(StrEnum):
    """The two kinds of table, told apart by how many parts their name has."""

    DATASET = "dataset"
    RESOURCE = "resource"


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """One table name in either scheme: `aws.sagemaker_image_version` or `aws.sagemaker.image_version`.

    `parse` takes any accepted text (`awscc.` is `aws.`; case does not matter) and raises `ValueError` for text that
    is not two or three dotted names. It does not say whether such a table exists: the Catalog does.
    """

    parts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> TableName:
        """Read a dotted name."""
        parts = tuple(text.lower().split("."))
        if len(parts) not in (2, 3) or not all(parts):
            raise ValueError(f"not a table name: {text!r} (write aws.<service>_<resource> or aws.<service>.<resource>)")
        if parts[0] == "awscc":
            parts = ("aws", *parts[1:])
        return cls(parts)

    @property
    def scheme(self) -> Scheme:
        """Whether this names a dataset (two parts) or a resource (three)."""
        return Scheme.DATASET if len(self.parts) == 2 else Scheme.RESOURCE

    @property
    def resource(self) -> str:
        """The last part."""
        return self.parts[-1]

    def __str__(self) -> str:
        return ".".join(self.parts)


# A plural acronym is one word: without this, ARNs would come out as `ar_ns`. A closed list, because any capital before
# an `s` may as well start a word (`DBSnapshot`).
_PLURAL_ACRONYMS = regex(r"(ARN|VPC|URL|URI|ID|IP|AZ|CIDR|ACL|AMI|API|CA|CPU|DNS|EIP|ENI|GPU|KPI|OU|PR|QR|SDK|SLO|TLD|VM)s(?![a-z])")
_MIXED_CASE_WORDS = ((regex(r"OAuth"), "Oauth"), (regex(r"I[Pp]v([46])"), r"Ipv\1"))
_ACRONYM_THEN_WORD = regex(r"(?<![A-Z])([A-Z]+)([A-Z][a-z])")  # from the first capital of a run, or a long one is read again from each
_LOWER_THEN_UPPER = regex(r"([a-z0-9])([A-Z])")


@lru_cache(maxsize=32_768)
def snake(name: str) -> str:
    """The regular snake_case of an AWS name: the spelling that cirql publishes.

    >>> snake("MLFramework"), snake("TargetGroupARNs"), snake("IPv6CidrBlock"), snake("DBInstanceClass")
    ('ml_framework', 'target_group_arns', 'ipv6_cidr_block', 'db_instance_class')
    """
    text = _PLURAL_ACRONYMS.sub(lambda m: m[1].capitalize() + "s", name)
    for pattern, replacement in _MIXED_CASE_WORDS:
        text = pattern.sub(replacement, text)
    text = _ACRONYM_THEN_WORD.sub(r"\1_\2", text)
    text = _LOWER_THEN_UPPER.sub(r"\1_\2", text)
    return re.sub(r"\W+|_{2,}", "_", text).strip("_").lower()


# First match wins: what npm's `pluralize` does to every word that AWS has used so far.
_PLURALS = (
    (regex(r"sis$"), "ses"),
    (regex(r"(ind|vert)ex$"), r"\1ices"),
    (regex(r"schema$"), "schemata"),
    (regex(r"data$"), "data"),
    (regex(r"(ss|x|z|ch|sh|alias|[^aou]us)$"), r"\1es"),
    (regex(r"([^aeiou])y$"), r"\1ies"),
    (regex(r"s$"), "s"),
    (regex(r"$"), "s"),
)


def plural(word: str) -> str:
    """The regular plural of a snake_case word; only its last part changes, and a word already in -s stays.

    >>> plural("image_version"), plural("policy"), plural("analysis"), plural("index"), plural("dhcp_options")
    ('image_versions', 'policies', 'analyses', 'indices', 'dhcp_options')
    """
    for pattern, replacement in _PLURALS:
        if pattern.search(word):
            return pattern.sub(replacement, word, count=1)
    raise AssertionError("the last pattern matches every word")


_SINGULARS = (
    (regex(r"(?i)(analy|diagno|hypothe|synop)ses$"), r"\1sis"),
    (regex(r"(?i)(ind|vert)ices$"), r"\1ex"),
    (regex(r"(?i)schemata$"), "schema"),
    (regex(r"(?i)(status|alias|address|access|process|class|bus|virus|campus|lens)es$"), r"\1"),
    (regex(r"(?i)(siz)es$"), r"\1e"),
    (regex(r"(?i)((?:^|[^r])(?:ss|x|z|sh)|[^a]ch|atch|each)es$"), r"\1"),
    (regex(r"(?i)(series|alias|cors|hdfs|ephemeris)$"), r"\1"),
    (regex(r"(?i)(mov|cook)ies$"), r"\1ie"),
    (regex(r"(?i)ies$"), "y"),
    (regex(r"(?i)(ss|us|sis|xis|data|settings|options|statistics|metrics|lens|analytics)$"), r"\1"),
    (regex(r"s$"), ""),
)


def singular(name: str) -> str:
    """The singular of an AWS plural (`Policies`, `ImageVersions`, `EventBuses`), in its own case; a singular stays as it is."""
    for pattern, replacement in _SINGULARS:
        if pattern.search(name):
            return pattern.sub(replacement, name, count=1)
    return name


def words(name: str) -> str:
    """An AWS name as words for a title: `ImageVersion` is "Image Version", `DBInstance` is "DB Instance"."""
    text = _PLURAL_ACRONYMS.sub(lambda m: m[1].capitalize() + "s", name)
    text = _ACRONYM_THEN_WORD.sub(r"\1 \2", text)
    text = _LOWER_THEN_UPPER.sub(r"\1 \2", text)
    return " ".join(w[:1].upper() + w[1:] for w in re.split(r"[\s_\-.]+", text) if w)


def stackql_resource(name: str) -> str:
    """How StackQL's pages spell a CloudFormation type's last part (all generations): `WebACLAssociation` is `webacl_association`.

    In a run of capitals before a lower-case letter the last capital starts a word and both pieces are lowered at once, which glues
    a lower-case letter to the run; a digit never splits.
    """
    text = _ACRONYM_THEN_WORD.sub(lambda m: f"{m[1].lower()}_{m[2].lower()}", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", text).lower()


# The first generation put the service before these three, in the singular only.
_PREFIXED_BY_SERVICE = frozenset({"list", "stream", "registry"})


def stackql_singulars(service: str, name: str) -> tuple[str, ...]:
    """Every singular StackQL has printed for a type, the newest first."""
    spelling = stackql_resource(name)
    if spelling in _PREFIXED_BY_SERVICE:
        return (spelling, f"{service}_{spelling}")
    return (spelling,)


# StackQL capitalises these inside a name, blindly and in this order, before it splits.
_STACKQL_WORDS = (
    "DB",
    "ARN",
    "WAN",
    "URL",
    "VPC",
    "DNS",
    "IP",
    "IAM",
    "TLS",
    "SSM",
    "CNAME",
    "SQ",
    "ML",
    "SKU",
    "KMS",
    "OK",
    "CA",
    "ID",
    "TTL",
    "URI",
    "LB",
    "SNS",
    "AWS",
    "ACL",
    "AZ",
    "API",
    "MSK",
    "ECS",
    "EBS",
    "CWE",
    "SSE",
    "HPO",
    "LF",
    "WAL",
    "OAuth",
)


@lru_cache(maxsize=32_768)
def stackql_column(name: str) -> str:
    """How StackQL's pages spell a CloudFormation property: `VPNGatewayId` is `v_pn_gateway_id`."""
    text = name
    for word in _STACKQL_WORDS:
        text = text.replace(word, word.capitalize())
    return re.sub(r"(\w)([A-Z])", r"\1_\2", text).lower()
