"""``gauntlet view``: byte ranges, and nothing but the folder, to nobody but this machine."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.report.server import ResultsServer
from tests.filmed_runs import suite
from tests.harness.conftest import GAUNTLET
from tests.harness.report.conftest import Reader
from tests.listening import listen

CONTENT = bytes(range(256)) * 40
LONG = suite().scenarios[-1].id
Ask = Callable[..., tuple[int, dict[str, str], bytes]]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ResultsServer]:
    root = tmp_path / "results"
    (root / "run" / "report").mkdir(parents=True)
    (root / "run" / "run.json").write_text("{}")
    (root / "run" / "report" / "index.html").write_text("the report")
    (root / "<b>odd & name").mkdir()
    (root / "film.mp4").write_bytes(CONTENT)
    (root / "empty").write_bytes(b"")
    (root / ".hidden").write_text("secret")
    (tmp_path / "secret").write_text("secret")
    (root / "way-out").symlink_to(tmp_path / "secret")
    with ResultsServer(root) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


@pytest.fixture
def ask(served: ResultsServer) -> Ask:
    def get(path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
        connection.putrequest(method, path, skip_host="host" in headers)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        found = answer.status, dict(answer.getheaders()), answer.read()
        connection.close()
        return found

    return get


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, len(CONTENT) - 1),
        ("bytes=-50", len(CONTENT) - 50, len(CONTENT) - 1),
        ("bytes=5-999999", 5, len(CONTENT) - 1),
    ],
)
def test_a_part_of_a_file(ask: Ask, wanted: str, first: int, last: int):
    status, headers, body = ask("/film.mp4", Range=wanted)
    assert status == 206
    assert body == CONTENT[first : last + 1]
    assert headers["Content-Range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert headers["Content-Type"] == "video/mp4"


def test_the_whole_file(ask: Ask):
    status, headers, body = ask("/film.mp4")
    assert (status, body, headers["Accept-Ranges"]) == (200, CONTENT, "bytes")
    status, headers, body = ask("/film.mp4", "HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", str(len(CONTENT)))
    for odd in ("bytes=0-1,5-6", "bytes=9-3", "lines=1-2", "bytes=-"):
        assert ask("/film.mp4", Range=odd)[::2] == (200, CONTENT)
    assert ask("/film.mp4", Range="bytes=0-9", If_Range='"another version"')[0] == 200
    assert ask("/film.mp4", Range="bytes=0-9", If_Range=headers["ETag"])[0] == 206
    assert ask("/empty")[::2] == (200, b"")


@pytest.mark.parametrize("wanted", ["bytes=99999-", "bytes=-0"])
def test_a_part_that_is_not_there(ask: Ask, wanted: str):
    status, headers, body = ask("/film.mp4", Range=wanted)
    assert (status, headers["Content-Range"], body) == (416, f"bytes */{len(CONTENT)}", b"")


@pytest.mark.parametrize(
    "path", ["/../secret", "/%2e%2e/secret", "/run/../../secret", "/way-out", "/.hidden", "/nothing", "/film.mp4/x", "/%00", "//etc/passwd"]
)
def test_nothing_outside_the_folder(ask: Ask, path: str):
    status, _, body = ask(path)
    assert status == 404
    assert b"secret" not in body


def test_only_this_machine_s_names(ask: Ask, served: ResultsServer):
    assert served.server_address[0] == "127.0.0.1"
    assert ask("/film.mp4", host="evil.example:80")[0] == 403
    assert ask("/film.mp4", host=f"localhost:{served.port}")[0] == 200
    assert ask("/film.mp4", "POST")[0] == 501


def test_folders(ask: Ask, served: ResultsServer):
    status, headers, _ = ask("/run/report")
    assert (status, headers["Location"]) == (301, f"{served.address}run/report/")
    assert ask("/run/report/")[::2] == (200, b"the report")
    status, _, body = ask("/")
    assert status == 200
    assert b'href="run/report/"' in body
    assert b"<b>odd" not in body
    assert b"&lt;b&gt;odd &amp; name" in body
    assert b"hidden" not in body


def test_videos_play_through_it(reader: Reader, compared: Path):
    with ResultsServer(compared.parent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = reader.open(f"{server.address}{compared.name}/", f"#/episode/{LONG}?step=30")
        reader.wait("[...document.querySelectorAll('.screen video')].map(v => Math.floor(v.currentTime * 10)).join() === '30,30'")
        page.click("#play")
        reader.wait("Gauntlet.episodePage.player.step >= 34")
        assert all(url.startswith((server.address, "data:", "blob:")) for url in reader.asked)
        server.shutdown()


def test_what_cannot_be_served(tmp_path: Path):
    with pytest.raises(ConfigError, match="is no folder"):
        ResultsServer(tmp_path / "nothing")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match="cannot be had"):
            ResultsServer(tmp_path, taken.getsockname()[1])
    with pytest.raises(ConfigError, match="cannot be had"):
        ResultsServer(tmp_path, 99999)


def test_the_command_serves_until_it_is_stopped(tmp_path: Path):
    (tmp_path / "film.mp4").write_bytes(CONTENT)
    process = subprocess.Popen([GAUNTLET, "view", str(tmp_path), "--port", "0"], stdout=subprocess.PIPE, text=True, preexec_fn=listen)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split(" at ")[1].split()[0]
        connection = http.client.HTTPConnection(address.removeprefix("http://").rstrip("/"), timeout=10)
        connection.request("GET", "/film.mp4", headers={"Range": "bytes=0-9"})
        assert connection.getresponse().read() == CONTENT[:10]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
