"""nginx's configuration."""

from dataclasses import replace
from pathlib import Path

from local.bench.server.configuration import Place, configuration

ALONE = Place(4577, "tiles", Path("/b/cogs"), Path("/b/server"), Path("/n"))


def test_only_loopback_is_listened_on() -> None:
    text = configuration(ALONE)
    assert [line.split()[1] for line in text.splitlines() if line.strip().startswith("listen")] == ["127.0.0.1:4577"]


def test_open_files_are_not_cached() -> None:
    # With 10,000 files the cache would hold all descriptors that the process may have.
    assert "open_file_cache" not in configuration(ALONE)


def test_without_an_emulator_only_the_own_bucket_is_served() -> None:
    text = configuration(ALONE)
    assert "location /tiles/ {" in text
    assert "alias /b/cogs/;" in text
    assert "proxy_pass" not in text
    assert "return 404;" in text


def test_every_other_bucket_is_passed_on_with_the_clients_own_host_and_the_same_pause() -> None:
    text = configuration(replace(ALONE, emulator=4566))
    assert "server 127.0.0.1:4566;" in text
    passed_on = text[text.index("location / {") :]
    assert "proxy_pass http://emulator;" in passed_on
    assert "proxy_set_header Host $http_host;" in passed_on
    assert "arrive.lua" in passed_on
    assert "return 404" not in text


def test_a_user_is_named_only_where_root_starts_it() -> None:
    assert "user " not in configuration(ALONE)
    assert configuration(replace(ALONE, user="root")).count("user root root;") == 1


def test_braces_match() -> None:
    for place in (ALONE, replace(ALONE, emulator=4566)):
        text = configuration(place)
        assert text.count("{") == text.count("}")


def test_the_own_bucket_is_listed_after_the_same_pause_and_counted() -> None:
    text = configuration(ALONE)
    listed = text[text.index("location = /tiles {") :].partition("    }")[0]
    assert "set $files /b/cogs;" in listed
    assert listed.index("arrive.lua") < listed.index("leave.lua") < listed.index("list.lua")
