"""`run`: a program of other people, such as kubectl or git."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from lab.scenarios.durations import Duration
from lab.scenarios.fields import Look
from lab.scenarios.match import differences
from lab.scenarios.outcome import StepFailed
from lab.scenarios.scene import Scene
from lab.scenarios.step import Step


class Run(Step):
    """Run a shell line in the scenario's folder, with KUBECONFIG and PATH as `lab env` sets them.

    `exit` 0 passes; the words of other programs are compared only where `stdout` asks for it.
    """

    shorthand: ClassVar[str] = "command"
    command: str = Field(description="The line, as a shell takes it.")
    exit: Look = Field(0, description="The exit code that is expected.")
    stdout: Look = Field(None, description="What stdout must look like, such as {$match: ...}.")
    within: Duration = Field(60.0, description="Seconds of real time, after which the program is ended.")

    async def run(self, scene: Scene) -> Any:
        """Exit code, stdout and stderr."""
        if scene.bench.controls is not None:
            await scene.bench.controls.prepare_sockets()
        environment = {**os.environ, "KUBECONFIG": str(scene.bench.folder / "kubeconfig"), **scene.bench.environment()}
        code, stdout, stderr = await asyncio.to_thread(_finished, self.command, scene.folder, environment, self.within)
        unmet = [str(d) for d in differences(self.exit, code, "exit")]
        if self.stdout is not None:
            unmet += [str(d) for d in differences(self.stdout, stdout, "stdout")]
        if unmet:
            raise StepFailed(f"$ {self.command}", unmet, [line for line in stderr.splitlines()[-3:] if line])
        return {"exit": code, "stdout": stdout.strip(), "stderr": stderr.strip()}


def _finished(command: str, folder: Path, environment: dict[str, str], limit: float) -> tuple[int, str, str]:
    with subprocess.Popen(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            stdout, stderr = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise StepFailed(f"$ {command}", [f"not finished within {limit:g}s"]) from error
        return process.returncode, stdout, stderr
