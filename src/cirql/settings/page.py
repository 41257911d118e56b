"""Writes `docs/settings.md`: every setting, how it is written and what it means. A test compares the two.

`python -m cirql.settings.page > docs/settings.md`
"""

from __future__ import annotations

import sys
from typing import Any

from cirql.settings import SAFE, SHARED, Settings
from cirql.startup.records import MISSING, dataclass, fields

_INTRODUCTION = """\
# Settings

Written by `python -m cirql.settings.page`; a test fails while it differs.

## Where they are made

Later ones win over earlier ones:

1. your own file: `cirql/cirql.toml` in `XDG_CONFIG_HOME`, which is `~/.config/cirql/cirql.toml` by default;
2. `cirql.toml` in the working directory, or in its place the file that `CIRQL_CONFIG` names;
3. `CIRQL_` variables: the setting's name in capitals, `CIRQL_MAX_AGE='15 minutes'`;
4. options of a command, and arguments of `cirql.connect`;
5. `SET name = value` in a session, for those that SET takes.

A working directory's file may make the settings marked *safe*; of the others it is refused until `cirql trust` has said that
its text is meant. `cirql doctor` says which files were read, and of each setting that is made its value and where it comes from. A
name that is no setting is an error.

Lists take a TOML array or text with commas, and have a singular: `profile = "audit"`, `CIRQL_REGION=eu-west-1`. Times are numbers
of seconds or text: `"15 minutes"`, `"1 hour"`. Whatever is not set is as AWS's own configuration says: profiles, `AWS_REGION`,
`AWS_ENDPOINT_URL`, SSO.

```toml
regions = ["eu-west-1", "us-east-1"]
max_age = "15 minutes"
statement_timeout = "2 minutes"
max_calls = 5000

[table_max_age]
"aws.ec2_*" = "5 minutes"

[max_rps]
"ec2:DescribeInstances" = 5

[[account]]
id = "111111111111"
role = "cirql-reader"
```
"""


@dataclass(frozen=True, slots=True)
class SettingEntry:
    """How one setting is written, and what it means."""

    example: str
    meaning: str


ENTRIES = {
    "profiles": SettingEntry('["audit", "prod"]', "The AWS profiles whose accounts are in scope; none is the default credential chain."),
    "regions": SettingEntry('["eu-west-1"]', 'The regions in scope; `["*"]` is every region that is enabled for the account.'),
    "accounts": SettingEntry(
        '["111111111111"]',
        "Only these accounts; with `role`, those to assume it in; `organization` alone is every active account of the organization.",
    ),
    "role": SettingEntry('"cirql-reader"', "The role to assume in each of `accounts`."),
    "external_id": SettingEntry('"…"', "Goes with `role`."),
    "account_roles": SettingEntry("`[[account]]` with `id`, `role`, …", "A role for each account; see accounts.md."),
    "organizational_units": SettingEntry('["ou-root-1"]', 'With `accounts = "organization"`: the accounts of these alone.'),
    "exclude_accounts": SettingEntry('["222222222222"]', "Accounts that no role is assumed in."),
    "extra_regions": SettingEntry('["xx-new-1"]', "Regions that are newer than the installed botocore."),
    "credentials": SettingEntry("in code alone", "Keys given to `cirql.connect`, for a local AWS. No file may hold them."),
    "endpoint_url": SettingEntry('"http://127.0.0.1:4566"', "Where every request goes, in place of AWS."),
    "max_attempts": SettingEntry("8", "How often a request is sent at most before its error counts."),
    "connect_timeout": SettingEntry("10", "Seconds that a connection may take."),
    "read_timeout": SettingEntry("60", "Seconds that an answer may take."),
    "concurrency": SettingEntry("256", "How many calls may be under way to one operation in one account and region."),
    "max_rps": SettingEntry(
        '`[max_rps]` with `"ec2" = 20`', "Most requests a second for each account and region, by `service` or `service:Operation`."
    ),
    "verify": SettingEntry("true", "Whether certificates are checked."),
    "ca_bundle": SettingEntry('"ca.pem"', "The file of authorities to trust; from `AWS_CA_BUNDLE` by default."),
    "proxies": SettingEntry(
        '`[proxies]` with `https = "http://proxy:3128"`', "By URL scheme; from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` by default."
    ),
    "strict": SettingEntry("true", "A statement with a failed target fails as a whole."),
    "order_patience": SettingEntry(
        '"5 seconds"',
        "How long rows that are there wait for those before them in the order of accounts, regions and keys; `unlimited` too.",
    ),
    "writable": SettingEntry("true", "INSERT, UPDATE, DELETE and EXEC may change something."),
    "max_changes": SettingEntry("20", "The most changes of one statement or transaction."),
    "change_timeout": SettingEntry('"1 hour"', "How long one change may take before it is left to `cirql changes resume`."),
    "journal": SettingEntry('"changes.sqlite"', "The file of changes; `cirql/changes.sqlite` in `XDG_DATA_HOME` by default."),
    "dialect": SettingEntry('"ddsql"', "Whose meanings hold where they differ: `postgres`, `ddsql` or `stackql`."),
    "search_path": SettingEntry(
        '"steampipe, aws"', "The schemas where names without one are looked for: `steampipe` (its names for tables and columns), `aws`."
    ),
    "max_age": SettingEntry('"15 minutes"', "How old remembered rows may be; `0` is live, `unlimited` is offline."),
    "table_max_age": SettingEntry(
        '`[table_max_age]` with `"aws.ec2_*" = "5 minutes"`', "The same by table name or pattern; counts more than `max_age`."
    ),
    "store": SettingEntry(
        '"inventory"',
        "The directory of the inventory; `cirql/inventory` in `XDG_DATA_HOME` by default. `iceberg:` before it makes Iceberg tables there;"
        " `:memory:` keeps it for the session.",
    ),
    "locked": SettingEntry("true", "For whoever runs statements of others: no files, only narrower scopes, limits on each statement."),
    "exec_allowed": SettingEntry('["ec2:StopInstances"]', "The operations that EXEC may run where `locked`."),
    "statement_timeout": SettingEntry('"2 minutes"', "How long a statement may take, until its last row has been read."),
    "max_calls": SettingEntry("5000", "The most requests that a statement may send to read, retries included."),
    "max_rows": SettingEntry("100000", "The most rows that a statement may give."),
    "memory": SettingEntry('"1 GB"', "The most that a statement may hold in memory."),
}
"""What is set, by its name: an example as TOML, and the meaning."""


def page() -> str:
    """The text of `docs/settings.md`."""
    rows = [_row(f) for f in fields(Settings)]
    notes = "\n*safe*: a working directory's file may make it before it is trusted. *shared*: the same for all sessions of a `Runtime`.\n"
    return (
        f"{_INTRODUCTION}\n## All of them\n\n| setting | for example | by default | | meaning |\n|---|---|---|---|---|\n"
        + "".join(rows)
        + notes
    )


def _row(setting: Any) -> str:
    entry = ENTRIES[setting.name]
    marks = [word for word, names in (("*safe*", SAFE), ("*shared*", SHARED)) if setting.name in names]
    example = entry.example if "`" in entry.example or " alone" in entry.example else f"`{entry.example}`"
    return f"| `{setting.name}` | {example} | {_default(setting)} | {', '.join(marks)} | {entry.meaning} |\n"


def _default(setting: Any) -> str:
    value = setting.default
    if value is MISSING or value is None or value == ():
        return ""
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value:g}` s" if isinstance(value, float) else f"`{value}`"


if __name__ == "__main__":
    sys.stdout.write(page())
