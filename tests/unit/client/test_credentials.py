"""Where the address and the token come from, and what the keyring keeps."""

import sys

import keyring
import pytest
from keyring.backends import fail

from rasterloom_client import ConfigurationError, KeyringError, MissingTokenError, MissingUrlError
from rasterloom_client.credentials import Credentials, find, find_url, forget, keep
from tests.unit.client.keyrings import InMemory, Locked

URL = "https://one.test/api"
OTHER = "https://two.test/api"


def test_flags_come_before_the_environment_and_the_keyring(memory: InMemory) -> None:
    keep(Credentials(URL, "kept"))
    environ = {"RASTERLOOM_URL": OTHER, "RASTERLOOM_TOKEN": "env"}
    assert find("https://three.test/", "flag", environ) == Credentials("https://three.test", "flag")
    assert find(None, None, environ) == Credentials(OTHER, "env")
    assert find(None, None, {}) == Credentials(URL, "kept")
    assert memory.kept[("rasterloom", "url")] == URL


def test_a_token_is_kept_for_its_own_address_only(memory: InMemory) -> None:
    keep(Credentials(URL, "kept"))
    assert memory.kept[("rasterloom", URL)] == "kept"
    with pytest.raises(MissingTokenError, match=r"there is no token for https://two\.test/api"):
        find(OTHER, None, {})


def test_a_token_that_is_forgotten_is_gone(memory: InMemory) -> None:
    keep(Credentials(URL, "kept"))
    assert forget(URL)
    assert not forget(URL)
    with pytest.raises(MissingTokenError):
        find(URL, None, {})
    assert memory.kept == {("rasterloom", "url"): URL}


@pytest.mark.usefixtures("memory")
def test_without_an_address_nothing_begins() -> None:
    with pytest.raises(MissingUrlError):
        find_url(None, {"RASTERLOOM_URL": ""})


@pytest.mark.usefixtures("memory")
def test_a_wrong_address_in_the_environment_is_named() -> None:
    with pytest.raises(ConfigurationError, match="found 'nonsense'"):
        find_url(None, {"RASTERLOOM_URL": "nonsense"})


def test_a_keyring_that_is_locked_is_as_good_as_none_for_reading() -> None:
    previous = keyring.get_keyring()
    keyring.set_keyring(Locked())
    try:
        with pytest.raises(MissingTokenError, match="keyring does not answer: locked"):
            find(URL, None, {})
        with pytest.raises(KeyringError, match="locked"):
            keep(Credentials(URL, "t"))
    finally:
        keyring.set_keyring(previous)


def test_a_machine_without_a_keyring_is_told_of_in_a_sentence() -> None:
    previous = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    try:
        with pytest.raises(KeyringError) as caught:
            keep(Credentials(URL, "t"))
        with pytest.raises(MissingTokenError) as missing:
            find(URL, None, {})
    finally:
        keyring.set_keyring(previous)
    assert str(caught.value) == "the keyring does not take the token: this machine has none"
    assert str(missing.value) == f"there is no token for {URL} (the keyring does not answer: this machine has none)"


def test_without_the_package_the_environment_still_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert find(None, None, {"RASTERLOOM_URL": URL, "RASTERLOOM_TOKEN": "t"}) == Credentials(URL, "t")
    assert not forget(URL)
    with pytest.raises(KeyringError, match=r"rasterloom-client\[keyring\]"):
        keep(Credentials(URL, "t"))


def test_a_token_is_not_shown_by_accident() -> None:
    assert "secret" not in repr(Credentials(URL, "secret"))
