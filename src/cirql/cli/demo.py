"""What `make demo` runs: three queries on the local AWS, each with its SQL, its rows and the calls it took."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import cirql
from cirql.cli.interrupt import prompt_interrupts
from cirql.cli.local import local_scope
from cirql.cli.output import Destination, write
from cirql.cli.report import report_error, say
from cirql.cli.table import Screen, screen
from cirql.errors import Error
from cirql.result import Result, Stats

if TYPE_CHECKING:
    from cirql.session import Session

_WIDTH = 110
_MOST_ROWS = 12

FIND_ARN = "SELECT image_version_arn FROM aws.sagemaker_image_version WHERE region = 'us-east-1' ORDER BY creation_time DESC LIMIT 1"

RESOURCE = """\
SELECT
region,
image_name,
image_arn,
image_version_arn,
base_image,
container_image,
version,
alias,
aliases,
vendor_guidance,
job_type,
ml_framework,
programming_lang,
processor,
horovod,
release_notes
FROM aws.sagemaker.image_version
WHERE region = 'us-east-1' AND data__Identifier = '{arn}';"""

DATASET = "SELECT * FROM aws.sagemaker_image_version"

JOIN = """\
SELECT v.account_id, r.region, r.image_name, r.version, v.image_version_status AS status, r.vendor_guidance, v.tags->'env' AS env
FROM aws.sagemaker.image_version AS r
JOIN aws.sagemaker_image_version AS v ON v.image_version_arn = r.image_version_arn
WHERE v.job_type = 'TRAINING'
ORDER BY 1, 2, 3, 4"""


def main() -> None:
    """Start the local AWS, run the queries, stop it."""
    with prompt_interrupts():
        try:
            with local_scope() as settings, cirql.connect(**settings) as session:
                say(f"local AWS: {settings['endpoint_url']}, accounts {', '.join(c.name for c in settings['credentials'])}")
                _tour(session)
        except Error as error:
            report_error(error)
            raise SystemExit(1) from None
    say("local AWS: stopped")


def _tour(session: Session) -> None:
    found = session.execute(FIND_ARN).fetchone()
    if found is None:
        raise SystemExit("the demo world has no image version in us-east-1")
    _show(session, "One image version, through CloudFormation's schema", RESOURCE.format(arn=found[0]))
    _show(session, "Every image version of both accounts and all regions, as SageMaker describes it", DATASET, most=2)
    _show(session, "Both tables together", JOIN)


def _show(session: Session, title: str, sql: str, most: int = _MOST_ROWS) -> None:
    """Print a statement, its first rows and what it cost."""
    out = io.BytesIO()
    with session.execute(sql) as result:
        rows = result.to_arrow()
        shown = Result(rows.slice(0, most).to_reader(), columns=result.columns)
        write(shown, Destination(), out, screen() or Screen(_WIDTH, colour=False))
    left = rows.num_rows - shown.row_count
    more = f"… and {left} more rows\n" if left else ""
    sys.stdout.write(f"\n── {title}\n\n{sql}\n\n{out.getvalue().decode()}{more}\n{_cost(result.stats)}\n")
    for notice in result.notices:
        sys.stdout.write(f"notice: {notice}\n")
    sys.stdout.flush()


def _cost(stats: Stats) -> str:
    calls = ", ".join(f"{count} × {name}" for name, count in sorted(stats.calls.items()))
    return f"{stats.rows} {'row' if stats.rows == 1 else 'rows'} in {stats.wall_ms} ms; calls: {calls or 'none'}"


if __name__ == "__main__":
    main()
