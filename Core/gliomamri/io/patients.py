"""Images of two patients must never be taken for those of one."""

from __future__ import annotations

from collections.abc import Iterable

from gliomamri.errors import UserError

Patient = tuple[str, str]
"""PatientID (0010,0020) and PatientName (0010,0010) of a DICOM header, either of which may be empty."""


def check_one_patient(patients: Iterable[Patient]) -> None:
    """Make sure that all headers speak of one patient; those that name none (anonymized) do not count.

    The IDs are compared, and the names where one of the two has no ID.

    Raises
    ------
    UserError
        If they speak of several, without naming them.
    """
    known = sorted(set(patients))
    for number, one in enumerate(known):
        if any(_differ(one, other) for other in known[:number]):
            raise UserError(
                "The DICOM files belong to different patients; choose files or a folder of one patient."
            )


def _differ(one: Patient, other: Patient) -> bool:
    if one[0] and other[0]:
        return one[0] != other[0]
    return bool(one[1] and other[1]) and one[1] != other[1]
