"""A small HTTP server on this machine that behaves as well, or as badly, as a test wants."""

import socket
import ssl
import struct
import sys
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

# No client may read so much of an endless body; one that does must not fill the memory.
ENDLESS_LIMIT = 64 * 2**20
_CHUNK = b"endless " * 2**13


class Handler(BaseHTTPRequestHandler):
    """Answers one request; a behaviour receives the handler and may send any bytes."""

    protocol_version = "HTTP/1.1"
    server: "_HTTPServer"

    def do_GET(self) -> None:
        """Answer as the behaviour of the path, or of its folder, says; close the connection."""
        self.close_connection = True
        owner = self.server.owner
        path = self.path if self.path in owner.paths else self.path.rpartition("/")[0]
        with owner.lock:
            owner.requests[path] += 1
            owner.headers.append(dict(self.headers))
            behaviour = owner.paths.get(path, status(404))
        (body(behaviour) if isinstance(behaviour, bytes) else behaviour)(self)

    def head(self, code: int, **headers: str | int) -> None:
        """Send the status line and headers; ``Content_Length`` is ``Content-Length``."""
        self.send_response(code)
        for name, value in headers.items():
            if value != "":
                self.send_header(name.replace("_", "-"), str(value))
        self.send_header("Connection", "close")
        self.end_headers()

    def write(self, data: bytes) -> None:
        """Send a part of a body."""
        self.wfile.write(data)
        with self.server.owner.lock:
            self.server.owner.sent += len(data)

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the server runs."""
        if self.server.owner.closing.wait(seconds):
            raise ConnectionAbortedError

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Print nothing."""


Behaviour = Callable[[Handler], None]


def body(data: bytes, *, code: int = 200, pause_s: float = 0, **headers: str | int) -> Behaviour:
    """Answer with ``data``; pause_s: byte by byte; Content_Length may be wrong, or "" for none."""

    def answer(handler: Handler) -> None:
        handler.head(code, **{"Content_Length": len(data), **headers})
        for part in [bytes([byte]) for byte in data] if pause_s else [data]:
            handler.write(part)
            handler.pause(pause_s)

    return answer


def chunked(*chunks: bytes, last_size: int | None = None) -> Behaviour:
    """Answer with a body in chunks; the last one may state another size."""
    sizes = [*map(len, chunks[:-1]), len(chunks[-1]) if last_size is None else last_size]
    parts = [b"%x\r\n%b\r\n" % pair for pair in zip(sizes, chunks, strict=True)]
    return body(b"".join(parts), Content_Length="", Transfer_Encoding="chunked")


def status(code: int, **headers: Any) -> Behaviour:
    """Answer with an error or a redirect, and a short page."""
    return body(b"<html>no file here</html>", code=code, Content_Type="text/html", **headers)


def redirect(location: str) -> Behaviour:
    """Redirect to any text, be it an address or not."""
    return status(302, Location=location)


def endless(code: int = 200, **headers: str | int) -> Behaviour:
    """Send a body for as long as the client reads it."""

    def answer(handler: Handler) -> None:
        handler.head(code, **headers)
        for _ in range(ENDLESS_LIMIT // len(_CHUNK)):
            handler.write(_CHUNK)

    return answer


def reset_after(data: bytes, length: int) -> Behaviour:
    """Send a body of ``length`` bytes whose connection is reset, not ended, after ``data``."""

    def answer(handler: Handler) -> None:
        handler.head(200, Content_Length=length)
        handler.write(data)
        handler.pause(0.05)  # A reset overtakes what was sent just before it.
        linger = struct.pack("hh" if hasattr(socket, "SIO_RCVALL") else "ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.rfile.close()
        handler.connection.close()
        raise ConnectionAbortedError

    return answer


def silent(handler: Handler) -> None:
    """Accept the request and never answer."""
    handler.pause(60)


def continue_forever(handler: Handler) -> None:
    """Send "100 Continue" again and again."""
    while True:
        handler.head(100)
        handler.pause(0.05)


def hang_up(handler: Handler) -> None:
    """Accept the request and close the connection without an answer."""


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Use one behaviour after the other; the last one stays."""
    rest = list(behaviours)

    def answer(handler: Handler) -> None:
        (rest.pop(0) if len(rest) > 1 else rest[0])(handler)

    return answer


class Server:
    """A server to be used in ``with``: ``server.paths["/x"] = b"..."``, ``server.url("/x")``.

    A path serves every file below it. requests: how often each path was requested; headers: those
    of each request; sent: how many bytes of bodies were sent; certificate: makes it speak TLS.
    """

    def __init__(self, certificate: Path | None = None) -> None:
        self.paths: dict[str, Behaviour | bytes] = {}
        self.requests: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.sent = 0
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.scheme = "http" if certificate is None else "https"
        self._http = _HTTPServer(self, certificate)
        self._thread = threading.Thread(target=self._http.serve_forever, args=[0.01], daemon=True)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """Return the address of a path; ``host`` may be another name of this machine."""
        return f"{self.scheme}://{host}:{self._http.server_port}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """End every connection and thread; a bug in a behaviour is raised here."""
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        if self._http.bugs and error is None:
            raise self._http.bugs[0]


class _HTTPServer(ThreadingHTTPServer):
    request_queue_size = 64

    def __init__(self, owner: Server, certificate: Path | None) -> None:
        self.owner = owner
        self.bugs: list[BaseException] = []
        self.context: ssl.SSLContext | None = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        super().__init__(("127.0.0.1", 0), Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; the handshake of TLS happens in the connection's own thread."""
        connection, address = super().get_request()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**16)
        if self.context is not None:
            connection = self.context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore broken connections, which are what is tested; keep bugs of a test."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.bugs.append(error)
