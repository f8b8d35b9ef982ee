"""Two small forms built as the programme's real ones are, and records of them as sent."""

import hashlib
import uuid
from collections.abc import Iterable

from surveys.households.identity import normalize_card_number
from surveys.lifecycle.link import link_waiting
from surveys.lifecycle.process import process_waiting
from surveys.submissions.models import Submission
from surveys.submissions.quarantine import Sender
from surveys.submissions.receive import receive_submission
from surveys.submissions.store import StoredFile
from surveys.xforms.models import Form, FormVersion
from surveys.xforms.schema import (
    Choice,
    EntityDeclaration,
    Field,
    Repeat,
    Schema,
    schema_to_json,
)

YES_NO = (Choice("yes", {"": "Yes"}), Choice("no", {"": "No"}))
DISTRICTS = (Choice("KG06207000000", {"": "Alai"}), Choice("KG06226000000", {"": "Kara-Suu"}))

REGISTRATION = Schema(
    form_id="registration",
    version="1",
    title="Registration",
    languages=("",),
    fields=(
        Field("start", "start", "start", "dateTime", ""),
        Field("end", "end", "end", "dateTime", ""),
        Field("consent", "consent", "consent", "select_one", "", choices=YES_NO),
        Field("district", "place/district", "district", "select_one", "", choices=DISTRICTS,
              entity_property="district"),
        Field("card_no", "place/card_no", "card_no", "string", "", role="household_key",
              entity_property="card_no"),
        Field("head_name", "head_name", "head_name", "string", "", privacy="direct"),
        Field("hh_size", "hh_size", "hh_size", "integer", "", entity_property="hh_size"),
        Field("photo", "photo", "photo", "image", ""),
        Field("name", "roster/member/name", "name", "string", "roster/member"),
        Field("age", "roster/member/age", "age", "integer", "roster/member"),
        Field("trip_year", "roster/member/trip/year", "trip_year", "integer", "roster/member/trip"),
    ),
    repeats=(
        Repeat("roster/member", "member", ""),
        Repeat("roster/member/trip", "trip", "roster/member"),
    ),
    entities=(EntityDeclaration("households", creates=True, updates=False),),
)  # fmt: skip

FAMILY = Schema(
    form_id="family",
    version="1",
    title="Family",
    languages=("",),
    fields=(
        Field("end", "end", "end", "dateTime", ""),
        Field("district", "district", "district", "string", ""),
        Field("card_no", "card_no", "card_no", "string", "", role="household_key"),
        Field("phone", "phone", "phone", "string", "", privacy="direct"),
        Field("head_name", "head_name", "head_name", "string", "", privacy="direct"),
        Field("m_name", "member/m_name", "m_name", "string", "member", privacy="direct"),
        Field("m_age", "member/m_age", "m_age", "integer", "member"),
        Field("m_sex", "member/m_sex", "m_sex", "string", "member"),
        Field("m_relation", "member/m_relation", "m_relation", "string", "member"),
    ),
    repeats=(Repeat("member", "member", ""),),
    entities=(EntityDeclaration("households", creates=True, updates=False),),
)

SERVICE = Schema(
    form_id="service",
    version="1",
    title="Service",
    languages=("",),
    fields=(
        Field("household", "pick/household", "household", "select_one", "",
              choices_file="households.csv"),
        Field("card_no", "pick/card_no", "card_no", "string", "", role="household_key"),
        Field("service_type", "service_type", "service_type", "string", "",
              entity_property="last_service"),
        Field("topic", "legal/topic", "topic", "string", "", restricted=True),
    ),
    repeats=(),
    entities=(EntityDeclaration("households", creates=False, updates=True),),
    entity_lists=("households",),
)  # fmt: skip


def publish(schema: Schema) -> FormVersion:
    form, _ = Form.objects.get_or_create(form_id=schema.form_id, defaults={"title": schema.title})
    form.current = FormVersion.objects.create(
        form=form,
        version=schema.version,
        title=schema.title,
        xlsform=b"",
        xform=b"",
        md5="",
        schema_json=schema_to_json(schema),
    )
    form.save()
    return form.current


def entity_of(card: str) -> uuid.UUID:
    """The entity that a tablet would have made for this card."""
    return uuid.UUID(hashlib.md5(card.encode(), usedforsecurity=False).hexdigest(), version=4)


def family_of(card: str) -> tuple[str, str, int]:
    """Who lives there, by the card: another card is another family. Man, woman, his age."""
    digest = hashlib.sha256(normalize_card_number(card).encode()).digest()
    number = int.from_bytes(digest[:6], "big")
    men = ("Асан", "Бакыт", "Нурлан", "Жеңиш", "Кубаныч", "Таалай", "Эрмек", "Данияр", "Максат")
    women = ("Айгүл", "Жаңыл", "Бермет", "Чолпон", "Нуриза", "Гүлнара", "Зууракан", "Каныкей")
    return men[number % 9], women[number // 9 % 8], 25 + number // 72 % 50


def registration(
    instance_id: str,
    *,
    card: str = "KG-06-00123",
    replaces: str = "",
    version: str = "1",
    head: str = "Асанова Гүлнара",
    district: str = "KG06207000000",
    more: str = "",
    create: str = "1",
    entity: uuid.UUID | str = "",
) -> bytes:
    deprecated = f"<deprecatedID>{replaces}</deprecatedID>" if replaces else ""
    man, woman, age = family_of(card)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<data xmlns:orx="http://openrosa.org/xforms" id="registration" version="{version}">
  <start>2026-06-03T09:00:00.000+06:00</start><end>2026-06-03T09:40:00.000+06:00</end>
  <consent>yes</consent>
  <place><district>{district}</district><card_no>{card}</card_no></place>
  <head_name>{head}</head_name><hh_size>2</hh_size>
  <roster>
    <member><name>{man}</name><age>{age}</age><trip><year>2013</year></trip></member>
    <member><name>{woman}</name><age>{age - 3}</age></member>
  </roster>{more}
  <orx:meta><orx:instanceID>{instance_id}</orx:instanceID>{deprecated}
    <entity dataset="households" create="{create}" id="{entity or entity_of(card)}">
      <label>{card} {head}</label></entity>
  </orx:meta>
</data>""".encode()


def refusal(instance_id: str) -> bytes:
    return f"""<data id="registration" version="1"><consent>no</consent><meta>
      <instanceID>{instance_id}</instanceID>
      <entity dataset="households" create="" id="{uuid.uuid4()}"><label> </label></entity>
    </meta></data>""".encode()


def service(
    instance_id: str, *, card: str = "KG-06-00123", topic: str = "", entity: object = None
) -> bytes:
    chosen = entity_of(card) if entity is None else entity
    legal = f"<legal><topic>{topic}</topic></legal>" if topic else ""
    return f"""<data id="service" version="1">
      <pick><household>{chosen}</household><card_no>{card}</card_no></pick>
      <service_type>grant</service_type>{legal}
      <meta><instanceID>{instance_id}</instanceID>
        <entity dataset="households" update="{"" if topic else 1}" id="{chosen}"/></meta>
    </data>""".encode()


def arrive(raw_xml: bytes, *, files: Iterable[str] = ()) -> Submission:
    """What the door does with a delivery; the worker has not seen it yet."""
    stored = [StoredFile(name, hashlib.sha256(name.encode()).hexdigest(), 1) for name in files]
    received = receive_submission(raw_xml=raw_xml, files=stored, sender=Sender())
    return Submission.objects.get(pk=received.submission_id)


def drain() -> int:
    """Processes and links until nothing waits; gives how many submissions that were."""
    total = 0
    while took := process_waiting():
        total += took
    while link_waiting():
        pass
    return total
