"""Households by the thousand on the list of a real database, as the programme's registration saves
them: invented families, twelve properties each, in villages that no form of ours offers."""

from collections.abc import Iterator
from random import Random
from uuid import UUID

from django.db import transaction

from surveys.entities.lists import Change, lock_lists, note_changes
from surveys.entities.models import Entity
from surveys.places.models import Place
from sync.fieldwork.family import Family, Village, make_family

# As the programme has them: 7,600 households in nine districts of two countries.
DISTRICTS = [
    *(("KG", "KG06000000000", f"KG0629{number}000000") for number in range(4)),
    *(("TJ", "TJ3509000", f"TJ35099{number:02}") for number in range(5)),
]
VILLAGES_A_DISTRICT = {"KG": 6, "TJ": 7}
LIST = "households"


def villages_of(districts: list[tuple[str, str, str]], *, each: int = 0) -> list[Village]:
    """So many villages in each district; else as many as the districts of its country have."""
    return [
        Village(country, oblast, district, f"{district}-V{number:02}")
        for country, oblast, district in districts
        for number in range(each or VILLAGES_A_DISTRICT[country])
    ]


@transaction.atomic
def add_households(villages: list[Village], *, count: int, seed: int = 7) -> None:
    """Makes the places as well, where they are not there yet."""
    places = {village.code: _make_place(village) for village in villages}
    entities = list(_entities(lock_lists([LIST])[LIST], villages, places, count, Random(seed)))
    note_changes([Change(entity) for entity in entities])
    Entity.objects.bulk_create(entities)


@transaction.atomic
def change_households(villages: list[Village], *, count: int) -> None:
    """Each gets another size: a new version, as a follow-up would give it."""
    lock_lists()
    here = Entity.objects.filter(place__code__in=[village.code for village in villages])
    entities = list(here.order_by("id")[:count])
    assert len(entities) == count
    changes = [Change.of(entity) for entity in entities]
    for entity in entities:
        entity.version += 1
        entity.data = {**entity.data, "hh_size": str(1 + int(entity.data["hh_size"]) % 12)}
    note_changes(changes)
    Entity.objects.bulk_update(entities, ["version", "data", "revision"])


def _make_place(village: Village) -> Place:
    path = "/".join((village.country, village.oblast, village.district))
    Place.objects.get_or_create(code=village.district, defaults={"level": 2, "path": path})
    place, _ = Place.objects.get_or_create(
        code=village.code, defaults={"level": 3, "path": f"{path}/{village.code}"}
    )
    return place


def _entities(
    list_pk: int, villages: list[Village], places: dict[str, Place], count: int, random: Random
) -> Iterator[Entity]:
    for number in range(count):
        family = make_family(random, village=random.choice(villages), number=number)
        yield Entity(
            id=UUID(int=random.getrandbits(128), version=4),
            entity_list_id=list_pk,
            label=f"{family.card_no} {family.head.name}",
            data=_properties(family, random),
            place=places[family.village],
        )


def _properties(family: Family, random: Random) -> dict[str, str]:
    """All that the registration saves to the list."""
    score = random.choice((0, 0, 1, 1, 1, 2, 2, 3, 4))
    return {
        "card_no": family.card_no,
        "country": family.country,
        "oblast": family.oblast,
        "district": family.district,
        "village": family.village,
        "head_sex": family.head.sex,
        "head_birth_year": str(family.head.birth_year),
        "hh_size": str(len(family.members)),
        "n_migrants": str(sum(each.present == "abroad" for each in family.members)),
        "vuln_score": str(score),
        "vulnerable": "yes" if score >= 2 else "no",
        "baseline_date": f"2014-06-{random.randint(2, 28):02}",
    }
