"""The one exception that is meant for the user's eyes."""

from __future__ import annotations


class UserError(Exception):
    """A failure that the user can mend, told in one sentence.

    Parameters
    ----------
    sentence : str
        What is wrong and what to do about it, in words a clinician understands.
    details : str, optional
        The cause behind it (an exception's text, a file name), shown on request only.
    """

    def __init__(self, sentence: str, details: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details = details
