"""User agents as clients send them (openrosa.md D6)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.user_agents import Client, read_user_agent


@pytest.mark.parametrize(
    ("sent", "app", "platform"),
    [
        (
            "org.odk.collect.android/v2025.3.3 Dalvik/2.1.0 "
            "(Linux; U; Android 13; SM-T225 Build/TP1A.220624.014)",
            "ODK Collect v2025.3.3",
            "Android 13, SM-T225",
        ),
        (
            "org.koboc.collect.android/v2025.3.3-2 Dalvik/2.1.0 (Linux; U; Android 5.1.1; Nexus 7)",
            "KoboCollect v2025.3.3-2",
            "Android 5.1.1, Nexus 7",
        ),
        (
            "Enketo/7.6.4 Mozilla/5.0 (Linux; Android 14; Lenovo TB-8505F) AppleWebKit/537.36",
            "Enketo 7.6.4",
            "Android 14, Lenovo TB-8505F",
        ),
        ("Enketo/7.6.4 Mozilla/5.0 (X11; Linux x86_64)", "Enketo 7.6.4", ""),
        (
            "org.odk.collect.android/v1 Dalvik/2.1.0 (Linux; U; Android 9)",
            "ODK Collect v1",
            "Android 9",
        ),
    ],
)
def test_D6_clients_are_known_by_how_they_name_themselves(
    sent: str, app: str, platform: str
) -> None:
    assert read_user_agent(sent) == Client(app, platform)


@pytest.mark.parametrize("sent", ["", "curl/8.5.0", "Mozilla/5.0 (X11)", "org.odk.collect.android"])
def test_D6_of_others_nothing_is_said(sent: str) -> None:
    assert read_user_agent(sent) is None


@given(st.text())
def test_D6_no_name_breaks_the_reader(sent: str) -> None:
    read_user_agent(sent)
    read_user_agent(f"Enketo/1 ({sent}")


def test_D6_a_name_without_end_is_looked_at_no_longer_than_others() -> None:
    began = time.process_time()

    read_user_agent("org.odk.collect.android/v1 (Android 1;" + " Build/" * 9000)

    assert time.process_time() - began < 0.3
