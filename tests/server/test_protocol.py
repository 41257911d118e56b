"""What no honest client sends, who may come in, and how clients and servers end."""

from __future__ import annotations

import json
import random
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cirql.errors import SettingsError
from cirql.localcloud import LocalCloud
from cirql.localcloud.faults import Rule
from cirql.runtime import Runtime
from cirql.server.listening import Server
from cirql.server.scram import Verifier
from cirql.server.users import User, UserRole, read_users, write_users


def start_packet() -> bytes:
    body = struct.pack("!i", 196_608) + b"user\0aws\0database\0aws\0\0"
    return struct.pack("!i", len(body) + 4) + body


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def talk(port: int, data: bytes, *, hangs_up: bool = True) -> bytes:
    """Send, close this side or do not, and read until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        try:
            client.sendall(data)
            if hangs_up:
                client.shutdown(socket.SHUT_WR)
            heard = b""
            while part := client.recv(65_536):
                heard += part
        except ConnectionError:
            return b""
        return heard


def test_random_bytes_harm_nobody(server: Server, address: str) -> None:
    chance = random.Random(249)
    with psycopg.connect(address, autocommit=True) as other:
        for n in range(500):
            noise = chance.randbytes(chance.randint(1, 300))
            data = noise if n % 2 else start_packet() + noise
            assert b"Traceback" not in talk(server.port, data)
            if n % 100 == 0:
                assert other.execute("SELECT 1").fetchone() == (1,)
        assert other.execute("SELECT 1").fetchone() == (1,)


MESSAGES = (
    message(b"Q", b"SELECT 1\0"),
    message(b"P", b"one\0SELECT $1::int\0" + struct.pack("!h", 0)),
    message(b"B", b"\0one\0" + struct.pack("!hhi", 0, 1, 1) + b"7" + struct.pack("!h", 0)),
    message(b"D", b"P\0"),
    message(b"D", b"Sone\0"),
    message(b"E", b"\0" + struct.pack("!i", 0)),
    message(b"C", b"Sone\0"),
    message(b"H", b""),
    message(b"S", b""),
    message(b"X", b""),
    message(b"Q", b"BEGIN\0"),
    message(b"Q", b"COMMIT; SELECT 1; ROLLBACK\0"),
    message(b"Q", b"COPY (SELECT 1) TO STDOUT (FORMAT binary)\0"),
    message(b"Q", b"COPY x FROM STDIN\0"),
    *(message(b"d", b"1\t2\n"), message(b"c", b""), message(b"f", b"no\0"), message(b"F", b"\0\0\0\1"), message(b"p", b"x\0")),
    message(
        b"P", b"\0SELECT $1::int4[], $2::jsonb, $3::timestamptz, $4::numeric, $5::interval, $6::uuid, $7::inet\0" + struct.pack("!h", 0)
    ),
    message(
        b"B", b"\0\0" + struct.pack("!hhh", 1, 1, 7) + (struct.pack("!i", 8) + b"\0\1\2\3\xff\xff\xff\xff") * 7 + struct.pack("!hh", 1, 1)
    ),
    message(b"B", b"\0\0" + struct.pack("!hhh", 1, 1, 7) + struct.pack("!i", -1) * 7 + struct.pack("!hh", 1, 1)),
    *(message(b"Q", b"DECLARE c CURSOR FOR SELECT 1\0"), message(b"Q", b"FETCH 1 FROM c\0"), message(b"D", b"Pc\0")),
    *(message(b"E", b"\0" + struct.pack("!i", -5)), message(b"E", b"\0" + struct.pack("!i", 2**31 - 1)), message(b"Q", b"\xff\xfe\0")),
)


def test_truncated_and_reordered_sequences_harm_nobody(server: Server, address: str) -> None:
    chance = random.Random(3)
    for n in range(200):
        chosen = [chance.choice(MESSAGES) for _ in range(chance.randint(1, 8))]
        data = b"".join(chosen)
        if n % 3 == 1:
            data = data[: chance.randint(0, len(data))]
        elif n % 3 == 2:
            place = chance.randrange(len(data))
            data = data[:place] + chance.randbytes(1) + data[place + 1 :]
        heard = talk(server.port, start_packet() + data)
        assert b"Traceback" not in heard
        assert b"CXX000" not in heard
    with psycopg.connect(address) as client:
        assert client.execute("SELECT 1").fetchone() == (1,)


def test_lengths_that_cannot_be_are_refused(server: Server) -> None:
    for length in (-1, 0, 3, 1 << 30, -(1 << 31)):
        assert b"08P01" in talk(server.port, start_packet() + b"Q" + struct.pack("!i", length), hangs_up=False)


def test_an_unknown_database_is_refused(server: Server) -> None:
    with pytest.raises(psycopg.OperationalError, match="there is no database other"):
        psycopg.connect(f"postgresql://aws@127.0.0.1:{server.port}/other")


CLIENT = """
import sys, psycopg
client = psycopg.connect(sys.argv[1], autocommit=True)
print("connected", flush=True)
client.execute("SELECT count(*) FROM aws.sagemaker_image_version")
"""


def test_a_killed_client_s_calls_stop(address: str, cloud: LocalCloud) -> None:
    cloud.faults.add(Rule(operation="List*", kind="latency", seconds=0.3))
    cloud.faults.add(Rule(operation="List*", kind="short_pages", page_size=1))
    client = subprocess.Popen([sys.executable, "-c", CLIENT, address], stdout=subprocess.DEVNULL)
    try:
        while not len(list(cloud.calls)) > 2:
            assert client.poll() is None
            time.sleep(0.05)
        client.send_signal(signal.SIGKILL)
        time.sleep(1)
        before = len(list(cloud.calls))
        time.sleep(2)
        assert len(list(cloud.calls)) == before
    finally:
        client.kill()
        client.wait()


# -- who may come in


@pytest.fixture
def guarded(runtime: Runtime) -> Iterator[Server]:
    users = {n: User(n, role, Verifier.of(f"{n}'s secret")) for n, role in (("ada", UserRole.WRITER), ("bob", UserRole.READER))}
    with Server(runtime, port=0, users=users, is_writable=True, max_connections=3) as listening:
        yield listening


def login(server: Server, user: str, password: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(host="127.0.0.1", port=server.port, user=user, password=password, dbname="aws", autocommit=True)


def test_a_password_is_proved(guarded: Server) -> None:
    with login(guarded, "ada", "ada's secret") as client:
        assert client.execute("SELECT current_user").fetchone() == ("ada",)


@pytest.mark.parametrize(("user", "password"), [("ada", "wrong"), ("ada", ""), ("eve", "ada's secret")])
def test_a_wrong_password_and_an_unknown_user_are_refused_alike(guarded: Server, user: str, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"password|authentication"):
        login(guarded, user, password)


ROLE = "arn:aws:iam::111122223333:role/images"
INSERT = f"INSERT INTO aws.sagemaker.images (image_name, image_role_arn, region) VALUES ('served', '{ROLE}', 'us-east-1')"


def test_a_writer_changes_resources_by_commit_and_a_reader_does_not(guarded: Server, cloud: LocalCloud) -> None:
    with login(guarded, "bob", "bob's secret") as bob, pytest.raises(psycopg.errors.InsufficientPrivilege):
        bob.execute(INSERT)
    with login(guarded, "ada", "ada's secret") as ada:
        ada.execute("BEGIN")
        ada.execute(INSERT)
        assert "CreateResource" not in {c.operation for c in cloud.calls}
        ada.execute("ROLLBACK")
        assert ada.execute(f"{INSERT} RETURNING image_name").fetchall() == [("served",)]
        deleted = ada.execute("DELETE FROM aws.sagemaker.images WHERE image_name = 'served' AND region = 'us-east-1'")
        assert deleted.statusmessage == "DELETE 1"


def test_a_failed_transaction_sends_nothing(guarded: Server, cloud: LocalCloud) -> None:
    with login(guarded, "ada", "ada's secret") as ada:
        ada.execute("BEGIN")
        ada.execute(INSERT)
        with pytest.raises(psycopg.errors.UndefinedColumn):
            ada.execute("SELECT nothing FROM aws.s3_bucket")
        assert ada.execute("COMMIT").statusmessage == "ROLLBACK"
    assert "CreateResource" not in {c.operation for c in cloud.calls}


def test_more_clients_than_allowed_are_refused(guarded: Server) -> None:
    clients = [login(guarded, "bob", "bob's secret") for _ in range(3)]
    with pytest.raises(psycopg.OperationalError, match="3 clients"):
        login(guarded, "bob", "bob's secret")
    for client in clients:
        client.close()


def test_each_statement_is_a_line_of_the_log_with_what_it_cost_and_without_secrets(runtime: Runtime, tmp_path: Path) -> None:
    log = tmp_path / "statements.jsonl"
    users = {"ada": User("ada", UserRole.WRITER, Verifier.of("ada's secret"))}
    with Server(runtime, port=0, users=users, is_writable=True, audit=log) as server, login(server, "ada", "ada's secret") as ada:
        ada.execute("SELECT DISTINCT image_name FROM aws.sagemaker_image WHERE region = 'us-east-1'").fetchall()
        ada.execute(f"{INSERT} RETURNING image_name").fetchall()
        ada.execute("DELETE FROM aws.sagemaker.images WHERE image_name = 'served' AND region = 'us-east-1'")
        ada.execute("SELECT %s::text AS password, 'hunter2'", ["hunter2"]).fetchall()
        with pytest.raises(psycopg.errors.UndefinedColumn):
            ada.execute("SELECT nothing FROM aws.s3_bucket")
        with ada.cursor().copy("COPY (SELECT 1) TO STDOUT") as copied:
            list(copied)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert log.stat().st_mode & 0o077 == 0
    assert "hunter2" not in log.read_text()
    assert all(line["who"].startswith("ada@127.0.0.1:") for line in lines)
    read, made, gone, masked, wrong, out = lines
    assert (read["calls"] > 0, read["rows"] > 0, read["changes"]) == (True, True, 0)
    assert (made["rows"], made["changes"], gone["changes"], out["rows"]) == (1, 1, 1, 1)
    assert masked["arguments"]["sql"].startswith("SELECT $1::text AS password")
    assert wrong["error"] == "UnknownColumn 42703"


def test_a_user_and_a_connection_have_limits_of_their_own(runtime: Runtime) -> None:
    with Server(runtime, port=0, max_per_user=1, max_calls=3) as server:
        address = f"postgresql://aws@127.0.0.1:{server.port}/aws"
        with psycopg.connect(address, autocommit=True) as client:
            with pytest.raises(psycopg.OperationalError, match="aws has 1 connections"):
                psycopg.connect(address)
            client.execute("SELECT count(*) FROM aws.sagemaker_image").fetchall()
            with pytest.raises(psycopg.errors.InsufficientResources, match="of the 3 it may"):
                client.execute("SELECT 1")
        with psycopg.connect(address, autocommit=True) as again:
            assert again.execute("SELECT 1").fetchone() == (1,)


def test_what_a_failing_statement_and_a_cursor_have_sent_counts(runtime: Runtime, tmp_path: Path, cloud: LocalCloud) -> None:
    log = tmp_path / "statements.jsonl"
    fails = "SELECT 1 / (count(*) - count(*)) FROM aws.sagemaker_image"
    with Server(runtime, port=0, max_calls=40, audit=log) as server:
        with psycopg.connect(f"postgresql://aws@127.0.0.1:{server.port}/aws", autocommit=True) as client:
            with pytest.raises(psycopg.errors.DivisionByZero):
                client.execute(fails)
            with client.transaction(), client.cursor("few") as cursor:
                cursor.execute("SELECT image_name FROM aws.sagemaker_image")
                cursor.fetchall()
            sent = len(list(cloud.calls))
            with pytest.raises(psycopg.errors.InsufficientResources, match="requests"):
                for _ in range(40):
                    with pytest.raises(psycopg.errors.DivisionByZero):
                        client.execute(fails)
        assert len(list(cloud.calls)) <= 40
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert lines[0]["calls"] > 0
    assert lines[0]["error"].endswith("22012")
    assert sum(line["calls"] for line in lines[:5]) == sent
    assert sum(line["calls"] for line in lines) == len(list(cloud.calls))


def test_other_addresses_than_loopback_need_tls_and_users(runtime: Runtime) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        with pytest.raises(SettingsError, match="TLS and users"):
            Server(runtime, host=host, port=0)


def test_a_server_that_writes_needs_users(runtime: Runtime) -> None:
    with pytest.raises(SettingsError, match="users"):
        Server(runtime, port=0, is_writable=True)


def test_users_are_kept_without_their_passwords(tmp_path: Path) -> None:
    path = tmp_path / "users.json"
    write_users(path, {"ada": User("ada", UserRole.WRITER, Verifier.of("her secret"))})
    assert "her secret" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert read_users(path)["ada"].role is UserRole.WRITER
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="others may read"):
        read_users(path)


def test_a_server_that_ends_tells_its_clients(runtime: Runtime) -> None:
    server = Server(runtime, port=0)
    server.start()
    client = psycopg.connect(f"postgresql://aws@127.0.0.1:{server.port}/aws", autocommit=True)
    server.close()
    server.close()
    with pytest.raises(psycopg.OperationalError):
        client.execute("SELECT 1")
    client.close()


def test_a_silent_client_hears_why_it_is_hung_up_on(runtime: Runtime) -> None:
    with Server(runtime, port=0, idle_timeout=0.3) as server:
        heard = talk(server.port, start_packet(), hangs_up=False)
    assert b"C57P05\0" in heard
    assert b"idle-session timeout" in heard


def test_the_calls_of_a_connection_bound_the_statement_that_would_send_more(runtime: Runtime, cloud: LocalCloud) -> None:
    with (
        Server(runtime, port=0, max_calls=3) as server,
        psycopg.connect(f"postgresql://aws@127.0.0.1:{server.port}/aws") as client,
        pytest.raises(psycopg.errors.InsufficientResources, match="requests"),
    ):
        client.execute("SELECT count(*) FROM sagemaker.image_version")
    assert len(list(cloud.calls)) <= 3
