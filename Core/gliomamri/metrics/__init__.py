"""How well a prediction agrees with the truth: classification, overlap, surfaces, lesions; plain numpy and scipy."""
