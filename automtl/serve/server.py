"""A small HTTP server to try an exported file, for this machine unless told otherwise."""

import ipaddress
import os
import re
import signal
import socket
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any
from urllib.parse import urlsplit

from automtl.errors import ServerError
from automtl.serve.service import Answer, Service, refusal

DRAINED = 2**26  # bytes of a request that is too large are read, so that its sender sees the answer
LINGER = 2  # seconds that are waited for more of them
PATIENCE = 30  # seconds that a client may stay silent
LOCAL = ("localhost", "127.0.0.1", "::1")


class Server(ThreadingHTTPServer):
    """
    Listens, and answers each connection in a thread of its own.

    :param port: 0 for any that is free.
    :param max_bytes: Of a request's body; a larger one is refused.
    :raises ServerError: If it cannot listen there.
    """

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere it would share a port that is in use

    def __init__(self, service: Service, host: str, port: int, max_bytes: int) -> None:
        self.service, self.max_bytes = service, max_bytes
        try:
            family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            self.address_family = family
            super().__init__((str(address[0]), int(address[1])), _Handler)
        except (OSError, UnicodeError) as error:  # the latter of a name that cannot be one
            reason = getattr(error, "strerror", None) or error
            raise ServerError(
                f"Cannot listen on {host}, port {port}: {reason}. Choose another port by --port, "
                f"where 0 is any that is free, or another --host."
            ) from None
        self.loopback = ipaddress.ip_address(str(self.server_address[0])).is_loopback

    @property
    def url(self) -> str:
        """Where it listens."""
        host = str(self.server_address[0])
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}/"

    def server_bind(self) -> None:
        """Binds without asking a name server for the name of this machine, which may take long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = (str(self.server_address[0]), self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no matter."""
        error = sys.exception()
        if not isinstance(error, OSError):
            print(f"automtl: a request failed: {error!r}", file=sys.stderr)


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, asks the service and sends its answer."""

    server: Server
    server_version, sys_version = "automtl", ""
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE

    def do_GET(self) -> None:
        """Answers a request of any method."""
        refused = self._refused()
        if refused is None:
            self._send(self._answer())
        else:
            self._end(refused)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815

    def handle_expect_100(self) -> bool:
        """Asks for a body only if it will be read; else `do_GET` says why not."""
        return self._too_large() or super().handle_expect_100()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class finds wrong with a request, as JSON."""
        self._end(refusal(HTTPStatus(code), f"{message or HTTPStatus(code).phrase}."))

    def _answer(self) -> Answer:
        body = self.rfile.read(self._length() or 0)
        return self.server.service.answer(self.command, self.path.partition("?")[0], body)

    def _refused(self) -> Answer | None:
        """Why the body is not even read, if so."""
        if self.server.loopback and not self._is_asked_locally():
            # A page from elsewhere may have pointed its own name here (DNS rebinding).
            reason = f"This server is for this machine alone: ask for {self.server.url}."
            return refusal(HTTPStatus.FORBIDDEN, reason)
        if self._length() is None:
            reason = "A body needs a Content-Length, one whole number."
            return refusal(HTTPStatus.LENGTH_REQUIRED, reason)
        if self._too_large():
            most = f"{self.server.max_bytes} bytes at most; --max-bytes allows more"
            reason = f"The body may have {most}. Send fewer rows, or use `automtl predict`."
            return refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)
        return None

    def _is_asked_locally(self) -> bool:
        name = _host_name(self.headers.get("Host", ""))
        return name in LOCAL or name == self.server.server_address[0]

    def _length(self) -> int | None:
        """How long the body is; None where it is not said."""
        given = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers or len(given) > 1:
            return None
        if not given:
            return None if self.command == "POST" else 0
        return int(given[0]) if re.fullmatch(r"[0-9]{1,18}", given[0]) else None

    def _too_large(self) -> bool:
        return (self._length() or 0) > self.server.max_bytes

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        headers = {
            "Content-Type": answer.kind,
            "Content-Length": str(len(answer.body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **answer.headers,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _end(self, answer: Answer) -> None:
        """
        Sends an answer and ends the connection. Reads on first, because to close a connection with
        unread bytes in it would take the answer back.
        """
        self.close_connection = True
        self._send(answer)
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(LINGER)
        left = DRAINED
        while left > 0 and (block := self.rfile.read1(min(left, 2**16))):
            left -= len(block)


def serve(model: Path, host: str, port: int, max_bytes: int) -> None:
    """
    Serves an exported file until Ctrl-C.

    :param max_bytes: Of a request's body.
    :raises ModelError: If ``model`` is not a file that automtl exported.
    :raises ServerError: If the server cannot listen on ``host`` and ``port``.
    """
    with Server(Service(model), host, port, max_bytes) as server:
        try:
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # as a container is stopped
            _announce(server, model)
            server.serve_forever()
        except KeyboardInterrupt:
            print("Stopped.", flush=True)


def _announce(server: Server, model: Path) -> None:
    if not server.loopback:
        print(
            "Whoever reaches this machine over the network can use this server: it asks for no "
            "password and encrypts nothing.",
            file=sys.stderr,
        )
    print(f"{server.url} serves {model}; Ctrl-C ends it", flush=True)


def _host_name(host: str) -> str:
    """The name in a ``Host`` header, without the port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
