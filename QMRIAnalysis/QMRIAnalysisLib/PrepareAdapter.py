"""The task ``prepare`` as the panel starts it: all images on one grid."""

from QMRIAnalysisLib.TaskAdapter import TaskAdapter


class PrepareAdapter(TaskAdapter):
    """Registration, brain mask, one grid."""

    name = "prepare"
