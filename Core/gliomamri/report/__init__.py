"""The report of a result: one self-contained HTML page with figures, and the color maps that it uses."""
