"""The Python packages that GliomaMRI uses, and what each is for."""

from __future__ import annotations

from dataclasses import dataclass

BUNDLED = "bundled with Slicer"
FIGURES = "figures"
NETWORKS = "networks"


@dataclass(frozen=True)
class Package:
    """One package.

    Parameters
    ----------
    name : str
        Distribution name, as pip knows it.
    group : str
        ``BUNDLED``, ``FIGURES`` or ``NETWORKS``.
    purpose : str
        What it does for the user, in a few words.
    """

    name: str
    group: str
    purpose: str


PACKAGES = (
    Package("numpy", BUNDLED, "arrays"),
    Package("scipy", BUNDLED, "fits and filters"),
    Package("SimpleITK", BUNDLED, "images and their geometry"),
    Package("pydicom", BUNDLED, "acquisition parameters from DICOM headers"),
    Package("matplotlib", FIGURES, "figures in reports"),
    Package("torch", NETWORKS, "neural networks"),
    Package("monai", NETWORKS, "medical network architectures"),
    Package("scikit-image", NETWORKS, "supervoxels"),
    Package("scikit-learn", NETWORKS, "classical learning, cross-validation"),
    Package("safetensors", NETWORKS, "model files that cannot carry code"),
)
