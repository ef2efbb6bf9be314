"""The environment of a function, read and held against what each variable has to be."""

import json
from datetime import timedelta

import pytest

from rasterloom.domain.access import Visibility
from rasterloom.settings import AllowedPrefix, Settings, SettingsError, WatchedPrefix
from tests.unit.test_bootstrap import ENVIRONMENT


def test_a_setting_has_the_type_of_its_field() -> None:
    changed = {"REQUIRE_COG": "true", "REGISTRATION_RATE": "12.5", "LEASE_MARGIN_SECONDS": "0.5"}
    settings = Settings.from_environment(ENVIRONMENT | changed)
    assert (settings.table_name, settings.max_attempts, settings.require_cog) == ("catalog", 3, True)
    assert settings.registration_rate == pytest.approx(12.5)
    assert settings.lease_margin_seconds == timedelta(milliseconds=500)


def test_what_is_not_set_is_as_its_field_says() -> None:
    settings = Settings.from_environment(
        {name: value for name, value in ENVIRONMENT.items() if name != "SOURCE_ALLOW_LIST"}
    )
    assert (settings.source_allow_list, settings.watch_list, settings.require_cog) == ((), (), False)


def test_places_are_read_from_json() -> None:
    allowed = [{"bucket": "a"}, {"bucket": "b", "prefix": "p/", "region": None, "owners": ["x"], "groups": ["g", "g"]}]
    watched = [{"bucket": "w", "owner": "alice", "visibility": "restricted", "groups": ["g"]}]
    lists = {"SOURCE_ALLOW_LIST": json.dumps(allowed), "WATCH_LIST": json.dumps(watched)}
    settings = Settings.from_environment(ENVIRONMENT | lists)
    assert settings.source_allow_list == (
        AllowedPrefix(bucket="a"),
        AllowedPrefix(bucket="b", prefix="p/", owners=frozenset({"x"}), groups=frozenset({"g"})),
    )
    expected = WatchedPrefix(bucket="w", owner="alice", visibility=Visibility.RESTRICTED, groups=("g",))
    assert settings.watch_list == (expected,)


@pytest.mark.parametrize("name", ["SOURCE_ALLOW_LIST", "WATCH_LIST"])
def test_an_empty_text_is_an_empty_list_of_places(name: str) -> None:
    settings = Settings.from_environment(ENVIRONMENT | {name: ""})
    assert getattr(settings, name.lower()) == ()


WRONG = [
    ("MAX_ATTEMPTS", "0", "a whole number from 1 up; found '0'"),
    ("MAX_ATTEMPTS", "three", "a whole number from 1 up; found 'three'"),
    ("MAX_ATTEMPTS", "-3", "a whole number from 1 up; found '-3'"),
    ("REGISTRATION_RATE", "0", "a number above 0; found '0'"),
    ("REGISTRATION_RATE", "fast", "a number above 0; found 'fast'"),
    ("BUILD_TIMEOUT_SECONDS", "inf", "a number above 0; found 'inf'"),
    ("BUILD_TIMEOUT_SECONDS", "-1", "a number above 0; found '-1'"),
    ("REQUIRE_COG", "True", "true or false; found 'True'"),
    ("SOURCE_ALLOW_LIST", "{", "a JSON list; found '{'"),
    ("SOURCE_ALLOW_LIST", '{"bucket": "b"}', "a JSON list; found"),
    ("SOURCE_ALLOW_LIST", '["b"]', "found 'b' as entry 0"),
    ("SOURCE_ALLOW_LIST", '[{"prefix": "p"}]', "an object with bucket and of"),
    ("SOURCE_ALLOW_LIST", '[{"bucket": "b", "owner": "x"}]', "as entry 0"),
    ("SOURCE_ALLOW_LIST", '[{"bucket": 1}]', "a text; found 1 as bucket of entry 0"),
    ("SOURCE_ALLOW_LIST", '[{"bucket": "b", "owners": "x"}]', "a list of texts; found 'x' as owners of entry 0"),
    ("SOURCE_ALLOW_LIST", '[{"bucket": "b"}, {"bucket": "b", "groups": [1]}]', "found 1 as groups of entry 1"),
    ("WATCH_LIST", '[{"bucket": "b"}]', "an object with bucket, owner and of"),
    ("WATCH_LIST", '[{"bucket": "b", "owner": "o", "visibility": "x"}]', "found 'x' as visibility of entry 0"),
    (
        "WATCH_LIST",
        '[{"bucket": "b", "owner": "o"}, {"bucket": "b", "prefix": "p/", "owner": "o"}, {"bucket": "b", "owner": "x"}]',
        "each place once; found s3://b/ as entries 0 and 2",
    ),
]


@pytest.mark.parametrize(("name", "value", "told"), WRONG)
def test_a_malformed_variable_is_named_with_what_was_expected(name: str, value: str, told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment(ENVIRONMENT | {name: value})
    assert str(raised.value).startswith(f"{name}: expected ")
    assert told in str(raised.value)


def test_every_variable_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment({"MAX_ATTEMPTS": "x", "TABLE_NAME": "catalog"})
    told = str(raised.value)
    assert "MAX_ATTEMPTS: expected a whole number from 1 up; found 'x'" in told
    assert "BUCKET_NAME: expected a value; found none" in told
    assert "TABLE_NAME" not in told
