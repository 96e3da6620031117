"""The door through which pytest finds the lab.

pytest rewrites the assertions of every module of the package that an entry point names. The lab's four hundred modules
have none for it, so the entry point names this module, and the plugin itself stays in `lab.pytest_plugin`.
"""

from lab.pytest_plugin import *  # noqa: F403 - hooks and fixtures, whatever they are
