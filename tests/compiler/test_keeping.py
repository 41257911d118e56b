"""A catalog that was built once is not built again for another checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from cirql.catalog.artefact import DEFAULT_PATH
from cirql.catalog.lookup import Catalog
from cirql.compiler.build import is_fresh
from cirql.compiler.keeping import keep, provide


def test_a_catalog_that_was_kept_is_copied_and_not_built(catalog: Catalog, tmp_path: Path) -> None:
    path, kept = tmp_path / "catalog.sqlite", tmp_path / "kept"
    keep(DEFAULT_PATH, kept)
    path.write_text("nothing of the kind" * 100)
    assert not provide(path, kept)
    assert is_fresh(path)
    assert path.read_bytes() == DEFAULT_PATH.read_bytes()


def test_a_fresh_catalog_is_left_alone_whatever_was_kept(catalog: Catalog, tmp_path: Path) -> None:
    path, kept = tmp_path / "catalog.sqlite", tmp_path / "kept"
    shutil.copyfile(DEFAULT_PATH, path)
    assert not provide(path, kept)
    assert not kept.exists()


def test_only_the_catalogs_used_last_are_kept(catalog: Catalog, tmp_path: Path) -> None:
    for n in range(9):
        (tmp_path / f"{n}.sqlite").write_text("old")
        os.utime(tmp_path / f"{n}.sqlite", (n, n))
    keep(DEFAULT_PATH, tmp_path)
    left = sorted(tmp_path.iterdir(), key=lambda p: p.stat().st_mtime)
    assert [p.stem for p in left[:-1]] == ["4", "5", "6", "7", "8"]
    assert is_fresh(left[-1])


def test_a_home_that_cannot_be_written_is_no_error(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    keep(DEFAULT_PATH, tmp_path / "file" / "kept")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_schemas_are_read_from_a_wheel_on_the_path_as_from_an_installed_package(tmp_path: Path) -> None:
    wheel = tmp_path / "cfn_lint.whl"
    with ZipFile(wheel, "w") as archive:
        archive.writestr("cfn_lint-0.0.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: cfn-lint\nVersion: 0.0.1\n")
        archive.writestr("cfnlint/data/schemas/resources/one.json", '{"typeName": "AWS::A::B"}')
        archive.writestr("cfnlint/data/schemas/providers/us-east-1.json", '{"AWS::A::B": "one"}')
    code = (
        "from cirql.compiler import build, schemas; s = next(schemas.load()); print(s.type_name, build.inputs()['cfn_lint'])\n"
        "import sys; print('cfnlint' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(wheel), str(Path(DEFAULT_PATH).parents[2])])}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["AWS::A::B", "0.0.1", "False"]
