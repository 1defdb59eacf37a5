"""What apt offers, read from its own words, and the choice of a suite."""

from setup.apt import Offer, Release, parse_policy, read_release
from setup.graphics import choose_suite

WITH_BACKPORTS = """\
mesa-vulkan-drivers:
  Installed: 22.3.6-1+deb12u1
  Candidate: 22.3.6-1+deb12u2
  Version table:
     25.0.7-2~bpo12+1 100
        100 http://mirror.example/debian bookworm-backports/main amd64 Packages
     22.3.6-1+deb12u2 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
 *** 22.3.6-1+deb12u1 100
        100 /var/lib/dpkg/status
"""
UBUNTU = """\
mesa-vulkan-drivers:
  Installed: (none)
  Candidate: 25.0.7-0ubuntu0.24.04.2
  Version table:
     25.0.7-0ubuntu0.24.04.2 500
        500 http://mirror.example/ubuntu noble-updates/main amd64 Packages
     24.0.5-1ubuntu1 500
        500 http://mirror.example/ubuntu noble/main amd64 Packages
"""


def test_policy():
    candidate, offers = parse_policy(WITH_BACKPORTS)
    assert candidate == "22.3.6-1+deb12u2"
    assert offers == [
        Offer("25.0.7-2~bpo12+1", ("bookworm-backports",)),
        Offer("22.3.6-1+deb12u2", ("bookworm",)),
        Offer("22.3.6-1+deb12u1", ()),
    ]
    assert offers[0].upstream == (25, 0, 7)


def test_unknown_package_and_epoch():
    assert parse_policy("") == ("", [])
    assert parse_policy("x:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n") == ("", [])
    assert Offer("2:25.3.0-1", ()).upstream == (25, 3, 0)
    assert Offer("git", ()).upstream == ()


def test_candidate_that_is_new_enough_needs_no_suite():
    assert choose_suite(*parse_policy(UBUNTU)) == ""


def test_suite_with_a_newer_version_is_named():
    assert choose_suite(*parse_policy(WITH_BACKPORTS)) == "bookworm-backports"


def test_old_version_alone_is_not_chosen():
    assert choose_suite("22.3.6-1", [Offer("22.3.6-1", ("bookworm",))]) is None
    assert choose_suite("24.0.5-1ubuntu1", [Offer("24.0.5-1ubuntu1", ("noble",))]) is None
    assert choose_suite("", []) is None


def test_release():
    text = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n'
    assert read_release(text) == Release("debian", "bookworm", "Debian GNU/Linux 12 (bookworm)")
    assert read_release("").codename == ""
