"""How one class of freight is carried: a commodity and the service it uses on each mode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keruen.errors import UsageError
from keruen.network.selectors import parts
from keruen.study.words import AFLOAT

if TYPE_CHECKING:
    from keruen.study import Scenario

__all__ = ["Carriage", "carriage"]


@dataclass(frozen=True)
class Carriage:
    """A commodity on its services.

    Attributes
    ----------
    commodity : str
        Commodity id.
    services : tuple of str
        Services it may use. On a link that names no service the first of the link's mode runs.
    modes : tuple of str
        Mode of each service.
    vot_usd_per_t_h : float
        Value of time, USD a tonne and hour.
    """

    commodity: str
    services: tuple[str, ...]
    modes: tuple[str, ...]
    vot_usd_per_t_h: float

    def service_on(self, mode: str, named: str = "") -> str | None:
        """Service that runs on a link, or None if this freight may not use it.

        Parameters
        ----------
        mode : str
            Mode of the link.
        named : str
            The only service of the link, empty where every service of the mode runs.
        """
        if named:
            return named if named in self.services else None
        for service, its_mode in zip(self.services, self.modes, strict=True):
            if its_mode == mode:
                return service
        return None

    def services_of(self, mode: str) -> tuple[str, ...]:
        """Services of a mode that this freight uses: all afloat, where links name theirs; the first ashore."""
        found = tuple(s for s, its_mode in zip(self.services, self.modes, strict=True) if its_mode == mode)
        return found if mode in AFLOAT else found[:1]


def carriage(scenario: Scenario, commodity: str, services: Sequence[str] | None = None) -> Carriage:
    """Say how a commodity is carried.

    Parameters
    ----------
    scenario : Scenario
        Where commodity and services are declared.
    commodity : str
        Commodity id.
    services : sequence of str, optional
        Services to use instead of all that the commodity may use.

    Returns
    -------
    Carriage
        The class of freight.

    Raises
    ------
    UsageError
        If the commodity or a service is unknown, or the commodity may not use the service.
    """
    commodities = scenario.table("commodity").set_index("commodity_id")
    if commodity not in commodities.index:
        raise UsageError(f"no commodity '{commodity}'; this study has {', '.join(commodities.index)}")
    row = commodities.loc[commodity]
    allowed = parts(row["services"])
    chosen = list(services) if services else allowed
    modes = scenario.table("service").set_index("service_id")["mode"]
    for service in chosen:
        if service not in modes.index:
            raise UsageError(f"no service '{service}'; this study has {', '.join(modes.index)}")
        if service not in allowed:
            raise UsageError(f"{commodity} may not use {service}; it may use {', '.join(allowed)}")
    return Carriage(
        commodity=commodity,
        services=tuple(chosen),
        modes=tuple(str(modes[service]) for service in chosen),
        vot_usd_per_t_h=float(row["vot_usd_per_t_h"]),
    )
