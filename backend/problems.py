"""Problem: an error with a stable code. The one table of codes, words and HTTP statuses.

The same Problem leaves as RFC 9457 JSON (`backend.api`) or as OpenRosa XML (`sync.openrosa`).
`docs/problems.md` explains each code to the person who meets it.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from backend.said import Said


@dataclass(frozen=True, slots=True)
class Kind:
    """What a code always means: its HTTP status, a title, and words with places for details."""

    status: int
    title: str
    words: str

    @property
    def meaning(self) -> str:
        """The words in the language of the page, with … where a problem has its details."""
        return re.sub(r"{[^}]*}", "…", gettext(self.words))


KINDS: dict[str, Kind] = {
    # Who is calling
    "login_required": Kind(401, "Log in", "Log in, or send a valid token."),
    "token_unknown": Kind(
        403,
        "Token not valid",
        "This tablet's access was ended or never existed. Your data is safe on it; ask your supervisor for a new QR code.",
    ),
    "device_revoked": Kind(
        409,
        "Access was ended",
        "The access of this tablet was ended. Restore it first, or enrol the tablet anew.",
    ),
    "code_invalid": Kind(
        403,
        "Code not valid",
        "This enrolment code was used, is older than three days or never existed. Ask your supervisor for a new one.",
    ),
    "tls_required": Kind(
        403,
        "Secure link needed",
        "A password may only be sent over https. Use the QR code or an https address.",
    ),
    "not_allowed": Kind(403, "Not allowed", "Your role does not allow this."),
    "token_scope": Kind(
        403,
        "Token is for other forms",
        "This token opens only the forms {form_ids}, and nothing that spans forms.",
    ),
    "field_masked": Kind(
        403,
        "Field is masked",
        "The field {field!r} holds personal data that your role may not see or filter by.",
    ),
    "purpose_missing": Kind(
        400, "Say why", "Unmasking personal data needs a reason of at least 10 characters."
    ),
    # Indicators
    "table_refused": Kind(
        422,
        "Table not loaded",
        "The table {table} was not loaded, and what was there stays. {reason}",
    ),
    "indicator_unknown": Kind(404, "No such indicator", "There is no indicator {indicator!r}."),
    "indicator_no_data": Kind(
        409,
        "Not computed yet",
        "The indicator {indicator} has no figures yet: nothing was computed, or tables are missing.",
    ),
    "rates_missing": Kind(
        409,
        "Months are missing",
        "The indicator {indicator} cannot be computed: the table {table} lacks {first}{more}. Load these months.",
    ),
    "override_stands": Kind(
        409,
        "Already overridden",
        "Somebody has already said whether this family is vulnerable. Revoke that first.",
    ),
    "indicator_frozen": Kind(
        409,
        "Frozen before",
        "The indicator {indicator} is frozen for {period}. What changed since stands in its history.",
    ),
    # What a tablet sends
    "multipart_malformed": Kind(
        400,
        "Upload broken",
        "The upload is incomplete or not multipart/form-data. Nothing is lost: it will be sent again.",
    ),
    "xml_part_missing": Kind(
        400, "No record in upload", "The upload has no part named xml_submission_file."
    ),
    "xml_malformed": Kind(
        400,
        "Record cannot be read",
        "The record is empty, cut off or not well-formed XML. The bytes were kept for support; the record stays on your tablet.",
    ),
    "xml_forbidden": Kind(
        400,
        "Record refused",
        "The record declares a document type or entities, which no form does. The bytes were kept for support.",
    ),
    "xml_too_deep": Kind(
        400,
        "Record too deeply nested",
        "The record is nested deeper than any form. The bytes were kept for support.",
    ),
    "xml_too_wide": Kind(
        400,
        "Record too wide",
        "The record has more elements, or more attributes on one of them, than any form. The bytes were kept for support.",
    ),
    "xml_too_large": Kind(
        413,
        "Record too large",
        "The record's XML is larger than {limit_mb} MB. Ask your supervisor.",
    ),
    "form_id_missing": Kind(
        400,
        "Form unknown",
        "The record does not say which form it belongs to. The bytes were kept for support.",
    ),
    "form_unknown": Kind(
        404,
        "Form unknown",
        "This server has no form {form_id!r}. The record was kept for support and stays on your tablet; ask your supervisor.",
    ),
    "instance_conflict": Kind(
        409,
        "Same number, other content",
        "A record with this number is stored with other content. This one was kept apart for your supervisor to compare; it stays on your tablet too.",
    ),
    "device_forbidden": Kind(
        403, "Not a data collector", "This account may not send or fetch forms."
    ),
    "device_token_required": Kind(
        403, "For tablets only", "This address takes a tablet's token and nothing else."
    ),
    # What a tablet sends as JSON
    "push_too_large": Kind(
        413,
        "Push too large",
        "A push may hold {max_items} records and {max_mb} MB, unpacked. Send it in parts.",
    ),
    "inflated_too_large": Kind(
        413,
        "Body too large",
        "The body unpacks to more than {limit_mb} MB or {ratio} times its size. Send it in parts.",
    ),
    "gzip_malformed": Kind(
        400,
        "Body cannot be unpacked",
        "The body is cut off or is not gzip. Nothing was stored: send it again.",
    ),
    "encoding_unsupported": Kind(
        415, "Encoding not taken", "A body may be sent as it is or with Content-Encoding: gzip."
    ),
    "item_malformed": Kind(
        400,
        "Record cannot be read",
        "The item is no record: {reason}. The bytes were kept for support; the record stays on your tablet.",
    ),
    # Attachments that come in pieces
    "tus_version_unknown": Kind(
        412, "tus 1.0.0 only", "Say Tus-Resumable: 1.0.0, and use that version of the protocol."
    ),
    "upload_malformed": Kind(400, "Upload not understood", "{reason}"),
    "upload_type_wrong": Kind(
        415, "Type not taken", "Send the bytes as application/offset+octet-stream."
    ),
    "upload_too_large": Kind(413, "File too large", "A file may hold {limit_mb} MB at most."),
    "upload_forbidden": Kind(
        403, "Another tablet's record", "The record of this file was sent by another tablet."
    ),
    "upload_expired": Kind(
        410, "Upload expired", "This upload was not finished in time; begin it anew."
    ),
    "upload_offset_wrong": Kind(
        409, "Offset not right", "{offset} bytes of this file are here; go on from there."
    ),
    "upload_checksum_wrong": Kind(
        460,
        "Checksum not right",
        "The bytes were damaged on their way and not kept; go on from {offset}.",
    ),
    "upload_sha256_wrong": Kind(
        460,
        "File damaged",
        "The file is whole, but not the one whose SHA-256 was promised; send it anew from 0.",
    ),
    "answers_invalid": Kind(
        422,
        "Answers do not fit the form",
        "The answers do not fit the form in {count} place(s). They were kept for your supervisor; corrected answers may be sent under the same number.",
    ),
    # What a person asks for
    "not_found": Kind(404, "Not found", "There is nothing at this address, or you may not see it."),
    "method_not_allowed": Kind(405, "Method not allowed", "This address does not take {method}."),
    "request_malformed": Kind(400, "Request not understood", "{reason}"),
    "unsupported_media_type": Kind(415, "Type not taken", "Send application/json."),
    "not_acceptable": Kind(406, "Type not offered", "This address gives application/json."),
    "too_many_requests": Kind(429, "Too many requests", "Wait a little and try again."),
    "field_unknown": Kind(400, "Field unknown", "The form has no field {field!r}."),
    "operator_unknown": Kind(
        400,
        "Operator unknown",
        "The field {field!r} cannot be filtered by {operator!r}; it takes {allowed}.",
    ),
    "value_invalid": Kind(400, "Value not valid", "{field!r}: {reason}"),
    "place_unknown": Kind(400, "Place unknown", "There is no place with the code {place!r}."),
    "place_merge_invalid": Kind(
        409, "Places cannot be merged", "{place} cannot become a part of {into}: {reason}"
    ),
    "place_not_merged": Kind(409, "Not merged", "{place} is not a part of another place."),
    "cursor_invalid": Kind(
        400, "Cursor not valid", "This cursor is not from this list; start again without it."
    ),
    "query_malformed": Kind(400, "Query cannot be read", "{option} cannot be read: {reason}."),
    "query_unsupported": Kind(
        501,
        "Not supported",
        "This server does not support {what}; nothing was answered rather than something wrong.",
    ),
    "record_changed": Kind(
        409,
        "Record changed meanwhile",
        "Someone was faster: the record is now {review_state}. Look at it again, then decide.",
    ),
    # Corrections
    "correction_stale": Kind(
        409,
        "Answer changed meanwhile",
        "The answer to {path} is another now than the one to be corrected. Nothing was done: look at the record again.",
    ),
    "correction_waiting": Kind(
        409,
        "A correction waits already",
        "Somebody proposed a correction of {path} that waits for approval. Decide on that first.",
    ),
    "correction_decided": Kind(
        409, "Decided already", "Somebody was faster: the correction is {state} now."
    ),
    "correction_busy": Kind(
        409,
        "Being decided already",
        "A worker is deciding on what was proposed with it: {left} answer(s) are left. Wait, or stop that first.",
    ),
    "correction_own": Kind(
        403,
        "Not by the same person",
        "Whoever proposed a correction may withdraw it; somebody else approves it.",
    ),
    "correction_rests": Kind(
        409,
        "Another correction rests on it",
        "{count} later correction(s) hold only because of this one. Revoke those first.",
    ),
    "correction_invalid": Kind(
        422,
        "Correction breaks the form's rules",
        "With this correction the record breaks rules of its form in {count} place(s). Nothing was done.",
    ),
    "corrections_refused": Kind(
        422,
        "Nothing was imported",
        "The sheet has {count} cell(s) that cannot be taken. Mend them and import it again.",
    ),
    "question_fixed": Kind(
        422,
        "Not to be corrected",
        "The answer to {path} follows from others, is a file, or says which household it is: it is not corrected by itself.",
    ),
    "record_unreadable": Kind(
        409,
        "Record cannot be read",
        "The record is encrypted, or its form was never published here: nothing in it can be corrected.",
    ),
    "question_unknown": Kind(400, "Question unknown", "The form has no question {path!r}."),
    "comment_missing": Kind(
        400, "Say what is wrong", "Write a comment, on the record or on a question."
    ),
    "reason_missing": Kind(400, "Say why", "A decision is kept with its reason. Write no names."),
    "flag_changed": Kind(
        409,
        "Changed meanwhile",
        "Someone was faster, or the flag is so already: it is {state} now. Look at it again.",
    ),
    "check_unknown": Kind(404, "No such check", "There is no quality check {check!r}."),
    "nothing_to_draw": Kind(
        409, "Nothing to draw from", "No interview that you see is of this form and these days."
    ),
    "back_check_invalid": Kind(409, "Not the second interview", "{reason}"),
    "link_changed": Kind(
        409,
        "Changed meanwhile",
        "Somebody decided, or a record changed, since you looked. Nothing was decided: look again.",
    ),
    "link_claimed": Kind(
        409,
        "Somebody has it open",
        "Somebody else is deciding on these records until {until}. Nothing was decided.",
    ),
    "record_unknown": Kind(
        404, "Record not known", "There is no record {record!r} of a household, or it was deleted."
    ),
    "decision_invalid": Kind(
        400,
        "Not a decision",
        "Say of two different records that they are the same, different, or that you are unsure.",
    ),
    "decision_revoked": Kind(
        409, "Already taken back", "This decision no longer holds: somebody took it back."
    ),
    "brake_lifted": Kind(409, "Brake is off", "Somebody has lifted this brake already."),
    "conflict_settled": Kind(
        409, "Settled already", "Somebody has settled this conflict meanwhile."
    ),
    "conflict_outdated": Kind(
        409,
        "Changed meanwhile",
        "The household was updated since you looked; it is at version {entity_version} now. Look again and choose.",
    ),
    "groups_too_many": Kind(
        400,
        "Too many groups",
        "This gives more than {limit} groups, or needs more memory than a request may have; filter it, or group by less.",
    ),
    "snapshot_waiting": Kind(
        503,
        "Being counted",
        "The records of {form_id} are being made ready for groups; ask again in {retry_after} seconds.",
    ),
    "export_kind_unknown": Kind(400, "Kind unknown", "Exports are made as {allowed}."),
    "export_not_ready": Kind(
        409, "Not ready", "The export is {state}; ask again when it is ready."
    ),
    "export_too_large": Kind(
        422,
        "Too large for this kind",
        "This kind of file has no room for tables as wide as the form's; ask for CSV or Parquet.",
    ),
    "export_not_stoppable": Kind(409, "Not stoppable", "The export is {state} already."),
    "range_unsatisfiable": Kind(
        416, "No such part", "The file has {size} bytes; ask for a part that begins in it."
    ),
    "web_forms_off": Kind(
        404, "No web forms here", "This server has no Enketo beside it; ask whoever runs it."
    ),
    "enketo_away": Kind(
        503, "Web forms are away", "Enketo does not answer. Nothing is lost; try again later."
    ),
    "enketo_refused": Kind(
        502, "Web form refused", "Enketo answered {answered} and gave no address."
    ),
    # Publishing
    "workbook_unreadable": Kind(422, "Workbook cannot be read", "{reason}"),
    "workbook_too_large": Kind(
        422,
        "Workbook too large",
        "The workbook unpacks to more than {limit_mb} MB or {ratio} times its size; a form never does.",
    ),
    "xlsform_invalid": Kind(
        422, "Form not published", "Problems in the form: {count}; nothing was published."
    ),
    "rename_invalid": Kind(
        400,
        "Not the same question",
        "{old} cannot be the earlier name of {new}: {reason}.",
    ),
    "draft_closed": Kind(
        409,
        "Draft is closed",
        "The draft of {form_id} {version} was published or dropped. Upload the workbook again to go on.",
    ),
    "comparison_changed": Kind(
        409,
        "Something else was published",
        "Since you looked, another version of {form_id} was published. Nothing was published now: look again at what changes.",
    ),
    "breaks_unconfirmed": Kind(
        409,
        "Confirm what breaks",
        "{count} change(s) keep old answers from being compared with new ones. Confirm that this is meant.",
    ),
    "version_exists": Kind(
        409,
        "Version exists",
        "{form_id} version {version} is already published with other content; give the changed form a new version.",
    ),
    "version_current": Kind(
        409,
        "Version in use",
        "Tablets fetch version {version!r} of {form_id!r}; publish another first, or retire the form.",
    ),
    "media_name_invalid": Kind(
        422, "File name not usable", "The file name {name!r} cannot be used: {reason}"
    ),
    "media_unreadable": Kind(422, "File not usable", "The file {name!r} cannot be used: {reason}"),
    "round_unknown": Kind(404, "Round unknown", "There is no round with the code {round!r}."),
    "page_expired": Kind(
        403, "Page expired", "This page was open for too long. Go back, reload it and try again."
    ),
    # The machine
    "body_too_large": Kind(413, "Upload too large", "An upload may hold {limit_mb} MB at most."),
    "not_ready": Kind(
        503, "Not ready", "Away: {parts}. Nothing is lost; try again in a few seconds."
    ),
    "database_away": Kind(
        503,
        "Try again soon",
        "The server is catching its breath. Your data is safe; try again in a few seconds.",
    ),
    "server_busy": Kind(
        503,
        "Server busy",
        "Many tablets are sending at this moment. Your data is safe; send it again in {retry_after} seconds.",
    ),
    "disk_full": Kind(
        503,
        "Server disk full",
        "The server cannot store files right now. Your data is safe on your tablet; try again later.",
    ),
    "internal": Kind(
        500,
        "Server error",
        "Something went wrong on the server and was logged. Your data is safe; try again later.",
    ),
}
RETRY_AFTER_SECONDS = 5


def spoken(words: Any) -> Any:
    """What was Said, in the language of the page; everything else as it is."""
    return words.through(gettext) if isinstance(words, Said) else words


class Problem(Exception):
    """An error a caller can act on: `Problem("form_unknown", form_id="x")`.

    `details` fill the words and travel as members of the JSON; never put a name, phone or place in.
    A detail that is a sentence, `reason` above all, is Said where a page may show it.
    """

    def __init__(self, code: str, /, **details: Any) -> None:
        self.code = code
        self.kind = KINDS[code]
        self.details = details
        super().__init__(f"{code}: {self.words}")

    @property
    def status(self) -> int:
        return self.kind.status

    @property
    def title(self) -> str:
        return gettext(self.kind.title)

    @property
    def words(self) -> str:
        """In the language of the page; to programs always in English (`backend.languages`)."""
        details = {name: spoken(detail) for name, detail in self.details.items()}
        return gettext(self.kind.words).format(**details)

    @property
    def headers(self) -> dict[str, str]:
        if self.status in {429, 503}:
            return {"Retry-After": str(self.details.get("retry_after", RETRY_AFTER_SECONDS))}
        return {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}

    def as_json(self) -> dict[str, Any]:
        """The members of an RFC 9457 problem document."""
        return {
            **self.details,
            "type": f"/docs/problems#{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.words,
            "code": self.code,
        }
