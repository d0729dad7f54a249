import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import CaptureFixture, fixture, mark, raises

from automtl.errors import ServerError
from automtl.serve.server import Server, serve
from automtl.serve.service import Service

Asked = tuple[int, Any]


def ask(server: Server, method: str, path: str, body: Any = None, **headers: str) -> Asked:
    host, port = server.server_address[:2]
    connection = HTTPConnection(str(host), int(port), timeout=20)
    try:
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, data, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def send(server: Server, raw: bytes) -> bytes:
    """All that comes back for these bytes."""
    with socket.create_connection(server.server_address[:2], timeout=20) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_predicts(server: Server, row: dict[str, Any]) -> None:
    status, answer = ask(server, "POST", "/predict", row)
    assert status == 200
    assert answer["echo"]["label"] == "a"
    assert answer["mass"] == {"value": 1.5}
    assert ask(server, "POST", "/predict", {"rows": [row]}) == (200, {"rows": [answer]})


def test_ten_threads_get_their_own_answers(server: Server, row: dict[str, Any]) -> None:
    def label(index: int) -> str:
        _, answer = ask(server, "POST", "/predict", {**row, "w&w": str(index)})
        return str(answer["echo"]["label"])

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(label, range(60))) == [str(index) for index in range(60)]


def test_a_connection_takes_several_requests(server: Server, row: dict[str, Any]) -> None:
    host, port = server.server_address[:2]
    connection = HTTPConnection(str(host), int(port), timeout=20)
    for body, status in ((json.dumps(row), 200), ("{", 400), (json.dumps(row), 200)):
        connection.request("POST", "/predict?pretty", body)
        response = connection.getresponse()
        assert (response.status, bool(response.read())) == (status, True)
        assert response.getheader("Server") == "automtl "  # nothing of Python's version
    connection.request("HEAD", "/schema")
    response = connection.getresponse()
    assert int(response.getheader("Content-Length", 0)) > 0
    assert response.read() == b""
    connection.close()


@mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/predict", 405), ("POST", "/schema", 405), ("PUT", "/", 405), ("GET", "/x", 404)],
)
def test_wrong_requests(server: Server, method: str, path: str, status: int) -> None:
    found, answer = ask(server, method, path, b"")
    assert found == status
    assert answer["error"]


def test_a_body_has_a_limit(server: Server, row: dict[str, Any]) -> None:
    for size in (10_001, 3_000_000):
        status, answer = ask(server, "POST", "/predict", b" " * size)
        assert status == 413
        assert "10000 bytes at most" in answer["error"]
    assert ask(server, "POST", "/predict", json.dumps(row).encode().ljust(10_000))[0] == 200


@mark.parametrize(
    ("headers", "status"),
    [
        ("", 411),
        ("Content-Length: -1\r\n", 411),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", 411),
        (f"Content-Length: {'9' * 5000}\r\n", 411),
        ("Transfer-Encoding: chunked\r\n", 411),
        ("Content-Length: 99999\r\nExpect: 100-continue\r\n", 413),
        ("Content-Length: 5\r\n", 400),  # and then nothing
    ],
)
def test_lengths(server: Server, headers: str, status: int) -> None:
    request = f"POST /predict HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"
    found = send(server, request.encode())
    assert found.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"100 Continue" not in found


@mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:80", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost@evil.example", 403),
        ("[", 403),
        ("", 403),
    ],
)
def test_other_names_may_not_point_here(server: Server, host: str, status: int) -> None:
    assert ask(server, "GET", "/health", Host=host)[0] == status


def test_other_machines_may_ask_by_any_name(serving: Callable[..., Any]) -> None:
    with serving("0.0.0.0") as server:
        assert not server.loopback
        assert ask(server, "GET", "/health", Host="model.example")[0] == 200


@settings(max_examples=60, deadline=None)
@given(
    raw=st.binary(min_size=1)
    | st.tuples(st.text(max_size=8), st.text(max_size=8)).map(
        lambda parts: f"POST /{parts[0]} HTTP/1.1\r\nHost: localhost\r\n{parts[1]}".encode()
    )
)
def test_whatever_arrives_the_server_lives(server: Server, raw: bytes) -> None:
    answer = send(server, raw + b"\r\n\r\n")
    assert b"Traceback" not in answer
    assert b"automtl/" not in answer
    assert ask(server, "GET", "/health") == (200, {"status": "ok"})


def test_a_port_that_is_taken(server: Server, service: Service) -> None:
    with raises(ServerError, match=r"Address already in use\. Choose another port by --port"):
        Server(service, "127.0.0.1", server.server_port, 1)
    for host in ("no.such.host.invalid", "a" * 99):
        with raises(ServerError, match="Cannot listen on"):
            Server(service, host, 0, 1)


@fixture
def started(echo: Path) -> Any:
    """The command in a process of its own, after its first line."""
    code = (
        "import sys; from automtl.cli import main; sys.argv = sys.argv[:1] + sys.argv[2:]; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "", "serve", str(echo), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        yield process, process.stdout.readline()
        process.kill()


@mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_when_told(started: Any, number: signal.Signals) -> None:
    process, line = started
    assert line.startswith("http://127.0.0.1:")
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "Stopped.\n", "")


def test_warns_when_others_may_ask(
    echo: Path, capsys: CaptureFixture[str], monkeypatch: Any
) -> None:
    def interrupt(self: Server) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve_forever", interrupt)
    before = signal.getsignal(signal.SIGTERM)
    try:
        serve(echo, "0.0.0.0", 0, 1)
    finally:
        signal.signal(signal.SIGTERM, before)
    out, err = capsys.readouterr()
    assert "no password" in err
    assert out.endswith("Stopped.\n")


def test_needs_neither_torch_nor_others() -> None:
    code = "import sys, automtl.serve.server; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    heavy = {"torch", "ray", "pandas", "onnx", "pyarrow", "pydantic", "jinja2", "networkx", "rich"}
    assert not heavy & set(loaded.stdout.split())
