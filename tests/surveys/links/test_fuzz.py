"""Nothing that analysts' tools could ask makes a server error (schemathesis, hypothesis)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from backend.accounts.models import User
from backend.accounts.tokens import make_personal_token
from surveys.cleaning.models import CleanRow
from surveys.corrections.models import Correction
from surveys.datasets.models import Export, SavedQuery
from surveys.entities.models import EntityConflict
from surveys.households.models import CandidateLink, Household
from surveys.links.adjudicate import say_of_pair
from surveys.places.models import Place
from surveys.publishing.drafts import keep_draft
from tests.conftest import make_user
from tests.openapi import Known, application_of_the_test, try_out
from tests.surveys.datasets.records import SCHEMA, make_record, publish
from tests.surveys.entities.updates import ID, ONE, OTHER, update
from tests.surveys.household_forms import arrive
from tests.surveys.links.families import settle
from tests.xlsforms import workbook

ROOMS = """
| survey |         |       |           |
|        | type    | name  | label     |
|        | integer | rooms | How many? |
"""
NOT_OURS = "/api/v1/sync/"
SUBJECTS = (
    *("corrections", "devices", "entity-lists", "exports", "form-drafts", "forms"),
    *("households", "indicators", "links", "quality", "queries", "tokens"),
)
EXAMPLES = 4  # of each operation, and as many that break its schema
ROWS = ("/records/", "/groups/")

NAMES = [f.key for f in SCHEMA.fields] + ["id", "household", "place", "review_state", "end", "é"]
OPERATORS = ["", "__in", "__gt", "__lte", "__contains", "__isnull", "__like", "__", "__in__in"]
VALUES = ["", "1", "-0", "1e400", "NaN", "9" * 40, "KG", "KG,TJ", ",", "2014-06-03", "0001-01-01",
          "9999-12-31", "9999-12-31T23:59:59-14:00", "2014-06-03T13:20:00+25:00", "true", "null",
          "%", "_", "\\", "'; DROP TABLE x --", '{"$ne": 1}', "\0", "\ud83d\ude00".encode(
              "utf-16", "surrogatepass").decode("utf-16"), "я" * 1001,
          "00000000-0000-0000-0000-000000000007", "age,-age", "-", "visit", "country,needs",
          "place__oblast,hh_size"]  # fmt: skip
WORDS = ["ordering", "fields", "labels", "updated_since", "page_size", "cursor", "layer", "place",
         "missing", "count", "deleted", "unmask", "format", "by", "of", "member__age",
         "member__shoe", "member__first_name__contains"]  # fmt: skip
ANY_VALUE = st.sampled_from(VALUES) | st.text(max_size=20)
FILTERS = st.dictionaries(
    st.builds(str.__add__, st.sampled_from(NAMES), st.sampled_from(OPERATORS))
    | st.sampled_from(WORDS),
    ANY_VALUE,
    max_size=3,
)
# What an OData filter is made of, right and wrong, in an order nobody thought of.
PIECES = st.sampled_from(
    ["hh_size", "place/country", "country", "day", "end", "has_land", "needs", "__id", "gps",
     "__system/submissionDate", "__system/reviewState", "village", "head", "nobody", " eq ",
     " ne ", " gt ", " in ", " and ", " or ", "not ", "(", ")", ",", "'KG'", "'O''Hara'", "'",
     "null", "true", "2014-06-03", "2014-06-03T13:20:00Z", "9999-99-99", "5", "-5.5", "1e999",
     "contains(", "startswith(", "year(", "now()", "length(", "any(x:x eq 1)", "$it", "\0", "я"]
)  # fmt: skip
ODATA = st.fixed_dictionaries(
    {},
    optional={
        "$filter": st.lists(PIECES, max_size=9).map("".join) | ANY_VALUE,
        "$orderby": st.lists(PIECES, max_size=3).map("".join) | ANY_VALUE,
        "$select": st.lists(PIECES, max_size=3).map(",".join) | ANY_VALUE,
        "$expand": st.sampled_from(["*", "member", "member($filter=age gt 1)", "("]) | ANY_VALUE,
        "$top": ANY_VALUE,
        "$skip": ANY_VALUE,
        "$count": ANY_VALUE,
        "$skiptoken": ANY_VALUE,
        "$apply": ANY_VALUE,
        "$search": ANY_VALUE,
        "flat": ANY_VALUE,
        "labels": ANY_VALUE,
        "unmask": ANY_VALUE,
    },
)
SETS = ["Submissions", "Submissions.member", "$metadata", "", "Submissions/$count", "Nothing",
        "Submissions('uuid:x')", "Submissions('')", "Submissions(", "Submissions('a')/member",
        "choices", "Submissions%00"]  # fmt: skip


@pytest.fixture
def known(
    link: CandidateLink, two: tuple[UUID, UUID], alai: Place, root: User, settings: Any,
    tmp_path: Path,
) -> Known:  # fmt: skip
    """Something of each kind, with the ids that lead to it."""
    settings.EXPORT_DIR = settings.SNAPSHOT_DIR = tmp_path
    form = publish()
    answers = {
        "partner": "aid",
        "country": "KG",
        "hh_size": 5,
        "day": "2014-06-03",
        "needs": ["work"],
    }
    record = make_record(form, answers, members=[{"age": 7}], place=alai)
    make_record(form, {"head": "Асанова", "income": 0.5}, minutes=1)
    for name, service, branch in (("uuid:2", "loan", ONE), ("uuid:3", "seed", OTHER)):
        arrive(update(name, service, base=1, branch=branch, trunk=1))
    settle()
    decision = say_of_pair(a=two[0], b=two[1], verdict="unsure", reason="They were away", by=root)
    exports = [
        Export.objects.create(form=form, kind="csv", asked_by=root, state=state, size=3)
        for state in (Export.State.READY, Export.State.WAITING)
    ]
    exports[0].path.write_bytes(b"abc")
    saved = SavedQuery.objects.create(
        name="Large", form=form, query={"hh_size__gte": "5"}, owner=root
    )
    correction = Correction.objects.create(
        bundle=uuid4(), form=form, submission=record.submission, record_id=record.pk,
        row_id=record.pk, path="hh_size", action="replace", old="5", new="6", reason="Asked",
        source="office", proposed_by=root, proposed_at=record.received_at,
    )  # fmt: skip
    correction.steps.create(step="proposed", by=root, at=record.received_at)
    records = list(CleanRow.objects.filter(repeat="").values_list("pk", flat=True))
    return {
        "form_id": ["visit", "registration", "no such form"],
        "kind": ["csv", "dta", "ddi"],
        "layer": ["raw", "analysis", ""],
        "repeat": ["member", "", "trip"],
        "filter": [{"hh_size__gte": "5"}, {"member__age": "x"}, {"\0": "\0"}],
        "query": [{"hh_size__gte": "5"}, {"ordering": "\0"}, {"fields": "hh_size,é"}],
        "record_id": [str(record.pk), *map(str, records)],
        "household_id": [str(each) for each in Household.objects.values_list("pk", flat=True)],
        "export_id": [str(each.pk) for each in exports],
        "query_id": [str(saved.pk)],
        "pk": [2**31, 2**63],
        "draft_id": [keep_draft(content=workbook(ROOMS, form_id="new")).pk, 2**31, 2**63],
        "looked_at": [None, 2**31, 2**63],
        "places": [["KG06"], ["no such place"], ["\0"], []],
        "decision_id": [decision.pk, 2**31, 2**63],
        "conflict_id": [*EntityConflict.objects.values_list("pk", flat=True), 2**63],
        "name": ["households", "no such list"],
        "entity_id": [str(ID)],
        "a": [str(two[0]), str(two[1])],
        "b": [str(two[1]), str(uuid4())],
        "edition": [f"uuid:{record.pk}", "x"],
        "newest": [0, 2**63],
        "last_step": [0, 2**63],
        "entity_version": [1, 3, -(2**63)],
        "correction_id": [str(correction.pk), str(uuid4())],
        "record": [str(record.pk), str(uuid4())],
        "row": [str(record.pk), str(uuid4())],
        "path": ["hh_size", "member/age", "\0", "nowhere"],
        "move": ["approve", "reject", "withdraw", "revoke", "bless"],
        "reason": ["They were asked", "\ud800", "\0"],
        "comment": ["Please visit again", "\0", ""],
    }


@pytest.fixture
def token(request: pytest.FixtureRequest, root: User) -> dict[str, str]:
    """Of an admin; of a partner, who knows ids by pseudonyms, where a test asks for one."""
    partner = getattr(request, "param", "") == "partner"
    user = make_user("aid", User.Role.PARTNER, partner="aid") if partner else root
    return {"Authorization": f"Bearer {make_personal_token(user=user, name='fuzz')}"}


@pytest.fixture
def schema(known: Known, token: dict[str, str]) -> Iterator[Any]:
    """The document as a token reads it, and the application behind it."""
    found = schemathesis.openapi.from_dict(Client(headers=token).get("/api/schema/").json())
    with application_of_the_test() as found.app:
        yield found


@pytest.mark.parametrize(
    ("token", "subject", "mode"),
    [
        *(("admin", subject, mode) for subject in SUBJECTS for mode in GenerationMode),
        ("partner", "forms", GenerationMode.POSITIVE),
    ],
    indirect=["token"],
    ids=lambda value: value.value if isinstance(value, GenerationMode) else value,
)
def test_no_request_of_an_analyst_makes_a_server_error(
    subject: str, mode: GenerationMode, schema: Any, known: Known, token: dict[str, str]
) -> None:
    """Every operation of a subject that the document describes, now and later."""
    paths = [path for path in schema.raw_schema["paths"] if not path.startswith(NOT_OURS)]
    assert {path.split("/")[3] for path in paths} == set(SUBJECTS)
    for path in (path for path in paths if path.split("/")[3] == subject):
        words = FILTERS if path.endswith(ROWS) else None
        for method in schema.raw_schema["paths"][path]:
            operation = schema[path][method.upper()]
            try_out(operation, token, examples=EXAMPLES, mode=mode, known=known, words=words)


@settings(
    max_examples=100, derandomize=True, deadline=None, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(path=st.sampled_from(SETS) | st.text(max_size=12), options=ODATA)
def test_no_feed_that_can_be_asked_for_makes_a_server_error(
    known: Known, token: dict[str, str], path: str, options: dict[str, str]
) -> None:
    """A 501 says what is not supported; no other answer may be a server's error."""
    answer = Client(headers=token).get(f"/v1/projects/1/forms/visit.svc/{quote(path)}", options)
    assert answer.status_code < 500 or answer.json()["code"] == "query_unsupported", answer.content
