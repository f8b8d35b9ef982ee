"""The first page, the account page, the console and problem pages, as each role meets them."""

import re

import pytest
from django.test import Client

from backend.accounts.models import PersonalToken, User
from backend.accounts.tokens import user_of_token
from backend.audit.models import AuditEvent
from backend.middleware import API_DOCS_POLICY, PAGE_POLICY
from backend.problems import KINDS

PAGE = {"headers": {"accept": "text/html,application/xhtml+xml"}}


def text_of(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path, follow=True, **PAGE)
    assert response.status_code == status
    return response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/account/", "/account/password/"])
def test_nobody_logged_in_is_sent_to_the_login_page(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 302
    assert response["Location"] == f"/login/?next={path}"


@pytest.mark.django_db
def test_console_has_no_login_page_of_its_own(client: Client) -> None:
    response = client.get("/admin/", follow=True)

    assert response.redirect_chain[-1] == ("/login/?next=/admin/", 302)


@pytest.mark.django_db
def test_login_leads_to_the_page_that_was_wanted(client: Client, bob: User) -> None:
    page = client.get("/login/?next=/account/").content.decode()
    assert 'name="next" value="/account/"' in page

    answer = client.post(
        "/login/", {"username": "bob", "password": "a long enough password", "next": "/account/"}
    )

    assert answer["Location"] == "/account/"


@pytest.mark.django_db
def test_login_never_leads_to_another_server(client: Client, bob: User) -> None:
    answer = client.post(
        "/login/",
        {"username": "bob", "password": "a long enough password", "next": "https://evil.example/"},
    )

    assert answer["Location"] == "/"


@pytest.mark.django_db
def test_wrong_password_says_so_without_telling_which_was_wrong(client: Client, bob: User) -> None:
    answers = [
        client.post("/login/", {"username": name, "password": "wrong"}).content.decode()
        for name in ("bob", "nobody")
    ]

    messages = [re.search(r'role="alert">([^<]+)', page) for page in answers]
    assert messages[0] is not None
    assert messages[1] is not None
    assert messages[0][1] == messages[1][1]


def test_manager_sees_what_there_is_and_every_tablet(as_alice: Client) -> None:
    page = text_of(as_alice, "/")

    for words in ("households", "waiting", "Tablets", "Console"):
        assert words in page


def test_analyst_sees_data_and_exports_but_no_tablets_and_no_console(as_bob: Client) -> None:
    page = text_of(as_bob, "/")

    assert "Your exports" in page
    assert "/exports/" in page
    for words in ("Tablets", "/admin/", "parked"):
        assert words not in page


def test_enumerator_sees_how_to_connect_and_nothing_of_the_data(as_charlie: Client) -> None:
    page = text_of(as_charlie, "/")

    assert "sent by you" in page
    assert "http://testserver/openrosa" in page
    for words in ("households", "/exports/", "/records/", "/admin/", "/api/docs/"):
        assert words not in page


def test_first_page_of_an_empty_server_says_what_to_do(as_alice: Client) -> None:
    page = text_of(as_alice, "/")

    assert "No form is published yet. Upload your XLSForm" in page
    assert "No tablet is enrolled yet." in page


@pytest.mark.parametrize(("who", "status"), [("alice", 200), ("dilnoza", 200), ("bob", 403)])
def test_console_opens_by_role(
    request: pytest.FixtureRequest, client: Client, who: str, status: int
) -> None:
    client.force_login(request.getfixturevalue(who))

    text_of(client, "/admin/", status)


def test_only_admins_see_accounts_in_the_console(as_alice: Client, as_root: Client) -> None:
    assert "accounts" not in text_of(as_alice, "/admin/")
    text_of(as_alice, "/admin/accounts/user/", 403)
    text_of(as_root, "/admin/accounts/user/")


@pytest.mark.django_db
def test_role_admin_needs_no_superuser_flag(client: Client) -> None:
    client.force_login(User.objects.create_user("anna", role=User.Role.ADMIN))

    text_of(client, "/admin/accounts/user/add/")


def test_inactive_account_may_do_nothing() -> None:
    user = User(username="anna", role=User.Role.ADMIN, is_active=False)

    assert not user.has_perm("accounts.view_user")
    assert not user.has_module_perms("accounts")


def test_changing_an_account_leaves_an_audit_event(as_root: Client, bob: User) -> None:
    as_root.post(
        f"/admin/accounts/user/{bob.pk}/change/",
        {"username": "bob", "is_active": "on", "role": "supervisor", "place_codes": '["KG05"]'},
    )

    bob.refresh_from_db()
    assert bob.role == User.Role.SUPERVISOR
    event = AuditEvent.objects.get(action="account.changed")
    assert event.target_id == str(bob.pk)
    assert event.details == {"role": "supervisor", "changed": ["role", "place_codes"]}


def test_audit_events_can_be_read_but_not_changed_in_the_console(as_root: Client) -> None:
    event = AuditEvent.objects.create(action="tried")

    page = text_of(as_root, f"/admin/audit/auditevent/{event.pk}/change/")

    assert "tried" in page
    assert 'name="_save"' not in page
    text_of(as_root, "/admin/audit/auditevent/add/", 403)
    text_of(as_root, f"/admin/audit/auditevent/{event.pk}/delete/", 403)


def test_token_is_shown_once_works_and_can_be_revoked(as_bob: Client, bob: User) -> None:
    page = as_bob.post("/account/tokens/", {"name": "Stata"}).content.decode()
    found = re.search(r'readonly value="([^"]+)"', page)
    assert found is not None
    assert user_of_token(found[1]) == bob
    assert found[1] not in text_of(as_bob, "/account/")

    token = PersonalToken.objects.get()
    as_bob.post(f"/account/tokens/{token.pk}/revoke/")

    assert user_of_token(found[1]) is None
    assert list(AuditEvent.objects.values_list("action", flat=True)) == [
        "token.made",
        "token.revoked",
    ]


def test_nobody_revokes_the_token_of_another(as_alice: Client, bob: User) -> None:
    token = PersonalToken.objects.create(
        user=bob, name="Stata", digest="x", expires_at="2100-01-01T00:00Z"
    )

    assert as_alice.post(f"/account/tokens/{token.pk}/revoke/").status_code == 404


def test_enumerator_makes_no_token(as_charlie: Client) -> None:
    assert as_charlie.post("/account/tokens/", {"name": "x"}).status_code == 403
    assert not PersonalToken.objects.exists()


def test_password_can_be_changed(as_bob: Client, bob: User) -> None:
    new = "другой длинный пароль"

    answer = as_bob.post(
        "/account/password/",
        {
            "old_password": "a long enough password",
            "new_password1": new,
            "new_password2": new,
        },
    )

    assert answer["Location"] == "/account/"
    bob.refresh_from_db()
    assert bob.check_password(new)


@pytest.mark.django_db
def test_every_problem_code_has_its_line_on_the_problems_page(client: Client) -> None:
    page = text_of(client, "/docs/problems")

    assert [code for code in KINDS if f'id="{code}"' not in page] == []


@pytest.mark.django_db
def test_wrong_address_is_a_page_for_people_and_a_problem_for_programs(client: Client) -> None:
    assert "There is nothing at this address" in text_of(client, "/nowhere/", 404)

    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


@pytest.mark.django_db
def test_form_without_its_csrf_token_is_a_clear_page() -> None:
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post("/login/", {"username": "bob"}, **PAGE)

    assert answer.status_code == 403
    assert "reload it and try again" in answer.content.decode()


@pytest.mark.django_db
def test_pages_load_nothing_from_elsewhere_and_may_not_be_framed(client: Client) -> None:
    answer = client.get("/login/")

    assert answer["Content-Security-Policy"] == PAGE_POLICY
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    # "no-referrer" would make browsers send `Origin: null`, and no one could log in
    assert answer["Referrer-Policy"] == "same-origin"


def test_only_the_api_page_may_write_its_own_styles() -> None:
    assert "unsafe-inline" not in PAGE_POLICY
    assert "script-src" not in API_DOCS_POLICY


@pytest.mark.django_db
def test_guessing_a_password_on_the_login_page_is_stopped(client: Client, bob: User) -> None:
    right = {"username": "Bob", "password": "a long enough password"}
    for _ in range(10):
        page = client.post("/login/", {**right, "password": "wrong"}).content.decode()
        assert "do not belong together" in page
    page = client.post("/login/", {**right, "username": "bob"}).content.decode()
    assert "Try again in ten minutes" in page
    assert client.get("/account/").status_code == 302
    assert client.post("/login/", {"username": "alice", "password": "x"}).status_code == 200


@pytest.mark.django_db
def test_login_without_a_name_is_answered(client: Client) -> None:
    assert client.post("/login/", {"username": "b\0b", "password": "x"}).status_code == 200
