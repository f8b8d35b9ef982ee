"""The daily report as plain rows, of what one user sees; as it goes out in JSON."""

from dataclasses import asdict
from typing import cast

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from backend.accounts.models import User
from surveys.cleaning.models import QualityFlag
from surveys.entities.models import Visit
from surveys.places.naming import name_at
from surveys.privacy.access import places_for
from surveys.privacy.flags import flags_for
from surveys.quality.back_checks import repeats_seen
from surveys.quality.code_lines import code_lines
from surveys.quality.dashboard import dashboard
from surveys.quality.reading import Json, last_run, visible_records
from surveys.quality.weeks import weeks_json
from surveys.quality.words import FLAGS, word
from surveys.submissions.models import Submission

STATES = QualityFlag.State.values
State = Submission.ReviewState


def summary_json(user: User) -> Json:
    """The report in JSON: counts by code, enumerators, days, progress."""
    run = last_run()
    told = dashboard(user)
    return {
        "as_of": timezone.now(),
        "checked_at": run.began_at if run else None,
        "codes": [
            {
                "code": line.code,
                "what": word(FLAGS, line.code),
                "group": line.group,
                "severity": line.severity,
                "owner": line.owner,
                "counts": {state: line.counts.get(state, 0) for state in STATES},
                "new": line.new,
            }
            for line in code_lines(user, now=timezone.now())
        ],
        "enumerators": [_enumerator_json(line) for line in told["lines"]],
        "enumerators_elsewhere": told["elsewhere"],
        "days": days_of(user),
        "progress": progress_of(user),
        "time_use": weeks_json(user),
        "asked_twice": asked_twice_json(user),
    }


def _enumerator_json(line: Json) -> Json:
    names = ("enumerator", "interviews", "refused", "records", "flags", "down", "effects", "rank",
             "standing_out", "furthest")  # fmt: skip
    rates = line["rates"].items()
    return {
        **{name: line.get(name, 0) for name in names},
        "error_rates": {
            str(type_): {"differing": rate.differing, "compared": rate.compared}
            for type_, rate in rates
        },
    }


def asked_twice_json(user: User) -> list[Json]:
    """Numbers of types 2 and 3 in all back-checks the user sees."""
    return [
        {"form": form, **asdict(each)} for form, told in repeats_seen(user).items() for each in told
    ]


def days_of(user: User) -> list[Json]:
    """Of each day: records that came, refusals, records with open flags, and turned down."""
    live = QualityFlag.objects.filter(
        flags_for(user), submission=OuterRef("submission"), settled_at=None
    )
    down = Q(submission__review_state__in=(State.REJECTED, State.HAS_ISSUES))
    found = visible_records(user).annotate(day=TruncDate("received_at")).values("day")
    counted = found.annotate(
        records=Count("pk"),
        refused=Count("pk", filter=Q(values__consent="no")),
        flagged=Count("pk", filter=Exists(live)),
        down=Count("pk", filter=down),
    )
    return cast("list[Json]", list(counted.order_by("day")))


def progress_of(user: User) -> list[Json]:
    """Visits of each round by place: planned, and done."""
    visits = Visit.objects.filter(entity__deleted_at=None)
    places = places_for(user)
    if places is not None:
        visits = visits.filter(entity__place__in=places.values("pk"))
    name = name_at("entity__place")
    found = visits.values("round__code", "entity__place__code", place_name=name)
    counted = found.annotate(n=Count("pk"), done=Count("pk", filter=Q(closed_at__isnull=False)))
    return [
        {
            "round": row["round__code"],
            "place": row["entity__place__code"],
            "place_name": row["place_name"],
            "planned": row["n"],
            "done": row["done"],
        }
        for row in counted.order_by("round__code", "entity__place__code")
    ]
