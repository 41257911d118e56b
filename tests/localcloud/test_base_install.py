"""The local AWS where only what `pip install cirql` brings is there: the README's queries run, and what needs moto says so in one line."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import cirql
from cirql.errors import SettingsError

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
# What the extras bring, as if it were not installed: None in sys.modules is a package that is not there.
ABSENT = ("moto", "werkzeug", "flask", "cfnlint", "jsonpatch", "boto3", "pandas", "hatchling")
START = f"import sys; sys.modules.update(dict.fromkeys({ABSENT!r})); from cirql.cli.main import main; main()"
LOCAL = [line for line in re.findall(r"^\$ cirql (.*)$", README, re.MULTILINE) if "--local" in line]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", START, *arguments], capture_output=True, text=True, cwd=folder, timeout=60, check=False)


@pytest.mark.parametrize("line", LOCAL)
def test_what_the_readme_asks_of_the_local_aws_needs_the_base_alone(tmp_path: Path, line: str) -> None:
    done = run(tmp_path, *shlex.split(line.partition(" > ")[0]))
    assert done.returncode == 0, done.stderr
    assert done.stdout or list(tmp_path.iterdir())
    assert "Traceback" not in done.stderr


def test_the_readme_asks_the_local_aws_something() -> None:
    assert len(LOCAL) >= 8


@pytest.mark.parametrize(
    ("table", "what"),
    [("aws.ec2_instance", "ec2:DescribeInstances"), ("aws.ec2.instances", "AWS::EC2::Instance"), ("aws.s3.buckets", "AWS::S3::Bucket")],
)
def test_what_needs_moto_says_so_in_one_line_before_any_call(tmp_path: Path, table: str, what: str) -> None:
    done = run(tmp_path, "query", "--local", "--stats", f"SELECT * FROM {table}")
    assert done.returncode == 1
    error, hint, stats = done.stderr.splitlines()
    assert error == f"error: the local AWS needs the Python package 'moto' for {what} (SQLSTATE F0000)"
    assert hint.startswith("hint: pip install 'cirql[demo]'")
    assert '"calls": {}' in stats


def test_a_resource_with_a_state_of_its_own_is_written_without_moto(tmp_path: Path) -> None:
    values = "('example.com', 'eu-west-1', '111111111111')"
    sql = f"INSERT INTO aws.ec2.dhcp_options (domain_name, region, account_id) VALUES {values} RETURNING domain_name"
    done = run(tmp_path, "query", "--local", "--write", "--yes", "-o", "csv", sql)
    assert done.stdout.split() == ["domain_name", "example.com"], done.stderr


def test_other_clients_are_told_what_is_missing(tmp_path: Path) -> None:
    script = (
        "from cirql.localcloud import ACCOUNTS, LocalCloud\n"
        "from cirql.localcloud.images import AccountRegion\n"
        "from cirql.localcloud.moto_client import exchange\n"
        "cloud = LocalCloud()\n"
        "place = AccountRegion(ACCOUNTS[0], 'us-east-1')\n"
        "print(exchange(lambda request, caller: cloud.answer(request), place, 'ec2', 'DescribeInstances', {}))\n"
    )
    start = f"import sys; sys.modules.update(dict.fromkeys({ABSENT!r})); exec(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", start, script], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)
    assert "needs the Python package 'moto': pip install 'cirql[demo]'" in done.stdout, done.stderr


def test_a_session_may_have_a_local_aws_of_its_own() -> None:
    with cirql.connect(local=True, regions=["us-east-1"], writable=True) as session:
        rows = session.execute("SELECT account_id, count(*) FROM aws.sagemaker_image_version GROUP BY 1 ORDER BY 1").fetchall()
        journal = session.settings.journal_path
    assert [account for account, _ in rows] == ["111111111111", "222222222222"]
    assert not journal.parent.exists()


def test_a_setting_that_cannot_be_used_leaves_no_local_aws_behind() -> None:
    with pytest.raises(SettingsError):
        cirql.connect(local=True, no_such_setting=1)
