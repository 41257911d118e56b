"""Tables that cannot be listed without a key: each has its reason, and a table that could be has none.

What is behind a reason is read from the models and written down in `keys.toml`; that a type has no handler at all is said by its schema.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

from cirql.catalog.lookup import Catalog
from tests.sweeps.figures import tell

REASONS = {
    f"aws.{name}": reason["why"]
    for reason in tomllib.loads(Path(__file__).with_name("keys.toml").read_text(encoding="utf-8"))["reason"]
    for name in reason["tables"]
}
_NO_HANDLER = "AWS has no read or list handler"


def test_each_table_that_cannot_be_listed_without_a_key_has_its_reason() -> None:
    with Catalog.open() as catalog:
        problems = {str(t.name): t.problem for t in catalog.tables() if t.problem}
    keyed = {name for name, problem in problems.items() if not problem.startswith(_NO_HANDLER)}
    tell(
        "keys that nothing supplies",
        {
            "tables": len(keyed),
            **Counter(REASONS.get(n, "no reason") for n in sorted(keyed)),
            "no handler at all": len(problems) - len(keyed),
        },
    )
    assert sorted(keyed - REASONS.keys()) == []
    assert sorted(REASONS.keys() - keyed) == []
