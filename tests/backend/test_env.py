"""Settings from the environment: a bad value stops the start and is named."""

import os
import subprocess
import sys

import pytest

from backend.env import (
    BadSetting,
    env_bool,
    env_choice,
    env_int,
    env_list,
    env_secret,
    env_str,
    env_url,
)


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("YES", True), ("on", True), ("0", False), ("False", False)]
)
def test_a_switch_takes_the_usual_words(monkeypatch, text, value):
    monkeypatch.setenv("SWITCH", text)
    assert env_bool("SWITCH", default=not value) is value


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_value_is_no_value(monkeypatch, text):
    monkeypatch.setenv("THING", text)
    assert env_bool("THING", default=True) is True
    assert env_int("THING", 7) == 7
    assert env_str("THING", "x") == "x"
    assert env_list("THING", ["a"]) == ["a"]
    assert env_url("THING", ("http",)) == ""
    assert env_choice("THING", "a", ("a", "b")) == "a"


def test_a_list_is_split_at_commas_and_trimmed(monkeypatch):
    monkeypatch.setenv("HOSTS", "a.example, b.example ,,")
    assert env_list("HOSTS") == ["a.example", "b.example"]


@pytest.mark.parametrize("text", ["ja", "2", "truefalse", "-1"])
def test_a_switch_refuses_other_words(monkeypatch, text):
    monkeypatch.setenv("SWITCH", text)
    with pytest.raises(BadSetting, match=r"SWITCH.*1 or 0"):
        env_bool("SWITCH", default=False)


@pytest.mark.parametrize("text", ["-1", "11", "1.5", "ten", "1e3", "0x10"])
def test_a_number_refuses_what_is_none_or_out_of_range(monkeypatch, text):
    monkeypatch.setenv("COUNT", text)
    with pytest.raises(BadSetting, match=r"COUNT.*whole number of at least 0 and at most 10"):
        env_int("COUNT", 3, least=0, most=10)


def test_a_choice_refuses_what_is_not_offered(monkeypatch):
    monkeypatch.setenv("ZONE", "Mars/Olympus")
    with pytest.raises(BadSetting, match=r"ZONE.*one of UTC, Asia/Bishkek"):
        env_choice("ZONE", "UTC", ("UTC", "Asia/Bishkek"))


def test_an_address_refuses_another_scheme_and_hides_the_rest(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://user:hunter2@host/db")
    with pytest.raises(BadSetting) as refused:
        env_url("DATABASE_URL", ("postgres",))
    assert "mysql://…" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_short_secret_is_refused_and_not_shown(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    with pytest.raises(BadSetting, match="SECRET_KEY") as refused:
        env_secret("SECRET_KEY")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "perhaps"),
        ("SECRET_KEY", "short"),
        ("DATABASE_URL", "mysql://x/y"),
        ("REDIS_URL", "amqp://x"),
        ("REDIS_URL", ""),  # one address without the other
        ("PUBLIC_URL", "oila.example"),
        ("SWEEP_SECONDS", "0"),
        ("PROCESS_MAX_TRIES", "many"),
        ("MAX_XML_MB", "9999"),
        ("ACCEPT_CONTENT_LENGTH", "1"),
        ("TIME_ZONE", "Europe/Nowhere"),
        ("LOG_LEVEL", "loud"),
        ("TRUST_PROXY", "maybe"),
    ],
)
def test_a_bad_setting_stops_the_start_and_is_named(name, value):
    env = {**os.environ, name: value, "DJANGO_SETTINGS_MODULE": "backend.settings"}

    started = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert started.returncode != 0
    assert name in started.stderr
    assert "Traceback" not in started.stderr
