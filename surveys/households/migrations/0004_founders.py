"""Every registration founds a household; those that had one in common say why: the same card.

The oldest registration is the founder of the household as it is; each further one founds a younger
household that leads there, joined by a decision. Then all registrations are processed again, which
puts them into the queue of linkage.
"""

from datetime import timedelta
from itertools import groupby

from django.db import migrations

BATCH = 1000
WAITING, PROCESSED = 0, 1


def found(apps, schema_editor):
    get = apps.get_model
    Household, Membership = get("households", "Household"), get("households", "Membership")
    decisions = get("households", "LinkDecision").objects
    rows = get("cleaning", "CleanRow").objects.filter(repeat="").values_list("pk", "received_at")
    members = Membership.objects.filter(registers=True, household__isnull=False)
    for households in _portions(Household.objects.filter(founder=None).order_by("pk")):
        of = members.filter(household__in=households).order_by("household_id", "record_id")
        of = list(of.values_list("household_id", "record_id"))
        arrived = dict(rows.filter(pk__in=[record for _, record in of]))
        made, joins = [], []
        for household_id, group in groupby(of, key=lambda pair: pair[0]):
            household = households[household_id]
            records = [record for _, record in group]
            records.sort(key=lambda r: (arrived.get(r, household.created_at), r))
            household.founder = first = records[0]
            for later, record in enumerate(records[1:], 1):
                made.append(
                    Household(
                        founder=record,
                        redirect_to_id=household_id,
                        place_id=household.place_id,
                        created_at=household.created_at + timedelta(microseconds=later),
                    )
                )
                a, b = sorted((first, record))
                joins.append(
                    decisions.model(a=a, b=b, verdict="same", source="rule", reason="same card")
                )
        changed = [each for each in households.values() if each.founder]
        Household.objects.bulk_update(changed, ["founder"], batch_size=BATCH)
        Household.objects.bulk_create(made, batch_size=BATCH)
        decisions.bulk_create(joins, batch_size=BATCH)
    again = get("submissions", "Submission").objects.filter(state=PROCESSED, head=True)
    again.filter(record_id__in=members.values("record_id")).update(state=WAITING, attempts=0)


def _portions(households):
    """Dictionaries of up to BATCH; those made meanwhile have founders, so each comes once."""
    last = None
    while True:
        portion = households.filter(pk__gt=last) if last else households
        found = {each.pk: each for each in portion[:BATCH]}
        if not found:
            return
        last = max(found)
        yield found


class Migration(migrations.Migration):
    dependencies = [
        ("households", "0003_decisions_append_only"),
        ("cleaning", "0001_initial"),
        ("submissions", "0001_initial"),
    ]
    operations = [migrations.RunPython(found, migrations.RunPython.noop)]
