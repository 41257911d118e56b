"""Spelling: the one place where names are converted between AWS's, DDSQL's and StackQL's ways of writing them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
