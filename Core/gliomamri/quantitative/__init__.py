"""The whole quantitative analysis of a patient: fit, registration, tissue, regions; and of a cohort."""
