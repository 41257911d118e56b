"""CodeArtifact's packages of a scope are asked for with their namespace and others without; a row of several lists says which has it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from cirql.cloud import Answer
from cirql.cloud.survey import Account, Inquiry, Survey
from cirql.cloud.target import Target
from cirql.runtime import Runtime
from cirql.session import Session
from cirql.settings import Settings
from tests.clouds import SilentCloud

_PACKAGES = [{"format": "npm", "namespace": "types", "package": "node"}, {"format": "npm", "package": "node"}]
_VERSIONS: dict[tuple[Any, Any], list[str]] = {("types", "node"): ["1.0.0"], (None, "node"): ["20.0.0", "21.0.0"]}
_CONTENTS = {
    "root": {"Folders": [{"Id": "plans", "Name": "plans"}], "Documents": [{"Id": "readme", "CreatorId": "u"}]},
    "plans": {"Folders": [], "Documents": [{"Id": "draft", "CreatorId": "u"}]},
}
_LEVELS = {
    "WirelessGatewayLogOptions": [{"Type": "LoRaWAN", "LogLevel": "ERROR"}],
    "WirelessDeviceLogOptions": [{"Type": "LoRaWAN", "LogLevel": "INFO"}, {"Type": "Sidewalk", "LogLevel": "ERROR"}],
}


class Shelf(SilentCloud):
    """One account with a repository of two packages of one name, and log levels of devices and gateways."""

    async def survey(self, inquiry: Inquiry) -> Survey:
        return Survey((Account("111122223333", "key", "us-east-1", ("us-east-1",)),))

    async def call(self, target: Target, service: str, operation: str, params: dict[str, Any]) -> Answer:
        whose = params.get("namespace"), params.get("package")
        match operation:
            case "ListDomains":
                return {"domains": [{"name": "d"}]}
            case "ListRepositories":
                return {
                    "repositories": [{"name": "r", "domainName": "d", "arn": "arn:aws:codeartifact:us-east-1:111122223333:repository/d/r"}]
                }
            case "ListPackages":
                return {"packages": _PACKAGES}
            case "DescribePackage":
                return {"package": {"format": "npm", "name": whose[1], **({"namespace": whose[0]} if whose[0] else {})}}
            case "ListPackageVersions":
                return {"versions": [{"version": v, "status": "Published"} for v in _VERSIONS[whose]]}
            case "DescribePackageVersion":
                assert params["packageVersion"] in _VERSIONS[whose]
                return {"packageVersion": {"version": params["packageVersion"], "summary": f"{whose[0]} {params['packageVersion']}"}}
            case "ListPackageVersionDependencies":
                return {"dependencies": [{"package": "undici", "dependencyType": "regular", "versionRequirement": "^1"}]}
            case "DescribeUsers":
                return {"Users": [{"Id": "u", "RootFolderId": "root"}]}
            case "DescribeFolderContents":
                return _CONTENTS[params["FolderId"]]
        assert operation == "GetLogLevelsByResourceTypes"
        return {"DefaultLogLevel": "INFO", "FuotaTaskLogOptions": [], **_LEVELS}

    async def pages(
        self, target: Target, service: str, operation: str, params: dict[str, Any], *_: Any, **__: Any
    ) -> AsyncIterator[Answer]:
        yield await self.call(target, service, operation, params)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Runtime(Settings(regions=("us-east-1",)), cloud=Shelf()) as runtime, runtime.session() as opened:
        yield opened


def test_a_packages_versions_are_those_of_its_own_scope(session: Session) -> None:
    rows = session.execute("SELECT namespace, package, version, summary FROM aws.codeartifact_package_version").fetchall()
    assert sorted(rows, key=str) == [
        ("types", "node", "1.0.0", "types 1.0.0"),
        (None, "node", "20.0.0", "None 20.0.0"),
        (None, "node", "21.0.0", "None 21.0.0"),
    ]
    one = session.execute("SELECT version FROM aws.codeartifact_package_version WHERE namespace = 'types' AND package = 'node'").fetchall()
    assert one == [("1.0.0",)]


def test_what_a_version_depends_on_says_whose_it_is(session: Session) -> None:
    rows = session.execute(
        "SELECT parent_namespace, parent_package, package_version, package, _key FROM aws.codeartifact_package_version_dependency"
    ).fetchall()
    assert sorted((r[:4] for r in rows), key=str) == [
        ("types", "node", "1.0.0", "undici"),
        (None, "node", "20.0.0", "undici"),
        (None, "node", "21.0.0", "undici"),
    ]
    assert len({r[4] for r in rows}) == 3


def test_a_row_of_several_lists_says_which_has_it(session: Session) -> None:
    rows = session.execute("SELECT listed_as, type, log_level FROM aws.iotwireless_log_levels_by_resource_type").fetchall()
    assert sorted(rows) == sorted((of, row["Type"], row["LogLevel"]) for of, levels in _LEVELS.items() for row in levels)
    assert session.execute("SELECT listed_as FROM aws.iotwireless_log_levels_by_resource_type WHERE type = 'Sidewalk'").fetchall() == [
        ("WirelessDeviceLogOptions",)
    ]


def test_what_is_in_a_folder_is_asked_of_folders_alone(session: Session) -> None:
    """Folders and documents are rows of one answer; no document is taken for a folder."""
    result = session.execute("SELECT folder_id, id FROM aws.workdocs_folder_content WHERE account_id IS NOT NULL")
    assert sorted(result.fetchall()) == [("plans", "draft"), ("root", "plans"), ("root", "readme")]
    assert not result.failures
