"""Which tablets use an app that another tablet has newer."""

from sync.app_versions import outdated_apps


def test_older_version_of_the_same_app_is_outdated() -> None:
    apps = ["ODK Collect v2024.2.4", "ODK Collect v2024.10.0", "KoboCollect v2024.1.1"]

    assert outdated_apps(apps) == {"ODK Collect v2024.2.4"}


def test_app_without_a_number_or_a_name_is_never_outdated() -> None:
    assert outdated_apps(["", "Enketo", "Enketo 2", "v1"]) == frozenset()


def test_more_numbers_are_newer_where_the_first_are_equal() -> None:
    assert outdated_apps(["App 1.2", "App 1.2.1"]) == {"App 1.2"}
