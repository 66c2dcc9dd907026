"""A dose: a toxic as it was given to a proxy, with a name, a direction, attributes and a toxicity."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pytest_agentchaos.wires.toxiproxy.go_json import written
from pytest_agentchaos.wires.toxiproxy.go_values import written_float32
from pytest_agentchaos.wires.toxiproxy.toxics.base import Toxic


class Way(Enum):
    """The two directions of a connection, in the order in which lists show them."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"


@dataclass(slots=True, eq=False)
class Dose:
    """The same object in the list of a proxy and in the stages of its connections."""

    name: str
    kind: Toxic
    stream: str
    """The direction as it was written, which is how it is shown."""
    way: Way
    toxicity: float
    attributes: dict[str, int]

    def to_json(self) -> str:
        """As the API shows it."""
        attributes = {name: self.attributes[name] for name in self.kind.integers}
        return (
            f'{{"attributes":{written(attributes)},"name":{written(self.name)},"type":{written(self.kind.type_name)},'
            f'"stream":{written(self.stream)},"toxicity":{written_float32(self.toxicity)}}}'
        )
