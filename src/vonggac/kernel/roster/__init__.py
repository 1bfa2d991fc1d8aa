"""Duty rosters as pure values: who stands where and when, under which rules, at what cost.

`values` holds what every other module and every caller shares; `checking` judges any roster and shares no code with
what makes one.
"""
