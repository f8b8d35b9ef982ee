"""Families as linkage knows them, and registrations of them as they arrive."""

import hashlib
import uuid
from collections.abc import Sequence

from surveys.households.models import Household, Membership
from surveys.submissions.models import Submission
from tests.surveys.household_forms import arrive

Line = tuple[str, int, str, str]  # name, age, sex, relation
ASANOVS: Sequence[Line] = (
    ("Асанов Бакыт", 44, "male", "head"),
    ("Асанова Гүлнара", 41, "female", "spouse"),
    ("Асанов Нурлан", 17, "male", "child"),
    ("Асанова Чолпон", 12, "female", "child"),
)
# The same people, as another enumerator with a Latin keyboard hears them.
ASANOVS_AGAIN: Sequence[Line] = (
    ("Asanova Gulnara", 41, "female", "head"),
    ("Asanov Bakyt", 44, "male", "spouse"),
    ("Asanov Nurlan", 17, "male", "child"),
    ("Asanova Cholpon", 12, "female", "child"),
)
# The brother's, in the same yard.
BROTHERS: Sequence[Line] = (
    ("Асанов Жеңиш", 39, "male", "head"),
    ("Асанова Бермет", 35, "female", "spouse"),
    ("Асанова Жаңыл", 14, "female", "child"),
    ("Асанов Тилек", 9, "male", "child"),
)

STRANGERS: Sequence[Line] = (
    ("Сыдыков Эрмек", 61, "male", "head"),
    ("Сыдыкова Зууракан", 58, "female", "spouse"),
)


def family_record(
    instance_id: str,
    lines: Sequence[Line] = ASANOVS,
    *,
    card: str = "",
    phone: str = "",
    district: str = "KG06207000000",
    replaces: str = "",
    entity: uuid.UUID | None = None,
) -> bytes:
    """A registration of `FAMILY`: head, phone, roster with sex, relation and age."""
    deprecated = f"<deprecatedID>{replaces}</deprecatedID>" if replaces else ""
    chosen = entity or entity_for(replaces or instance_id)
    members = "".join(
        f"<member><m_name>{name}</m_name><m_age>{age}</m_age><m_sex>{sex}</m_sex>"
        f"<m_relation>{relation}</m_relation></member>"
        for name, age, sex, relation in lines
    )
    head = next((line[0] for line in lines if line[3] == "head"), "")
    return f"""<data id="family" version="1"><end>2026-06-03T09:40:00.000+06:00</end>
      <district>{district}</district><card_no>{card}</card_no><phone>{phone}</phone>
      <head_name>{head}</head_name>{members}
      <meta><instanceID>{instance_id}</instanceID>{deprecated}
        <entity dataset="households" create="1" id="{chosen}"><label>{head}</label></entity></meta>
    </data>""".encode()


def entity_for(instance_id: str) -> uuid.UUID:
    digest = hashlib.md5(instance_id.encode(), usedforsecurity=False).hexdigest()
    return uuid.UUID(digest, version=4)


def family_arrives(instance_id: str, lines: Sequence[Line] = ASANOVS, **more: str) -> uuid.UUID:
    """The record's id; the worker has not seen it yet."""
    return arrive(family_record(instance_id, lines, **more)).record_id


def home_of(record_id: uuid.UUID) -> uuid.UUID | None:
    return Membership.objects.get(pk=record_id).household_id


def households() -> set[frozenset[str]]:
    """Who lives together, by the instances of the registrations."""
    ids = dict(Submission.objects.filter(head=True).values_list("record_id", "instance_id"))
    found: dict[uuid.UUID | None, set[str]] = {}
    for member in Membership.objects.filter(registers=True):
        found.setdefault(member.household_id, set()).add(ids[member.record_id])
    return {frozenset(each) for each in found.values()}


def listed() -> set[uuid.UUID]:
    return set(Household.objects.filter(redirect_to=None).values_list("pk", flat=True))
