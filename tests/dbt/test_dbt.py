"""A dbt project whose sources are tables of AWS, built by dbt itself. Where dbt-duckdb is not installed there is nothing to test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb

PROJECT = Path(__file__).parent / "project"

if find_spec("dbt") is not None:

    def test_dbt_builds_models_from_tables_of_aws(tmp_path: Path) -> None:
        home = shutil.copytree(PROJECT, tmp_path / "project")
        environment = {**os.environ, "DEMO_FILE": str(tmp_path / "demo.duckdb"), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
        command = [str(Path(sys.executable).parent / "dbt"), "--no-use-colors", "build", "--profiles-dir", "."]
        done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=110, check=False)
        assert "PASS=6 WARN=0 ERROR=0" in done.stdout, done.stdout + done.stderr
        with duckdb.connect(str(tmp_path / "demo.duckdb"), read_only=True) as built:
            found = built.execute("SELECT image_name, max(newest) FROM images GROUP BY 1 ORDER BY 1 LIMIT 1").fetchall()
            assert found == [("notebook-kernel", 12)]
            assert built.execute("SELECT sum(buckets) > 0 FROM buckets").fetchone() == (True,)
