"""Input configurations: which images a network is given (paper 000, table 1), and the one that takes any of them.

Called by :mod:`gliomamri.training.recipes`; tested by Testing/unit/training/test_recipes.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from gliomamri.roles import ROLES

CONVENTIONAL = ("ceT1w", "T1w", "FLAIR", "T2w")
QUANTITATIVE = ("T1map", "T2map", "PDmap")
CONTRAST_ENHANCED = ("ceT1map", "ceT2map", "cePDmap")


@dataclass(frozen=True)
class Configuration:
    """Images of one configuration.

    Attributes
    ----------
    name, title : str
        As on the command line; words.
    roles : tuple of str
        The network's channels, in order.
    sets : tuple of tuples of str
        Of sequence dropout: each patch keeps one of them; empty where the network always has all channels.
    sufficient : tuple of tuples of str
        Sets of roles that are enough to use the network.
    missing : float
        Probability that a patch loses one more of its roles.
    """

    name: str
    title: str
    roles: tuple[str, ...]
    sets: tuple[tuple[str, ...], ...] = ()
    sufficient: tuple[tuple[str, ...], ...] = ()
    missing: float = 0.0

    def lacking(self, given: set[str] | frozenset[str]) -> tuple[str, ...]:
        """Return the roles that a patient with images of ``given`` roles needs more; empty when there are enough."""
        groups = self.sufficient or (self.roles,)
        return min((tuple(role for role in group if role not in given) for group in groups), key=len)

    def missing_sentence(self, given: set[str] | frozenset[str]) -> str:
        """Say which images a patient lacks; empty when there are enough."""
        lacking = self.lacking(given)
        titles = ", ".join(ROLES[role].title for role in lacking)
        return f"The configuration {self.name} needs {titles} too." if lacking else ""


_BOTH = (*QUANTITATIVE, *CONTRAST_ENHANCED)
_ANY = (*CONVENTIONAL, *_BOTH)

CONFIGURATIONS: dict[str, Configuration] = {
    one.name: one
    for one in (
        Configuration("cMRI", "conventional MRI", CONVENTIONAL),
        Configuration("qMRI", "quantitative maps", QUANTITATIVE),
        Configuration("qMRI_Gd", "quantitative maps after contrast agent", CONTRAST_ENHANCED),
        Configuration("both", "quantitative maps before and after contrast agent", _BOTH),
        # cMRI twice as often [our choice]: it is what most patients have.
        Configuration(
            "any",
            "whichever images there are",
            _ANY,
            sets=(CONVENTIONAL, CONVENTIONAL, QUANTITATIVE, CONTRAST_ENHANCED, _BOTH, _ANY),
            sufficient=(CONVENTIONAL, QUANTITATIVE, CONTRAST_ENHANCED),
            missing=0.15,
        ),
    )
}
"""Input configurations by name."""
