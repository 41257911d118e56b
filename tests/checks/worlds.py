"""Worlds of resources for the rules: what is made, by boto3 on a local AWS, and what each rule is to say of it.

`worlds/<pack>/<file>.toml` belongs to the rules of the same name. A `[[step]]` is a `call` of a `service` `with` members, in an `account`,
once for each row `for`; `<name>` stands for a value of the row, or for what a step said to `keep` of its answer. Each rule is to find
`shabby` wrong and `tidy` right, unless `[expect]` names other resources for it, or the kind of thing (`"volume"`: what was kept as
`shabby_volume` and `tidy_volume`).
"""

from __future__ import annotations

import io
import json
import re
import time
import tomllib
import zipfile
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from moto.backends import get_backend

from cirql.localcloud.expressions import evaluate
from cirql.localcloud.moto_client import steady_moto

HERE = Path(__file__).parent / "worlds"
ACCOUNT, REGION = "111111111111", "us-east-1"
_NAME = re.compile(r"<([a-z_]+)>")


def filled(value: Any, names: Mapping[str, Any]) -> Any:
    """A value with its names replaced, those within names first; a text that is one name alone becomes what that stands for."""
    if isinstance(value, str):
        while found := _NAME.search(value):
            if found.group() == value:
                return names[found.group(1)]
            value = value.replace(found.group(), str(names[found.group(1)]))
        return value
    if isinstance(value, Mapping):
        return {filled(name, names): filled(item, names) for name, item in value.items()}
    return [filled(item, names) for item in value] if isinstance(value, list) else value


def make(pack: str, name: str, endpoint_url: str) -> dict[str, Any]:
    """Make a world; gives what is known by name."""
    known: dict[str, Any] = {"package": _package(), "role": _role(endpoint_url), **_certificates()}
    for step in tomllib.loads((HERE / pack / f"{name}.toml").read_text())["step"]:
        for row in step.get("for", [{}]):
            names = {**known, **filled(row, known)}
            account = filled(step.get("account", ACCOUNT), names)
            if "moto" in step:
                _set(step["moto"], account, filled(step["set"], names))
                continue
            with _clock(row.get("days_ago")):
                answer = getattr(_client(step["service"], endpoint_url, account), step["call"])(**filled(step["with"], names))
            for key, path in step.get("keep", {}).items():
                known[filled(key, names)] = evaluate(path, answer)
    return known


def expected(pack: str, name: str, rule: str, known: Mapping[str, Any]) -> Mapping[str, list[str]]:
    """Parts of the names of the resources that a rule is to find wrong, and right."""
    said = tomllib.loads((HERE / pack / f"{name}.toml").read_text()).get("expect", {})
    found = next((value for pattern, value in said.items() if fnmatchcase(rule, pattern)), {"alarm": ["shabby"], "ok": ["tidy"]})
    if isinstance(found, str):
        found = {"alarm": [f"<shabby_{found}>"], "ok": [f"<tidy_{found}>"]}
    return {status: [str(filled(part, known)) for part in parts] for status, parts in found.items()}


def _clock(days_ago: int | None) -> AbstractContextManager[Any]:
    """What makes it some days ago for the local AWS."""
    if days_ago is None:
        return nullcontext()
    return steady_moto(f"{days_ago} days ago", time.time() - days_ago * 86400.0)


def _certificates() -> Mapping[str, bytes]:
    """A certificate that lasts and one that ends soon, and has a short key."""
    made = {}
    for name, bits, days in (("tidy", 2048, 400), ("shabby", 1024, 5)):
        key = rsa.generate_private_key(65537, bits)
        who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name}.example.com")])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=days))
        made[f"{name}_certificate"] = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
        made[f"{name}_private_key"] = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return made


def _set(service: str, account: str, values: Mapping[str, Any]) -> None:
    """What the summary of an account says though no call changes it: attributes of moto's own summary."""
    backend: Any = get_backend(service)[account]["aws"]  # type: ignore[call-overload]
    for name, value in values.items():
        setattr(backend.account_summary, name, value)


def _client(service: str, endpoint_url: str, account: str = ACCOUNT) -> Any:
    signed = {"aws_access_key_id": account, "aws_secret_access_key": "local"}
    client = boto3.client(service, endpoint_url=endpoint_url, region_name=REGION, **signed)

    def to_endpoint(request: Any, **_: Any) -> None:
        """Some services put the account before the host, which is none that a local AWS has."""
        request.url = request.url.replace(f"//{account}.", "//")

    client.meta.events.register("before-send", to_endpoint)
    return client


def _role(endpoint_url: str) -> str:
    allowed = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam = _client("iam", endpoint_url)
    try:
        made = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
    except iam.exceptions.EntityAlreadyExistsException:
        made = iam.get_role(RoleName="worker")
    return str(made["Role"]["Arn"])


def _package() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    return out.getvalue()
