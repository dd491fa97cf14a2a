"""The task ``detect``: probability of tumor, slice by slice."""
