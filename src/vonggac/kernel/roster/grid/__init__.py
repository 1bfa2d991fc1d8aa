"""Rosters as grids: one shift or none for each person and day, as the benchmark of Curtois & Qu has them.

T. Curtois, R. Qu: Computational results on new staff scheduling benchmark instances, 2014. Limits here run over the
whole horizon (minutes, weekends, shifts of a kind), where a duty problem has weekly hours and skills, so people are
searched by column generation over whole schedules instead of slot by slot (ADR 0074).
"""
