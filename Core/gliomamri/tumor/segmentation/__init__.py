"""The task ``segment``: tumor, core and enhancing tumor as a label map, with volumes and how far answers differ."""
