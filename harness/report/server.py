"""Serves a folder of results on this machine alone, for reading: with byte ranges, so that browsers can jump in videos."""

from __future__ import annotations

import html
import re
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, unquote, urlsplit

from harness.errors import ConfigError

HOST = "127.0.0.1"
_CHUNK = 1 << 18
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


class ResultsServer(ThreadingHTTPServer):
    """``root``: what is served, and nothing outside it, not even through links. ``port`` 0: any free one. Answers only requests that name this machine (no page elsewhere can read it by another name).

    Raises:
        ConfigError: no such folder, or the port is taken.
    """

    daemon_threads = True

    def __init__(self, root: Path, port: int = 0) -> None:
        if not root.is_dir():
            raise ConfigError(f"{root} is no folder", "give the results folder, a run or a report")
        self.root = root.resolve()
        try:
            super().__init__((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ConfigError(f"port {port} cannot be had: {reason}", "give another with --port, or 0 for any") from None

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}/"


class _Handler(SimpleHTTPRequestHandler):
    server: ResultsServer
    protocol_version = "HTTP/1.1"
    server_version = "Gauntlet"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what a browser asks for interests nobody."""

    def _answer(self, body: bool) -> None:
        if (self.headers.get("Host") or "").rsplit(":", 1)[0] not in (HOST, "localhost"):
            self._refuse(HTTPStatus.FORBIDDEN, "this server answers to 127.0.0.1 and localhost only")
            return
        path = self._file()
        if path is None:
            self._refuse(HTTPStatus.NOT_FOUND, "nothing of that name here")
        elif path.is_dir():
            self._folder(path, body)
        else:
            self._send_file(path, body)

    def _file(self) -> Path | None:
        """What the address names; None if it is not there, hidden, or outside the root."""
        parts = [part for part in unquote(urlsplit(self.path).path).split("/") if part]
        if any(part.startswith(".") or "\0" in part for part in parts):
            return None
        try:
            path = self.server.root.joinpath(*parts).resolve(strict=True)
        except OSError:
            return None
        return path if path.is_relative_to(self.server.root) else None

    def _folder(self, path: Path, body: bool) -> None:
        where = urlsplit(self.path).path
        if not where.endswith("/"):
            self.send_response(HTTPStatus.MOVED_PERMANENTLY)
            # the server's own address, so that "//elsewhere" leads nowhere
            self.send_header("Location", self.server.address + quote("/".join(path.relative_to(self.server.root).parts)) + "/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif (path / "index.html").is_file():
            self._send_file(path / "index.html", body)
        else:
            self._send_text(HTTPStatus.OK, _listing(path, path == self.server.root), "text/html; charset=utf-8", body)

    def _send_file(self, path: Path, body: bool) -> None:
        try:
            file = path.open("rb")
        except OSError:
            self._refuse(HTTPStatus.FORBIDDEN, "the file cannot be read")
            return
        with file:
            size = path.stat().st_size
            stamp = f'"{path.stat().st_mtime_ns:x}-{size:x}"'
            wanted = self._range(size, stamp)
            if wanted is None:
                self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                self.send_header("Content-Range", f"bytes */{size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            first, last, partial = wanted
            self.send_response(HTTPStatus.PARTIAL_CONTENT if partial else HTTPStatus.OK)
            if partial:
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.send_header("Content-Type", self.guess_type(str(path)))
            self.send_header("Content-Length", str(last - first + 1))
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("ETag", stamp)
            self.send_header("Cache-Control", "no-cache")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            if body:
                self._copy(file, first, last - first + 1)

    def _range(self, size: int, stamp: str) -> tuple[int, int, bool] | None:
        """(first byte, last byte, whether it is a part); None where the part asked for is not there. Several ranges at once, or a range of another version of the file, get the whole (RFC 9110, 14)."""
        whole = (0, size - 1, False)
        found = _RANGE.match((self.headers.get("Range") or "").strip())
        if not found or found.groups() == ("", "") or self.headers.get("If-Range", stamp) != stamp:
            return whole
        begin, end = found.groups()
        if not begin:
            return None if int(end) == 0 or size == 0 else (max(0, size - int(end)), size - 1, True)
        first, last = int(begin), min(int(end or size - 1), size - 1)
        if end and int(end) < first:
            return whole
        return None if first >= size else (first, last, True)

    def _copy(self, file: BinaryIO, first: int, count: int) -> None:
        file.seek(first)
        try:
            while count > 0 and (chunk := file.read(min(_CHUNK, count))):
                self.wfile.write(chunk)
                count -= len(chunk)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the reader went away, as a browser does that jumps in a video

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._send_text(status, f"{why}\n", "text/plain; charset=utf-8", True)

    def _send_text(self, status: HTTPStatus, text: str, kind: str, body: bool) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(content)


def _listing(folder: Path, top: bool) -> str:
    """Runs and reports first: they are what somebody looks for."""
    inner = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    reports = [path for path in inner if (path / "index.html").is_file()] + [
        p / "report" for p in inner if (p / "report" / "index.html").is_file()
    ]
    runs = [path for path in inner if (path / "run.json").is_file() and not (path / "report" / "index.html").is_file()]

    def link(path: Path) -> str:
        name = str(path.relative_to(folder)) + ("/" if path.is_dir() else "")
        return f'<li><a href="{html.escape(quote(name))}">{html.escape(name)}</a></li>'

    parts = [("Reports", [link(p) for p in reports]), ("Runs without a report (gauntlet report RUN makes one)", [link(p) for p in runs])]
    parts.append(("All files", ([] if top else ['<li><a href="../">../</a></li>']) + [link(p) for p in inner]))
    body = "".join(f"<h2>{title}</h2><ul>{''.join(items)}</ul>" for title, items in parts if items)
    style = "<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}</style>"
    title = html.escape(folder.name)
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>{style}<h1>{title}</h1>{body}'
