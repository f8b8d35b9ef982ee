"""XLSForm → XForm. The only file that knows pyxform; no Java validator runs. Pure."""

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pyxform.errors import PyXFormError
from pyxform.xls2json_backends import get_xlsform
from pyxform.xls2xform import convert

from surveys.xforms.findings import Finding, WorkbookError, XlsformError
from surveys.xforms.workbook import workbook_kind


@dataclass(frozen=True, slots=True)
class Converted:
    """`privacy` is the classes the survey sheet gives, by path below the root element."""

    xform: bytes
    warnings: tuple[Finding, ...]
    privacy: dict[str, str]


def xlsform_to_xform(content: bytes) -> Converted:
    """Converts a workbook, .xlsx or old .xls by its content.

    Raises `WorkbookError` when the file cannot be opened, `XlsformError` with every finding when
    it is no form that can be published. The same bytes always give the same XForm.
    """
    workbook = _open(content)
    privacy: dict[str, str] = {}
    warnings: list[str] = []
    try:
        result = convert(
            {name: getattr(workbook, name) for name in workbook.__slots__}, warnings=warnings
        )
    except PyXFormError as error:
        raise XlsformError([_finding(str(error))]) from error
    return Converted(
        xform=result.xform.encode(),
        warnings=tuple(_finding(warning) for warning in warnings),
        privacy=privacy,
    )


def _open(content: bytes) -> Any:
    kind = workbook_kind(content)
    try:
        return get_xlsform(BytesIO(content), file_type=kind)
    except PyXFormError as error:
        raise WorkbookError("workbook_unreadable", reason=str(error)) from error


def _finding(message: str) -> Finding:
    row = re.match(r"\[row : (\d+)\]\s*", message)
    return Finding(message[row.end() :] if row else message, row=int(row[1]) if row else None)
