"""Persons over the records of a household: which lines of its rosters are one person.

Inside a household only, one to one, by `align_persons`; ids follow the founder rule, so the line
that first told of a person keeps its id.
"""

from collections.abc import Collection, Mapping
from uuid import UUID


def align_people(records: Collection[UUID], home: Mapping[UUID, UUID]) -> None:
    """Makes persons and their memberships what rosters and households say. Safe to run twice."""
