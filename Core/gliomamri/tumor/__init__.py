"""Tumor detection and segmentation with the networks of a model package.

    study -> network_input (inputs.py)  -> channels on the model's grid
          -> predict (inference.py)     -> probabilities, and how far the ensemble's answers differ
          -> segmentation/task.py       -> label map, volumes, chart, comparison with an annotation
          -> detection/task.py          -> probability of tumor per slice

Order and scaling of the channels, voxel size and labels come from the package's metadata; nothing here knows a model.
"""
