"""The register of tablets: what each said of itself, and which of them nobody has heard of."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from surveys.places.models import Place
from sync.enrol import enrol_device, revoke_device
from sync.health import Health, note_health
from sync.models import Device

pytestmark = pytest.mark.django_db
NOW = datetime(2014, 6, 3, 13, 20, tzinfo=UTC)


def heard(health: Health) -> Device:
    device = enrol_device(name="Tablet").device
    note_health(device_id=device.pk, health=health, now=NOW)
    device.refresh_from_db()
    return device


def test_what_a_tablet_says_is_kept() -> None:
    device = heard(
        Health(
            app="collector 0.3.0",
            battery=41,
            free_mb=820,
            unsent=17,
            oldest_unsent_at=NOW - timedelta(days=5),
            forms=[("rmp_registration", "2014050101")],
            sent_at=NOW + timedelta(seconds=90),
        )
    )

    assert (device.app, device.battery, device.free_mb, device.unsent) == (
        "collector 0.3.0",
        41,
        820,
        17,
    )
    assert device.clock_drift_seconds == 90
    assert device.forms == [{"form_id": "rmp_registration", "version": "2014050101"}]
    assert device.health_at == device.last_seen_at == NOW


def test_what_it_does_not_say_stays_as_it_was() -> None:
    device = heard(Health(app="collector 0.3.0", battery=41, forms=[("a", "1")]))

    note_health(device_id=device.pk, health=Health(battery=40), now=NOW + timedelta(hours=1))

    device.refresh_from_db()
    assert (device.app, device.battery) == ("collector 0.3.0", 40)
    assert device.forms == [{"form_id": "a", "version": "1"}]


def test_a_tablet_whose_clock_stands_at_1970_tells_its_oldest_record_all_the_same() -> None:
    its_clock = datetime(1970, 1, 8, tzinfo=UTC)
    device = heard(
        Health(unsent=1, oldest_unsent_at=its_clock - timedelta(days=5), sent_at=its_clock)
    )

    assert device.oldest_unsent_at == NOW - timedelta(days=5)


def test_a_tablet_that_sent_all_has_no_oldest_record() -> None:
    device = heard(Health(unsent=1, oldest_unsent_at=NOW - timedelta(days=5)))

    note_health(device_id=device.pk, health=Health(unsent=0), now=NOW)

    device.refresh_from_db()
    assert (device.unsent, device.oldest_unsent_at) == (0, None)


def test_figures_that_cannot_be_fail_nothing() -> None:
    device = heard(
        Health(
            app="a" * 500,
            battery=4000,
            free_mb=-1,
            unsent=2**40,
            forms=[("f" * 999, "v")] * 5000,
            sent_at=datetime(1, 1, 1, tzinfo=UTC),
        )
    )

    assert (device.battery, device.free_mb) == (100, 0)
    assert len(device.forms) == 200


def test_overdue_is_who_was_not_seen_or_holds_a_record_for_too_long(settings: object) -> None:
    settings.OVERDUE_DAYS = 10
    now = timezone.now()
    long_ago, lately = now - timedelta(days=11), now - timedelta(days=9)
    for name, fields in {
        "seen lately": {"last_seen_at": lately},
        "not seen": {"last_seen_at": long_ago},
        "never seen": {"created_at": long_ago},
        "new": {"created_at": lately},
        "keeps a record": {"last_seen_at": now, "oldest_unsent_at": long_ago},
        "keeps a new record": {"last_seen_at": now, "oldest_unsent_at": lately},
        "ended": {"last_seen_at": long_ago},
    }.items():
        device = enrol_device(name=name).device
        Device.objects.filter(pk=device.pk).update(**fields)
    revoke_device(device=Device.objects.get(name="ended"))

    overdue = Device.objects.overdue().values_list("name", flat=True)

    assert set(overdue) == {"not seen", "never seen", "keeps a record"}


def test_a_supervisor_of_an_oblast_knows_the_tablets_that_work_there_only() -> None:
    osh = Place.objects.create(code="KG06", level=1, path="KG/KG06", name_en="Osh")
    Place.objects.create(code="TJ02", level=1, path="TJ/TJ02", name_en="Khatlon")
    for name, codes in {"osh": ["KG06"], "both": ["KG06", "TJ02"], "everywhere": []}.items():
        enrol_device(name=name, place_codes=codes)

    here = Device.objects.within(Place.objects.filter(pk=osh.pk))

    assert [device.name for device in here] == ["osh"]
    assert Device.objects.within(None).count() == 3
