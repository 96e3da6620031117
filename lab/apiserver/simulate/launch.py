"""A simulator for a cluster of an API server, with the identity that a controller manager has."""

from __future__ import annotations

from lab.apiserver.core.identity import SYSTEM_MASTERS
from lab.apiserver.serve.local import LocalTransport
from lab.apiserver.server import ApiServer
from lab.apiserver.simulate.simulator import Simulator
from lab.apiserver.simulate.timing import BELIEVABLE, Timing
from lab.apiserver.simulate.world import RefusesImage

CONTROLLER_MANAGER = "system:kube-controller-manager"


def simulator_of(
    api: ApiServer,
    cluster: str,
    *,
    timing: Timing = BELIEVABLE,
    refuses_image: RefusesImage = lambda _image: False,
    events: bool = True,
) -> Simulator:
    """The simulator of one cluster, not started yet. Raises LabError LAB004 for a name that is not known."""
    identity = api.fleet.identity(cluster, CONTROLLER_MANAGER, (SYSTEM_MASTERS,))
    transport = LocalTransport(api, cluster, identity)
    return Simulator(
        api.cluster(cluster), transport, api.clock, timing=timing, refuses_image=refuses_image, events=events
    )
