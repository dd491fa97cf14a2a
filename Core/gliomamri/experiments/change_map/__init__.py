"""How honest the z-score of the change of R1 is: simulated patients through the whole task, against what is true.

``python -m gliomamri.experiments.change_map --patients 3 --out DIR`` simulates raw MAGIC before and after contrast
agent, runs the task ``quantitative`` and writes two tables: false positives in healthy tissue, and the change in the
shells around the annotation and in their mirror. Patients come from the standard generator and from the shifted one.
"""
