"""Configuration files: what is accepted, and how mistakes are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vhsm.config import ConfigError, load_client_config, load_server_config

if TYPE_CHECKING:
    from pathlib import Path


def refusal(path: Path, text: str) -> str:
    """Write a server's configuration that is refused, and return the one line that says why."""
    path.write_text(text)
    with pytest.raises(ConfigError) as refused:
        load_server_config(path, {})
    line = str(refused.value)
    assert str(path) in line
    assert "\n" not in line
    return line


def test_a_key_that_nobody_reads_is_an_error(tmp_path: Path) -> None:
    """A misspelled key is named, with what may be written instead."""
    line = refusal(tmp_path / "server.toml", "quick_worker = 3\n")
    assert "quick_worker;" in line
    assert "quick_workers" in line
    assert "uids.motor" in refusal(tmp_path / "server.toml", "[uids]\nmotor = 3\n")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("quick_workers = 0", "quick_workers"),
        ("quick_workers = true", "quick_workers"),
        ("slow_workers = 1e3", "slow_workers"),
        ("data_dir = 'relative'", "data_dir"),
        ("data_dir = 7", "data_dir"),
        ("log_level = 'loud'", "log_level"),
        ("separate_uids = 1", "separate_uids"),
        ("uids = 3", "uids"),
        ("data_dir = '/srv/v'\nseal_file = '/srv/v/seal'", "seal_file"),
        ("socket_dir = '/run/v'\npid_file = '/run/v/shop'", "pid_file"),
        ("this is no TOML", "TOML"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, text: str, named: str) -> None:
    """The line names the key that is wrong."""
    assert named in refusal(tmp_path / "server.toml", text)


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    """A configuration that was asked for is never replaced by the defaults in silence."""
    with pytest.raises(ConfigError, match=r"absent\.toml"):
        load_server_config(tmp_path / "absent.toml", {})
    with pytest.raises(ConfigError, match=r"absent\.toml"):
        load_client_config(None, {"VHSM_CONFIG": str(tmp_path / "absent.toml")})


def test_a_socket_path_that_the_kernel_cannot_bind_is_refused(tmp_path: Path) -> None:
    """107 bytes fit into sun_path beside the terminating zero, 108 do not."""
    config = tmp_path / "client.toml"
    for length, fits in ((107, True), (108, False)):
        path = "/" + "x" * (length - 1)
        config.write_text(f"socket = '{path}'\n")
        if fits:
            assert str(load_client_config(config, {}).socket) == path
        else:
            with pytest.raises(ConfigError, match="108 bytes"):
                load_client_config(config, {})


def test_the_environment_goes_before_the_client_file(tmp_path: Path) -> None:
    """VHSM_SOCKET names the socket whatever the file says, and the rest of the file still counts."""
    config = tmp_path / "client.toml"
    config.write_text("socket = '/run/a.sock'\nreply_timeout_ms = 50\n")
    read = load_client_config(None, {"VHSM_CONFIG": str(config), "VHSM_SOCKET": "/run/b.sock"})
    assert str(read.socket) == "/run/b.sock"
    assert read.reply_timeout_ms == 50
