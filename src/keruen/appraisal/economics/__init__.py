"""What a project is worth: with/without cash flows, indicators, sensitivity, timing, schedule risk.

>>> import keruen.appraisal.economics as ke
>>> conventions = ke.Conventions(base_year=2026, last_year=2050)
>>> hours = ke.Benefit("hours of freight", {2027: 12.0, 2030: 20.0}, country="KZ")
>>> case = ke.Case("second track", 120.0, start_year=2026, opening_year=2028, benefits=(hours,))
>>> print(ke.worth(case.cash_flows(conventions), conventions.discount_rate))
NPV 57.7 million USD at 9.0%, EIRR 14.2%, BCR 1.50, first-year return 10.7%, payback 7.4 years
"""

from keruen.appraisal.economics.case import Benefit, Case, between_years, spend
from keruen.appraisal.economics.conventions import ADB, Conventions
from keruen.appraisal.economics.flows import CashFlows, Line, add
from keruen.appraisal.economics.indicators import Worth, first_year_return, npv, payback, worth
from keruen.appraisal.economics.rate_of_return import Return, rate_of_return
from keruen.appraisal.economics.schedule_risk import SLIPS, Delay, delay_distribution, slips, under_delay
from keruen.appraisal.economics.sensitivity import best_start, sensitivity, switching_values
from keruen.appraisal.economics.surplus import carbon_musd, elastic_flow, exact_surplus, rule_of_half

__all__ = [
    "ADB",
    "SLIPS",
    "Benefit",
    "Case",
    "CashFlows",
    "Conventions",
    "Delay",
    "Line",
    "Return",
    "Worth",
    "add",
    "best_start",
    "between_years",
    "carbon_musd",
    "delay_distribution",
    "elastic_flow",
    "exact_surplus",
    "first_year_return",
    "npv",
    "payback",
    "rate_of_return",
    "rule_of_half",
    "sensitivity",
    "slips",
    "spend",
    "switching_values",
    "under_delay",
    "worth",
]
