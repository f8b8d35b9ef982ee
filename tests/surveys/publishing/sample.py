"""A small form as its author writes it, and files that are none."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from surveys.publishing.drafts import keep_draft
from surveys.publishing.models import FormDraft
from tests.xlsforms import workbook

VISIT = """
| survey  |                |           |                      |                      |
|         | type           | name      | label::English (en)  | label::Тоҷикӣ (tg)   |
|         | integer        | rooms     | How many rooms?      | Чанд ҳуҷра?          |
|         | select_one yes | legal     | Legal help?          |                      |
|         | text           | resp_name | Who answers?         | Кӣ ҷавоб медиҳад?    |
| choices |                |           |                      |                      |
|         | list_name      | name      | label::English (en)  | label::Тоҷикӣ (tg)   |
|         | yes            | 1         | Yes                  | Ҳа                   |
|         | yes            | 0         | No                   | Не                   |
"""
ROOMS_AS_TEXT = VISIT.replace("integer        | rooms", "text           | rooms")
ROOMS_RENAMED = VISIT.replace("| rooms     |", "| n_rooms   |")


def upload(content: bytes, name: str = "visit.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def draft_of(table: str = VISIT, version: str = "2", form_id: str = "visit") -> FormDraft:
    return keep_draft(content=workbook(table, version=version, form_id=form_id))


def publish_page(client: Client, draft: FormDraft, **said: object) -> object:
    """Confirms what the draft's page shows now."""
    page = client.get(f"/forms/drafts/{draft.pk}/")
    looked_at = page.context["now"].current
    words = {"looked_at": looked_at.pk if looked_at else "", "round": "", **said}
    return client.post(f"/forms/drafts/{draft.pk}/publish/", words)
