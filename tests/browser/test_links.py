"""Cases of linkage in Chromium, at a desk and on a phone: the keyboard, undo, a whole story."""

from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings
from playwright.sync_api import expect

from backend.accounts.models import User
from surveys.households.models import CandidateLink
from surveys.links.models import Adjudication, CaseClaim
from sync.demo import make_demo
from tests.browser.visitor import Visitor
from tests.conftest import PASSWORD
from tests.surveys.links.families import candidate, homes, settle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def demo(db: None, tmp_path: Path) -> User:
    """The demo's families that look alike, as the first start leaves them."""
    data = Path(settings.BASE_DIR) / "data"
    make_demo(data=data, secrets_file=tmp_path / "demo.json", base_url="http://x", families=True)
    settle()
    user = User.objects.get(username="supervisor")
    user.set_password(PASSWORD)
    user.save()
    return user
