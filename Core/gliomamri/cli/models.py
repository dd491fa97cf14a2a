"""``gliomamri models``: what models there are; import, remove, verify and convert them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gliomamri.modelstore.catalog import Listed

_EXAMPLES = """\
examples:
  gliomamri models list
  gliomamri models show tumor-segmentation
  gliomamri models import downloaded-model.zip
  gliomamri models convert brats_mri_segmentation --describe more.json --out brats

imported models lie in the user's data folder; GLIOMAMRI_MODELS names another
"""


def add_commands(commands: argparse._SubParsersAction) -> list[argparse.ArgumentParser]:
    """Add the command; give the parsers of its parts."""
    title = "list, show, import, remove, verify and convert models"
    models = commands.add_parser(
        "models",
        help=title,
        description=title,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parts = models.add_subparsers(required=True, metavar="WHAT")
    listing = parts.add_parser("list", help="list the models that come with GliomaMRI and the user's own")
    listing.set_defaults(command=_list)
    show = parts.add_parser("show", help="print the card of a model")
    show.add_argument("name", metavar="NAME")
    show.set_defaults(command=_show)
    bring = parts.add_parser("import", help="check a model package and take it into the user's folder")
    bring.add_argument("path", type=Path, metavar="PATH", help="folder or zip file")
    bring.set_defaults(command=_import)
    remove = parts.add_parser("remove", help="remove a model from the user's folder")
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(command=_remove)
    verify = parts.add_parser("verify", help="check a package's files, and build its networks")
    verify.add_argument("path", type=Path, metavar="PATH", help="folder")
    verify.set_defaults(command=_verify)
    convert = parts.add_parser(
        "convert", help="make a package of a MONAI bundle whose network is on the list"
    )
    convert.add_argument("bundle", type=Path, metavar="BUNDLE", help="folder of the bundle")
    convert.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="package; a new folder")
    convert.add_argument(
        "--describe",
        type=Path,
        metavar="FILE",
        help="JSON: fields of the metadata that the bundle does not tell",
    )
    convert.set_defaults(command=_convert)
    return [listing, show, bring, remove, verify, convert]


def _list(_options: argparse.Namespace) -> int:
    from gliomamri.modelstore.catalog import list_models

    entries = list_models()
    if not entries:
        print("There are no models yet; 'gliomamri models import PATH' brings one.")
    for entry in entries:
        print("\n".join(_describe(entry)))
    return 0


def _describe(entry: Listed) -> list[str]:
    where = "comes with GliomaMRI" if entry.shipped else "imported"
    if entry.package is None:
        return [f"{entry.name} ({where}): cannot be used. {entry.problem}"]
    known = entry.package.metadata
    optional = [channel.role for channel in known.inputs if channel.optional]
    needs = " or ".join("+".join(group) for group in known.sufficient or (known.required,))
    more = f"; can use {', '.join(optional)}" if optional else ""
    return [
        f"{known.name} {known.version} ({where}): {known.title}",
        f"    {known.task}; needs {needs}{more}; {entry.package.size / 1e6:.1f} MB",
        f"    {known.notice}",
    ]


def _show(options: argparse.Namespace) -> int:
    from gliomamri.modelstore.catalog import find_model

    package = find_model(options.name)
    print(package.card())
    print(f"Folder: {package.folder}\nSHA-256: {package.digest}")
    return 0


def _import(options: argparse.Namespace) -> int:
    from gliomamri.modelstore.importing import import_model

    print(import_model(options.path).sentence)
    return 0


def _remove(options: argparse.Namespace) -> int:
    from gliomamri.modelstore.importing import remove_model

    print(remove_model(options.name))
    return 0


def _verify(options: argparse.Namespace) -> int:
    from gliomamri.modelstore.package import read_package

    package = read_package(options.path)
    package.verify()
    count = len(package.build())
    known = package.metadata
    print(
        f"The model '{known.title}' {known.version} is whole; {count} networks were built. SHA-256: {package.digest}"
    )
    return 0


def _convert(options: argparse.Namespace) -> int:
    from gliomamri.modelstore.convert import convert_bundle

    package = convert_bundle(options.bundle, options.out, description=options.describe)
    print(f"{package.folder}: {package.metadata.title} {package.metadata.version}")
    return 0
