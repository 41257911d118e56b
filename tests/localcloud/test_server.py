"""The server itself: where it binds, how it stops, the control interface, and `run` in a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import cirql.localcloud
from cirql.localcloud import ACCOUNTS, LocalCloud, Rule

Client = Callable[..., Any]
# Subprocesses find the package where this process does, installed or not.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(cirql.localcloud.__file__).parents[2])}


def control(cloud_url: str, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{cloud_url}/_cirql/{path}", data, method=method)) as answer:
        return json.load(answer)


def test_it_starts_without_importing_moto() -> None:
    script = (
        "import sys\n"
        "from cirql.localcloud import LocalCloud\n"
        "with LocalCloud() as cloud: pass\n"
        "assert not {'moto', 'boto3', 'botocore', 'duckdb', 'werkzeug', 'cfnlint'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30, env=ENVIRONMENT)


def test_it_binds_the_loopback_interface_only(cloud: LocalCloud) -> None:
    assert cloud.endpoint_url.startswith("http://127.0.0.1:")
    own = [str(address[4][0]) for address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    for address in own:
        if not address.startswith("127."):
            with pytest.raises(OSError):
                socket.create_connection((address, cloud.port), timeout=0.5)


def test_stopping_closes_idle_connections_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with LocalCloud(demo=False) as cloud:
        port = cloud.port
        idle = http.client.HTTPConnection("127.0.0.1", port)
        idle.request("GET", "/_cirql/health")
        idle.getresponse().read()
        started = time.monotonic()
    assert time.monotonic() - started < 10  # milliseconds are meant; an idle connection would be waited for until it times out
    assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    idle.close()
    with LocalCloud(port, demo=False) as again:
        assert again.port == port


def test_a_port_that_is_taken_is_an_error(cloud: LocalCloud) -> None:
    with pytest.raises(OSError):
        LocalCloud(cloud.port).start()


def test_the_control_interface_shows_calls_sets_faults_and_resets(cloud: LocalCloud, client: Client) -> None:
    url = cloud.endpoint_url
    client("sagemaker").list_images()
    (call,) = control(url, "GET", "calls")
    assert (call["account"], call["service"], call["operation"], call["status"]) == (ACCOUNTS[0], "sagemaker", "ListImages", 200)
    control(url, "POST", "faults", [{"kind": "drop", "service": "ec2"}, {"kind": "latency", "seconds": 0.0}])
    assert [rule["kind"] for rule in control(url, "GET", "faults")] == ["drop", "latency"]
    assert cloud.faults.rules[0] == Rule(kind="drop", service="ec2")
    control(url, "DELETE", "faults")
    control(url, "DELETE", "calls")
    assert control(url, "GET", "calls") == control(url, "GET", "faults") == []
    client("sagemaker").delete_image(ImageName="scratch")
    control(url, "POST", "reset")
    assert client("sagemaker").describe_image(ImageName="scratch")["ImageStatus"] == "CREATED"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "faults", {"kind": "nope"}, 400),
        ("POST", "faults", {"x": 1}, 400),
        ("POST", "faults", "x", 400),
        ("GET", "nope", None, 404),
    ],
)
def test_the_control_interface_refuses_nonsense(cloud: LocalCloud, method: str, path: str, body: Any, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        control(cloud.endpoint_url, method, path, body)
    assert error.value.code == status
    assert json.load(error.value)["error"]
    error.value.close()


def test_nonsense_on_the_socket_is_a_400(cloud: LocalCloud) -> None:
    for nonsense in (b"\x16\x03\x01\x02\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", cloud.port), timeout=2) as connection:
            connection.sendall(nonsense)
            assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_chunked_bodies_are_read(cloud: LocalCloud) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port)
    headers = {"X-Amz-Target": "SageMaker.ListImages", "Transfer-Encoding": "chunked"}
    connection.request("POST", "/", iter([b'{"MaxRe', b'sults": 1}']), headers, encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()


def test_many_clients_at_once_are_all_answered(cloud: LocalCloud, client: Client) -> None:
    clients = [client("sagemaker", account) for account in ACCOUNTS for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda c: [len(c.list_images()["Images"]) for _ in range(10)], clients))
    assert answers == [[6] * 10] * 4 + [[2] * 10] * 4
    assert len(cloud.calls) == 80


def test_thousands_of_describes_are_quick(cloud: LocalCloud) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port)
    headers = {"X-Amz-Target": "SageMaker.DescribeImageVersion", "Content-Type": "application/x-amz-json-1.1"}
    headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=111111111111/20250101/us-east-1/sagemaker/aws4_request, Signature=0"
    started = time.process_time()
    for _ in range(1000):
        connection.request("POST", "/", b'{"ImageName": "pytorch-training", "Version": 5}', headers)
        assert connection.getresponse().read().startswith(b"{")
    connection.close()
    assert time.process_time() - started < 10.0, "client and server together are meant to take less than a millisecond of CPU a call"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_prints_how_to_use_it_and_ends_on_a_signal(number: signal.Signals) -> None:
    script = "from cirql.localcloud import run; run(0)"
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
    assert process.stdout is not None
    lines = []
    while (line := process.stdout.readline()) and not line.startswith("Ctrl-C"):
        lines.append(line.strip())
    exports = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
    assert exports.keys() == {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"}
    assert control(exports["AWS_ENDPOINT_URL"], "GET", "health") == {"status": "ok"}
    process.send_signal(number)
    assert process.wait(5) == 0
    process.stdout.close()


OUT_OF_FILES = """
import os, resource, socket, urllib.request
from cirql.localcloud import LocalCloud
with LocalCloud() as cloud:
    most = len(os.listdir("/proc/self/fd")) + 9
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    waiting = []
    while len(waiting) < 6:  # with both ends of each, more than there may be
        waiting.append(socket.create_connection(("127.0.0.1", cloud.port), timeout=20))
    for one in waiting:  # what was let go of for others is closed, and everybody gets a turn
        one.sendall(b"GET /_cirql/health HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
        one.recv(100)
        one.close()
    print("answered")
"""


def test_it_goes_on_after_the_process_could_open_no_more() -> None:
    done = subprocess.run([sys.executable, "-c", OUT_OF_FILES], capture_output=True, text=True, env=ENVIRONMENT, timeout=60)
    assert (done.stdout, done.returncode) == ("answered\n", 0), done.stderr
