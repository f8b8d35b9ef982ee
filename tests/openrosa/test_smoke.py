import pytest

from surveys.submissions.models import Attachment
from tests.device import Tablet
from tests.openrosa.conftest import make_record

pytestmark = pytest.mark.django_db


def test_a_tablet_fetches_and_posts(tablet: Tablet, form) -> None:
    forms = tablet.form_list()
    assert [f["formID"] for f in forms] == ["visit"]
    tablet.fetch_form(forms[0])
    xml = make_record()
    a = tablet.send(xml, [("a.jpg", b"x" * 1000, "image/jpeg")])
    assert a.status == 201, a.content
    assert tablet.send(xml, [("a.jpg", b"x" * 1000, "image/jpeg")]).status == 202
    assert tablet.send(xml, [("a.jpg", b"y", ""), ("b.jpg", b"y", "")]).status == 201
    assert tablet.send(xml.replace(b"Ali", b"Aly")).status == 409
    assert tablet.send(xml.replace(b"<name>", b"  <name>")).status == 202
    assert tablet.send(xml.replace(b'"visit"', b'"x"')).status == 404
    assert tablet.send(xml[:50]).status == 400
    print([(a.name, a.alternate) for a in Attachment.objects.all()])
