"""How much of another system's schema has an equal here: `python benchmarks/coverage.py [-v]`.

Tables and columns that are answered, and those that are not with the reason, counted from the catalog. It asks nobody.
"""

from __future__ import annotations

import sys
from collections import Counter

from cirql.catalog.lookup import Catalog


def main(arguments: list[str]) -> int:
    with Catalog.open() as catalog:
        views = list(catalog.views())
    answered = [v for v in views if v.columns]
    given = sum(len(v.columns) for v in answered)
    lacking = sum(len(v.lacking) for v in answered)
    print(f"tables   {len(answered)} of {len(views)} answered, {sum(not v.lacking for v in answered)} of them whole")
    print(f"columns  {given} of {given + lacking} of the answered tables")
    reasons = Counter(why for v in answered for why in v.lacking.values())
    absent = Counter(v.lacking["*"] for v in views if not v.columns)
    for title, counted in (("columns without an equal", reasons), ("tables without an equal", absent)):
        print(f"\n{title}")
        for why, count in counted.most_common(None if "-v" in arguments else 12):
            print(f"  {count:4} {why}")
    if "-v" in arguments:
        for view in views:
            print(f"{view.name}: {', '.join(f'{name} ({why})' for name, why in view.lacking.items()) or 'whole'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
