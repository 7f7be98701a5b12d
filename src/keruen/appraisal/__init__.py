"""What the corridor is worth today: routes side by side, indicators, the model held against observations."""

from keruen.appraisal.comparison import Comparison, compare_routes
from keruen.appraisal.cpmm import Indicators, Sample, indicators, sample
from keruen.appraisal.observations import held_against

__all__ = ["Comparison", "Indicators", "Sample", "compare_routes", "held_against", "indicators", "sample"]
