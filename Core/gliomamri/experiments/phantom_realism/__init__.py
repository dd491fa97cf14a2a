"""How real simulated patients are: measures beside real ones, a classifier, pictures.

``python -m gliomamri.experiments.phantom_realism --real DIR --simulated DIR --out DIR`` writes the tables and
pictures. The same measures are taken in the same way, without truth labels of healthy tissue, from real and from
simulated images.
"""
