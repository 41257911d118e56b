"""TLS and passwords together, as `cirql serve` has them on the command line."""

from __future__ import annotations

import ipaddress
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PASSWORD = "her secret"


@dataclass(frozen=True, slots=True)
class Secured:
    """A running `cirql serve`: its port, and the certificate that clients trust."""

    port: int
    certificate: Path

    def login(
        self, password: str = PASSWORD, *, mode: str = "verify-full", trusted: Path | None = None
    ) -> psycopg.Connection[tuple[object, ...]]:
        root = str(trusted or self.certificate)
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="ada", password=password, dbname="aws", sslmode=mode, sslrootcert=root, autocommit=True
        )


def self_made(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "cirql's tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key(), serial_number=x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(exist_ok=True)
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    forms = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*forms))
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    certificate, key = self_made(folder)
    users = folder / "users.json"
    cirql = [sys.executable, "-m", "cirql", "serve"]
    subprocess.run([*cirql, "user", "add", "ada", "--users", users, "--password", PASSWORD], check=True, capture_output=True)
    options: list[str | Path] = ["--local", "--port", "0", "--users", users, "--tls-cert", certificate, "--tls-key", key]
    with subprocess.Popen([*cirql, *options], stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        heard = ""
        for line in running.stderr:
            heard += line
            if line.startswith("listening on"):
                yield Secured(int(line.rpartition(":")[2]), certificate)
                break
        else:
            pytest.fail(heard)
        running.terminate()
        assert running.wait(30) == 0


def test_a_client_that_checks_the_certificate_comes_in_by_its_password(secured: Secured) -> None:
    with secured.login() as client:
        assert client.pgconn.ssl_in_use
        assert client.execute("SELECT current_user").fetchone() == ("ada",)
        found = client.execute("SELECT count(*) FROM aws.s3_bucket").fetchone()
        assert found is not None
        assert found != (0,)


def test_many_rows_come_through_tls_whole(secured: Secured) -> None:
    with secured.login() as client:
        rows = client.execute("SELECT i, repeat('x', 100) FROM generate_series(1, 20000) AS s(i)").fetchall()
        assert [row[0] for row in rows] == list(range(1, 20_001))


def test_a_wrong_password_is_refused_under_tls_too(secured: Secured) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        secured.login("wrong")


def test_a_client_that_trusts_another_certificate_stays_out_and_harms_nobody(secured: Secured, tmp_path: Path) -> None:
    other, _ = self_made(tmp_path / "other")
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        secured.login(trusted=other)
    with secured.login() as client:
        assert client.execute("SELECT 1").fetchone() == (1,)


def test_on_loopback_a_client_may_go_without_tls(secured: Secured) -> None:
    with secured.login(mode="disable") as client:
        assert not client.pgconn.ssl_in_use
