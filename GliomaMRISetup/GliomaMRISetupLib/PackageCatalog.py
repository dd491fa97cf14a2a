"""The Python packages that GliomaMRI uses, and what each is for."""

from __future__ import annotations

from dataclasses import dataclass

BUNDLED = "bundled with Slicer"
FIGURES = "figures"
SIMULATION = "simulated patients"
NETWORKS = "networks"


@dataclass(frozen=True)
class Package:
    """One package.

    Parameters
    ----------
    name : str
        Distribution name, as pip knows it.
    group : str
        ``BUNDLED``, ``FIGURES``, ``SIMULATION`` or ``NETWORKS``.
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
    Package("pydicom", BUNDLED, "parameters in DICOM headers"),
    Package("matplotlib", FIGURES, "figures in reports"),
    Package("nilearn", SIMULATION, "simulated patients: anatomy"),
    Package("threadpoolctl", SIMULATION, "simulated patients: speed"),
    Package("torch", NETWORKS, "neural networks"),
    Package("monai", NETWORKS, "network architectures"),
    Package("scikit-image", NETWORKS, "supervoxels"),
    Package("scikit-learn", NETWORKS, "classical learning"),
    Package("safetensors", NETWORKS, "model files without code"),
)
