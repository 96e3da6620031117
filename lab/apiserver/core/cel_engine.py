"""The compiled CEL engine, without the command line that its package imports along with it.

`import cel` runs `cel/__init__.py`, which loads a whole terminal program (prompt_toolkit, rich, pygments): 150 ms and
15 MB for something that a server never shows. Where the extension cannot be found beside it, the package is imported
as usual.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

_NAME = "cel.cel"


def engine() -> ModuleType:
    """The extension module `cel.cel`, loaded once."""
    if _NAME in sys.modules:
        return sys.modules[_NAME]
    file = _file()
    if file is None:
        return importlib.import_module("cel")
    loader = importlib.machinery.ExtensionFileLoader(_NAME, str(file))
    spec = importlib.util.spec_from_file_location(_NAME, file, loader=loader)
    if spec is None:
        return importlib.import_module("cel")
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    sys.modules[_NAME] = module
    return module


def _file() -> Path | None:
    """The extension's file; finding a package's place does not run it."""
    spec = importlib.util.find_spec("cel")
    folders = spec.submodule_search_locations if spec is not None else None
    names = [f"cel{suffix}" for suffix in importlib.machinery.EXTENSION_SUFFIXES]
    found = (Path(folder) / name for folder in folders or () for name in names)
    return next((file for file in found if file.is_file()), None)
