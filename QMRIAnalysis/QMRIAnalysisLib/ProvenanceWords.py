"""What made a result, in words for the panel; no widget in here."""

import json

from slicer.i18n import tr as _

from gliomamri.errors import UserError
from gliomamri.tasks import find_task


def provenanceWords(description):
    """
    Give a short text, and all that is known as a longer one.

    :param description: what :func:`gliomamri_slicer.provenance.readProvenance` gave; None for what is not ours
    """
    if description is None:
        return _("not known"), ""
    name = str(description.get("task", ""))
    try:
        title = find_task(name).title
    except UserError:
        title = name
    version = description.get("versions", {}).get("gliomamri", "")
    day = str(description.get("created", ""))[:16].replace("T", " ")
    parts = (title, f"GliomaMRI {version}".strip(), f"{day} UTC" if day else "")
    return ", ".join(part for part in parts if part), json.dumps(description, indent=1)
