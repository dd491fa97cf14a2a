"""Diffusion and diffusion-relaxation: signal equations in :mod:`~gliomamri.diffusion.signals`."""
