"""A small Iceberg REST catalog on loopback: the protocol's routes that a store uses, over pyiceberg's own catalog in an SQLite file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import CommitFailedException, NamespaceAlreadyExistsError, NoSuchTableError
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import CommitTableRequest, Table

LEVELS = "\x1f"
"""Between the levels of a namespace, in addresses."""


class Answers:
    """What each route answers: a status and a document."""

    def __init__(self, root: Path) -> None:
        self.lock = Lock()
        self.catalog = SqlCatalog("behind", uri=f"sqlite:///{root / 'rest.sqlite'}", warehouse=f"file://{root / 'rest'}")

    def answer(self, method: str, path: str, told: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        from urllib.parse import unquote

        match method, [unquote(p) for p in path.partition("?")[0].strip("/").split("/")[1:]]:
            case "GET", ["config"]:
                return 200, {"defaults": {}, "overrides": {}}
            case "POST", ["namespaces"]:
                self.catalog.create_namespace(tuple(told["namespace"]))
                return 200, {"namespace": told["namespace"], "properties": {}}
            case "POST", ["namespaces", space, "tables"]:
                schema, spec = Schema.model_validate(told["schema"]), PartitionSpec.model_validate(told["partition-spec"])
                name = (*space.split(LEVELS), told["name"])
                made = self.catalog.create_table(name, schema, partition_spec=spec, properties=told.get("properties", {}))
                return 200, self.described(made)
            case "GET", ["namespaces", space, "tables", table]:
                return 200, self.described(self.catalog.load_table((*space.split(LEVELS), table)))
            case "DELETE", ["namespaces", space, "tables", table]:
                self.catalog.drop_table((*space.split(LEVELS), table))
                return 204, {}
            case "POST", ["namespaces", space, "tables", table]:
                found = self.catalog.load_table((*space.split(LEVELS), table))
                itself = {"namespace": space.split(LEVELS), "name": table}
                asked = CommitTableRequest.model_validate({**told, "identifier": itself})
                done = self.catalog.commit_table(found, asked.requirements, asked.updates)
                return 200, {"metadata-location": done.metadata_location, "metadata": done.metadata.model_dump(mode="json", by_alias=True)}
        return 404, {"error": {"message": path, "type": "NoSuchRoute", "code": 404}}

    def described(self, table: Table) -> dict[str, Any]:
        metadata = table.metadata.model_dump(mode="json", by_alias=True)
        return {"metadata-location": table.metadata_location, "metadata": metadata, "config": {}}


@contextmanager
def rest_catalog(root: Path) -> Iterator[str]:
    """The address of one that keeps tables in a directory."""
    answers = Answers(root)
    faults = {NoSuchTableError: 404, NamespaceAlreadyExistsError: 409, CommitFailedException: 409}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                with answers.lock:
                    status, found = answers.answer(self.command, self.path, json.loads(body or b"{}"))
            except tuple(faults) as fault:
                status = faults[type(fault)]
                found = {"error": {"message": str(fault), "type": type(fault).__name__.removesuffix("Error") + "Exception", "code": status}}
            content = b"" if status == 204 else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815 (the names that the server looks for)

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        answers.catalog.engine.dispose()
