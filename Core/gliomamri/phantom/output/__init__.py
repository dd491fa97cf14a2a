"""What becomes of a simulated patient: results for Slicer, BIDS data sets, cohorts."""
