"""Build hook: compiles the catalog into the package, and builds the page of `cirql web`, for wheels and for editable installs.

The catalog is made from the cfn-lint and botocore of the build environment; a file that is fresh (same versions, same rules) is
taken as it is. The page needs Node.js to be built; without it the package has none, and all but `cirql web` works.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogBuildHook(BuildHookInterface[Any]):
    """Makes `cirql/catalog/catalog.sqlite` before the files of the package are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the catalog where it is missing or stale, and name it as a file to ship although git ignores it."""
        if self.target_name != "wheel":
            return
        source = Path(self.root) / "src"
        sys.path.insert(0, str(source))
        try:
            from cirql.catalog.artefact import DEFAULT_PATH
            from cirql.compiler.keeping import provide
        finally:
            sys.path.remove(str(source))
        provide(told=self.app.display_info)
        build_data["artifacts"].append(f"/{DEFAULT_PATH.relative_to(self.root).as_posix()}")
        self._build_page(Path(self.root) / "page")
        build_data["artifacts"].append("/src/cirql/web/assets/*")

    def _build_page(self, page: Path) -> None:
        """Build the page where it is not there yet."""
        if (page.parent / "src/cirql/web/assets/app.js").exists():
            return
        npm = shutil.which("npm")
        if npm is None or shutil.which("node") is None or not page.exists():
            self.app.display_warning("cirql web has no page in this build: there is no node or no npm; all else works without")
            return
        for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([npm, *arguments], cwd=page, check=True, stdout=subprocess.DEVNULL)
