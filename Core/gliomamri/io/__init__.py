"""Files in, files out: images, sidecars, DICOM, BIDS, results and job inputs.

Every failure is a :class:`gliomamri.errors.UserError` whose sentence names the image by its role, never by its
file; the file is in the details. What is worth knowing but no failure travels as notes, sentences that end in
:attr:`gliomamri.study.Study.notes`.
"""
