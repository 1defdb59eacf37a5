"""Sources as Debian 12, Debian 13 and Ubuntu 24.04 ship them, in both formats."""

import shutil
from pathlib import Path

import pytest

from setup.apt_sources import Source, derive, has_suite, parse_deb822, parse_one_line, read_sources

SOURCES = Path(__file__).parent / "sources"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def read(name: str) -> list[Source]:
    parse = parse_one_line if name.endswith(".list") else parse_deb822
    return parse((SOURCES / name).read_text())


def test_one_line_entries_skip_comments_and_source_packages():
    assert read("debian12.list") == [
        Source(("http://mirror.example/debian",), ("bookworm",), ("main", "contrib", "non-free-firmware")),
        Source(("http://mirror.example/debian-security",), ("bookworm-security",), ("main",)),
        Source(("http://mirror.example/debian",), ("bookworm-updates",), ("main",)),
    ]


def test_one_line_options_keep_their_meaning():
    snapshot, own = read("debian12-options.list")
    assert snapshot.options == {"Architectures": "amd64 arm64", "Signed-By": KEYRING, "Check-Valid-Until": "no"}
    assert own == Source(("file:/srv/own",), ("./",), (), {"Trusted": "yes"})


def test_deb822_stanzas():
    base, security = read("debian12.sources")
    assert base == Source(("http://mirror.example/debian",), ("bookworm", "bookworm-updates"), ("main",), {"Signed-By": KEYRING})
    assert security.suites == ("bookworm-security",)


@pytest.mark.parametrize("name", ["debian12.list", "debian12.sources"])
def test_backports_are_derived_from_the_base_suite(name: str):
    text = derive(read(name), "bookworm", "bookworm-backports")
    assert text is not None
    assert text.splitlines()[:3] == ["Types: deb", "URIs: http://mirror.example/debian", "Suites: bookworm-backports"]
    (again,) = parse_deb822(text)
    assert again.components[0] == "main"


def test_derived_source_keeps_key_and_options():
    text = derive(read("debian12-options.list"), "bookworm", "bookworm-backports")
    assert text == (
        "Types: deb\nURIs: http://snapshot.example/archive/debian/20250520T000000Z/\nSuites: bookworm-backports\nComponents: main\n"
        f"Architectures: amd64 arm64\nSigned-By: {KEYRING}\nCheck-Valid-Until: no\n"
    )


def test_inline_key_survives_and_switched_off_source_is_not_used():
    text = derive(read("debian12-inline-key.sources"), "bookworm", "bookworm-backports")
    assert text is not None
    assert "switched-off" not in text
    assert text.endswith(
        "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBGPL0BUBEADmW5NdOOHwPIJlgPu6JDcKw/NZJPR8lsD3K87ZM18gzyQZJD+w\n -----END PGP PUBLIC KEY BLOCK-----\n"
    )


def test_suite_that_is_configured_already_is_seen():
    assert has_suite(read("debian12-cloud.sources"), "bookworm-backports")
    assert not has_suite(read("debian12.sources"), "bookworm-backports")


def test_ubuntu_updates_from_the_base_suite():
    text = derive(read("ubuntu2404.sources"), "noble", "noble-updates")
    assert text is not None
    assert "URIs: http://mirror.example/ubuntu/\nSuites: noble-updates\n" in text


def test_nothing_to_derive_from():
    assert derive(read("debian13.sources"), "bookworm", "bookworm-backports") is None
    assert derive([], "bookworm", "bookworm-backports") is None


def test_folder_of_a_machine(tmp_path: Path):
    (tmp_path / "sources.list.d").mkdir()
    shutil.copy(SOURCES / "debian12.list", tmp_path / "sources.list")
    shutil.copy(SOURCES / "debian12-cloud.sources", tmp_path / "sources.list.d" / "debian.sources")
    shutil.copy(SOURCES / "ubuntu2404.sources", tmp_path / "sources.list.d" / "other.sources.disabled")
    suites = [suite for source in read_sources(tmp_path) for suite in source.suites]
    assert suites[0] == "bookworm"
    assert "bookworm-backports" in suites
    assert "noble" not in suites
    assert read_sources(tmp_path / "absent") == []
