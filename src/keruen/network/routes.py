"""Routes through a scenario: the cheapest, those that pass given places, and distinct alternatives.

A route minimises generalised cost: money plus value of time times hours, per tonne.

It begins and ends on land: where a port that this freight may use joins the water of its origin or destination to land
there, the port is passed and paid. Afloat it ends only at a place without such a port. Places passed on the way may be
passed afloat.

*Distinct* is a stated rule. After each route found, the sections and facilities it uses are made dearer by
``penalty`` for the search only, and the search is repeated. A route so found is kept if at most ``overlap`` of the
shorter one's kilometres are shared with any route kept before, and if its true cost is at most ``stretch`` times the
best one's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keruen.errors import NoPathError, UsageError
from keruen.network.carriage import Carriage, carriage
from keruen.network.costs import ArcCosts, arc_costs
from keruen.network.parameters import Parameters, parameters
from keruen.network.paths import Graph, graph, nearest, path_to, tree
from keruen.network.supernetwork import Supernetwork, supernetwork
from keruen.study.words import AFLOAT

if TYPE_CHECKING:
    from keruen.study import Scenario

__all__ = ["Route", "Router"]


@dataclass(frozen=True, eq=False)
class Route:
    """A path of one class of freight, with the costs it was found on.

    Attributes
    ----------
    origin, destination : str
        Places.
    arcs : tuple of int
        Arcs of the supernetwork in the order they are travelled.
    network : Supernetwork
        The graph.
    costs : ArcCosts
        Costs by arc for the route's class of freight.
    seed : int
        Seed of the study, from which the ranges of the route are drawn.
    """

    origin: str
    destination: str
    arcs: tuple[int, ...]
    network: Supernetwork
    costs: ArcCosts
    seed: int = 0

    @property
    def distance_km(self) -> float:
        """Kilometres travelled."""
        return float(self.network.length_km[list(self.arcs)].sum())

    @property
    def time_h(self) -> float:
        """Mean hours, loading at the origin and unloading at the destination left out."""
        return float(self.costs.time_h[list(self.arcs)].sum())

    @property
    def money_usd_per_t(self) -> float:
        """Money for a tonne, terminals at both ends left out."""
        return float(self.costs.money_usd_per_t[list(self.arcs)].sum())

    @property
    def emission_kg_per_t(self) -> float:
        """Well-to-wheel emissions of a tonne, kg CO2e."""
        return float(self.costs.emission_kg_per_t[list(self.arcs)].sum())

    @property
    def generalised_usd_per_t(self) -> float:
        """Money plus value of time times hours, USD a tonne."""
        return float(self.costs.generalised_usd_per_t[list(self.arcs)].sum())

    @property
    def places(self) -> tuple[str, ...]:
        """Places passed, in order, each named once."""
        names = [self.network.layers[self.network.tail[arc]].place for arc in self.arcs]
        names.append(self.destination)
        return tuple(name for i, name in enumerate(names) if i == 0 or name != names[i - 1])

    def __repr__(self) -> str:
        return (
            f"<Route {self.origin} - {self.destination}, {self.costs.carriage.commodity}: "
            f"{self.distance_km:,.0f} km, {self.time_h / 24:.1f} days, {self.money_usd_per_t:.0f} USD/t>"
        )


class Router:
    """Finds routes in one scenario; keeps the graph and the costs of each class of freight.

    Parameters
    ----------
    scenario : Scenario
        Tables with their patches applied.
    known : Parameters, optional
        The scenario's parameter tables where they have been read already.
    """

    def __init__(self, scenario: Scenario, *, known: Parameters | None = None) -> None:
        self.scenario = scenario
        self.network = supernetwork(scenario)
        self.graph: Graph = graph(len(self.network.layers), self.network.tail, self.network.head)
        self._costs: dict[Carriage, ArcCosts] = {}
        self._carriages: dict[tuple[str, tuple[str, ...] | None], Carriage] = {}
        self.parameters = parameters(scenario) if known is None else known
        self._boarding, self._landing = _shores(self.network)

    def __repr__(self) -> str:
        return f"<Router on {self.network!r}>"

    def costs(self, commodity: str, services: Sequence[str] | None = None) -> ArcCosts:
        """Costs of every arc for a commodity on its services; computed once."""
        freight = self.carriage(commodity, services)
        if freight not in self._costs:
            self._costs[freight] = arc_costs(self.parameters, self.network, freight)
        return self._costs[freight]

    def carriage(self, commodity: str, services: Sequence[str] | None = None) -> Carriage:
        """How a commodity is carried, see :func:`keruen.network.carriage.carriage`; looked up once."""
        asked = (commodity, None if services is None else tuple(services))
        if asked not in self._carriages:
            self._carriages[asked] = carriage(self.scenario, commodity, services)
        return self._carriages[asked]

    def route(
        self,
        origin: str,
        destination: str,
        commodity: str,
        *,
        via: Sequence[str] = (),
        avoid: Sequence[str] = (),
        services: Sequence[str] | None = None,
    ) -> Route:
        """Route of least generalised cost.

        Parameters
        ----------
        origin, destination : str
            Places.
        commodity : str
            Commodity id.
        via : sequence of str
            Places it must pass, in this order.
        avoid : sequence of str
            Places it must not pass.
        services : sequence of str, optional
            Services to use instead of all that the commodity may use.

        Returns
        -------
        Route
            The route.

        Raises
        ------
        NoPathError
            If nothing leads there; the message names the part that is missing.
        UsageError
            If a place, commodity or service is unknown.
        """
        _two_places(origin, destination)
        costs = self.costs(commodity, services)
        cost = costs.generalised_usd_per_t
        barred = [node for place in avoid for node in self.network.nodes_of(place)]
        cost = np.where(np.isin(self.network.head, barred), np.inf, cost)
        arcs = self._search(origin, [*via, destination], costs, cost, avoid)
        return Route(origin, destination, arcs, self.network, costs, self.scenario.settings.seed)

    def alternatives(
        self,
        origin: str,
        destination: str,
        commodity: str,
        k: int = 3,
        *,
        services: Sequence[str] | None = None,
        overlap: float = 0.7,
        stretch: float = 2.0,
        penalty: float = 0.3,
    ) -> list[Route]:
        """Up to ``k`` distinct routes, the cheapest first.

        Parameters
        ----------
        origin, destination : str
            Places.
        commodity : str
            Commodity id.
        k : int
            Number of routes wanted; fewer come back where there are fewer.
        services : sequence of str, optional
            Services to use instead of all that the commodity may use.
        overlap : float
            Largest share of the shorter route's kilometres that two routes may have in common.
        stretch : float
            Largest generalised cost as a multiple of the cheapest route's.
        penalty : float
            Share by which used sections and facilities grow dearer for the next search.

        Returns
        -------
        list of Route
            Routes by generalised cost.

        Raises
        ------
        NoPathError
            If nothing leads there at all.
        UsageError
            If a place, commodity or service is unknown, or no route is wanted.
        """
        _two_places(origin, destination)
        if k < 1:
            raise UsageError(f"k is the number of routes wanted, at least 1; {k} was given")
        costs = self.costs(commodity, services)
        true_cost = costs.generalised_usd_per_t
        searched = true_cost.copy()
        twin = self._twins()
        kept: list[Route] = []
        for _ in range(20 * k):
            arcs = self._search(origin, [destination], costs, searched)
            route = Route(origin, destination, arcs, self.network, costs, self.scenario.settings.seed)
            # Penalties only grow: one dear route does not end the search, the cap does.
            near = not kept or route.generalised_usd_per_t <= stretch * kept[0].generalised_usd_per_t
            if near and all(_shared(route, other) <= overlap for other in kept):
                kept.append(route)
                if len(kept) == k:
                    break
            used = np.isin(twin, twin[list(arcs)])
            searched[used] += penalty * true_cost[used]
        return sorted(kept, key=lambda route: route.generalised_usd_per_t)

    def _twins(self) -> NDArray[np.int64]:
        """A number shared by both directions of a link or facility."""
        links = len(self.network.links)
        return np.where(self.network.link >= 0, self.network.link, links + self.network.facility).astype(np.int64)

    def _search(
        self,
        origin: str,
        stops: Sequence[str],
        costs: ArcCosts,
        cost: NDArray[np.float64],
        avoid: Sequence[str] = (),
    ) -> tuple[int, ...]:
        """Arcs of the cheapest path that passes ``stops`` in order; keeps the layer in which each is passed."""
        cost = np.where(costs.permitted, cost, np.inf)
        start = np.full(len(self.network.layers), np.inf)
        start[self._ends(origin, cost, self._boarding, self.network.head)] = 0.0
        trees = []
        passed = origin
        for at, stop in enumerate(stops, 1):
            distance, entering = tree(self.graph, cost, start)
            nodes = self.network.nodes_of(stop)
            if at == len(stops):
                nodes = self._ends(stop, cost, self._landing, self.network.tail)
            if nearest(distance, nodes) is None:
                raise NoPathError(self._why(passed, stop, costs, avoid))
            trees.append((entering, nodes, distance))
            start = np.full(len(self.network.layers), np.inf)
            start[nodes] = distance[nodes]
            passed = stop
        entering, nodes, distance = trees[-1]
        node = nearest(distance, nodes)
        arcs: list[int] = []
        for entering, _, _ in reversed(trees):
            assert node is not None
            part = path_to(self.graph, entering, node)
            arcs[:0] = part
            node = int(self.network.tail[part[0]]) if part else node
        return tuple(arcs)

    def _ends(
        self, place: str, cost: NDArray[np.float64], shores: NDArray[np.int64], afloat: NDArray[np.int32]
    ) -> list[int]:
        """Nodes of a place at which freight may begin or end: not those afloat that a shore open to it joins to land."""
        landed = set(afloat[shores[np.isfinite(cost[shores])]].tolist())
        return [node for node in self.network.nodes_of(place) if node not in landed]

    def _why(self, origin: str, destination: str, costs: ArcCosts, avoid: Sequence[str]) -> str:
        freight = costs.carriage
        apart = set(self.network.unreached(origin)["place_id"]) if self.network.nodes_of(origin) else set()
        if not self.network.nodes_of(origin):
            reason = f"no operating link touches {origin}"
        elif not self.network.nodes_of(destination):
            reason = f"no operating link touches {destination}"
        elif destination in apart:
            reason = "no operating links and facilities join them"
        elif destination in avoid:
            reason = f"{destination} shall be avoided"
        elif avoid and self._joined(origin, destination, costs):
            reason = f"every way passes {' or '.join(avoid)}, which shall be avoided"
        else:
            reason = f"{freight.commodity} may use only {', '.join(freight.services)}"
        return f"No route joins {origin} and {destination}: {reason}"

    def _joined(self, origin: str, destination: str, costs: ArcCosts) -> bool:
        """Whether this freight may travel between two places at all."""
        try:
            self._search(origin, [destination], costs, costs.generalised_usd_per_t)
        except NoPathError:
            return False
        return True


def _shores(network: Supernetwork) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Facility arcs within one place from land to water, and from water to land."""
    afloat = np.array([layer.mode in AFLOAT for layer in network.layers], dtype=bool)
    places = np.array([layer.place for layer in network.layers], dtype=object)
    within = (network.facility >= 0) & (places[network.tail] == places[network.head])
    boarding = within & ~afloat[network.tail] & afloat[network.head]
    landing = within & afloat[network.tail] & ~afloat[network.head]
    return np.flatnonzero(boarding), np.flatnonzero(landing)


def _two_places(origin: str, destination: str) -> None:
    if origin == destination:
        raise UsageError(f"a route joins two places; {origin} is given as origin and destination")


def _shared(a: Route, b: Route) -> float:
    """Share of the shorter route's kilometres that both travel."""
    km = {int(a.network.link[arc]): float(a.network.length_km[arc]) for arc in a.arcs}
    common = sum(
        length for arc in b.arcs if (length := km.get(int(b.network.link[arc]), 0.0)) and b.network.link[arc] >= 0
    )
    return common / max(min(a.distance_km, b.distance_km), 1e-9)
