"""`python -m lab.server HOME`: run the lab of a folder until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from pathlib import Path

from lab.errors.base import ExitCode, LabError
from lab.wiring.home import Home, refused_by_system
from lab.wiring.launching import report_failure
from lab.wiring.processes import serving

log = logging.getLogger("lab.server")


def main(arguments: list[str]) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code."""
    # Hundreds of modules are about to be loaded, and all of them stay: nothing there for the collector to find.
    gc.disable()
    home = Home(Path(arguments[0]))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("aiohttp").setLevel(logging.WARNING)
    try:
        with serving(home) as alone:
            if not alone:
                log.info("another server of this lab is starting or runs: this one is not needed")
                return int(ExitCode.REFUSED)
            _run(serve(home))
    except LabError as error:
        report_failure(home, error)
        log.exception("the lab server cannot start")
        return int(error.exit_code)
    except OSError as error:
        told = refused_by_system(error, home)
        if told is None:
            raise
        report_failure(home, told)
        log.exception("the lab server cannot start")
        return int(told.exit_code)
    return int(ExitCode.DONE)


async def serve(home: Home) -> None:
    """Start the lab, its control door and its page, say where they are, and wait to be stopped. Raises LabError."""
    from lab.kit.clock import SystemClock
    from lab.server.control import ControlDoor
    from lab.web.of_lab import LabPage
    from lab.wiring.embedded import start_embedded
    from lab.wiring.spec_file import read_spec

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    lab = await start_embedded(read_spec(home.spec), home.path, clock=SystemClock())
    door = ControlDoor(lab, stopping)
    await door.open()
    page = LabPage(lab)
    home.write_server({**door.facts(), "page_url": await page.open()})
    # What was loaded at the start lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    gc.enable()
    try:
        await stopping.wait()
    finally:
        home.server.unlink(missing_ok=True)
        await page.close()
        await door.close()
        await lab.stop()


def _run(serving: object) -> None:
    try:
        import uvloop  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        asyncio.run(serving)  # type: ignore[arg-type]
    else:
        uvloop.run(serving)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
