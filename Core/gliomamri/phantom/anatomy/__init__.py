"""Healthy heads: what tissue is where, before a patient is made of one."""

from gliomamri.phantom.anatomy.anatomy import Anatomy

__all__ = ["Anatomy"]
