"""The command line: ``gliomamri COMMAND``, from simulated patients to trained models.

Examples
--------
::

    gliomamri tasks
    gliomamri run relaxometry STUDY_FOLDER --out RESULT
    gliomamri run relaxometry --image IRT1=inversion.nii.gz --set inversion_times=50,100,200,500,2000,4000 --out RESULT
    gliomamri run relaxometry STUDY_FOLDER --prepare JOBS
    gliomamri job JOBS/job-xxxxxxxx
    gliomamri cohort quantitative DATASET --out RESULTS
    gliomamri simulate --kind glioma --seed 7 --out DATASET
    gliomamri simulate-cohort --patients 100 --kinds glioma=0.7,healthy=0.3 --seed 1 --out DATASET
    gliomamri train segment --simulate 144 --config cMRI --out RUN
    gliomamri evaluate RUN/model --simulate 60 --preset shifted --out SCORES
    gliomamri crossvalidate detect --data DATASET --config both --out CV
"""

from gliomamri.cli.program import main
from gliomamri.cli.tasks import describe_task

__all__ = ["describe_task", "main"]
